"""Causal softmax attention in the interpreter: values, gradients, rounding, memory; and the faults that these checks must find.

Each check takes the module under test, so that the seeded faults, altered copies of its two files, go through the same checks.
"""

import math
import re
from functools import partial

import numpy as np
import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

import dynlib_kernels
from dynlib_kernels import softmax_attention as original
from dynlib_kernels import softmax_attention_backward
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE == "gpu", reason="on a GPU, test_gpu.py checks this")
interpreted = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="this looks into Triton's interpreter")

# B, H, L, n, d: blocks of 32 rows and, where a row takes more than 256 bytes, of 16
SHAPES = [
    (3, 1, 63, 5, 16),
    (1, 2, 40, 64, 1),
    (1, 1, 100, 17, 20),
    (1, 1, 129, 3, 7),
    (1, 2, 1, 3, 5),
    (3, 1, 2, 2, 40),
    (1, 1, 40, 128, 128),
    (1, 1, 1, 1, 1),
]
NAMES = ("out", "grad_q", "grad_k", "grad_v")


def draw(B, H, L, n, d, dtype=torch.float64, seed=0):
    """Queries, keys, values and an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(B, H, L, width, generator=generator, dtype=torch.float64).to(dtype) for width in (n, n, d, d)]


def rising(L, dtype):
    """Scores that rise from about 0 to 900 along the keys: exp(s) overflows, and every block changes the gauge."""
    q, k, v, g = draw(1, 1, L, 3, 5, dtype)
    q[..., 0], k[..., 0] = math.sqrt(3), torch.arange(L) * 900 / L
    return q, k, v, g


def run(function, q, k, v, g, scale=None):
    """out, grad_q, grad_k, grad_v."""
    q, k, v = (x.detach().requires_grad_() for x in (q, k, v))
    with empty_is_nan():
        out = function(q, k, v, scale=scale)
        return out.detach(), *torch.autograd.grad(out, (q, k, v), g)


def check_values(module):
    for shape in SHAPES:
        q, k, v, g = draw(*shape)
        for scale in (None, -0.7) if shape[2] == 40 else (None,):
            ours, plain = run(module.softmax_attention, q, k, v, g, scale), run(original.softmax_attention_ref, q, k, v, g, scale)
            for name, value, expected in zip(NAMES, ours, plain, strict=True):
                error = (value - expected).abs().max()
                assert error <= 1e-12 * max(1, expected.abs().max()), f"{name} of {shape} is off by {error}"


def check_rounding(module):
    cases = [
        (rising(70, torch.float32), None),
        (rising(70, torch.float64), None),
        (draw(1, 1, 63, 5, 7, torch.float16), None),
        (draw(1, 1, 129, 5, 7, torch.float32), None),
        (draw(1, 1, 40, 64, 64, torch.float32), 0.5),
    ]
    for (q, k, v, g), scale in cases:
        ours = run(module.softmax_attention, q, k, v, g, scale)
        exact = run(original.softmax_attention_ref, *(x.double() for x in (q, k, v, g)), scale)
        bounds = original.error_bounds(q, k, v, g, scale)
        for name, value, expected in zip(NAMES, ours, exact, strict=True):
            assert value.dtype == q.dtype
            assert ((value - expected).abs() <= bounds[name]).all(), f"{name} of {tuple(q.shape)} {q.dtype}"


def check_memory(module):
    for number, dtype in (
        (0, torch.float32),
        (1, torch.float64),
        (2, torch.float32),
        (2, torch.float64),
        (0, torch.float16),
        (-1, torch.float64),
    ):
        shape = SHAPES[number]
        *tensors, g = draw(*shape, dtype)
        q, k, v = (x.requires_grad_() for x in tensors)
        closed = module.cost(*shape, dtype)
        with empty_is_nan(), watch() as forward:
            out = module.softmax_attention(q, k, v)
        with empty_is_nan(), watch() as backward:
            out.backward(g)
        assert_cost(forward, closed["forward"])
        assert_cost(backward, closed["backward"])
        for name, value in zip(NAMES, (out, q.grad, k.grad, v.grad), strict=True):
            assert value.isfinite().all(), f"an undefined value reached {name}"


def check_scale(module):
    """The interpreter takes any number as it is; a compiled kernel takes it in float32 unless it is told otherwise."""
    backward = module.backward.__globals__
    for kernel in (
        module.softmax_attention_forward,
        backward["softmax_attention_backward_queries"],
        backward["softmax_attention_backward_keys"],
    ):
        assert kernel.fn.__annotations__.get("scale") == "fp64", kernel


@interpreted
@pytest.mark.parametrize("check", [check_values, check_rounding, check_memory, check_scale])
def test_kernel(check):
    check(original)


FAULTS = {
    "store without a mask": (", mask=m_q & m_d)", ")", check_memory),
    "one lse too many": ("tl.log(b_z), mask=i_q + o_l < L)", "tl.log(b_z), mask=i_q + o_l <= L)", check_memory),
    "values without other": ("mask=m_k & m_d, other=0.0)", "mask=m_k & m_d)", check_memory),
    "two programs take one head": ("// tl.cdiv(L, BL),", "// tl.cdiv(L, BL) // 2,", check_memory),
    "blocks of queries overlap": ("% tl.cdiv(L, BL) * BL", "% tl.cdiv(L, BL) * (BL - 1)", check_memory),
    "blocks above the diagonal": ("range(0, i_q + BL, BL)", "range(0, L, BL)", check_memory),
    "cost counts every pair": ("P * (P + 1) // 2, BL", "P * P, BL", check_memory),
    "cost reads each key once": ("S, R = L + ahead", "S, R = L", check_memory),
    "last block not launched": ('(B * H * math.ceil(L / tile["BL"]),)', '(B * H * max(1, L // tile["BL"]),)', check_values),
    "sees one key ahead": (">= i_k + o_l[None, :]", ">= i_k + o_l[None, :] - 1", check_values),
    "z keeps its old gauge": ("b_z * b_gauge", "b_z", check_values),
    "h keeps its old gauge": ("b_h * b_gauge[:, None]", "b_h", check_values),
    "lse forgets the gauge": ("b_m + tl.log(b_z)", "tl.log(b_z)", check_values),
    "the gauge stands still": ("tl.maximum(b_m, tl.max(b_s, 1))", "tl.where(b_m > -1e30, b_m, tl.max(b_s, 1))", check_rounding),
    "weights in half precision": ("b_p.to(b_v.dtype)", "b_p.to(tl.float16).to(b_v.dtype)", check_rounding),
    "scale in float32": ('    scale: "fp64",', "    scale,", check_scale),
}
BACKWARD_FAULTS = {
    "gradient without other": (
        "b_g = tl.load(g + i_row * d + o_ld, mask=m_q & m_d, other=0.0)",
        "b_g = tl.load(g + i_row * d + o_ld, mask=m_q & m_d)",
        check_memory,
    ),
    "δ without other": (
        "tl.load(delta + i_row + o_l, mask=i_q + o_l < L, other=0.0)",
        "tl.load(delta + i_row + o_l, mask=i_q + o_l < L)",
        check_memory,
    ),
    "two programs write one δ": ("b_delta, mask=i_q + o_l < L)", "b_delta, mask=i_q + o_l < L + 1)", check_memory),
    "grad_v beyond the last row": (", mask=m_k & m_d)\n\n", ", mask=m_d)\n\n", check_memory),
    "sign of δ": ("- b_delta[:, None]", "+ b_delta[:, None]", check_values),
    "δ forgotten": (" - b_delta[None, :]", "", check_values),
    "grad_k without scale": ("(b_gk * b_scale)", "b_gk", check_values),
    "a query does not see its own key": ("o_l[:, None] <= i_q", "o_l[:, None] < i_q", check_values),
    "grad_q from keys ahead": (">= i_k + o_l[None, :]", ">= i_k + o_l[None, :] - 1", check_values),
    "keys skip their own block": ("range(i_k, L, BL)", "range(i_k + BL, L, BL)", check_values),
    "last block not launched": ('(B * H * math.ceil(L / tile["BL"]),)', '(B * H * max(1, L // tile["BL"]),)', check_values),
    "δ in half precision": (
        "tl.sum(b_g.to(b_lse.dtype) * b_out.to(b_lse.dtype), 1)",
        "tl.sum((b_g * b_out).to(tl.float16).to(b_lse.dtype), 1)",
        check_rounding,
    ),
    "scale in float32": ('    scale: "fp64",', "    scale,", check_scale),
}


@pytest.mark.proof
@interpreted
@pytest.mark.parametrize(
    ("file", "fault"), [*(("forward", fault) for fault in FAULTS), *(("backward", fault) for fault in BACKWARD_FAULTS)]
)
def test_seeded_fault_is_found(file, fault, red):
    if file == "forward":
        old, new, check = FAULTS[fault]
        broken = altered(original, old, new)
    else:
        old, new, check = BACKWARD_FAULTS[fault]
        broken = altered(original, "", "")  # a copy without a fault, to which the faulty backward is given
        broken.backward = altered(softmax_attention_backward, old, new).backward
    with np.errstate(over="ignore", invalid="ignore"), red():  # a GPU overflows in silence, too
        check(broken)


@interpreted
def test_gradcheck():
    *tensors, _ = draw(1, 1, 3, 2, 2)
    assert torch.autograd.gradcheck(original.softmax_attention, [x.requires_grad_() for x in tensors])


@interpreted
def test_any_stride():
    q, k, v, g = draw(1, 2, 40, 5, 7)
    expected = run(original.softmax_attention, q, k, v, g)
    heads_last = k.transpose(1, 2).contiguous().transpose(1, 2)
    strided = q.mT.contiguous().mT, heads_last, torch.stack([v, v], -1)[..., 1], g.mT.contiguous().mT
    assert not any(x.is_contiguous() for x in strided)
    for value, same in zip(run(original.softmax_attention, *strided), expected, strict=True):
        assert torch.equal(value, same)


@interpreted
def test_upstream_gradient_may_be_expanded():
    q, k, v, _ = draw(1, 2, 40, 5, 7)
    one = torch.ones((), dtype=torch.float64).expand_as(v)
    ours, plain = run(original.softmax_attention, q, k, v, one), run(original.softmax_attention_ref, q, k, v, one)
    for value, expected in zip(ours, plain, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


def test_smallest_case_by_hand():
    q = torch.tensor([[0.0], [1.0], [0.0]]).expand(1, 1, 3, 1)
    k = torch.tensor([[0.0], [math.log(3)], [5.0]]).expand(1, 1, 3, 1)
    v = torch.tensor([[4.0, 0], [8, 1], [0, 2]]).expand(1, 1, 3, 2)
    out, grad_q, _, grad_v = run(original.softmax_attention, q, k, v, torch.ones(1, 1, 3, 2))
    torch.testing.assert_close(out[0, 0], torch.tensor([[4.0, 0], [7, 0.75], [4, 1]]))  # weights 1; 1/4, 3/4; 1/3 each
    torch.testing.assert_close(grad_v[0, 0, :, 0], torch.tensor([1 + 1 / 4 + 1 / 3, 3 / 4 + 1 / 3, 1 / 3]))
    torch.testing.assert_close(grad_q[0, 0, 1, 0], torch.tensor(3 / 16 * 5 * math.log(3)))  # p₀ p₁ (Σ v₁ − Σ v₀) (k₁ − k₀)


@interpreted
def test_a_change_of_gauge_changes_nothing():
    """A number added to every score of a row multiplies numerator and normaliser alike."""
    q, k, v, g = draw(1, 2, 40, 5, 7)
    shift = 500 * torch.randn(1, 2, 40, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    shifted_q, shifted_k = torch.cat([q, shift], -1), torch.cat([k, torch.ones_like(shift)], -1)
    out, grad_q, *_ = run(original.softmax_attention, q, k, v, g, 1.0)
    shifted_out, shifted_grad_q, *_ = run(original.softmax_attention, shifted_q, shifted_k, v, g, 1.0)
    torch.testing.assert_close(shifted_out, out, rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(shifted_grad_q[..., :5], grad_q, rtol=1e-11, atol=1e-11)
    assert shifted_grad_q[..., 5].abs().max() <= 1e-11


@interpreted
def test_nan_reaches_those_who_see_it():
    q, k, v, _ = draw(1, 1, 40, 3, 2)
    k[0, 0, 35] = torch.nan
    out, plain = original.softmax_attention(q, k, v), original.softmax_attention_ref(q, k, v)
    assert out[0, 0, :35].isfinite().all()
    assert out[0, 0, 35:].isnan().all()
    assert torch.equal(out.isnan(), plain.isnan())


def test_plain_form_is_torch_attention():
    q, k, v, g = draw(2, 3, 17, 5, 7)
    for scale in (None, 0.3):
        plain = run(original.softmax_attention_ref, q, k, v, g, scale)
        torchs = run(partial(scaled_dot_product_attention, is_causal=True), q, k, v, g, scale)
        for value, expected in zip(plain, torchs, strict=True):
            torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_without_triton(monkeypatch, dtype):
    monkeypatch.setattr(original, "MODE", "torch")
    q, k, v, g = draw(2, 3, 33, 5, 7, dtype)
    ours = run(original.softmax_attention, q, k, v, g, 0.4)
    exact = run(original.softmax_attention_ref, *(x.double() for x in (q, k, v, g)), 0.4)
    for value, expected in zip(ours, exact, strict=True):
        assert torch.equal(value, expected.to(dtype))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_cost_of_the_plain_form_is_what_torch_moves(dtype):
    q, k, v, _ = draw(3, 2, 129, 5, 7, dtype)
    with Traffic() as traffic:
        original.softmax_attention_ref(q, k, v)
    assert traffic.total == original.cost(3, 2, 129, 5, 7, dtype)["plain"].bytes


def test_cost_by_hand():
    cost = original.cost(2, 3, 70, 64, 20)  # blocks of 32, 32 and 6 rows: the first is read by 3, the last by 1
    assert cost["forward"].reads == {"q": 6 * 70 * 256, "k": 6 * (96 + 64 + 6) * 256, "v": 6 * (96 + 64 + 6) * 80}
    assert cost["forward"].dot_flops == 6 * 6 * 2 * 32 * 32 * (64 + 32)
    assert cost["backward"].reads["g"] == 6 * (70 + 32 + 64 + 18) * 80
    assert cost["plain"].dot_flops == 6 * 2 * 70 * 70 * 84
    assert original.cost(1, 1, 1, 1, 1, torch.float64)["forward"].bytes == 5 * 8


q, k, v, _ = draw(1, 2, 3, 4, 5, torch.float32)
wide = torch.zeros(1, 2, 3, 129)
REFUSED = {
    "a list": (([[1.0]], k, v), "q is a list"),
    "whole numbers": ((q.int(), k, v), "q has dtype torch.int32; this kernel takes float32, float64, float16 or bfloat16"),
    "other device": ((q, k.to("meta"), v), "k is on meta"),
    "three axes": ((q[0], k[0], v[0]), "q has shape (2, 3, 4)"),
    "no tokens": ((q[:, :, :0], k[:, :, :0], v[:, :, :0]), "q has shape (1, 2, 0, 4)"),
    "no value": ((q, k, v[..., :0]), "v has shape (1, 2, 3, 0)"),
    "dtypes differ": ((q, k.double(), v), "k is torch.float64 on cpu but q is torch.float32"),
    "other width": ((q, k[..., :3], v), "k has shape (1, 2, 3, 3); its axis 3 must have 4 entries"),
    "fewer keys": ((q, k[:, :, :2], v), "k has shape (1, 2, 2, 4); its axis 2 must have 3 entries"),
    "fewer values": ((q, k, v[:, :, :2]), "v has shape (1, 2, 2, 5); its axis 2 must have 3 entries"),
    "fewer heads": ((q, k, v[:, :1]), "v has shape (1, 1, 3, 5); its axis 1 must have 2 entries"),
    "wide keys": ((wide, wide, v), "q has shape (1, 2, 3, 129); its last axis may have 128 entries"),
    "wide values": ((q, k, wide), "v has shape (1, 2, 3, 129)"),
    "learnt scale": ((q, k, v, torch.ones(())), "scale is a Tensor"),
    "no scale": ((q, k, v, math.inf), "scale is inf"),
    "truth as scale": ((q, k, v, True), "scale is True"),
    "scale in words": ((q, k, v, "1"), "scale is '1'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.softmax_attention(*args)


@interpreted
def test_bfloat16_is_refused_in_the_interpreter():
    with pytest.raises(ValueError, match="q is bfloat16, which Triton's interpreter gets wrong"):
        original.softmax_attention(*(x.bfloat16() for x in (q, k, v)))
