"""Linear attention in the interpreter: values, gradients, rounding, memory; and the faults that these checks must find.

Each check takes the module under test, so that the seeded faults, altered copies of the files, go through the same checks.
"""

import itertools
import re

import pytest
import torch

import dynlib_kernels
from dynlib_kernels import linear_attention as original
from dynlib_kernels import linear_attention_backward as gradients
from dynlib_kernels import linear_attention_chunks as chunks
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="these checks look into Triton's interpreter")

MODES = [*itertools.product((True, False), (True, False))]  # with decay, normalised
# B, H, L, n, d, decay, normalise. In the first one most faults show: three chunks, two blocks of channels, everything on.
CASES = [
    (1, 1, 37, 5, 35, True, True),
    (1, 2, 35, 33, 3, True, False),
    (3, 1, 1, 17, 5, True, True),
    (3, 2, 2, 1, 1, False, False),
    (1, 1, 63, 20, 16, False, True),
    (3, 1, 20, 3, 16, True, False),
    (1, 1, 100, 5, 40, False, False),
    (1, 1, 129, 33, 20, True, True),
    (1, 1, 20, 128, 128, True, True),
]
NAMES = ("out", "grad_q", "grad_k", "grad_v", "grad_log_decay")


def draw(B, H, L, n, d, dtype=torch.float64, seed=0):
    """Positive features, values, decays from hardly any to all but everything, one reset, and an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    q, k = torch.rand(2, B, H, L, n, generator=generator, dtype=torch.float64) + 0.1
    v, g = torch.randn(2, B, H, L, d, generator=generator, dtype=torch.float64)
    a = -(torch.rand(B, H, L, generator=generator, dtype=torch.float64) ** 4)
    a[..., L // 3] = -30
    return q.to(dtype), k.to(dtype), v.to(dtype), a.to(original.high(dtype)), g.to(dtype)


def run(function, q, k, v, a, g, decay, normalise):
    """out and the gradients of q, k, v and, with decay, a."""
    leaves = [x.detach().requires_grad_() for x in ((q, k, v, a) if decay else (q, k, v))]
    with empty_is_nan():
        out = function(*leaves[:3], leaves[3] if decay else None, normalise)
        return out.detach(), *torch.autograd.grad(out, leaves, g)


def check_values(module):
    for *shape, decay, normalise in CASES:
        tensors = draw(*shape)
        ours = run(module.linear_attention, *tensors, decay, normalise)
        plain = run(original.linear_attention_ref, *tensors, decay, normalise)
        for name, value, expected in zip(NAMES, ours, plain, strict=False):
            error = (value - expected).abs().max()
            assert error <= 1e-12 * max(1, expected.abs().max()), f"{name} of {(*shape, decay, normalise)} is off by {error}"


def reversed_bound(a, b, x, decay):
    """E of the sum over later steps: in reversed time the decay of step r stands one step later."""
    decay = None if decay is None else decay.flip(2).roll(1, 2)
    return original.error_bound(a.flip(2), b.flip(2), x.flip(2), decay).flip(2)


def bounds(q, k, v, a, g, decay, normalise, plain):
    """The bounds in the docstrings of both files, for out and the gradients; plain: their exact values."""
    u, half = 2.0**-24, 2.0**-11 * (q.dtype == torch.float16)
    n, d, a = q.shape[3], v.shape[3], a if decay else None
    sizes = [x.double().abs() for x in (q, k, v)]
    E_out, w = original.error_bound(q, k, v, a), g.double()
    factors = w, v
    extra = [0, 0, 0]
    if normalise:
        one = torch.ones_like(v[..., :1])
        eta = original.linear_attention_ref(q.double(), k.double(), one.double(), a if a is None else a.double())
        E_eta = original.error_bound(q, k, one, a) / eta
        size = plain[0].abs()
        E_out = E_out / eta + size * E_eta + 2 * u * size
        w = w / eta
        w_off = w.abs() * (E_eta + 2 * u)
        rho_off = (w_off * size + w.abs() * (E_out + half * size) + (d + 1) * u * w.abs() * size).sum(3, keepdim=True)
        factors = torch.cat([w, (w * plain[0]).sum(3, keepdim=True)], 3), torch.cat([v, one], 3)
        off, b = torch.cat([w_off, rho_off], 3), factors[1].double().abs()
        extra = [
            carried(off, b, sizes[1], a),
            carried(b, off, sizes[0], a, later=True),
            carried(sizes[1], sizes[0], w_off, a, later=True),
        ]
    E_dq = original.error_bound(factors[0].float(), factors[1].float(), k, a) + extra[0]
    E_dk = reversed_bound(factors[1].float(), factors[0].float(), q, a) + extra[1]
    E_dv = reversed_bound(k.float(), q.float(), w.float(), a) + extra[2]
    result = [E + half * value.abs() + half * 2**-13 for E, value in zip((E_out, E_dq, E_dk, E_dv), plain, strict=False)]
    if decay:
        steps = (sizes[0] * (E_dq + (n + 2) * u * plain[1].abs()) + sizes[1] * (E_dk + (n + 2) * u * plain[2].abs())).sum(3)
        result.append(steps.flip(2).cumsum(2).flip(2) + u * plain[4].abs())
    return result


def carried(a, b, x, decay, later=False):
    """The sum of absolute values that carries an error in a or b on, over earlier or over later steps."""
    if not later:
        return original.linear_attention_ref(a, b, x, decay if decay is None else decay.double())
    decay = None if decay is None else decay.double().flip(2).roll(1, 2)
    return original.linear_attention_ref(a.flip(2), b.flip(2), x.flip(2), decay).flip(2)


def check_rounding(module):
    lengths = {torch.float16: (1, 1, 40, 20, 3), torch.float32: (1, 1, 129, 5, 16)}
    for (dtype, shape), (decay, normalise) in itertools.product(lengths.items(), MODES):
        tensors = draw(*shape, dtype)
        ours = run(module.linear_attention, *tensors, decay, normalise)
        exact = run(original.linear_attention_ref, *[x.double() for x in tensors], decay, normalise)
        for name, value, expected, bound in zip(NAMES, ours, exact, bounds(*tensors, decay, normalise, exact), strict=False):
            assert ((value - expected).abs() <= bound).all(), f"{name} of {(*shape, decay, normalise)} {dtype}"


def check_memory(module):
    dtypes = itertools.cycle((torch.float16, torch.float32, torch.float64))
    for (*shape, decay, normalise), dtype in zip(CASES[:7], dtypes, strict=False):
        q, k, v, a, g = draw(*shape, dtype)
        closed = module.cost(*shape, dtype, decay, normalise)
        leaves = [x.requires_grad_() for x in ((q, k, v, a) if decay else (q, k, v))]
        with empty_is_nan(), watch() as forward:
            out = module.linear_attention(q, k, v, a if decay else None, normalise)
        with empty_is_nan(), watch() as backward:
            out.backward(g)
        assert_cost(forward, closed["forward"])
        assert_cost(backward, closed["backward"])
        for name, value in zip(NAMES, (out, *[x.grad for x in leaves]), strict=False):
            assert value.isfinite().all(), f"an undefined value reached {name}"


def check_strong_decay(module):
    """Exponents that are differences of sums would have lost all their digits after a decay like this."""
    q, k, v, a, _ = draw(1, 1, 64, 4, 4, torch.float32)
    a[..., :60] = -1e6
    out = module.linear_attention(q, k, v, a)[:, :, 60:]
    alone = original.linear_attention_ref(*(x[:, :, 59:].double() for x in (q, k, v, a)))[:, :, 1:]
    torch.testing.assert_close(out.double(), alone, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("check", [check_values, check_rounding, check_strong_decay, check_memory])
def test_kernel(check):
    check(original)


FAULTS = {
    "future for past": (chunks, "o_c[:, None] >= o_c", "o_c[:, None] <= o_c", check_values),
    "a step decays itself": (chunks, "m_between = o_c[:, None] >", "m_between = o_c[:, None] >=", check_values),
    "state not decayed": (chunks, "b_S *= b_all", "pass", check_values),
    "sum for the normaliser not decayed": (chunks, "b_sum_b *= b_all", "pass", check_values),
    "sum of x without ρ": (chunks, "b_right[:, None] * b_x", "b_x", check_values),
    "decay of the wrong step backwards": (chunks, "(1 if REVERSE else 0)", "0", check_values),
    "decay after the last step": (chunks, "m_s & (o_s > 0) if REVERSE else m_s", "m_s", check_memory),
    "exponent in float32": (
        chunks,
        "tl.exp(tl.cumsum(b_steps, 0))",
        "tl.exp(tl.cumsum(b_steps, 0).to(tl.float32)).to(ACC)",
        check_values,
    ),
    "exponents as differences": (
        chunks,
        "tl.cumsum(b_steps, 0)",
        "tl.minimum(tl.cumsum(b_r, 0)[:, None] - tl.cumsum(b_r, 0)[None, :], 0.0)",
        check_strong_decay,
    ),
    "x without other": (chunks, "mask=m_x, other=0.0)", "mask=m_x)", check_memory),
    "b without a mask": (chunks, "mask=m_b, other=0.0", "mask=m_n[:, None], other=0.0", check_memory),
    "store without its mask": (
        chunks,
        "b_y.to(y.dtype.element_ty), mask=m_x",
        "b_y.to(y.dtype.element_ty), mask=m_s[:, None]",
        check_memory,
    ),
    "every program stores η": (chunks, "m_s & (i_d == 0)", "m_s", check_memory),
    "all programs take the first channels": (chunks, "o_d = i_d * BD + ", "o_d = ", check_memory),
    "last block of channels not launched": (chunks, "math.ceil(outer / BD))]", "max(1, outer // BD))]", check_values),
    "sign of ρ": (gradients, "-tl.sum(b_w", "tl.sum(b_w", check_values),
    "sign in the decay": (gradients, "b_c += tl.sum", "b_c -= tl.sum", check_values),
    "decay gradient without its carry": (gradients, "b_sum = b_carry + ", "b_sum = ", check_values),
    "w not divided": (gradients, " / b_eta[:, None]", "", check_values),
    "dq rounded before its use": (original, "high(q.dtype) if decays else q.dtype", "q.dtype", check_rounding),
    "dk without its ρ": (original, "rho=rho, dk=dk", "rho=None, dk=dk", check_values),
    "cost forgets the blocks": (chunks, "{name: D * T * inner", "{name: T * inner", check_memory),
}


def with_fault(module, old, new):
    """The public module in a copy that has the fault, in itself or in one of the two that it is made of."""
    if module is original:
        return altered(original, old, new)
    copy = altered(original, "import math", "import math")
    setattr(copy, "chunks" if module is chunks else "gradients", altered(module, old, new))
    return copy


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault, red):
    *what, check = FAULTS[fault]
    broken = with_fault(*what)
    with red():
        check(broken)


@pytest.mark.parametrize(("decay", "normalise"), MODES)
def test_gradcheck(decay, normalise):
    q, k, v, a, _ = draw(1, 1, 18, 2, 3)
    leaves = [x.requires_grad_() for x in ((q, k, v, a) if decay else (q, k, v))]

    def function(q, k, v, a=None):
        return original.linear_attention(q, k, v, a, normalise)

    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)


def test_any_stride():
    tensors = draw(1, 2, 21, 5, 7)
    expected = run(original.linear_attention, *tensors, True, True)
    strided = [x.mT.contiguous().mT for x in tensors]
    strided[0] = torch.stack([tensors[0], tensors[0]], -1)[..., 1]
    assert not any(x.is_contiguous() for x in strided)
    for value, same in zip(run(original.linear_attention, *strided, True, True), expected, strict=True):
        assert torch.equal(value, same)


def test_upstream_gradient_may_be_expanded():
    *tensors, _ = draw(1, 2, 20, 3, 4)
    one = torch.ones((), dtype=torch.float64).expand(1, 2, 20, 4)
    ours, plain = (run(f, *tensors, one, True, False) for f in (original.linear_attention, original.linear_attention_ref))
    for value, expected in zip(ours, plain, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(), (1,), (2, 1), (6,), (3, 1, 6)])
def test_decay_is_broadcast(shape):
    """RetNet's one constant a head has shape (H, 1); its gradient is the sum over what it was broadcast to."""
    q, k, v, _, g = draw(3, 2, 6, 3, 4)
    a = -torch.rand(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ours, plain = (run(f, q, k, v, a, g, True, False) for f in (original.linear_attention, original.linear_attention_ref))
    assert ours[4].shape == a.shape
    for value, expected in zip(ours, plain, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("normalise", [False, True])
def test_decay_without_end_forgets(normalise):
    """log_decay = −∞ at step 18: what follows is as if the sequence began there, outputs and gradients."""
    q, k, v, a, g = draw(1, 1, 40, 3, 4)
    a[..., 18] = -torch.inf
    whole = run(original.linear_attention, q, k, v, a, g, True, normalise)
    parts = [
        run(original.linear_attention, *(x[:, :, part] for x in (q, k, v, a, g)), True, normalise)
        for part in (slice(0, 18), slice(18, 40))
    ]
    for value, *pieces in zip(whole, *parts, strict=True):
        torch.testing.assert_close(value, torch.cat(pieces, 2), rtol=1e-12, atol=1e-12)


def test_gradients_that_are_not_wanted():
    q, k, v, a, _ = draw(1, 1, 20, 3, 4)
    with watch() as seen:
        original.linear_attention(q, k, v.requires_grad_(), a).sum().backward()
    assert "linear_attention_decay" not in seen.launches
    assert q.grad is a.grad is None


def test_smallest_case_by_hand():
    q = torch.tensor([1.0, 1, 2]).reshape(1, 1, 3, 1)
    k = torch.tensor([1.0, 2, 3]).reshape(1, 1, 3, 1)
    v = torch.tensor([1.0, 3, 5]).reshape(1, 1, 3, 1)
    halved = torch.full((1, 1, 3), 0.5).log()
    for log_decay, normalise, expected in (
        (None, False, [1, 7, 44]),
        (None, True, [1, 7 / 3, 44 / 12]),
        (halved, False, [1, 6.5, 36.5]),
        (halved, True, [1, 2.6, 36.5 / 8.5]),
    ):
        out = original.linear_attention(q, k, v, log_decay, normalise)
        torch.testing.assert_close(out.flatten(), torch.tensor(expected, dtype=torch.float32), rtol=1e-6, atol=0)


@pytest.mark.parametrize(("decay", "normalise"), MODES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_cost_of_the_plain_form_is_what_torch_moves(dtype, decay, normalise):
    q, k, v, a, _ = draw(2, 3, 17, 5, 7, dtype)
    with Traffic() as traffic:
        original.linear_attention_ref(q, k, v, a if decay else None, normalise)
    assert traffic.total == original.cost(2, 3, 17, 5, 7, dtype, decay, normalise)["plain"].bytes


def test_cost_by_hand():
    cost = original.cost(2, 4, 1024, 64, 64, decay=True, normalise=True)
    steps = 2 * 4 * 1024
    assert cost["forward"].bytes == steps * 4 * (2 * 2 * 64 + 2 * 64 + 2 + 1)
    assert cost["forward"].dot_flops == 2 * 4 * 64 * 2 * (2 * 16 * (16 * 96 + 2 * 64 * 32))
    table = 2 * 4 * 1024 * 1024 * 4
    assert cost["plain"].bytes == (13 * table + steps * 4 * (2 * 64 + 64 + 64 + 2 * 64 + 1 + 2) + 7 * 1024**2)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_without_triton_the_plain_form_runs(dtype, monkeypatch):
    monkeypatch.setattr(original, "MODE", "torch")
    monkeypatch.setattr("dynlib_kernels.arguments.launches.MODE", "torch")
    *tensors, _ = draw(1, 2, 9, 3, 4, dtype)
    high = original.high(dtype)
    with watch() as seen:
        out = original.linear_attention(*tensors, True)
    assert not seen.launches
    assert torch.equal(out, original.linear_attention_ref(*(x.to(high) for x in tensors), True).to(dtype))


q, k, v, a, _ = draw(2, 3, 4, 5, 6, torch.float32)
REFUSED = {
    "whole numbers": ((q.int(), k, v), "q has dtype torch.int32; this kernel takes float32, float64, float16 or bfloat16"),
    "bfloat16 here": ((q.bfloat16(), k, v), "q is bfloat16, which Triton's interpreter gets wrong"),
    "a list": ((q, k.tolist(), v), "k is a list"),
    "other device": ((q, k, v.to("meta")), "v is on meta"),
    "no heads": ((q[:, 0], k, v), "q has shape (2, 4, 5)"),
    "empty": ((q, k, v[:, :, :0]), "v has shape (2, 3, 0, 6)"),
    "other dtype": ((q, k, v.double()), "v is torch.float64 on cpu but q is torch.float32"),
    "other n": ((q, k[..., :4], v), "k has shape (2, 3, 4, 4); its axis 3 must have 5 entries, as n of q has"),
    "other L in k": ((q, k[:, :, :3], v), "k has shape (2, 3, 3, 5); its axis 2 must have 4 entries, as L of q has"),
    "other L in v": ((q, k, v[:, :, :3]), "v has shape (2, 3, 3, 6); its axis 2 must have 4 entries"),
    "other batch": ((q, k, v[:1]), "v has shape (1, 3, 4, 6); its axis 0 must have 2 entries, as B of q has"),
    "n too large": ((q[..., :1].expand(2, 3, 4, 129),) * 2 + (v,), "n of q is 129; this kernel takes up to 128"),
    "d too large": ((q, k, v[..., :1].expand(2, 3, 4, 129)), "d of v is 129; this kernel takes up to 128"),
    "normalise by a tensor": ((q, k, v, None, a), "normalise is tensor("),
    "decay as a number": ((q, k, v, -0.1), "log_decay is a float; give None or a tensor"),
    "decay in float64": ((q, k, v, a.double()), "log_decay is torch.float64 on cpu; with q in torch.float32 on cpu"),
    "decay elsewhere": ((q, k, v, a.to("meta")), "log_decay is torch.float32 on meta; with q in torch.float32 on cpu"),
    "decay in half": ((q.half(), k.half(), v.half(), a.half()), "log_decay.to(q.device, torch.float32)"),
    "decay for other heads": ((q, k, v, a[:, :2]), "log_decay has shape (2, 2, 4), which does not broadcast"),
    "decay for each feature": ((q, k, v, -q), "log_decay has shape (2, 3, 4, 5), which does not broadcast"),
    "growth": ((q, k, v, -a), "log_decay holds 30; it must be ≤ 0"),
    "NaN": ((q, k, v, a * torch.nan), "log_decay holds nan"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.linear_attention(*args)
