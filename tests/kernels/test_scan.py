"""The scan in the interpreter: values, gradients, rounding, memory; and the faults that these checks must find.

Each check takes the module under test, so that the seeded faults, altered copies of the file, go through the same checks. The
interpreter takes a Python step for each step of a tile, beyond the end too: most checks launch tiles of 16 steps instead of 128.
"""

import itertools
import math
import re
from unittest.mock import patch

import numpy as np
import pytest
import torch

import dynlib_kernels
from dynlib_kernels import scan as original
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="these checks look into Triton's interpreter")

NAMES = ("x", "grad_a", "grad_b", "grad_initial")
REAL, COMPLEX, LENGTHS = torch.float64, torch.complex128, (1, 2, 63, 100, 129)
SHAPES = [  # dtype, R, L and steps of a tile; the first two are quick and find most faults
    (REAL, 2, 20, 16),
    (COMPLEX, 2, 20, 16),
    (REAL, 1, 129, 128),
    (COMPLEX, 1, 129, 128),
    *((REAL, 3, L, 16) for L in LENGTHS),
    *((COMPLEX, 1, L, 16) for L in LENGTHS),
    (COMPLEX, 3, 63, 16),
]


def tiles(module, steps):
    """Inside, a tile has so many steps."""
    return patch.dict(module.TILE, BT=steps)


def draw(R, L, dtype=torch.float64, seed=0):
    """Factors mostly below one in size, terms, an initial state and an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    a, b, g = (torch.randn(R, L, generator=generator, dtype=dtype) for _ in range(3))
    return 0.7 * a, b, torch.randn(R, generator=generator, dtype=dtype), g


def run(function, a, b, initial, g):
    """x, grad_a, grad_b, grad_initial."""
    inputs = [x.detach().requires_grad_() for x in (a, b, initial)]
    with empty_is_nan():
        x = function(*inputs)
        return x.detach(), *torch.autograd.grad(x, inputs, g)


def assert_close(ours, plain, tolerance=1e-12, where=""):
    for name, value, expected in zip(NAMES, ours, plain, strict=True):
        error = (value - expected).abs().max()
        assert error <= tolerance * max(1, expected.abs().max()), f"{name} {where} is off by {error}"


def check_values(module):
    for dtype, R, L, steps in SHAPES:
        inputs = draw(R, L, dtype)
        with tiles(module, steps):
            ours = run(module.scan, *inputs)
        assert_close(ours, run(original.scan_ref, *inputs), where=f"of {(R, L, dtype)}")


def draw_without_a_leak(L, dtype):
    """|a| = 1 and terms that add up, so that nothing is forgotten; rounded to dtype."""
    generator = torch.Generator().manual_seed(L)
    angle = torch.randn(1, L, generator=generator, dtype=torch.float64) * dtype.is_complex
    b, g = torch.rand(2, 1, L, generator=generator, dtype=torch.float64)
    forth, back = angle.cumsum(-1), angle.sum(-1, keepdim=True) - angle.cumsum(-1)
    numbers = (torch.polar(torch.ones_like(angle), angle), torch.polar(b, forth), torch.ones(1), torch.polar(g, -back))
    return [(x if dtype.is_complex else x.real).to(dtype) for x in numbers]


def check_rounding(module):
    for L, dtype in ((400, torch.float32), (257, torch.complex64)):
        a, b, initial, g = draw_without_a_leak(L, dtype)
        ours = run(module.scan, a, b, initial, g)
        exact = run(original.scan_ref, *(x.to(torch.promote_types(dtype, torch.float64)) for x in (a, b, initial, g)))
        magnitudes = [x.abs().double() for x in (a, b, initial, g)]
        size = original.scan_ref(*magnitudes[:3])
        _, _, size_back, size_initial = run(original.scan_ref, *magnitudes)  # Λ, |a_0| Λ_0
        before = torch.cat([magnitudes[2][:, None], size[:, :-1]], -1)
        E = (math.sqrt(5) if dtype.is_complex else 1) * L + min(L, 128) + math.ceil(L / 128)
        bounds = [E * 2.0**-24 * bound for bound in (size, 2 * size_back * before, size_back, size_initial)]
        for name, value, expected, bound in zip(NAMES, ours, exact, bounds, strict=True):
            assert ((value - expected).abs() <= bound).all(), f"{name} of {(L, dtype)}"
        torch.testing.assert_close(module.error_bound(a, b, initial), bounds[0])


def check_memory(module):
    dtypes = (torch.complex64, torch.float32, torch.float64, torch.complex128)
    shapes = itertools.product([(2, 20, 16), (1, 1, 16), (3, 33, 16)], dtypes)
    for (R, L, steps), dtype in [*shapes, ((1, 129, 128), torch.float32)]:
        a, b, initial, g = draw(R, L, dtype)
        closed = module.cost(R, L, dtype)
        leaves = [x.requires_grad_() for x in (a, b, initial)]
        with tiles(module, steps):
            with empty_is_nan(), watch() as forward:
                x = module.scan(*leaves)
            with empty_is_nan(), watch() as backward:
                grads = torch.autograd.grad(x, leaves, g)
        assert_cost(forward, closed["forward"])
        assert_cost(backward, closed["backward"])
        for name, value in zip(NAMES, (x, *grads), strict=True):
            assert value.isfinite().all(), f"an undefined value reached {name}"


def check_strides(module):
    with tiles(module, 16):
        for dtype in (torch.float64, torch.complex128):
            a, b, initial, g = draw(3, 20, dtype)
            expected = run(module.scan, a, b, initial, g)
            strided = [
                a.mT.contiguous().mT,
                torch.stack([b, b], -1)[..., 1],
                torch.stack([initial, a[:, 0]], -1)[:, 0],
                g.conj().resolve_conj().conj(),
            ]
            assert not any(x.is_contiguous() for x in strided[:3])
            assert strided[3].is_conj() == dtype.is_complex
            for value, same in zip(run(module.scan, *strided), expected, strict=True):
                assert torch.equal(value, same)
        z = b[:1, :1].conj()  # its imaginary part is a negated view of the memory, and a single number is contiguous
        assert z.imag.is_neg()
        assert z.imag.is_contiguous()
        assert torch.equal(module.scan(z.imag, z.imag, z.imag[:, 0]), original.scan_ref(z.imag, z.imag, z.imag[:, 0]))
        assert torch.equal(module.scan(z, z, z[:, 0]), original.scan_ref(z, z, z[:, 0]))


@pytest.mark.parametrize("check", [check_values, check_rounding, check_memory, check_strides])
def test_kernel(check):
    check(original)


FAULTS = {
    "store beyond the row": ("_store(x, o_x, b_x, m_t)", "_store(x, o_x, b_x, o_t <= L * C)", check_memory),
    "padding without other": ("mask=m, other=0.0", "mask=m", check_memory),
    "factor after the last": ("o_t < L * C - C", "o_t < L * C", check_memory),
    "all programs take the first row": ("i_r = tl.program_id(0)", "i_r = 0 * tl.program_id(0)", check_memory),
    "one cell for all initial gradients": ("_store(grad_initial, i_r * C + o_1", "_store(grad_initial, o_1", check_memory),
    "first gradient written twice": ("(0.0, 0.0)), m_before)", "(0.0, 0.0)), m_t)", check_memory),
    "first gradient not written": (
        "_times_plus(b_s, b_x, (0.0, 0.0)), m_1)",
        "_times_plus(b_s, b_x, (0.0, 0.0)), o_1 < 0)",
        check_values,
    ),
    "state not carried": ("b_x, b_s = _solve", "b_x, _ = _solve", check_values),
    "state carried from the wrong end": ("(0 if REVERSE else BT - 1)", "(BT - 1 if REVERSE else 0)", check_values),
    "state carried one step early": ("else BT - 1", "else BT - 2", check_values),
    "steps joined the wrong way round": ("return c * a, c * b + d", "return c * a, a * d + b", check_values),
    "sign in the complex join": ("c_re * a_re - c_im * a_im", "c_re * a_re + c_im * a_im", check_values),
    "adjoint forgets to conjugate": (
        "_conj(_load(a, o_x + C, o_t < L * C - C, C))",
        "_load(a, o_x + C, o_t < L * C - C, C)",
        check_values,
    ),
    "adjoint by the factor of its own step": ("o_x + C, o_t < L * C - C", "o_x, m_t", check_values),
    "gradient with the state of its own step": ("_load(x, o_x - C, m_before, C)", "_load(x, o_x, m_t, C)", check_values),
    "gradient of the initial state forgets a": ("_times_plus(b_a, b_s, (0.0, 0.0))", "b_s", check_values),
    "first tile left out backwards": ("for i_t in range(P)", "for i_t in range(P - 1)", check_values),
    "state carried in half precision": (
        "tl.where(m_last, b_x[c], 0.0)",
        "tl.where(m_last, b_x[c].to(tl.float16), 0.0)",
        check_rounding,
    ),
    "bound forgets the sums": ('min(L, TILE["BT"]) + ', "", check_rounding),
    "cost reads the last state": ('"x": steps - row', '"x": steps', check_memory),
    "negation left to the view": (".resolve_neg()", "", check_strides),
}


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault, red):
    old, new, check = FAULTS[fault]
    broken = altered(original, old, new)
    with red():
        check(broken)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_gradcheck(dtype):
    a, b, initial, _ = draw(1, 3, dtype)
    with tiles(original, 2):
        assert torch.autograd.gradcheck(original.scan, [x.requires_grad_() for x in (a, b, initial)])


def test_smallest_case_by_hand():
    a, b, initial = torch.tensor([[2.0, 3.0]]), torch.ones(1, 2), torch.ones(1)
    with tiles(original, 16):
        x, *grads = run(original.scan, a, b, initial, torch.ones(1, 2))
    assert x.tolist() == [[3.0, 10.0]]  # 2·1 + 1, 3·3 + 1
    assert [grad.tolist() for grad in grads] == [[[4.0, 3.0]], [[4.0, 1.0]], [8.0]]  # λ = (1 + 3, 1)


def test_broadcasts_promotes_and_takes_numbers():
    a, b, initial = draw(3, 1)[0], draw(2, 20, torch.complex128)[1][:, None], draw(3, 1)[2]
    with tiles(original, 16):
        x, *grads = run(original.scan, a, b, initial, b.expand(2, 3, 20))
        assert (x.shape, x.dtype) == ((2, 3, 20), torch.complex128)
        full = [v.to(torch.complex128) for v in (a.expand(2, 3, 20), b.expand(2, 3, 20), initial.expand(2, 3))]
        expected, *wide = run(original.scan_ref, *full, full[1])
        summed = wide[0].sum((0, 2))[:, None].real, wide[1].sum(1, keepdim=True), wide[2].sum(0).real
        assert_close((x, *grads), (expected, *summed))

        row = draw(1, 5, torch.float32)[1][0]
        for number, start in ((0.5, None), (0.5, 2), (torch.tensor(0.5), torch.tensor(2.0)), (0.5j, 1)):
            x = original.scan(number, row, start)
            a, now = torch.as_tensor(number).expand(5), torch.as_tensor(start or 0.0)
            torch.testing.assert_close(x, original.scan_ref(a, row, now))
            assert x.dtype == (torch.complex64 if number == 0.5j else torch.float32)


def test_upstream_gradient_may_be_expanded():
    a, b, initial, _ = draw(2, 20)
    g = torch.ones((), dtype=torch.float64).expand(2, 20)
    with tiles(original, 16):
        assert_close(run(original.scan, a, b, initial, g), run(original.scan_ref, a, b, initial, g))


def test_continues_from_its_last_state():
    a, b, initial, _ = draw(2, 40)
    with tiles(original, 16):
        first = original.scan(a[:, :23], b[:, :23], initial)
        second = original.scan(a[:, 23:], b[:, 23:], first[:, -1])
    torch.testing.assert_close(torch.cat([first, second], -1), original.scan_ref(a, b, initial), rtol=1e-12, atol=1e-12)


def test_nan_stays_in_its_row_and_after_its_time():
    a, b, initial, g = draw(3, 40)
    with tiles(original, 16):
        expected, *expected_grads = run(original.scan, a, b, initial, g)
        b[1, 20] = torch.nan
        x, grad_a, *_ = run(original.scan, a, b, initial, g)
    assert x[1, 20:].isnan().all()
    x[1, 20:], grad_a[1, 21:] = expected[1, 20:], expected_grads[0][1, 21:]
    assert torch.equal(x, expected)
    assert torch.equal(grad_a, expected_grads[0])


def test_limit_factors_whose_product_overflows():
    a, b = torch.tensor([1e30, 1e30, 0.5]), torch.zeros(3)
    assert torch.equal(original.scan_ref(a, b, torch.tensor(0.0)), b)
    with tiles(original, 16), np.errstate(all="ignore"):
        assert original.scan(a, b).isnan().tolist() == [False, True, True]


def test_without_triton_the_plain_form_runs_in_double_precision(monkeypatch):
    inputs = draw(3, 40, torch.complex64)
    wide = [x.to(torch.complex128) for x in inputs]
    monkeypatch.setattr(original, "MODE", "torch")
    with watch() as seen:
        ours, plain = run(original.scan, *inputs), run(original.scan_ref, *wide)
    assert not seen.launches
    assert ours[0].dtype == torch.complex64
    assert ((ours[0] - plain[0]).abs() <= original.error_bound(*inputs[:3])).all()
    assert_close(ours, plain, 2.0**-23)
    assert torch.equal(original.scan(0.5, inputs[1]), original.scan(torch.tensor(0.5).expand(3, 40), inputs[1], 0))


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex128])
def test_cost_of_the_plain_form_is_what_torch_moves(dtype):
    a, b, initial, _ = draw(3, 50, dtype)
    with Traffic() as traffic:
        original.scan_ref(a, b, initial)
    plain = original.cost(3, 50, dtype)["plain"]
    assert traffic.total == plain.bytes


def test_cost_by_hand():
    cost = original.cost(64, 1024)
    assert cost["forward"].bytes == 4 * 64 * (3 * 1024 + 1)
    assert cost["backward"].bytes == 4 * 64 * (5 * 1024 + 1)
    assert cost["plain"].bytes == 4 * 64 * 8 * 1024


ones = torch.ones(2, 4)
REFUSED = {
    "integers": ((ones, ones.long()), "b has dtype torch.int64; this kernel takes float32, float64, complex64 or complex128"),
    "half precision": ((ones.half(), ones), "a has dtype torch.float16"),
    "initial in half": ((ones, ones, ones[:, 0].half()), "initial has dtype torch.float16"),
    "b a list": ((ones, [1.0]), "b is a list; give a tensor"),
    "b a number": ((ones, 1.0), "b is a float; give a tensor"),
    "a a list": (([1.0], ones), "a is a list; give a tensor"),
    "other device": ((ones.to("meta"), ones), "a is on meta"),
    "no time": ((ones, torch.tensor(1.0)), "b has no axis; its last axis is time: (..., L)"),
    "no steps": ((ones[:, :0], ones), "a has shape (2, 0); it must be (…, …), and no axis may be empty"),
    "no rows": ((ones, ones[:0]), "b has shape (0, 4)"),
    "no initial states": ((ones, ones, ones[:0, 0]), "initial has shape (0,)"),
    "lengths differ": ((ones[:, :3], ones), "a (2, 3), b (2, 4) and initial () do not broadcast"),
    "initial with time": ((ones, ones, ones[0]), "a (2, 4), b (2, 4) and initial (4,) do not broadcast"),
    "too long": ((0.5, torch.ones(1).expand(2**30)), "L is 1073741824; one call takes up to 1073741696 steps"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.scan(*args)
