"""Formulas that are 0/0 at a point where the function is not: values and derivatives against mpmath, over twelve decades.

`TABLE` lists every such form of `dynlib.diagonal_ssm`, `scan`, `unified_dynamics`, `modes` and the kernels, with its point.
"""

from collections.abc import Callable
from typing import NamedTuple

import mpmath
import numpy as np
import pytest

from dynlib.diagonal_ssm import discretize_zoh, ssm_kernel
from dynlib.diagonal_ssm.discretization import step_exponent
from dynlib.diagonal_ssm.legs_limit import legs_cell_averages
from dynlib.head_count.layers import gated_ssm
from dynlib.modes import ridge_response, step_response
from dynlib.unified_dynamics.attention import elu_plus_one
from dynlib.unified_dynamics.gated_mixers import RGLRU
from dynlib_kernels.elementary import expm1, exprel, log_softplus, softplus
from dynlib_kernels.engine import torch
from dynlib_kernels.spectral import spectral, spectral_ref

mpmath.mp.dps = 30
DECADES = [10.0**-k for k in range(13)]
DTYPES = {False: (torch.float32, torch.float64), True: (torch.complex64, torch.complex128)}


class Form(NamedTuple):
    """A function of one number, and the point where its formula is 0/0 or loses its digits.

    `numbers` are those to try at a distance from the point. `value` and `derivative` say how many roundings they may be off,
    relative to themselves.
    """

    function: Callable
    exact: Callable
    point: str
    numbers: Callable = lambda distance: (-distance,)
    kinds: tuple = (False, True)
    value: float = 8
    derivative: float = 40


def exact_exprel(z):
    return mpmath.expm1(z) / z if z else mpmath.mpf(1)


def around(distance):
    """Below zero, and for complex numbers in three directions of Re z ≤ 0."""
    return -distance, complex(-distance, distance), complex(0, distance), complex(-distance / 3, -distance)


def noise(form):
    def function(lam):
        return form(torch.ones_like(lam)[None, None], lam.reshape(1, 1), torch.full_like(lam, 0.5)[None], "noise").reshape(())

    return function


def mp_noise(lam):
    return mpmath.expm1(-lam / 2) ** 2 / lam if lam else mpmath.mpf(0)


def rglru_write(log_x):
    """√(1 − e^{−x}) as RG-LRU has it, where log x is a bias: g = ½, softplus(Λ) = 1 and r = σ(bias) = x / 16."""
    layer = RGLRU(1).to(log_x.dtype)
    parameters = {name: torch.zeros_like(p) for name, p in layer.named_parameters()}
    parameters["Lambda"] = torch.log(torch.expm1(torch.ones_like(parameters["Lambda"])))
    parameters["recurrence.bias"] = log_x.reshape(1)
    return torch.func.functional_call(Gates(layer), {f"layer.{k}": v for k, v in parameters.items()}, torch.zeros(1, 1).to(log_x))


class Gates(torch.nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, u):
        return self.layer.gates(u)[1].reshape(()) * 2


def mp_sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def mp_softplus(x):
    return mpmath.log1p(mpmath.exp(x))


def logs(distance):
    """Biases from 0 to −360: the rate of RG-LRU from ½ to 10⁻¹⁵⁷, which float32 does not have."""
    return (30 * float(np.log10(distance)),)


TABLE = {
    "expm1": Form(expm1, mpmath.expm1, "z = 0", around, derivative=8),
    "exprel": Form(exprel, exact_exprel, "z = 0", around),
    "discretize_zoh, B_bar": Form(lambda A: discretize_zoh(A, 0.125)[1], lambda z: exact_exprel(z / 8) / 8, "A = 0", around),
    "step_exponent, bilinear": Form(
        lambda A: (lambda z: z if A.is_complex() else z.real)(step_exponent(A, 0.125, "bilinear")),
        lambda z: 2 * mpmath.atanh(z / 16),
        "A = 0",
        around,
    ),
    "softplus": Form(
        softplus, lambda x: mpmath.log1p(mpmath.exp(x)), "x = 20, where torch's is x", lambda d: (20 + d, -d), (False,)
    ),
    "log_softplus": Form(log_softplus, lambda x: mpmath.log(mp_softplus(x)), "x = −∞", lambda d: (-1000 * d, -25 - d), (False,)),
    "gated_ssm, step": Form(
        lambda x: gated_ssm(torch.ones_like(x).reshape(1, 1), x.reshape(1)).reshape(()),
        mp_softplus,
        "x = 20, where torch's softplus is x",
        lambda d: (20 + d, -d),
        (False,),
    ),
    "elu_plus_one": Form(elu_plus_one, mpmath.exp, "x = 0 from below", kinds=(False,)),
    "RGLRU.gates, √(1 − a²)": Form(
        rglru_write, lambda x: mpmath.sqrt(-mpmath.expm1(-16 * mp_sigmoid(x))), "r = 0", logs, (False,), value=400, derivative=400
    ),
    "spectral_ref, noise": Form(noise(spectral_ref), mp_noise, "λ = 0", lambda d: (d,), (False,)),
    "spectral, noise": Form(noise(spectral), mp_noise, "λ = 0", lambda d: (d,), (False,)),
}
CASES = [
    pytest.param(name, dtype, id=f"{name}-{str(dtype)[6:]}")
    for name, form in TABLE.items()
    for complex_ in form.kinds
    for dtype in DTYPES[complex_]
]


def number(z, dtype):
    return torch.tensor(z, dtype=dtype)


# In RG-LRU's gate e^{x/2} with x down to −360 multiplies the rounding of x by 180.


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_values_and_derivatives(name, dtype):
    form = TABLE[name]
    u, tiny = torch.finfo(dtype).eps / 2, torch.finfo(dtype).tiny  # below `tiny` a number has fewer digits than its type
    for distance in [0.0, *DECADES]:
        if distance == 0 and form.numbers is logs:
            continue
        for given in form.numbers(distance):
            if isinstance(given, complex) and not dtype.is_complex:
                continue
            z = number(given, dtype).requires_grad_()
            result = form.function(z)
            at = z.item() if not dtype.is_complex else mpmath.mpc(z.item())
            exact = form.exact(mpmath.mpmathify(at))
            assert abs(mpmath.mpmathify(result.item()) - exact) <= form.value * u * abs(exact) + tiny, (name, given)
            slope = mpmath.conj(mpmath.diff(form.exact, at))
            found = derivative(form, result, z)
            assert abs(found - slope) <= form.derivative * u * abs(slope) + tiny, (name, given, found, slope)


def derivative(form, result, z):
    """conj(f'), as torch returns it for the real part of an analytic function."""
    real = result.real if result.is_complex() else result
    return mpmath.mpmathify(torch.autograd.grad(real, z)[0].item())


# Forms whose singular point is met in one number only, or which are not functions of a tensor.


def test_the_derivative_of_zero_order_hold_at_zero():
    """dB/dA at A = 0 is dt²/2: 0.005 for dt = 0.1, and so it is beside it."""
    for dtype, z in [
        (torch.float64, 0.0),
        (torch.float32, -1e-6),
        (torch.complex64, -1e-8),
        (torch.float32, -1e-30),
        (torch.complex128, 1e-20j),
    ]:
        A = torch.tensor(z, dtype=dtype, requires_grad=True)
        B_bar = discretize_zoh(A, 0.1)[1]
        (slope,) = torch.autograd.grad(B_bar.real if dtype.is_complex else B_bar, A)
        assert slope.item() == pytest.approx(0.005, rel=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64, torch.complex128])
def test_bilinear_where_a_step_forgets_all(dtype):
    """At A dt = −2 A_bar is 0, and K_l = C B_bar A_bar^l. d/dA of K_1 is C B_bar dA_bar/dA, of K_2 it is 0."""
    A = torch.tensor([-2.0], dtype=dtype, requires_grad=True)
    C = torch.ones(1, dtype=dtype) / (2 if dtype.is_complex else 1)
    K = ssm_kernel(A, C, 1.0, 3, method="bilinear")
    eps = torch.finfo(dtype).eps
    torch.testing.assert_close(K.double(), torch.tensor([0.5, 0, 0], dtype=torch.float64), atol=4 * eps, rtol=0)
    slopes = [torch.autograd.grad(x, A, retain_graph=True)[0].real.item() for x in K]
    # B_bar = 1/(1 − A/2), A_bar = (1 + A/2)/(1 − A/2): B_bar' = 1/8 and A_bar' = 1/4 at −2
    assert slopes == pytest.approx([0.125, 0.125, 0], abs=20 * eps)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("route", ["chunked", "quadratic", "loop"])
def test_rglru_that_forgets_nothing(dtype, route):
    """With a bias of −90 the rate underflows, with pixels of 0 to 255 it does where they are bright."""
    torch.manual_seed(0)
    layer = RGLRU(3).to(dtype)
    layer.recurrence.bias.data.fill_(-90)
    layer(torch.randn(1, 8, 3, dtype=dtype), route=route).sum().backward()
    assert all(p.grad.isfinite().all() for p in layer.parameters())
    for seed in range(20):
        torch.manual_seed(seed)
        layer, u = RGLRU(3).to(dtype), 255 * torch.rand(2, 8, 3, dtype=dtype)
        single = torch.autograd.grad(layer(u, route=route).sum(), list(layer.parameters()))
        double = torch.autograd.grad(layer.double()(u.double(), route=route).sum(), list(layer.parameters()))
        largest = max(two.abs().max() for two in double)
        for one, two in zip(single, double, strict=True):
            assert (one.double() - two).abs().max() <= 1e-4 * largest, "float32 says what float64 says"


def test_rglru_as_a_loop_writes_as_much_as_the_layer():
    torch.manual_seed(0)
    layer = RGLRU(2)
    layer.recurrence.bias.data.fill_(-30)  # a rounds to 1 in float32, and √((1 − a)(1 + a)) to 0
    u = torch.randn(6, 2)
    y = layer(u[None])[0]
    assert (y != 0).all()
    torch.testing.assert_close(layer.dsf(u).run(u), y, rtol=1e-5, atol=0)


def test_modes_over_twelve_decades():
    for x in DECADES:
        for rate in (x, complex(x, 2 * x)):
            exact = complex(-mpmath.expm1(-mpmath.mpmathify(rate)))
            assert abs(step_response(1.0, rate) - exact) <= 8e-16 * abs(exact)
        assert ridge_response(1 / x, x) == pytest.approx(0.5, rel=1e-15)
        assert ridge_response(x, 1.0) == pytest.approx(x / (1 + x), rel=1e-15)


def test_averages_over_short_cells():
    """As a cell shrinks its average becomes K_n(0) = √(2n+1): differences of antiderivatives lost u/dt."""
    for n in (0, 1, 4, 9):
        for dt in DECADES[2:]:
            for l, average in enumerate(legs_cell_averages(n, dt, 2).tolist()):
                exact = mpmath.quad(
                    lambda t, n=n: mpmath.sqrt(2 * n + 1) * mpmath.exp(-t) * mpmath.legendre(n, 2 * mpmath.exp(-t) - 1),
                    [mpmath.mpf(dt) * l, mpmath.mpf(dt) * (l + 1)],
                )
                assert average == pytest.approx(float(exact / mpmath.mpf(dt)), rel=1e-13)
