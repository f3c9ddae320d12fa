"""The Vandermonde kernel in the interpreter: values, gradients, rounding, memory; and the faults that these checks must find.

Each check takes the module under test, so that the seeded faults, altered copies of the file, go through the same checks.
"""

import itertools
import re

import pytest
import torch

import dynlib_kernels
from dynlib_kernels import vandermonde as original
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="these checks look into Triton's interpreter")

SHAPES = [*itertools.product((1, 3), (1, 3, 32), (1, 2, 63, 100, 129)), (1, 33, 600), (2, 17, 1025)]


def draw(H, N, L, dtype=torch.complex128, seed=0):
    """Decaying modes like those of a state space model, weights and an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    decay, turn = torch.rand(2, H, N, generator=generator, dtype=torch.float64)
    z = torch.complex(-0.1 * decay, 3 * turn).to(dtype)
    c = torch.randn(H, N, generator=generator, dtype=torch.complex128).to(dtype)
    return z, c, torch.randn(H, L, generator=generator, dtype=torch.float64).to(z.real.dtype)


def run(function, z, c, g):
    """K, grad_z, grad_c."""
    z, c = z.detach().requires_grad_(), c.detach().requires_grad_()
    with empty_is_nan():
        K = function(z, c, g.shape[1])
        return K.detach(), *torch.autograd.grad(K, (z, c), g)


def check_values(module):
    for H, N, L in SHAPES:
        z, c, g = draw(H, N, L)
        ours, plain = run(module.vandermonde, z, c, g), run(original.vandermonde_ref, z, c, g)
        for name, value, expected in zip(("K", "grad_z", "grad_c"), ours, plain, strict=True):
            error = (value - expected).abs().max()
            assert error <= 1e-12 * max(1, expected.abs().max()), f"{name} of {(H, N, L)} is off by {error}"


def check_rounding(module):
    for H, N, L in ((3, 32, 129), (2, 1, 20_000), (1, 3, 2_048)):
        z, c, g = draw(H, N, L, torch.complex64)
        z[:, 0] = -1e-6 + 2.9j  # hardly decays, turns fast: where a phase in float32 would be lost
        K, grad_z, grad_c = run(module.vandermonde, z, c, g)
        exact = run(original.vandermonde_ref, z.to(torch.complex128), c.to(torch.complex128), g.double())
        u, P = 2.0**-24, -(-L // module.BLOCK)
        size, lags = g.abs().double(), torch.arange(L)
        bounds = (
            module.error_bound(z, c, L),
            2 * (P + 98) * u * c.abs() * (size * lags).sum(1, keepdim=True),
            2 * (P + 96) * u * size.sum(1, keepdim=True),
        )
        for name, value, expected, bound in zip(("K", "grad_z", "grad_c"), (K, grad_z, grad_c), exact, bounds, strict=True):
            assert ((value - expected).abs() <= bound).all(), f"{name} of {(H, N, L)}"


def check_memory(module):
    for (H, N, L), dtype in itertools.product(SHAPES[::4] + SHAPES[-2:], (torch.complex64, torch.complex128)):
        z, c, g = draw(H, N, L, dtype)
        closed = module.cost(H, N, L, dtype)
        z.requires_grad_()
        with empty_is_nan(), watch() as forward:
            K = module.vandermonde(z, c, L)
        with empty_is_nan(), watch() as backward:
            K.backward(g)
        assert_cost(forward, closed["forward"])
        assert_cost(backward, closed["backward"])
        for name, value in (("K", K), ("grad_z", z.grad)):
            assert value.isfinite().all(), f"an undefined value reached {name}"


@pytest.mark.parametrize("check", [check_values, check_rounding, check_memory])
def test_kernel(check):
    check(original)


FAULTS = {
    "store one lag too many": ("2 * b_K, mask=o_l < L", "2 * b_K, mask=o_l <= L", check_memory),
    "store without a mask": ("2 * b_K, mask=o_l < L", "2 * b_K", check_memory),
    "read one mode too many": ("m_n = o_n < N  #", "m_n = o_n <= N  #", check_memory),
    "modes without other": ("mask=m, other=0.0), tl.load", "mask=m), tl.load", check_memory),
    "gradient without other": ("mask=o_l < L, other=0.0)", "mask=o_l < L)", check_memory),
    "all programs take the first modes": ("o_n = i_n * BN + tl.arange(0, BN)", "o_n = tl.arange(0, BN)", check_memory),
    "last block of lags not launched": ("(H, math.ceil(L / BLOCK))", "(H, max(1, L // BLOCK))", check_values),
    "sign in the forward": ("b_K -= tl.dot", "b_K += tl.dot", check_values),
    "sign in the backward": ("-2 * b_si", "2 * b_si", check_values),
    "gradient forgets conj(c)": ("2 * (b_cr * b_tr - b_ci * b_ti)", "2 * (b_cr * b_tr + b_ci * b_ti)", check_values),
    "T forgets its lag": ("o_l.to(b_g.dtype) * b_g", "b_g", check_values),
    "factor two": ("2 * b_K,", "b_K,", check_values),
    "size in float32": ("tl.exp(b_re * o_x)", "tl.exp((b_re * o_x).to(tl.float32)).to(b_re.dtype)", check_values),
    "phase multiplied out": (
        "b_phase = ((o_l * b_whole).to(b_re.dtype) + o_x * b_rest) * (TURN / UNITS)",
        "b_phase = o_x * b_im",
        check_rounding,
    ),
    "phase without the remainder": (" + o_x * b_rest)", ")", check_rounding),
    "cost forgets the blocks": ('"z": P * modes', '"z": modes', check_memory),
}


@pytest.mark.proof
@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault, red):
    old, new, check = FAULTS[fault]
    broken = altered(original, old, new)
    with red():
        check(broken)


def test_gradcheck():
    z, c, _ = draw(2, 3, 5)
    assert torch.autograd.gradcheck(lambda z, c: original.vandermonde(z, c, 5), (z.requires_grad_(), c.requires_grad_()))


def test_any_stride():
    z, c, g = draw(3, 32, 100)
    expected = run(original.vandermonde, z, c, g)
    strided = (z.mT.contiguous().mT, c.conj().resolve_conj().conj(), g.mT.contiguous().mT)
    assert not strided[0].is_contiguous()
    assert strided[1].is_conj()
    for value, same in zip(run(original.vandermonde, *strided), expected, strict=True):
        assert torch.equal(value, same)
    sliced = torch.stack([z, z], -1)[..., 1]
    assert torch.equal(original.vandermonde(sliced, c, 100), expected[0])


def test_upstream_gradient_may_be_expanded():
    z, c, _ = draw(2, 3, 40)
    one = torch.ones((), dtype=torch.float64).expand(2, 40)
    for value, expected in zip(run(original.vandermonde, z, c, one), run(original.vandermonde_ref, z, c, one), strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


def test_smallest_case_by_hand():
    z, c = torch.tensor([[0j, 1j * torch.pi / 2]]), torch.tensor([[1 + 0j, 1j]])
    expected = torch.tensor([[2.0, 0, 2, 4, 2]])  # 2 + 2 Re(i^{l+1})
    torch.testing.assert_close(original.vandermonde(z, c, 5), expected)


def test_growing_modes_within_range():
    z, c, g = draw(1, 3, 700)
    z = z + 0.2
    ours, plain = run(original.vandermonde, z, c, g), run(original.vandermonde_ref, z, c, g)
    for value, expected in zip(ours, plain, strict=True):
        assert (value - expected).abs().max() <= 1e-11 * expected.abs().max()


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_cost_of_the_plain_form_is_what_torch_moves(dtype):
    z, c, _ = draw(3, 32, 129, dtype)
    with Traffic() as traffic:
        original.vandermonde_ref(z, c, 129)
    assert traffic.total == original.cost(3, 32, 129, dtype)["plain"].bytes


def test_cost_by_hand():
    cost = original.cost(4, 32, 1024)
    assert cost["forward"].bytes == 4 * (2 * 2 * 32 * 8 + 1024 * 4)
    assert cost["backward"].bytes == 4 * (4 * 32 * 8 + 2 * 1024 * 4)
    assert cost["forward"].dot_flops == 2**15 * 4 * 2 * 2


z, c, _ = draw(2, 3, 1, torch.complex64)
nan = torch.full((2, 3), torch.nan, dtype=torch.complex64)
REFUSED = {
    "real modes": ((z.real, c, 5), "z has dtype torch.float32; this kernel takes complex64 or complex128"),
    "half precision": ((z, c.real.half(), 5), "c has dtype torch.float16"),
    "other device": ((z.to("meta"), c, 5), "z is on meta"),
    "one axis": ((z[0], c[0], 5), r"z has shape (3,)"),
    "no modes": ((z[:, :0], c[:, :0], 5), r"z has shape (2, 0)"),
    "no channels": ((z[:0], c[:0], 5), r"z has shape (0, 3)"),
    "shapes differ": ((z, c[:1], 5), r"c is (1, 3)"),
    "dtypes differ": ((z, c.to(torch.complex128), 5), "c is (2, 3) torch.complex128"),
    "no lags": ((z, c, 0), "L is 0"),
    "fraction of a lag": ((z, c, 5.0), "L is 5.0"),
    "truth as lag": ((z, c, True), "L is True"),
    "too many lags": ((z, c, 2**25), "L is 33554432"),
    "NaN in z": ((nan, c, 5), "z holds NaN"),
    "infinity in c": ((z, c / 0, 5), "c holds NaN or infinity"),
    "overflow": ((z + 1, c, 1000), "overflows torch.float32 within L = 1000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.vandermonde(*args)
