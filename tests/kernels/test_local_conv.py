"""The locally connected layer: its plain form, and its kernels in the interpreter: values, gradients, rounding, memory, faults.

A check takes the module under test and the names of the shapes to try, so that each seeded fault goes through the check, and the
shape, that must find it.
"""

import itertools
import re

import pytest
import torch

import dynlib_kernels
from dynlib_kernels import local_conv as original
from dynlib_kernels import local_conv_backward
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

interpreted = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="these checks look into Triton's interpreter")
pytestmark = pytest.mark.skipif(dynlib_kernels.MODE == "gpu", reason="tensors of these tests lie on the CPU")

# shapes of x and w, stride
SHAPES = {
    "one": ((1, 1, 1), (1, 1, 1), 1),
    "one, local": ((1, 1, 1), (1, 1, 1, 1), 1),
    "two": ((3, 2, 2), (17, 2, 2), 1),  # two tiles of outputs, and of terms in grad_x
    "two, local": ((3, 2, 2), (2, 17, 2, 1), 1),
    "63": ((3, 2, 63), (3, 2, 4), 2),  # grad_w in parts
    "63, local": ((3, 1, 63), (3, 3, 1, 7), 20),  # stride beyond the patch: cells in no patch
    "100": ((1, 3, 100), (2, 3, 5), 3),  # stride does not divide the patch
    "100, local": ((1, 1, 100), (3, 2, 1, 30), 32),  # two tiles of columns in grad_x
    "129": ((3, 1, 129), (2, 1, 33), 4),  # two tiles of terms
    "129, local": ((1, 1, 129), (3, 2, 1, 100), 14),  # many positions reach one cell
    "samples, local": ((33, 2, 4), (2, 4, 2, 3), 1),  # two tiles of rows
    "picture": ((2, 3, 7, 6), (5, 3, 3, 2), 2),
    "picture, local": ((3, 2, 5, 6), (2, 2, 3, 2, 2, 3), 2),
    "tall, local": ((1, 2, 4, 2), (2, 1, 3, 2, 3, 2), 1),
    "long stride": ((2, 1, 3, 5), (2, 1, 2, 3), 9),
}
NAMES = ("y", "grad_x", "grad_w")


def draw(x_shape, w_shape, stride, dtype=torch.float64, seed=0):
    """x, w and an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    n = original.layer(x_shape, w_shape, stride)
    y_shape = (n.B, n.O, n.PH, n.PW) if len(x_shape) == 4 else (n.B, n.O, n.PW)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in (x_shape, w_shape, y_shape)]


def run(function, x, w, g, stride):
    """y, grad_x, grad_w."""
    x, w = x.detach().requires_grad_(), w.detach().requires_grad_()
    with empty_is_nan():
        y = function(x, w, stride)
        return y.detach(), *torch.autograd.grad(y, (x, w), g)


def check_values(module, names=SHAPES):
    for name in names:
        x, w, g = draw(*SHAPES[name])
        stride = SHAPES[name][2]
        ours, plain = run(module.local_conv, x, w, g, stride), run(original.local_conv_ref, x, w, g, stride)
        for what, value, expected in zip(NAMES, ours, plain, strict=True):
            error = (value - expected).abs().max()
            assert error <= 1e-12 * max(1, expected.abs().max()), f"{what} of {name!r} is off by {error}"


def bounds(x, w, g, stride):
    """The bounds of the kernel's docstring for float32, in float64."""
    n = original.layer(x.shape, w.shape, stride)
    terms = (n.D, n.O * n.JH * n.JW, n.B * n.P if n.shared else n.B)
    sizes = run(original.local_conv_ref, *(t.double().abs() for t in (x, w, g)), stride)
    return [m * 2.0**-24 * size for m, size in zip(terms, sizes, strict=True)]


def check_rounding(module, names=("two", "63", "63, local", "129", "129, local")):
    for name in names:
        x, w, g = draw(*SHAPES[name], torch.float32)
        stride = SHAPES[name][2]
        ours = run(module.local_conv, x, w, g, stride)
        exact = run(original.local_conv_ref, x.double(), w.double(), g.double(), stride)
        for what, value, expected, bound in zip(NAMES, ours, exact, bounds(x, w, g, stride), strict=True):
            assert ((value - expected).abs() <= bound).all(), f"{what} of {name!r}"


def check_memory(
    module,
    names=("one", "one, local", "two", "two, local", "63", "63, local", "100", "samples, local", "picture, local", "long stride"),
):
    for name, dtype in zip(names, itertools.cycle((torch.float32, torch.float64))):
        x, w, g = draw(*SHAPES[name], dtype)
        closed = module.cost(*SHAPES[name], dtype)
        x.requires_grad_()
        w.requires_grad_()
        with empty_is_nan(), watch() as forward:
            y = module.local_conv(x, w, SHAPES[name][2])
        with empty_is_nan(), watch() as backward:
            y.backward(g)
        assert_cost(forward, closed["forward"])
        assert_cost(backward, closed["backward"])
        for what, value in zip(NAMES, (y, x.grad, w.grad), strict=True):
            assert value.isfinite().all(), f"an undefined value reached {what} of {name!r}"


def check_needed(module, names=("two",)):
    """Only the gradients that are asked for are computed."""
    for name, wanted in itertools.product(names, (0, 1)):
        x, w, g = draw(*SHAPES[name])
        both = run(original.local_conv_ref, x, w, g, SHAPES[name][2])
        (x, w)[wanted].requires_grad_()
        y = module.local_conv(x, w, SHAPES[name][2])
        with watch() as seen:
            y.backward(g)
        assert seen.launches == [("local_conv_grad_x", "local_conv_grad_w")[wanted]]
        torch.testing.assert_close((x, w)[wanted].grad, both[1 + wanted], rtol=1e-12, atol=1e-12)
        assert (x, w)[1 - wanted].grad is None


@interpreted
@pytest.mark.parametrize("check", [check_values, check_rounding, check_memory, check_needed])
def test_kernel(check):
    check(original)


# file, old, new, the check that must find it, and at which shape
FAULTS = {
    "store one row too many": (original, "m_r, m_o = o_r < rows,", "m_r, m_o = o_r <= rows,", check_memory, "one"),
    "store every output": (original, "b_y, mask=m_r[:, None] & m_o[None, :]", "b_y, mask=m_r[:, None]", check_memory, "two"),
    "patches without other": (original, "m_d[None, :], other=0.0", "m_d[None, :]", check_memory, "63"),
    "all positions take the first filters": (original, "o_w = i_g.to(tl.int64) *", "o_w = 0 *", check_values, "two, local"),
    "last tile of rows not launched": (
        original,
        "out_tiles = math.ceil(n.B * Q / BR)",
        "out_tiles = max(1, n.B * Q // BR)",
        check_values,
        "samples, local",
    ),
    "factors in half precision": (
        original,
        "tl.dot(b_x, b_w,",
        "tl.dot(b_x.to(tl.float16), b_w.to(tl.float16),",
        check_rounding,
        "129",
    ),
    "one position too few reaches a cell": (original, "math.ceil(KW / SW)", "max(1, KW // SW)", check_values, "100"),
    "both gradients always": (original, "if needed[1] else", "if True else", check_needed, "two"),
    "cost forgets the tiles": (original, '"w": rows * w}', '"w": w}', check_memory, "63"),
    "cost forgets the parts": (original, '"grad_w": parts + w', '"grad_w": w', check_memory, "63"),
    "sign of an offset": (local_conv_backward, "o_ah[:, None] - o_jh", "o_ah[:, None] + o_jh", check_values, "picture"),
    "no left edge": (local_conv_backward, "(o_pw >= 0) & (o_pw < PW)  #", "(o_pw < PW)  #", check_values, "129"),
    "filters beyond their edge": (local_conv_backward, "(o_sh < KH) & (o_sw < KW)", "(o_sh < KH)", check_memory, "63, local"),
    "cells beyond the row": (local_conv_backward, "(o_h < H) & (o_v < W))", "(o_h < H))", check_memory, "100"),
    "last tile of columns not launched": (
        local_conv_backward,
        "math.ceil(n.C * n.SH * n.SW / BO)",
        "max(1, n.C * n.SH * n.SW // BO)",
        check_values,
        "63, local",
    ),
    "all parts sum the first rows": (local_conv_backward, "range(i_s * part,", "range(0,", check_values, "63"),
    "all groups write one place": (local_conv_backward, "o_w = i_k.to(tl.int64) *", "o_w = 0 *", check_memory, "two, local"),
    "one part not added": (local_conv_backward, "(o_s < S)", "(o_s < S - 1)", check_values, "63"),
}


@pytest.mark.proof
@interpreted
@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault, monkeypatch, red):
    file, old, new, check, name = FAULTS[fault]
    broken = altered(file, old, new)
    if file is local_conv_backward:
        for launch in ("grad_x", "grad_w"):
            monkeypatch.setattr(original, launch, getattr(broken, launch))
        broken = original
    with red():
        check(broken, [name])


@interpreted
def test_gradcheck():
    for x_shape, w_shape in (((1, 1, 3), (2, 1, 1, 2)), ((2, 1, 2, 2), (1, 1, 2, 1))):
        x, w, _ = draw(x_shape, w_shape, 1)
        assert torch.autograd.gradcheck(original.local_conv, (x.requires_grad_(), w.requires_grad_()), fast_mode=True)


@interpreted
def test_any_stride_in_memory():
    x, w, g = draw(*SHAPES["two, local"])
    expected = run(original.local_conv, x, w, g, 1)
    strided = [t.transpose(0, -1).contiguous().transpose(0, -1) for t in (x, w, g)]
    assert not any(t.is_contiguous() for t in strided)
    for value, same in zip(run(original.local_conv, *strided, 1), expected, strict=True):
        assert torch.equal(value, same)


@interpreted
def test_upstream_gradient_may_be_expanded():
    x, w, g = draw(*SHAPES["63"])
    one = torch.ones((), dtype=torch.float64).expand(g.shape)
    for value, expected in zip(run(original.local_conv, x, w, one, 2), run(original.local_conv_ref, x, w, one, 2), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


@interpreted
def test_parts_of_several_tiles(monkeypatch):
    """With many rows a part is more than one tile of them; here fewer parts are allowed instead."""
    monkeypatch.setattr(local_conv_backward, "PARTS", 2)
    assert local_conv_backward.part_rows(original.layer(*SHAPES["129"])) == 64  # of 75 rows
    check_memory(original, ["129"])
    check_values(original, ["129"])


def by_loops(x, w, stride):
    """y from its formula, entry by entry, for all four layers."""
    axes = x.ndim - 2
    kernel = w.shape[-axes:]
    positions = [(size - k) // stride + 1 for size, k in zip(x.shape[2:], kernel, strict=True)]
    y = x.new_zeros(x.shape[0], w.shape[-axes - 2], *positions)
    for p in itertools.product(*map(range, positions)):
        filters = w[p] if w.ndim > x.ndim else w
        patch = x[(..., *(slice(i * stride, i * stride + k) for i, k in zip(p, kernel, strict=True)))]
        for b, o in itertools.product(range(y.shape[0]), range(y.shape[1])):
            y[(b, o, *p)] = (filters[o] * patch[b]).sum()
    return y


def in_mode_torch(x, w, stride):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(original, "MODE", "torch")
        return original.local_conv(x, w, stride)


@pytest.mark.parametrize("function", [original.local_conv_ref, in_mode_torch])
def test_plain_form(function):
    for name, (x_shape, w_shape, stride) in SHAPES.items():
        x, w, g = draw(x_shape, w_shape, stride)
        for what, value, expected in zip(NAMES, run(function, x, w, g, stride), run(by_loops, x, w, g, stride), strict=True):
            torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12, msg=f"{what} of {name!r}")


def test_plain_form_shared_is_the_convolution_of_torch():
    for name, convolution in (("100", torch.conv1d), ("picture", torch.conv2d)):
        x, w, _ = draw(*SHAPES[name])
        stride = SHAPES[name][2]
        y = original.local_conv_ref(x, w, stride)
        torch.testing.assert_close(y, convolution(x, w, stride=stride), rtol=1e-12, atol=1e-12)


def test_sharing_sums_the_gradients_of_all_positions():
    x, w, g = draw(*SHAPES["picture"])
    n = original.layer(x.shape, w.shape, 2)
    copies = w.expand(n.PH, n.PW, *w.shape)
    shared, local = run(original.local_conv_ref, x, w, g, 2), run(original.local_conv_ref, x, copies, g, 2)
    for value, expected in zip(shared, (*local[:2], local[2].sum((0, 1))), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


def test_smallest_case_by_hand():
    x, w = torch.tensor([[[1.0, 2, 3]]]), torch.tensor([[[1.0, 10]]])
    functions = [original.local_conv_ref, in_mode_torch] + [original.local_conv] * (dynlib_kernels.MODE == "interpret")
    for function in functions:
        y, grad_x, grad_w = run(function, x, w, torch.tensor([[[1.0, 2]]]), 1)
        assert (y.tolist(), grad_x.tolist(), grad_w.tolist()) == ([[[21, 32]]], [[[1, 12, 20]]], [[[5, 8]]])
        own = torch.tensor([[[[1.0, 10]]], [[[100, 1000]]]])
        y, grad_x, grad_w = run(function, x, own, torch.tensor([[[1.0, 2]]]), 1)
        assert (y.tolist(), grad_x.tolist()) == ([[[21, 3200]]], [[[1, 210, 2000]]])
        assert grad_w.tolist() == [[[[1, 2]]], [[[4, 6]]]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cost_of_the_plain_form_is_what_torch_moves(dtype):
    for name in set(SHAPES) - {"one", "one, local"}:  # where D = 1, torch multiplies instead
        x, w, _ = draw(*SHAPES[name], dtype)
        with Traffic() as traffic:
            original.local_conv_ref(x, w, SHAPES[name][2])
        assert traffic.total == original.cost(*SHAPES[name], dtype)["plain"].bytes, name


def test_cost_by_hand():
    cost = original.cost((64, 8, 8, 8), (6, 6, 8, 8, 3, 3))  # D = 72, P = 36
    assert cost["forward"].bytes == 4 * (64 * 36 * 72 + 2 * 36 * 8 * 72 + 64 * 8 * 36)
    grad_x, grad_w = 64 * 8 * 36 * 9 + 2 * 36 * 8 * 72 + 64 * 8 * 64, 64 * 36 * 72 + 3 * 64 * 8 * 36 + 36 * 8 * 72
    assert cost["backward"].bytes == 4 * (grad_x + grad_w)
    assert cost["forward"].dot_flops == 2 * 32 * 16 * 32 * 36 * 2 * 3
    assert cost["backward"].dot_flops == 2 * 32 * 16 * 32 * (64 * 2 * 3 + 36 * 2 * 3)
    shared = original.cost((64, 8, 8, 8), (8, 8, 3, 3))  # 2304 rows: 36 parts of 64
    grad_x, grad_w = 64 * 8 * 36 * 9 + 128 * 8 * 72 + 64 * 8 * 64, 64 * 36 * 72 + 3 * 64 * 8 * 36 + (1 + 2 * 36) * 8 * 72
    assert shared["backward"].bytes == 4 * (grad_x + grad_w)
    assert shared["plain"].bytes == 4 * (64 * 8 * 64 + 2 * 64 * 36 * 72 + 64 * 8 * 72 + 64 * 8 * 36)


x, w = torch.ones(2, 3, 7), torch.ones(4, 3, 2)
BANK = torch.ones(6, 4, 3, 2)
REFUSED = {
    "no tensor": (([1, 2], w, 1), "x is list and w is (4, 3, 2); give tensors, x (B, C, L) with w (O, C, K), or"),
    "one sample": ((x[0], w, 1), "x is (3, 7) and w is (4, 3, 2)"),
    "picture with filters of a line": ((x[None], w, 1), "x is (1, 2, 3, 7) and w is (4, 3, 2)"),
    "line with filters of a picture": ((x, BANK[None, None], 1), "x is (2, 3, 7) and w is (1, 1, 6, 4, 3, 2)"),
    "one picture, taken for lines": ((x, torch.ones(4, 2, 3, 2), 1), "its axis 0 must have 6 entries, as x (2, 3, 7) has"),
    "half precision": ((x.half(), w.half(), 1), "x has dtype torch.float16; this kernel takes float32 or float64"),
    "integers": ((x, w.int(), 1), "w has dtype torch.int32"),
    "other device": ((x.to("meta"), w, 1), "x is on meta"),
    "dtypes differ": ((x, w.double(), 1), "w is torch.float64 on cpu but x is torch.float32"),
    "no samples": ((x[:0], w, 1), "x has shape (0, 3, 7) and w (4, 3, 2); no axis may be empty"),
    "empty patch": ((x, w[..., :0], 1), "w (4, 3, 0); no axis may be empty"),
    "channels differ": ((x[:, :2], w, 1), "w has shape (4, 3, 2); its axis 1 must have 2 entries, as x (2, 2, 7) has channels"),
    "patch too long": ((x[..., :1], w, 1), "its patches, the last axes, do not fit into x (2, 3, 1)"),
    "a position too many": ((x[..., :6], BANK, 1), "its axis 0 must have 5 entries, as x (2, 3, 6) has positions with stride 1"),
    "another stride": ((x, BANK, 2), "its axis 0 must have 3 entries, as x (2, 3, 7) has positions with stride 2"),
    "no stride": ((x, w, 0), "stride is 0"),
    "fraction of a stride": ((x, w, 1.0), "stride is 1.0"),
    "truth as stride": ((x, w, True), "stride is True"),
    "too large": ((x[:1, :1, :1].expand(2**16, 1, 2**15), w[:1, :1, :1], 1), "more than 2³⁰ patches"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.local_conv(*args)


@pytest.mark.parametrize(
    "case",
    [
        "one sample",
        "picture with filters of a line",
        "line with filters of a picture",
        "no stride",
        "channels differ",
        "patch too long",
        "a position too many",
        "no samples",
    ],
)
def test_plain_form_refuses_what_does_not_fit(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.local_conv_ref(*args)
