"""Additive attention in the interpreter: values, gradients, rounding, memory; and the faults that these checks must find.

Each check takes the module under test, so that the seeded faults, altered copies of the file, go through the same checks.
"""

import math
import re

import pytest
import torch

import dynlib_kernels
from dynlib_kernels import additive_scores as original
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE == "gpu", reason="test_gpu.py has the checks of compiled kernels")
interpreted = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="this looks into Triton's interpreter")

# B, m, n, H: the small ones first, because a fault that shows there is found sooner
SHAPES = [
    (1, 1, 1, 1),
    (3, 2, 1, 3),
    (1, 3, 100, 2),
    (1, 1, 129, 5),
    (1, 17, 33, 3),
    (2, 3, 1, 65),
    (1, 129, 1, 2),
    (3, 2, 63, 1),
]
NAMES = ("scores", "grad_E", "grad_D", "grad_v")


def draw(B, m, n, H, dtype=torch.float64, seed=0):
    """Terms from far below to far above 1, weights, and an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    shapes = (B, n, H), (B, m, H), (H,), (B, m, n)
    E, D, v, g = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    spread = torch.logspace(-2, 1, n, dtype=torch.float64)[:, None] if n > 1 else 1
    return (spread * E).to(dtype), D.to(dtype), v.to(dtype), g.to(dtype)


def run(function, E, D, v, g):
    """scores, grad_E, grad_D, grad_v."""
    E, D, v = (x.detach().requires_grad_() for x in (E, D, v))
    with empty_is_nan():
        scores = function(E, D, v)
        return scores.detach(), *torch.autograd.grad(scores, (E, D, v), g)


def bounds(module, E, D, v, g):
    """The bounds of the docstring, in the order of NAMES."""
    u, size = torch.finfo(v.dtype).eps / 2, g.abs().double()
    (B, n, _), m, weight = E.shape, D.shape[1], v.abs().double()
    return (
        module.error_bound(v),
        (m + 15) * u * weight * size.sum(1)[..., None],
        (n + 15) * u * weight * size.sum(2)[..., None],
        (n + B * math.ceil(m / module.OWN["BR"]) / module.OWN["BR"] + 42) * u * size.sum(),
    )


def check_values(module):
    for shape in SHAPES:
        given = draw(*shape)
        ours, plain = run(module.additive_scores, *given), run(original.additive_scores_ref, *given)
        for name, value, expected in zip(NAMES, ours, plain, strict=True):
            error = (value - expected).abs().max()
            assert error <= 1e-12 * max(1, expected.abs().max()), f"{name} of {shape} is off by {error}"


def check_rounding(module):
    for shape in ((1, 17, 33, 40), (2, 63, 20, 2)):
        given = draw(*shape, torch.float32)
        ours = run(module.additive_scores, *given)
        exact = run(original.additive_scores_ref, *(x.double() for x in given))
        for name, value, expected, bound in zip(NAMES, ours, exact, bounds(module, *given), strict=True):
            assert ((value - expected).abs() <= bound).all(), f"{name} of {shape}"


def check_slope_where_tanh_is_flat(module):
    """Relative to the slope itself: (4 + 6|x|) tanh|x| + 12 units of rounding, two for the products with g and v."""
    E = torch.linspace(-12, 12, 25)[None, :, None]
    one = torch.ones(1)
    _, grad_E, _, _ = run(module.additive_scores, E, torch.zeros(1, 1, 1), one, torch.ones(1, 1, 25))
    exact = 1 / torch.cosh(E.double()) ** 2
    assert ((grad_E - exact).abs() <= (6 * E.abs() + 18) * 2.0**-24 * exact).all()


def check_memory(module):
    for shape, dtype in (
        ((1, 1, 1, 1), torch.float64),
        ((3, 2, 1, 3), torch.float32),
        ((1, 3, 40, 2), torch.float64),
        ((2, 33, 3, 5), torch.float32),
        ((1, 16, 32, 64), torch.float32),
        ((2, 17, 1, 65), torch.float64),
    ):
        E, D, v, g = draw(*shape, dtype)
        closed = module.cost(*shape, dtype)
        for x in (E, D, v):
            x.requires_grad_()
        with empty_is_nan(), watch() as forward:
            scores = module.additive_scores(E, D, v)
        with empty_is_nan(), watch() as backward:
            scores.backward(g)
        assert_cost(forward, closed["forward"])
        assert_cost(backward, closed["backward"])
        for name, value in zip(NAMES, (scores, E.grad, D.grad, v.grad), strict=True):
            assert value.isfinite().all(), f"an undefined value reached {name} of {shape}"


@interpreted
@pytest.mark.parametrize("check", [check_values, check_rounding, check_slope_where_tanh_is_flat, check_memory])
def test_kernel(check):
    check(original)


FAULTS = {
    "one choice too many": ("m_i, m_j = o_i < m, o_j < n", "m_i, m_j = o_i <= m, o_j < n", check_memory),
    "one thing too many": ("m_i, m_j = o_i < m, o_j < n", "m_i, m_j = o_i < m, o_j <= n", check_memory),
    "one row of D too many": ("m_r, m_h = o_r < m, o_h < H", "m_r, m_h = o_r <= m, o_h < H", check_memory),
    "one column too many": ("m_r, m_h = o_r < n, o_h < H", "m_r, m_h = o_r < n, o_h <= H", check_memory),
    "own rows without other": ("tl.load(D + o_D, mask=m_D, other=0.0)", "tl.load(D + o_D, mask=m_D)", check_memory),
    "upstream gradient without other": ("tl.load(p_g, mask=m_r, other=0.0)", "tl.load(p_g, mask=m_r)", check_memory),
    "parts of grad_v without other": ("mask=m_p, other=0.0)", "mask=m_p)", check_memory),
    "all programs own the first rows": ("i_r % blocks_r * BR + tl.arange(0, BR)", "tl.arange(0, BR)", check_memory),
    "all blocks of rows share one part of grad_v": ("tl.store(partial + i_r * H", "tl.store(partial + i_b * H", check_memory),
    "cost forgets the blocks": ('"D": N * D', '"D": D', check_memory),
    "last block of things not launched": ('* math.ceil(n / TILE["BJ"]),)', '* max(1, n // TILE["BJ"]),)', check_values),
    "last block of columns not launched": ("[(columns,)](partial", "[(max(1, columns - 1),)](partial", check_values),
    "the first choice leads on": ("(i_b * m + o_i) * H", "(i_b + o_i) * H", check_values),
    "tanh is even": ("-b_t, b_t)", "b_t, b_t)", check_values),
    "half the slope": ("(4 * b_e * b_r * b_r)", "(2 * b_e * b_r * b_r)", check_values),
    "gradient forgets v": ("b_v[None, :] * b_slopes", "b_slopes", check_values),
    "gradient of E walks along the row of g": ("m, H, n, m_r", "m, H, 1, m_r", check_values),
    "exponential in float32": (
        "tl.exp(-2 * tl.abs(b_x))",
        "tl.exp((-2 * tl.abs(b_x)).to(tl.float32)).to(b_x.dtype)",
        check_values,
    ),
    "exponential in float16": (
        "tl.exp(-2 * tl.abs(b_x))",
        "tl.exp(-2 * tl.abs(b_x)).to(tl.float16).to(b_x.dtype)",
        check_rounding,
    ),
    "slope from 1 - t²": ("(4 * b_e * b_r * b_r)", "(1 - (1 - b_e) * b_r * (1 - b_e) * b_r)", check_slope_where_tanh_is_flat),
}


@pytest.mark.proof
@interpreted
@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault, red):
    old, new, check = FAULTS[fault]
    broken = altered(original, old, new)
    with red():
        check(broken)


def test_gradcheck():
    E, D, v, _ = draw(1, 2, 3, 2)
    assert torch.autograd.gradcheck(original.additive_scores, tuple(x.requires_grad_() for x in (E, D, v)))


@interpreted
def test_any_stride():
    E, D, v, g = draw(2, 5, 7, 6)
    strided = (E.mT.contiguous().mT, torch.stack([D, D], -1)[..., 1], torch.stack([v, v], -1)[:, 0], g.mT.contiguous().mT)
    assert not any(x.is_contiguous() for x in strided)
    for value, same in zip(run(original.additive_scores, *strided), run(original.additive_scores, E, D, v, g), strict=True):
        assert torch.equal(value, same)


def test_upstream_gradient_may_be_expanded():
    E, D, v, _ = draw(2, 3, 4, 5)
    one = torch.ones((), dtype=torch.float64).expand(2, 3, 4)
    expected = run(original.additive_scores_ref, E, D, v, one)
    for value, same in zip(run(original.additive_scores, E, D, v, one), expected, strict=True):
        torch.testing.assert_close(value, same, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("function", [original.additive_scores, original.additive_scores_ref])
def test_smallest_case_by_hand(function):
    """tanh(log x) = (x² − 1) / (x² + 1), and its slope is 4 x² / (x² + 1)²."""
    E, D = torch.tensor([[[2.0, 1], [1, 1]]], dtype=torch.float64).log(), torch.tensor([[[1.0, 0.5]]], dtype=torch.float64).log()
    v, g = torch.tensor([5.0, 10], dtype=torch.float64), torch.tensor([[[1.0, -1]]], dtype=torch.float64)
    scores, grad_E, grad_D, grad_v = run(function, E, D, v, g)  # the sums are log 2, log ½ and log 1, log ½
    torch.testing.assert_close(scores, torch.tensor([[[5 * 0.6 - 10 * 0.6, -10 * 0.6]]], dtype=torch.float64))
    torch.testing.assert_close(grad_E, torch.tensor([[[5 * 0.64, 10 * 0.64], [-5.0, -10 * 0.64]]], dtype=torch.float64))
    torch.testing.assert_close(grad_D, torch.tensor([[[5 * 0.64 - 5, 0]]], dtype=torch.float64))
    torch.testing.assert_close(grad_v, torch.tensor([0.6, 0], dtype=torch.float64))


@interpreted
def test_moving_a_constant_from_decoder_to_encoder_changes_nothing():
    """So the gradients summed over their rows agree as well."""
    E, D, v, g = draw(2, 5, 7, 4)
    shift = torch.tensor([0.3, -2, 1, 0], dtype=torch.float64)
    scores, grad_E, grad_D, _ = run(original.additive_scores, E, D, v, g)
    torch.testing.assert_close(original.additive_scores(E + shift, D - shift, v), scores, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(grad_E.sum(1), grad_D.sum(1), rtol=1e-12, atol=1e-12)


def test_infinity_and_nan_are_as_in_torch():
    E = torch.tensor([1e30, -1e30, torch.inf, -torch.inf, torch.nan, 0, -1e-30])[None, :, None]
    given = E, torch.zeros(1, 1, 1), torch.ones(1), torch.ones(1, 1, 7)
    ours, plain = run(original.additive_scores, *given), run(original.additive_scores_ref, *given)
    for value, expected in zip(ours, plain, strict=True):
        torch.testing.assert_close(value, expected, rtol=0, atol=1e-7, equal_nan=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_triton_the_plain_form_runs(monkeypatch, dtype):
    monkeypatch.setattr(original, "MODE", "torch")
    given = draw(2, 3, 4, 5, dtype)
    for value, same in zip(run(original.additive_scores, *given), run(original.additive_scores_ref, *given), strict=True):
        assert torch.equal(value, same)
    exact = run(original.additive_scores_ref, *(x.double() for x in given))[0]
    assert ((original.additive_scores(*given[:3]) - exact).abs() <= original.error_bound(given[2])).all()
    assert "AdditiveScores" not in original.additive_scores(given[0].requires_grad_(), *given[1:3]).grad_fn.name()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(2, 3, 5, 7), (3, 1, 9, 1), (1, 1, 1, 1), (1, 1, 5, 7)])
def test_cost_of_the_plain_form_is_what_torch_moves(shape, dtype):
    E, D, v, _ = draw(*shape, dtype)
    with Traffic() as traffic:
        original.additive_scores_ref(E, D, v)
    assert traffic.total == original.cost(*shape, dtype)["plain"].bytes


def test_cost_by_hand():
    """Two batches of 16 choices among 64 things, H = 64: one block of rows of D, two of 32 things, four of 16 rows of E."""
    cost = original.cost(2, 16, 64, 64)
    assert cost["forward"].bytes == 4 * 2 * (64 * 64 + 2 * 16 * 64 + 2 * 64 + 16 * 64)
    assert cost["backward"].bytes == 4 * 2 * (3 * 64 * 64 + 6 * 16 * 64 + 2 * 16 * 64 + (3 * 1 + 4) * 64) + 4 * 64
    assert cost["backward"].calls == {"exp": 2 * 2 * 16 * 64 * 64}


E, D, v, _ = draw(2, 3, 5, 4, torch.float32)
REFUSED = {
    "a list": ((E.tolist(), D, v), "E is a list"),
    "whole numbers": ((E, D.long(), v), "D has dtype torch.int64; this kernel takes float32 or float64"),
    "half precision": ((E, D, v.half()), "v has dtype torch.float16"),
    "other device": ((E, D.to("meta"), v), "D is on meta"),
    "no batch axis": ((E[0], D, v), "E has shape (5, 4); it must be (B, n, H)"),
    "nothing to choose from": ((E[:, :0], D, v), "E has shape (2, 0, 4)"),
    "no choice": ((E, D[:, :0], v), "D has shape (2, 0, 4)"),
    "no batch": ((E[:0], D[:0], v), "E has shape (0, 5, 4)"),
    "v with two axes": ((E, D, v[None]), "v has shape (1, 4); it must be (H,)"),
    "dtypes differ": ((E, D.double(), v), "D is torch.float64 on cpu but E is torch.float32 on cpu"),
    "batches differ": ((E, D[:1], v), "D has shape (1, 3, 4); its axis 0 must have 2 entries, as the batch of E"),
    "H differs": ((E, D[..., :3], v), "D has shape (2, 3, 3); its axis 2 must have 4 entries, as the last axis of E"),
    "H of v differs": ((E, D, v[:3]), "v has shape (3,); its axis 0 must have 4 entries, as the last axis of E"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.additive_scores(*args)
