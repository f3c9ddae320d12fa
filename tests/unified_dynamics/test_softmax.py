"""Feature maps, softmax cut off after a degree, and softmax as a recurrence in a moving gauge."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.unified_dynamics import DSF, elu_attention, elu_plus_one, online_softmax, taylor_features, truncated_softmax
from dynlib_kernels.softmax_attention import softmax_attention_ref


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def torch_softmax(q, k, v, scale=None):
    return torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], is_causal=True, scale=scale)[0]


def test_elu_plus_one_and_its_slope():
    x = torch.linspace(-5, 5, 101, dtype=torch.float64).requires_grad_()
    torch.testing.assert_close(elu_plus_one(x), torch.nn.functional.elu(x) + 1, rtol=1e-13, atol=0)
    (slope,) = torch.autograd.grad(elu_plus_one(x).sum(), x)
    torch.testing.assert_close(slope, torch.where(x < 0, torch.exp(x), 1.0), rtol=1e-13, atol=0)
    at_zero = torch.zeros(1, requires_grad=True)
    assert torch.autograd.grad(elu_plus_one(at_zero).sum(), at_zero)[0] == 1


@pytest.mark.parametrize("x", [-20.0, -80.0])
def test_elu_plus_one_does_not_vanish_in_single_precision(x):
    x = torch.full((9, 2), x)
    assert (torch.nn.functional.elu(x) + 1 == 0).all()
    torch.testing.assert_close(elu_plus_one(x), torch.exp(x), rtol=1e-6, atol=0)
    u = normal(9, 3, dtype=torch.float32)
    y = elu_attention(torch.zeros(9, 2), x, torch.eye(3)).run(u)  # equal keys: the mean so far
    torch.testing.assert_close(y, u.cumsum(0) / torch.arange(1, 10)[:, None], rtol=1e-5, atol=1e-5)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(m=st.integers(1, 5), degree=st.integers(0, 6), seed=st.integers(0, 99))
def test_taylor_features(m, degree, seed):
    q, k = normal(7, m, seed=seed), normal(7, m, seed=seed + 100)
    phi, psi = taylor_features(q, degree), taylor_features(k, degree)
    assert phi.shape == (7, math.comb(m + degree, degree))
    x = q @ k.T
    exact = sum(x**r / math.factorial(r) for r in range(degree + 1))
    largest = torch.exp(q.norm(dim=1).max() * k.norm(dim=1).max()).item()
    torch.testing.assert_close(phi @ psi.T, exact, rtol=0, atol=1e-12 * largest)


def test_feature_counts():
    x = normal(1, 4)
    assert [taylor_features(x, p).shape[1] for p in (1, 2, 4, 6, 8, 10)] == [5, 15, 70, 210, 495, 1001]
    assert math.comb(16 + 4, 4) == taylor_features(normal(1, 16), 4).shape[1] == 4845


def test_the_error_of_the_cut_falls_with_the_even_degrees():
    q, k, u = 0.8 * normal(12, 4), 0.8 * normal(12, 4, seed=1), normal(12, 3, seed=2)
    exact = torch_softmax(q, k, u, scale=1.0)
    assert (q @ k.T).abs().max() > 2.5
    loops = [truncated_softmax(q, k, p, torch.eye(3).double(), scale=1) for p in (2, 4, 6, 8, 10)]
    errors = [(loop.run(u) - exact).abs().max().item() for loop in loops]
    assert all(after < before / 2 for before, after in itertools.pairwise(errors)), errors
    assert errors[-1] < 1e-3


def test_odd_degrees_have_negative_scores_and_even_ones_have_none():
    q, k = 1.5 * normal(12, 4), 1.5 * normal(12, 4, seed=1)
    smallest = {p: (taylor_features(q, p) @ taylor_features(k, p).T).min().item() for p in range(1, 9)}
    assert all((value < 0) == (p % 2 == 1) for p, value in smallest.items()), smallest
    with pytest.raises(ValueError, match="even Taylor degree"):
        truncated_softmax(q, k, 1, torch.eye(3).double(), scale=1)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    L=st.integers(1, 33),
    m=st.integers(1, 5),
    d=st.integers(1, 4),
    seed=st.integers(0, 99),
    size=st.sampled_from([0.1, 1.0, 30.0]),
    scale=st.sampled_from([None, 1.0, 0.3]),
)
def test_online_softmax_is_softmax(L, m, d, seed, size, scale):
    q, k, v = size * normal(L, m, seed=seed), normal(L, m, seed=seed + 1), normal(L, d, seed=seed + 2)
    y = online_softmax(q, k, v, scale)
    torch.testing.assert_close(y, torch_softmax(q, k, v, scale), rtol=0, atol=1e-12)
    torch.testing.assert_close(y, softmax_attention_ref(q, k, v, scale), rtol=0, atol=1e-12)


def test_every_softmax_scales_alike_on_the_same_call():
    q, k, u = 0.5 * normal(12, 4), 0.5 * normal(12, 4, seed=1), normal(12, 3, seed=2)
    said = softmax_attention_ref(q, k, u)
    torch.testing.assert_close(online_softmax(q, k, u), said, rtol=0, atol=1e-13)
    torch.testing.assert_close(truncated_softmax(q, k, 12, torch.eye(3).double()).run(u), said, rtol=0, atol=1e-12)
    torch.testing.assert_close(torch_softmax(q, k, u), said, rtol=0, atol=1e-13)
    assert (said - softmax_attention_ref(q, k, u, 1.0)).abs().max() > 0.01


def test_gradients_of_online_softmax():
    leaves = [normal(9, 3, seed=s).requires_grad_() for s in range(3)]
    push = normal(9, 3, seed=3)
    for one, two in zip(
        torch.autograd.grad(online_softmax(*leaves), leaves, push),
        torch.autograd.grad(torch_softmax(*leaves), leaves, push),
        strict=True,
    ):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


def test_scores_of_many_hundreds_do_not_overflow():
    q, k, v = 200 * normal(20, 4), normal(20, 4, seed=1), normal(20, 2, seed=2)
    assert torch.exp(q @ k.T).isinf().any()
    torch.testing.assert_close(online_softmax(q, k, v, 1.0), torch_softmax(q, k, v, 1.0), rtol=0, atol=1e-12)


def test_the_running_maximum_is_a_gauge():
    """One query: numerator and denominator are a loop with decay 1; T = e^{−m} keeps decay and write at or below 1."""
    x, v = 5 * normal(12), normal(12, seed=1)
    ones = torch.ones(12, 1, 1, dtype=torch.float64)
    loop = DSF(ones, torch.exp(x)[:, None, None], ones)
    top = torch.cummax(x, 0).values
    moving = loop.gauge(torch.exp(-top)[:, None, None])
    torch.testing.assert_close(moving.decay[1:, 0, 0], torch.exp(top[:-1] - top[1:]), rtol=1e-12, atol=0)
    assert moving.decay[1:].max() <= 1 + 1e-12
    assert moving.write.max() <= 1 + 1e-12
    u = torch.stack([v, torch.ones_like(v)], 1)
    mixed, total = (moving.states(u[:, c : c + 1])[-1, 0, 0] for c in range(2))
    expected = online_softmax(ones[:, 0], x[:, None], v[:, None])[-1, 0]
    torch.testing.assert_close(mixed / total, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("message", "q", "k", "v"),
    [
        ("overflow", 1e30 * torch.ones(3, 2), 1e30 * torch.ones(3, 2), torch.ones(3, 1)),
        ("k of shape", torch.ones(3, 2), torch.ones(2, 2), torch.ones(3, 1)),
        ("v has shape", torch.ones(3, 2), torch.ones(3, 2), torch.ones(3)),
        ("nan", torch.ones(3, 2), torch.ones(3, 2), torch.full((3, 1), torch.nan)),
        ("holds nothing", torch.ones(0, 2), torch.ones(0, 2), torch.ones(0, 1)),
    ],
)
def test_bad_input_is_named(message, q, k, v):
    with pytest.raises(ValueError, match=message):
        online_softmax(q, k, v)


def test_taylor_features_refuse():
    with pytest.raises(ValueError, match=r"degree = 1\.5"):
        taylor_features(normal(3, 2), 1.5)
    with pytest.raises(ValueError, match="no axis"):
        taylor_features(torch.tensor(1.0), 2)
