"""The loop itself: forms of equal value, gauges, memory, matrices, and what it refuses."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.mixing import memory_rank, mixing_matrix
from dynlib.unified_dynamics import DSF, elu_attention, from_dense, truncated_softmax

SMALL = settings(deadline=None, derandomize=True, max_examples=40)


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def some_loop(L=9, d=3, n=2, seed=0, dtype=torch.float64, zeros=False):
    """Decays of both signs around 1, everything else normal."""
    decay = normal(L, d, n, seed=seed, dtype=dtype)
    if zeros:
        decay = decay * (normal(L, d, n, seed=seed + 1) > 0)
    return DSF(
        decay,
        normal(L, d, n, seed=seed + 2, dtype=dtype),
        normal(L, d, n, seed=seed + 3, dtype=dtype),
        normal(d, d, seed=seed + 4),
        normal(L, d, seed=seed + 5),
    )


def by_definition(loop, u):
    """y from the matrices written out, one step after the other."""
    h, y = 0, []
    for i in range(loop.L):
        Lambda, B, C, D = loop.dense(i)
        h = (Lambda @ h if i else 0) + B @ u[i].to(B.dtype)
        y.append((C @ h).real + D @ u[i] if h.is_complex() else C @ h + D @ u[i])
    return torch.stack(y)


@SMALL
@given(
    L=st.integers(1, 20),
    d=st.integers(1, 4),
    n=st.integers(1, 4),
    seed=st.integers(0, 99),
    zeros=st.booleans(),
    dtype=st.sampled_from([torch.float64, torch.complex128]),
)
def test_three_forms_one_map(L, d, n, seed, zeros, dtype):
    loop, u = some_loop(L, d, n, seed, dtype, zeros), normal(L, d, seed=seed + 50)
    expected = by_definition(loop, u)
    close = {"rtol": 0, "atol": 1e-11 * (1 + expected.abs().max().item())}
    torch.testing.assert_close(loop.run(u), expected, **close)
    torch.testing.assert_close(torch.einsum("ijcd,jd->ic", loop.operators(), u), expected, **close)
    v = u @ loop.value.T
    tables = torch.stack([loop.mixing_matrix(c) @ v[:, c] for c in range(d)], 1)
    torch.testing.assert_close(tables, expected, **close)


def test_axes_that_repeat_are_not_stored():
    loop = DSF(torch.full((1, 1, 1), 0.5), normal(6, 1, 3), normal(6, 1, 3), normal(4, 4))
    assert loop.decay.shape == loop.write.shape == loop.read.shape == (6, 4, 3)
    assert loop.decay.untyped_storage().nbytes() == 4
    assert repr(loop) == "DSF(L=6, d=4, n=3)"


def test_the_state_is_channel_slow():
    loop, u = some_loop(), normal(9, 3, seed=9)
    Lambda, B, C, D = loop.dense(1)
    states = loop.states(u)
    assert states.shape == (9, 3, 2)
    torch.testing.assert_close(Lambda @ states[0].reshape(6) + B @ u[1], states[1].reshape(6))
    torch.testing.assert_close(C @ states[1].reshape(6) + D @ u[1], loop.run(u)[1])
    assert (C != 0).sum() == 6
    torch.testing.assert_close(B[2], loop.write[1, 1, 0] * loop.value[1])


def test_hidden_decays_are_not_divided_by():
    """A decay of 0 forgets all: the block behind it is 0, and the one after it is as in a loop that starts there."""
    loop = some_loop(8)
    decay = loop.decay.clone()
    decay[5] = 0
    cut = DSF(decay, loop.write, loop.read, loop.value, loop.skip)
    assert (cut.operators()[5:, :5] == 0).all()
    assert cut.rank(5) == 0
    fresh = DSF(loop.decay[5:], loop.write[5:], loop.read[5:], loop.value, loop.skip[5:])
    torch.testing.assert_close(cut.operators()[5:, 5:], fresh.operators(), rtol=0, atol=1e-13)


def test_a_long_decay_does_not_underflow_the_table():
    """Cumulative products from the start are 0 in float32 after 100 steps of 0.1; the table near the diagonal is not."""
    loop = DSF(torch.full((1, 1, 1), 0.1), torch.ones(200, 1, 1), torch.ones(200, 1, 1))
    table = loop.mixing_matrix()
    assert table[199, 199] == 1
    torch.testing.assert_close(table[199, 190:], 0.1 ** torch.arange(9, -1, -1.0))


def test_a_poke_shows_the_weight_of_these_gates():
    loop = DSF(*(normal(8, 1, 2, seed=s) for s in (1, 2, 3)), skip=normal(8, 1, seed=4))
    poked = mixing_matrix(lambda u: loop.run(torch.as_tensor(u)[:, None])[:, 0].numpy(), 8)
    np.testing.assert_allclose(poked, loop.mixing_matrix().numpy(), atol=1e-13)


def test_a_poke_into_the_whole_model_shows_another_number():
    W = normal(3, 2, 2, seed=5)

    def model(u):
        return elu_attention(u @ W[0], u @ W[1], W[2])

    u = normal(7, 2)
    slope = torch.autograd.functional.jacobian(lambda u: model(u).run(u), u).movedim(2, 1)
    assert (slope - model(u).operators()).abs().max() > 0.1


@SMALL
@given(
    L=st.integers(1, 15),
    d=st.integers(1, 3),
    n=st.integers(1, 3),
    seed=st.integers(0, 99),
    turn=st.booleans(),
    axes=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_gauges_change_the_decays_and_not_the_map(L, d, n, seed, turn, axes):
    loop = some_loop(L, d, n, seed)
    shape = [size if whole else 1 for size, whole in zip((L, d, n), axes, strict=True)]
    T = torch.exp(normal(*shape, seed=seed + 60)) * torch.sign(normal(*shape, seed=seed + 61))
    T = T * torch.exp(1j * normal(*shape, seed=seed + 62)) if turn else T
    other = loop.gauge(T)
    scale = 1 + loop.operators().abs().max().item()
    torch.testing.assert_close(other.operators(), loop.operators(), rtol=0, atol=1e-12 * scale)
    u = normal(L, d, seed=seed + 63)
    torch.testing.assert_close(other.run(u), loop.run(u), rtol=0, atol=1e-11 * (1 + loop.run(u).abs().max().item()))
    if L > 1 and axes[0]:
        assert (other.decay - loop.decay).abs().max() > 0
    torch.testing.assert_close(other.gauge(1 / T).decay, loop.decay.to(other.decay.dtype), rtol=1e-12, atol=1e-12)


def test_eigenvalues_are_no_property_of_the_map():
    loop = DSF(torch.full((12, 1, 2), 0.9).double(), normal(12, 1, 2, seed=1), normal(12, 1, 2, seed=2))
    grown = loop.gauge(2.0 ** torch.arange(12.0, dtype=torch.float64)[:, None, None])
    torch.testing.assert_close(grown.decay[1:], 2 * loop.decay[1:], rtol=1e-14, atol=0)
    torch.testing.assert_close(grown.mixing_matrix(), loop.mixing_matrix(), rtol=0, atol=1e-14)


def embed(loop, decay, write):
    """The loop inside a bigger one: more states that are never read."""
    return DSF(
        torch.cat([loop.decay, decay], -1),
        torch.cat([loop.write, write], -1),
        torch.cat([loop.read, torch.zeros_like(write)], -1),
        loop.value,
        loop.skip,
    )


@SMALL
@given(n=st.integers(1, 4), extra=st.integers(1, 4), seed=st.integers(0, 99))
def test_lemma_2_a_bigger_state_can_do_what_a_smaller_one_does(n, extra, seed):
    loop = some_loop(n=n, seed=seed)
    bigger = embed(loop, normal(9, 3, extra, seed=seed + 70), normal(9, 3, extra, seed=seed + 71))
    assert bigger.state_size == loop.state_size + 3 * extra
    scale = 1 + loop.operators().abs().max().item()
    torch.testing.assert_close(bigger.operators(), loop.operators(), rtol=0, atol=1e-12 * scale)


@SMALL
@given(
    d=st.integers(1, 2),
    n=st.integers(1, 3),
    t=st.integers(1, 9),
    seed=st.integers(0, 99),
    dtype=st.sampled_from([torch.float64, torch.complex128]),
)
def test_rank_is_at_most_the_state(d, n, t, seed, dtype):
    loop = some_loop(10, d, n, seed, dtype)
    crossing = min(loop.state_size, t * d, (10 - t) * d)
    assert loop.rank(t) <= crossing
    smooth = DSF(torch.sigmoid(loop.decay.real) + 0.5, loop.write.real, loop.read.real, loop.value)
    assert smooth.rank(t) == min(smooth.state_size, t * d, (10 - t) * d)


@pytest.mark.parametrize("L", [16, 32, 64])
def test_softmax_needs_half_the_length_and_linear_attention_its_n(L):
    """Evidence for "exact softmax at length L needs n ≥ L/2". It could not see singular values below 1e-9 of the largest."""
    q, k = 0.9 * normal(L, 16), 0.9 * normal(L, 16, seed=1)
    future = torch.ones(L, L, dtype=torch.bool).triu(1)
    attention = torch.softmax((q @ k.T).masked_fill(future, -torch.inf), -1)
    assert memory_rank(attention.numpy(), L // 2) == L // 2
    loop = elu_attention(q[:, :4], k[:, :4], torch.eye(1, dtype=torch.float64))
    assert loop.rank(L // 2) == 4 == loop.state_size
    wide = elu_attention(q[:, :4], k[:, :4], normal(2, 2, seed=2))
    assert wide.rank(L // 2) == 8 == wide.state_size


def test_rank_of_single_precision_gates_is_taken_in_double():
    q, k = normal(16, 2, dtype=torch.float32), normal(16, 2, seed=1, dtype=torch.float32)
    assert truncated_softmax(q, k, 2, torch.eye(1)).rank(8) == 6


# Matrices written out.


def test_from_dense_refuses_what_is_not_the_loop():
    loop = some_loop()
    parts = [torch.stack(x) for x in zip(*(loop.dense(i) for i in range(9)), strict=True)]

    def altered(which, *place):
        changed = [x.clone() for x in parts]
        changed[which][place] += 0.5
        return changed

    with pytest.raises(ValueError, match=r"Λ_4 has 0.5 off its diagonal; two neighbours swapped differ by"):
        from_dense(*altered(0, 4, 0, 1))
    with pytest.raises(ValueError, match="multiples of one row"):
        from_dense(*altered(1, 4, 0, 1))
    with pytest.raises(ValueError, match="another channel's states"):
        from_dense(*altered(2, 4, 0, 5))
    with pytest.raises(ValueError, match="multiples of one row"):
        from_dense(*altered(3, 4, 0, 1))
    with pytest.raises(ValueError, match="does not split over d = 3"):
        from_dense(parts[0][:, :5, :5], parts[1][:, :5], parts[2][:, :, :5], parts[3])
    with pytest.raises(ValueError, match="N = 5"):
        from_dense(parts[0][:, :5, :5], *parts[1:])


def test_from_dense_of_a_channel_without_input():
    loop = some_loop()
    mute = DSF(loop.decay, loop.write, loop.read, torch.diag(torch.tensor([1.0, 0.0, 2.0]).double()))
    again = from_dense(*(torch.stack(x) for x in zip(*(mute.dense(i) for i in range(9)), strict=True)))
    torch.testing.assert_close(again.operators(), mute.operators(), rtol=0, atol=1e-12)


# Bad input.

ONES = torch.ones(5, 2, 3, dtype=torch.float64)
ALTERNATING = torch.tensor([1e200, 1e-200, 1e200, 1e-200, 1e200], dtype=torch.float64)[:, None, None]
BAD = {
    "two axes": ("three axes", lambda: DSF(ONES[:, 0], ONES, ONES)),
    "axes that differ": ("do not broadcast", lambda: DSF(ONES, ONES[:4], ONES)),
    "no steps": ("holds nothing", lambda: DSF(ONES[:0], ONES[:0], ONES[:0])),
    "inf": ("decay holds nan or inf", lambda: DSF(ONES / 0, ONES, ONES)),
    "nan": ("read holds nan or inf", lambda: DSF(ONES, ONES, ONES * torch.nan)),
    "half precision": ("float16", lambda: DSF(ONES.half(), ONES, ONES)),
    "a number": ("is a float", lambda: DSF(0.5, ONES, ONES)),
    "value of another d": ("do not broadcast", lambda: DSF(ONES, ONES, ONES, torch.ones(3, 3))),
    "value not square": ("value of shape", lambda: DSF(ONES, ONES, ONES, torch.ones(2, 3))),
    "complex value": ("value is torch.complex", lambda: DSF(ONES, ONES, ONES, torch.ones(2, 2, dtype=torch.complex64))),
    "skip with a state axis": ("skip has shape", lambda: DSF(ONES, ONES, ONES, None, ONES)),
    "length of u": ("made for", lambda: DSF(ONES, ONES, ONES).run(ONES[:4, :, 0])),
    "channels of u": ("made for", lambda: DSF(ONES, ONES, ONES).run(ONES[:, :1, 0])),
    "u with a batch": ("u has shape", lambda: DSF(ONES, ONES, ONES).run(ONES)),
    "nan in u": ("u holds nan", lambda: DSF(ONES, ONES, ONES).run(ONES[..., 0] * torch.nan)),
    "complex u": ("u is torch.complex", lambda: DSF(ONES, ONES, ONES).states(ONES[..., 0] + 0j)),
    "channel": ("channel = 2", lambda: DSF(ONES, ONES, ONES).mixing_matrix(2)),
    "step": ("i = -1", lambda: DSF(ONES, ONES, ONES).dense(-1)),
    "gauge 0": ("T holds 0", lambda: DSF(ONES, ONES, ONES).gauge(0 * ONES)),
    "gauge of another length": ("do not broadcast", lambda: DSF(ONES, ONES, ONES).gauge(ONES[:4])),
    "gauge that widens": ("three axes that broadcast", lambda: DSF(ONES[:, :1], ONES[:, :1], ONES[:, :1]).gauge(ONES)),
    "gauge with two axes": ("three axes that broadcast", lambda: DSF(ONES, ONES, ONES).gauge(ONES[0])),
    "gauge that overflows": ("nan or inf", lambda: DSF(ONES, ONES, ONES).gauge(ALTERNATING)),
    "t = 0": ("t = 0", lambda: DSF(ONES, ONES, ONES).rank(0)),
    "t = L": ("t = 5", lambda: DSF(ONES, ONES, ONES).rank(5)),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case):
    message, call = BAD[case]
    with pytest.raises(ValueError, match=message):
        call()
