"""The description's figures against their definitions, and every route it names against the loop itself."""

import pytest
import torch

from dynlib.scan import causal_convolution, scan_chunked
from dynlib.unified_dynamics import DSF, elu_attention, gla, lti, multi_head_elu_attention, qlstm, retnet, s6, ssd
from dynlib.unified_dynamics.description import CONVOLUTION, LINEAR_ATTENTION, NO_MEMORY, SCAN, describe
from dynlib_kernels.linear_attention import linear_attention_ref

L, D, N = 12, 4, 3


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def gate(*shape, seed=0):
    return torch.sigmoid(normal(*shape, seed=seed))


Q, K, W_V, U = normal(L, N), normal(L, N, seed=1), normal(D, D, seed=2), normal(L, D, seed=3)
TURNING = 0.9 * torch.exp(1j * normal(D, N, seed=4).abs())
LOOPS = {
    "linear attention": (elu_attention(Q, K, W_V), "one for all", LINEAR_ATTENTION, 1),
    "two heads": (multi_head_elu_attention(normal(L, 2, N), normal(L, 2, N, seed=1), W_V), "one a channel", LINEAR_ATTENTION, 2),
    "RetNet": (retnet(Q, K, 0.8, W_V), "one for all, constant", LINEAR_ATTENTION, 1),
    "SSD": (ssd(gate(L, 2), K, Q, torch.ones(2).double(), D), "one a channel", LINEAR_ATTENTION, 2),
    "S6": (s6(gate(L, D), K, Q, normal(D, N).abs()), "one a number", SCAN, 0),
    "GLA": (gla(Q, K, gate(L, N), W_V), "one a number", SCAN, 0),
    "gated RNN": (qlstm(gate(L, D), gate(L, D, seed=1), gate(L, D, seed=2), W_V), "one a channel", SCAN, 0),
    "S4D": (lti(TURNING, torch.ones_like(TURNING), TURNING, normal(D), L=L), "one a number, constant", CONVOLUTION, 0),
    "selective turning": (DSF(TURNING[None], K[:, None], Q[:, None], W_V), "one a number, constant", SCAN, 0),
    "no memory": (DSF(torch.zeros(1, 1, 1).double(), K[:, None], Q[:, None], W_V), "one for all, constant", NO_MEMORY, 0),
    "negative gates": (DSF(-gate(L, 1, 1), K[:, None], Q[:, None], W_V), "one for all", LINEAR_ATTENTION, 1),
    "growing out of range": (DSF(1e20 * gate(L, 1, 1), K[:, None], Q[:, None], W_V), "one for all", SCAN, 0),
}


def by_route(loop, told):
    """The outputs for U by the route that the description names."""
    v = U if loop.value is None else U @ loop.value.T
    skip = 0 if loop.skip is None else loop.skip * v
    if told.route == NO_MEMORY:
        return (loop.read * loop.write).sum(-1) * v + skip
    if told.route == CONVOLUTION:
        return torch.stack([causal_convolution(v[:, c], loop.mixing_matrix(c)[:, 0]) for c in range(loop.d)], 1)
    if told.route == SCAN:
        h = scan_chunked(loop.decay.movedim(0, -1), (loop.write * v[..., None]).movedim(0, -1)).movedim(-1, 0)
        return (loop.read * h).sum(-1).real + skip
    if not ((loop.decay[1:] >= 0) & (loop.decay[1:] <= 1)).all():
        kept = torch.cat([torch.ones_like(loop.decay[:1]), loop.decay[1:]]).cumprod(0)
        loop = loop.gauge(1 / kept)
    parts = [slice(r * loop.d // told.heads, (r + 1) * loop.d // told.heads) for r in range(told.heads)]
    q, k, log_decay = (
        torch.stack([x[:, part.start] for part in parts])[None] for x in (loop.read, loop.write, loop.decay[..., 0].log())
    )
    values = torch.stack([v[:, part] for part in parts])[None]
    y = linear_attention_ref(q, k, values, log_decay)[0]
    return torch.cat(list(y), 1) + skip


@pytest.mark.parametrize("name", LOOPS)
def test_the_route_runs_the_loop(name):
    loop, pattern, route, heads = LOOPS[name]
    told = describe(loop)
    assert (told.pattern, told.route, told.heads) == (pattern, route, heads)
    v = loop.run(U)
    torch.testing.assert_close(by_route(loop, told), v, rtol=1e-10, atol=1e-10 * v.abs().max().item())


@pytest.mark.parametrize("name", LOOPS)
def test_the_figures_are_those_of_the_loop(name):
    loop = LOOPS[name][0]
    told = describe(loop)
    assert told.size == (L, loop.d, loop.n)
    assert told.state_size == loop.state_size
    assert told.gates == (loop.decay[1:].abs().min().item(), loop.decay[1:].abs().max().item())
    assert told.moments == tuple(range(1, L))
    assert max(told.ranks) <= loop.state_size // loop.d
    for t in (1, 5, 11):
        one = [DSF(loop.decay[:, [c]], loop.write[:, [c]], loop.read[:, [c]]).rank(t) for c in range(loop.d)]
        assert told.ranks[t - 1] == max(one)
    pokes = torch.stack(
        [
            DSF(loop.decay, loop.write, loop.read, None, loop.skip).run(torch.eye(L).double()[:, [j]].expand(L, loop.d))
            for j in range(L)
        ]
    )
    torch.testing.assert_close(told.reach, pokes[:, -1].abs().amax(1), rtol=1e-12, atol=1e-12)
    assert told.reach[-told.horizon :].sum() >= 0.9 * told.reach.sum()
    assert told.reach[L - told.horizon + 1 :].sum() < 0.9 * told.reach.sum()


def test_the_first_gate_is_not_counted():
    """Λ_0 meets an empty state: whatever it is, the map is the same."""
    decay = torch.full((L, 1, 1), 0.5).double()
    decay[0] = 7
    told = describe(DSF(decay, K[:, None], Q[:, None]))
    assert told.gates == (0.5, 0.5)
    assert (told.pattern, told.route) == ("one for all, constant", LINEAR_ATTENTION)


def test_channels_that_differ_are_told_apart():
    """One channel keeps three numbers, the other only one of them in use: ranks are those of the larger. One decay, two keys."""
    write = K[:, None].repeat(1, 2, 1)
    write[:, 1, 1:] = 0
    told = describe(DSF(torch.full((1, 1, 1), 0.9).double(), write, Q[:, None]), moments=[6])
    assert told.ranks == (3,)
    assert (told.route, told.heads) == (LINEAR_ATTENTION, 2)


def test_gates_outside_0_to_1_ask_for_other_units():
    assert "change units" in describe(LOOPS["negative gates"][0]).because
    assert "change units" in describe(LOOPS["linear attention"][0]).because
    assert "log_decay = log Λ" in describe(LOOPS["RetNet"][0]).because


def test_moments_can_be_chosen_and_words_are_said():
    told = describe(LOOPS["two heads"][0], moments=[3])
    assert (told.moments, told.ranks) == ((3,), (3,))
    assert str(told).splitlines()[0] == "keeps    12 numbers, 4 channels of 3; at most 3 a channel cross a moment"
    assert str(told).splitlines()[3].startswith("route    dynlib_kernels.linear_attention: 2 heads, one gate a step")


def test_one_step():
    told = describe(DSF(torch.ones(1, 1, 1).double(), torch.ones(1, 1, N).double(), torch.ones(1, 1, N).double()))
    assert (told.ranks, told.horizon, told.gates) == ((), 1, (1.0, 1.0))
    assert "cross" not in str(told)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="loop is a Tensor; give a DSF"):
        describe(Q)
    for t in (0, L, 1.0):
        with pytest.raises(ValueError, match=r"moments = \[.*\] holds"):
            describe(LOOPS["GLA"][0], moments=[t])
