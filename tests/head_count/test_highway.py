"""How far gradients reach: closed forms against differentiation, and frozen profiles."""

import math

import pytest
import torch

from dynlib.head_count import (
    attention_layer,
    attention_weights,
    forgetting_bound,
    gated_jacobian,
    gated_ssm,
    highway_input,
    jacobian_profile,
    jacobian_row,
    lag_operators,
    quiet_input,
    softmax_jacobian,
    spectral_radius,
)


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def one_head(W_Q, W_K, V):
    return lambda x: attention_layer(x, W_Q[None], W_K[None], V[None])


@pytest.mark.parametrize("n", [1, 2, 9])
def test_softmax_jacobian_by_differentiation(n):
    x, W_Q, W_K, V = 0.4 * normal(n, 5), normal(6, 5, seed=1), normal(6, 5, seed=2), normal(4, 5, seed=3)
    found, row = softmax_jacobian(x, W_Q, W_K, V), jacobian_row(one_head(W_Q, W_K, V), x)
    torch.testing.assert_close(found, row, rtol=0, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 9])
def test_gated_jacobian_by_differentiation(n):
    x, gate = normal(n, 3), normal(3, seed=1)
    row = jacobian_row(lambda u: gated_ssm(u, gate, -0.5), x)
    torch.testing.assert_close(gated_jacobian(x, gate, -0.5), row, rtol=0, atol=1e-12)


def test_the_linear_profile_is_that_of_the_lag_operators():
    A, B, C = 0.3 * normal(4, 4), normal(4, 3, seed=1), normal(2, 4, seed=2)

    def recurrence(x):
        state = torch.zeros(4, dtype=x.dtype)
        for token in x:
            state = A @ state + B @ token
        return (C @ state).expand(len(x), 2)

    M = lag_operators(A, B, C, 7)
    torch.testing.assert_close(jacobian_row(recurrence, normal(7, 3)), M.flip(0), rtol=0, atol=1e-13)
    profile = jacobian_profile(M.flip(0))
    torch.testing.assert_close(profile[2], torch.linalg.svdvals(C @ A @ A @ B)[0])
    kappa, rho = forgetting_bound(A, B, C)
    assert rho == spectral_radius(A)
    assert (profile <= kappa * rho ** torch.arange(7) * (1 + 1e-12)).all()


def linear_profiles():
    """Three stable diagonal systems and one that is far from normal, drawn in turn from torch's generator: norms at some lags."""
    torch.manual_seed(1)
    for shape in ((6, 3, 3), (6, 16), (8, 8), (8, 512)):
        torch.randn(shape, dtype=torch.float64)
    for rho in (0.9, 0.99, 0.999, None):
        B, C = torch.randn(16, 8, dtype=torch.float64) / 4, torch.randn(8, 16, dtype=torch.float64) / 4
        if rho is None:
            A = 0.9 * torch.eye(16, dtype=torch.float64) + torch.diag(torch.full((15,), 0.5, dtype=torch.float64), 1)
        else:
            A = rho * torch.linspace(0.9, 1, 16, dtype=torch.float64)
        yield rho, A, B, C, jacobian_profile(lag_operators(A, B, C, 512).flip(0))


def test_stable_linear_systems_forget():
    frozen = {0.9: {1: 0.98, 16: 0.105, 64: 4.7e-4}, 0.99: {511: 0.0020}, 0.999: {511: 0.17}, None: {1: 1.6, 128: 2.7e9, 511: 16}}
    for rho, A, B, C, profile in linear_profiles():
        for lag, expected in frozen[rho].items():
            assert profile[lag].item() == pytest.approx(expected, rel=0.04)
        if rho is None:  # not normal: it grows first, and is not diagonalisable
            with pytest.raises(ValueError, match="not diagonalisable"):
                forgetting_bound(A, B, C)
        else:
            kappa, rate = forgetting_bound(A, B, C)
            assert rate == pytest.approx(rho)
            assert (profile <= kappa * rate ** torch.arange(512)).all()
        if rho == 0.9:
            assert profile[128] < 5e-7


def test_a_complex_pair_is_bounded_too():
    A, B, C = 0.9 * torch.exp(1j * torch.tensor([0.3, 1.2]).double()), normal(2, 3, dtype=torch.complex128), normal(2, 2)
    kappa, rho = forgetting_bound(A, B, C)
    assert rho == pytest.approx(0.9)
    assert (jacobian_profile(lag_operators(A, B, C, 30).flip(0)) <= kappa * rho ** torch.arange(30)).all()


@pytest.mark.parametrize(("n", "frozen"), [(64, (0.223, 1.166, 1.0015)), (1024, (0.0163, 1.661, 1.002))])
def test_softmax_reaches_any_distance_when_the_logit_grows(n, frozen):
    torch.manual_seed(0)
    for shape in ((6, 5), (6, 5), (4, 5), (5, 9)):
        torch.randn(shape, dtype=torch.float64)
    V = torch.randn(4, 4, dtype=torch.float64)
    for gain, expected in zip((2.0, math.log(n), math.log(n) + 8), frozen, strict=True):
        norms = []
        for distance in (1, n // 2, n - 1):
            x, W_Q, W_K = highway_input(n, distance, gain)
            norms.append(jacobian_profile(softmax_jacobian(x, W_Q, W_K, V))[distance] / torch.linalg.matrix_norm(V, 2))
            alpha = attention_weights(x, W_Q[None], W_K[None])[0, -1, n - 1 - distance]
            assert alpha.item() == pytest.approx(math.exp(gain) / (math.exp(gain) + n - 1), rel=1e-12)
        assert max(norms) - min(norms) < 1e-12
        assert norms[0].item() == pytest.approx(expected, rel=0.01)


def test_softmax_of_random_inputs_spreads_thin():
    """About 1/n at every distance: no trend, but little."""
    x = normal(256, 8)
    eye = torch.eye(8, dtype=torch.float64)
    profile = jacobian_profile(softmax_jacobian(x, eye / math.sqrt(8), eye, eye))
    assert 0.2 < 256 * profile[1:].median() < 10
    assert 0.3 < profile[1:128].median() / profile[128:].median() < 3


def test_a_quiet_input_is_kept_whole_or_forgotten_by_its_gates():
    """By stepping: the token is written with softplus(2), and each later gate keeps e^-softplus(logit) of it."""
    for logit in (-20.0, -3.0):
        x, gate = quiet_input(64, 40, logit)
        kept = math.exp(-39 * math.log1p(math.exp(logit))) * math.exp(-math.log1p(math.exp(logit)))
        wrote = math.log1p(math.exp(2))
        assert gated_ssm(x, gate)[-1, 0].item() == pytest.approx(kept * wrote, rel=1e-12)
        assert gated_jacobian(x, gate)[63 - 40, 0, 0].item() == pytest.approx(kept * wrote, rel=1e-12)


def test_a_gate_that_sees_the_input_keeps_the_gradient():
    def at(fill, distance):
        x = torch.zeros(512, 8, dtype=torch.float64)
        x[:, 1], x[511 - distance, 1], x[511 - distance, 0] = fill, 2, 1
        return gated_jacobian(x, torch.eye(8, dtype=torch.float64)[1])[511 - distance, 0, 0].item()

    for distance in (1, 32, 256, 511):
        assert at(-20.0, distance) == pytest.approx(math.log1p(math.exp(2)), rel=1e-5)  # 2.127: what the token wrote
    assert at(-3.0, 1) == pytest.approx(2.03, abs=0.01)
    assert at(-3.0, 32) == pytest.approx(0.45, abs=0.01)
    assert at(-3.0, 256) == pytest.approx(1e-5, rel=0.25)


def test_refusals():
    eye = torch.eye(2, dtype=torch.float64)
    for call, message in [
        (lambda: forgetting_bound(eye, eye, eye), r"spectral radius 1 and does not forget"),
        (lambda: forgetting_bound(torch.tensor([0.5, 1.2]).double(), eye, eye), r"1\.2"),
        (lambda: highway_input(1, 1, 2.0), r"distance = 1 must be below n = 1"),
        (lambda: highway_input(8, 0, 2.0), r"distance = 0"),
        (lambda: highway_input(8, 1, math.inf), r"gain = inf"),
        (lambda: quiet_input(8, 8, -3.0), r"quiet_input: distance = 8 must be below n = 8"),
        (lambda: quiet_input(8, 1, math.nan), r"logit = nan"),
        (lambda: jacobian_profile(eye), r"row has shape \(2, 2\)"),
        (lambda: jacobian_profile(eye[None] + 0j), r"complex128"),
        (lambda: jacobian_row(torch.tanh, eye[0]), r"x has shape"),
        (lambda: softmax_jacobian(eye, eye, eye, normal(2, 3)), r"V of shape \(2, 3\)"),
        (lambda: gated_jacobian(eye, normal(3)), r"gate of shape"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
