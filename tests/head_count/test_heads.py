"""Heads as layers: they reproduce a recurrence, or do not, for the reasons given."""

import pytest
import torch

from dynlib.head_count import (
    DecayWeights,
    FeatureWeights,
    FreeWeights,
    SinkWeights,
    UFFLayer,
    attention_layer,
    attention_weights,
    convolution,
    decay_features,
    factorize,
    feed_forward,
    free_heads,
    gated_ssm,
    imitating_weights,
    interaction_operators,
    interaction_rank,
    kan,
    lag_operators,
    mode_heads,
    nonnegative_heads,
    secant_operators,
    simplicial_heads,
    softmax_heads,
    spectral_radius,
    tanh_rnn,
)
from dynlib_kernels.linear_attention import linear_attention_ref


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def some_system(N=5, p=4, d=3, seed=0, radius=0.9):
    A = normal(N, N, seed=seed)
    return A * radius / spectral_radius(A), normal(N, d, seed=seed + 1), normal(p, N, seed=seed + 2)


def recurrence(A, B, C, x):
    """y by stepping through the sequence."""
    state, outputs = torch.zeros(len(A), dtype=x.dtype), []
    for token in x:
        state = A @ state + B @ token
        outputs.append(C @ state)
    return torch.stack(outputs)


def error(a, b):
    return (a - b).abs().max().item()


def test_r_heads_are_the_recurrence_and_fewer_are_not():
    system, x = some_system(), normal(20, 3, seed=9)
    y = recurrence(*system, x)
    M = lag_operators(*system, 20)
    assert error(free_heads(factorize(M, 5))(x), y) < 1e-12
    assert error(free_heads(factorize(M, 4))(x), y) > 1e-3
    batch = torch.stack([x, 2 * x])
    torch.testing.assert_close(free_heads(factorize(M, 5))(batch)[1], 2 * y, rtol=0, atol=1e-11)
    torch.testing.assert_close(free_heads(factorize(M, 5))(x[:7]), y[:7], rtol=0, atol=1e-12)


def test_decay_masks_are_the_modes():
    """Also as the book's linear attention with decay: queries and keys 1, one decay a head."""
    modes, B, C, x = torch.tensor([0.95, 0.8, 0.5]).double(), normal(3, 3), normal(4, 3, seed=1), normal(20, 3, seed=2)
    layer = UFFLayer(DecayWeights(modes), mode_heads(modes, B, C, 20).values)
    y = recurrence(torch.diag(modes), B, C, x)
    assert error(layer(x), y) < 1e-13
    one = torch.ones(1, 3, 20, 1, dtype=torch.float64)
    values = torch.einsum("hpd,nd->hnp", layer.values, x)[None]
    by_kernel = linear_attention_ref(one, one, values, modes.log()[:, None].expand(3, 20)[None])
    assert error(by_kernel[0].sum(0), y) < 1e-13


def test_linear_attention_features_overflow_in_float32():
    modes = torch.tensor([0.9, 0.5])
    small = UFFLayer(FeatureWeights(*decay_features(modes, 40)), torch.eye(2).expand(2, 2, 2))
    mask = UFFLayer(DecayWeights(modes), torch.eye(2).expand(2, 2, 2))
    torch.testing.assert_close(small.operators(40), mask.operators(40), rtol=2e-5, atol=1e-6)
    phi, psi = decay_features(modes, 1024)
    assert torch.isinf(psi[0, 843:]).all()
    assert torch.isfinite(psi[0, :842]).all()
    assert phi[0, -1] == 0
    assert torch.isnan(phi[0, -1] * psi[0, -2])  # should be 0.9
    assert DecayWeights(modes)(1024)[0, -1, -2].item() == pytest.approx(0.9)
    with pytest.raises(ValueError, match="psi holds nan or inf"):
        FeatureWeights(phi, psi)


@pytest.mark.parametrize("seed", [0, 30, 60])
def test_softmax_with_a_sink_is_the_recurrence(seed):
    system, x = some_system(seed=seed), normal(20, 3, seed=seed + 9)
    y = recurrence(*system, x)
    heads = nonnegative_heads(lag_operators(*system, 20))
    layer = softmax_heads(heads)
    assert len(layer.values) == 6
    assert error(layer(x), y) < 1e-12
    weights = layer.weights(20)
    assert weights.min() >= 0
    assert weights.sum(-1).max() < 1
    assert error(layer(x[:11]), y[:11]) < 1e-12


def test_a_constant_sink_fails():
    system, x = some_system(), normal(20, 3, seed=9)
    y = recurrence(*system, x)
    layer = softmax_heads(nonnegative_heads(lag_operators(*system, 20)), sink="constant")
    assert error(layer(x)[-1], y[-1]) < 1e-12
    assert error(layer(x)[:-1], y[:-1]) > 1
    heads = nonnegative_heads(lag_operators(*system, 20))
    near, nearer = (error(softmax_heads(heads, sink="constant", slack=slack)(x), y) for slack in (1e3, 1e5))
    assert near / nearer == pytest.approx(100, rel=0.01)  # never exact, but as near as the values may be large


def test_r_softmax_heads_where_a_cone_holds_the_operators():
    modes, B, C, x = torch.tensor([0.9, 0.6, 0.3]).double(), normal(3, 3), normal(3, 3, seed=1), normal(12, 3, seed=2)
    heads = simplicial_heads(lag_operators(modes, B, C, 12), torch.einsum("pm,md->mpd", C, B))
    layer = softmax_heads(heads)
    assert len(layer.values) == 3
    assert error(layer(x), recurrence(torch.diag(modes), B, C, x)) < 1e-12


def test_the_jacobian_at_zero_is_the_sum_of_heads():
    """Weights continuous at 0: J_ij(0) = Σ_h α^h_ij(0) V_h, so H heads reach rank H there and not more."""
    x = torch.zeros(7, 5, dtype=torch.float64)
    W_Q, W_K, V, bias = normal(3, 4, 5), normal(3, 4, 5, seed=1), normal(3, 4, 5, seed=2), normal(3, 7, 7, seed=3)
    J = interaction_operators(lambda u: attention_layer(u, W_Q, W_K, V, bias), x)
    at_zero = torch.einsum("hij,hpd->ijpd", attention_weights(x, W_Q, W_K, bias), V)
    assert error(J, at_zero) < 1e-15
    assert interaction_rank(J).rank == 3
    elsewhere = normal(7, 5, seed=4)
    J = interaction_operators(lambda u: attention_layer(u, W_Q, W_K, V, bias), elsewhere)
    assert interaction_rank(J).rank > 3  # the poke also moves the weights


def test_content_alone_knows_no_position():
    """Without a bias every weight at 0 is 1/i: W_ij(0) = (1/i) Σ_h V_h, the same for all j: no linear system but 0."""
    W_Q, W_K, V = normal(3, 4, 5), normal(3, 4, 5, seed=1), normal(3, 4, 5, seed=2)
    J = interaction_operators(lambda u: attention_layer(u, W_Q, W_K, V), torch.zeros(6, 5, dtype=torch.float64))
    for i in range(6):
        for j in range(6):
            assert error(J[i, j], V.sum(0) / (i + 1) if j <= i else 0 * V[0]) < 1e-15


def test_one_head_imitates_every_output_and_is_not_continuous():
    system, x = some_system(N=4, p=2), normal(8, 3, seed=5)
    M = lag_operators(*system, 8)
    assert interaction_rank(M).rank == 4
    alpha = imitating_weights(M, x)
    y = recurrence(*system, x)
    assert error(alpha @ x @ M[0].T, y) < 1e-12
    assert alpha.triu(1).abs().max() == 0
    for eps in (1e-3, 1e-9):
        assert error(imitating_weights(M, eps * x), alpha) < 1e-9  # no change, however near to 0 …
    other = imitating_weights(M, normal(8, 3, seed=6))
    assert error(other, alpha) > 0.1  # … but another limit from another side
    single = lag_operators(*some_system(p=1), 8)
    V = normal(1, 3, seed=7)
    assert error(imitating_weights(single, x, V) @ x @ V.T, recurrence(*some_system(p=1), x)) < 1e-11
    with pytest.raises(ValueError, match=r"p = 4 outputs, and at i = \d"):
        imitating_weights(lag_operators(*some_system(), 8), x)


def test_interaction_ranks_of_layers():
    x = normal(8, 3)
    rank = {
        "linear": interaction_rank(interaction_operators(lambda u: u @ normal(4, 3, seed=1).T, x)).rank,
        "convolution": interaction_rank(interaction_operators(lambda u: convolution(u, normal(3, 4, 3, seed=2)), x)).rank,
        "feed-forward": interaction_rank(
            secant_operators(lambda u: feed_forward(u, normal(6, 3, seed=3), normal(4, 6, seed=4)), x)
        ).rank,
        "one head": interaction_rank(
            torch.einsum("hij,hpd->ijpd", attention_weights(x, normal(1, 2, 3), normal(1, 2, 3, seed=1)), normal(1, 4, 3, seed=2))
        ).rank,
    }
    assert rank == {"linear": 1, "convolution": 3, "feed-forward": 6, "one head": 1}
    # A convolution of K taps of p d numbers: 3 × 3 with 3 → 4 channels, and with 1 → 4.
    assert interaction_rank(normal(9, 4, 3)).rank == 9
    assert interaction_rank(normal(9, 4, 1)).rank == 4


def test_ssd_is_one_head_and_s6_as_many_as_channels():
    """W_ij of one SSD head is a number times I; S6 has a diagonal of different numbers."""
    L, d, n = 10, 4, 3
    u = normal(L, d)
    delta = torch.log1p(torch.exp(u @ normal(d, d, seed=1)))
    rates, b, c = torch.exp(normal(d, n, seed=2)), u @ normal(d, n, seed=3), u @ normal(d, n, seed=4)
    total = delta.cumsum(0)
    gap = (total[:, None] - total).clamp(min=0)  # Σ of the steps between j and i, (L, L, d)
    causal = torch.ones(L, L).tril()[..., None]
    s6 = torch.einsum("in,ijdn,jn->ijd", c, torch.exp(-gap[..., None] * rates), b) * delta * causal
    ssd = torch.einsum("in,jn->ij", c, b) * torch.exp(-gap[..., 0]) * delta[:, 0] * causal[..., 0]
    assert interaction_rank(torch.diag_embed(s6)).rank == 4
    assert interaction_rank(ssd[..., None, None] * torch.eye(d).double()).rank == 1


@pytest.mark.parametrize("name", ["feed_forward", "convolution", "rnn", "kan", "attention", "gate"])
def test_jacobians_and_secants_of_layers(name):
    """Jacobians against differences of the output; secants add up to the output itself."""
    x = 0.5 * normal(6, 3, seed=8)
    A, B, C = some_system(N=4)
    layer = {
        "feed_forward": lambda u: feed_forward(u, normal(5, 3, seed=3), normal(4, 5, seed=4)),
        "convolution": lambda u: convolution(u, normal(3, 4, 3, seed=2)),
        "rnn": lambda u: tanh_rnn(u, A, B, C),
        "kan": lambda u: kan(u, normal(4, 3, 5), torch.linspace(-1, 1, 5).double()),
        "attention": lambda u: attention_layer(u, normal(2, 2, 3), normal(2, 2, 3, seed=1), normal(2, 4, 3, seed=2)),
        "gate": lambda u: gated_ssm(u, normal(3, seed=1)),
    }[name]
    J = interaction_operators(layer, x)
    step = 1e-6 * normal(6, 3, seed=9)
    difference = (layer(x + step) - layer(x - step)) / 2
    torch.testing.assert_close(torch.einsum("ijpd,jd->ip", J, step), difference, rtol=1e-6, atol=1e-14)
    W = secant_operators(layer, x, points=40)
    torch.testing.assert_close(torch.einsum("ijpd,jd->ip", W, x), layer(x) - layer(0 * x), rtol=0, atol=1e-9)
    for table in (J, W):
        assert (table[torch.ones(6, 6, dtype=torch.bool).triu(1)] == 0).all()


def test_refusals():
    c, V = normal(2, 5), normal(2, 4, 3)
    layer = UFFLayer(FreeWeights(c), V)
    zero = torch.zeros(2, 1, dtype=torch.float64)
    for call, message in [
        (lambda: layer(normal(6, 3)), r"n = 6 is longer than the 5 lags"),
        (lambda: layer(normal(5, 4)), r"x has shape \(5, 4\).*d = 3"),
        (lambda: layer(normal(5, 3) + 0j), r"x is torch.complex128"),
        (lambda: feed_forward(normal(4, 3), normal(2, 2), normal(3, 2)), r"W_in of shape \(2, 2\)"),
        (lambda: convolution(normal(4, 3) + 0j, normal(2, 3, 3)), r"x is torch.complex128"),
        (lambda: tanh_rnn(normal(4, 3), normal(4, 4), normal(2, 3), normal(2, 4)), r"B of shape \(2, 3\)"),
        (lambda: kan(normal(4, 3), normal(2, 3, 4), normal(3)), r"centres of shape \(3,\)"),
        (lambda: kan(normal(4, 3), normal(2, 3, 3), normal(3), 0.0), r"width = 0.0"),
        (lambda: UFFLayer(FreeWeights(c), V[0]), r"values has shape \(4, 3\)"),
        (lambda: FreeWeights(c[0]), r"coefficients has shape"),
        (lambda: DecayWeights(torch.tensor([0.5, -1.5])), r"decays holds -1.5"),
        (lambda: FeatureWeights(*decay_features(c[0].abs(), 4))(5), r"n = 5 is longer than the 4 positions"),
        (lambda: decay_features(torch.tensor([0.5, 0.0]), 4), r"decays holds 0"),
        (lambda: SinkWeights(c, c[:, :3]), r"sink has shape \(2, 3\)"),
        (lambda: SinkWeights(c, zero - torch.inf), r"sink holds nan or inf"),
        (lambda: softmax_heads(factorize(normal(6, 2, 2), 2)), r"nonnegative_heads"),
        (lambda: softmax_heads(nonnegative_heads(normal(6, 2, 2)), sink="none"), r"sink = 'none'"),
        (lambda: softmax_heads(nonnegative_heads(normal(6, 2, 2)), slack=0), r"slack = 0"),
        (lambda: interaction_operators(lambda u: u.sum(), normal(4, 3)), r"layer answers \(4, 3\) with \(\)"),
        (lambda: secant_operators(torch.tanh, normal(4, 3), points=0), r"points = 0"),
        (lambda: attention_weights(normal(4, 3), normal(2, 2, 3), normal(2, 2, 4)), r"W_K of shape \(2, 2, 4\)"),
        (lambda: gated_ssm(normal(4, 3), normal(4)), r"gate of shape \(4,\)"),
        (lambda: imitating_weights(normal(4, 2, 3), normal(5, 3)), r"x of shape \(5, 3\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
