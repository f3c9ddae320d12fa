"""Derivatives of every function whose gradient is by hand: second ones too, and under the transforms of torch.func."""

import ast
import cmath
from pathlib import Path

import mpmath
import pytest
from torch.autograd import grad, gradcheck, gradgradcheck

import dynlib
import dynlib_kernels
from dynlib.diagonal_ssm import S4D, s4d_lin, ssm_kernel
from dynlib.diagonal_ssm.vandermonde import vandermonde_two_level
from dynlib.locality.layer import local_conv2d
from dynlib.pointer import scores
from dynlib.scan import scan_associative, scan_chunked, scan_sequential
from dynlib_kernels import derivatives
from dynlib_kernels.additive_scores import additive_scores
from dynlib_kernels.elementary import exprel
from dynlib_kernels.engine import torch
from dynlib_kernels.linear_attention import linear_attention
from dynlib_kernels.local_conv import local_conv
from dynlib_kernels.scan import scan
from dynlib_kernels.softmax_attention import softmax_attention
from dynlib_kernels.spectral import spectral
from dynlib_kernels.vandermonde import vandermonde

pytestmark = pytest.mark.filterwarnings(
    "ignore:.torch.jit:DeprecationWarning"
)  # torch's own, when it first looks for forward derivatives

HOUSES = [Path(package.__path__[0]) for package in (dynlib, dynlib_kernels)]


def normal(*shape, complex_=False, seed=0):
    generator = torch.Generator().manual_seed(seed + 100 * len(shape))
    return torch.randn(*shape, dtype=torch.complex128 if complex_ else torch.float64, generator=generator)


def step_by_step(E, D, v):
    """The pointer's scores by the form that is for large tables."""
    return derivatives.differentiable(scores.BY_HAND, E, D, v)


DECAYING = normal(2, 3, complex_=True).neg() - 1.5
# Module that hands a function over → (function, inputs): its gradients are checked with respect to all of them.
CASES = {
    "dynlib.diagonal_ssm.vandermonde": [
        (lambda z, c: vandermonde_two_level(z, c, 7), (DECAYING, normal(2, 3, complex_=True))),
        (lambda z, c: vandermonde_two_level(z, c, 7), (-normal(2, 3).abs(), normal(2, 3, seed=1))),
    ],
    "dynlib_kernels.elementary": [
        (exprel, (torch.tensor([-2.0, -0.3, 0.0, 1.7], dtype=torch.float64),)),
        (exprel, (torch.tensor([-2.0 + 1j, -0.3 + 0.1j, 0.0, -1e-3 + 7j], dtype=torch.complex128),)),
    ],
    "dynlib.pointer.scores": [(step_by_step, (normal(2, 3, 2), normal(2, 2, 2, seed=1), normal(2)))],
    "dynlib.locality.layer": [
        (lambda x, w: local_conv2d(x, w, 2, stride=1), (normal(2, 1, 3, 3), normal(4, 2, 4))),
        (lambda x, w: local_conv2d(x, w, 2, stride=2, padding=1), (normal(1, 1, 2, 2), normal(4, 1, 4))),
    ],
    "dynlib_kernels.vandermonde": [(lambda z, c: vandermonde(z, c, 3), (DECAYING[:1], normal(1, 3, complex_=True)))],
    "dynlib_kernels.scan": [
        (scan, (normal(1, 3), normal(1, 3, seed=1), normal(1))),
        (scan, (normal(1, 3, complex_=True), normal(1, 3, complex_=True, seed=1), normal(1, complex_=True))),
    ],
    "dynlib_kernels.additive_scores": [(additive_scores, (normal(1, 2, 2), normal(1, 2, 2, seed=1), normal(2)))],
    "dynlib_kernels.spectral": [
        (lambda w, lam, t, f=f: spectral(w, lam, t, f), (normal(1, 2), normal(1, 2, seed=1).abs() + 0.3, normal(2).abs() + 0.2))
        for f in ("decay", "learned", "overlap", "noise")
    ],
    "dynlib_kernels.linear_attention": [
        (linear_attention, (normal(1, 1, 3, 2), normal(1, 1, 3, 2, seed=1), normal(1, 1, 3, 2, seed=2))),
        (
            lambda q, k, v, a: linear_attention(q, k, v, a, normalise=True),
            (normal(1, 1, 3, 2).exp(), normal(1, 1, 3, 2, seed=1).exp(), normal(1, 1, 3, 2, seed=2), -normal(1, 1, 3).abs()),
        ),
    ],
    "dynlib_kernels.softmax_attention": [
        (softmax_attention, (normal(1, 1, 3, 2), normal(1, 1, 3, 2, seed=1), normal(1, 1, 3, 2, seed=2)))
    ],
    "dynlib_kernels.local_conv": [(local_conv, (normal(1, 1, 3), normal(2, 1, 1, 2)))],
    "dynlib.scan.recurrence": [
        (form, (normal(2, 5, complex_=c), normal(2, 5, complex_=c, seed=1), normal(2, complex_=c)))
        for form in (scan_sequential, scan_associative, scan_chunked)
        for c in (False, True)
    ],
}
ALL = [pytest.param(*case, id=f"{module}-{i}") for module, cases in CASES.items() for i, case in enumerate(cases)]


def test_no_function_by_hand_is_forgotten():
    """Whatever calls `differentiable`, or is an autograd Function of its own, has its cases above."""
    found = set()
    for house in HOUSES:
        for path in house.rglob("*.py"):
            tree = ast.parse(path.read_text())
            calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
            classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
            own = any("Function" in ast.unparse(base).split(".") for node in classes for base in node.bases)
            if "differentiable" in calls or own:
                found.add(".".join(path.relative_to(house.parent).with_suffix("").parts))
    assert found == {*CASES, "dynlib_kernels.derivatives"}


def wanting(inputs):
    return [x.clone().requires_grad_() for x in inputs]


@pytest.mark.parametrize(("function", "inputs"), ALL)
def test_first_and_second_derivatives(function, inputs):
    assert gradcheck(function, wanting(inputs))
    assert gradgradcheck(function, wanting(inputs))


@pytest.mark.parametrize(("function", "inputs"), ALL)
def test_the_graph_of_a_gradient_begins_with_the_gradient(function, inputs):
    """And leads through inputs that are results themselves, one of them of another: nothing is counted twice."""
    first, *others = wanting(inputs)
    made = [first * 1.5, *(x * 0.5 + 0 * first.sum() for x in others)]
    g = normal(*function(*made).shape).to(function(*made).dtype)
    by_hand = grad(function(*made), made, g)
    again = grad(function(*made), made, g, create_graph=True)
    for one, two in zip(by_hand, again, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("function", "inputs"), ALL)
def test_transforms(function, inputs):
    """Batches, forward and reverse derivatives and their compositions equal those one by one."""
    batch = [torch.stack([x, x * 0.75]) for x in inputs]
    torch.testing.assert_close(torch.vmap(function)(*batch), torch.stack([function(*x) for x in zip(*batch, strict=True)]))
    if any(x.is_complex() for x in inputs):
        return  # torch's jacobians are for real inputs
    jacobian = torch.autograd.functional.jacobian(lambda x: function(x, *inputs[1:]), inputs[0])
    torch.testing.assert_close(torch.func.jacrev(function)(*inputs), jacobian)
    torch.testing.assert_close(torch.func.jacfwd(function)(*inputs), jacobian)
    vectorised = torch.autograd.functional.jacobian(lambda x: function(x, *inputs[1:]), inputs[0], vectorize=True)
    torch.testing.assert_close(vectorised, jacobian)

    def loss(x):
        return function(x, *inputs[1:]).square().sum()

    torch.testing.assert_close(torch.func.hessian(loss)(inputs[0]), torch.autograd.functional.hessian(loss, inputs[0]))


def test_forward_mode_is_refused():
    with torch.autograd.forward_ad.dual_level():
        z = torch.autograd.forward_ad.make_dual(DECAYING, torch.ones_like(DECAYING))
        with pytest.raises(NotImplementedError, match="implement the jvp function"):
            vandermonde_two_level(z, DECAYING, 5)


# Values: by central differences of the gradient, and by the closed form of the kernel.


def test_the_second_derivative_of_a_kernel_in_its_step():
    """Of Σ_l K_l in dt: −166.6, where the gradient's graph once gave −37.5."""
    A, C, dt = s4d_lin(4), torch.ones(2, dtype=torch.complex128), torch.tensor([0.1], dtype=torch.float64, requires_grad=True)
    (g,) = grad(ssm_kernel(A, C, dt, 8).sum(), dt, create_graph=True)
    # Σ_l K_l = 2 Re Σ_n (e^{8 a t} − 1)/a, whose second derivative is 2 Re Σ 64 a e^{8 a t}
    exact = 2 * sum((64 * a * cmath.exp(8 * a * 0.1)).real for a in A.tolist())
    assert grad(g, dt)[0].item() == pytest.approx(exact, rel=1e-12)
    assert exact == pytest.approx(-166.63, abs=0.01)


def test_the_hessian_of_a_kernel_in_its_weights():
    A, C = -torch.arange(1.0, 4.0, dtype=torch.float64), torch.tensor([0.5, -1.0, 0.25], dtype=torch.float64)

    def loss(C):
        return ssm_kernel(A, C, 0.1, 11).square().sum() + (C**4).sum()

    tables = torch.stack([ssm_kernel(A, row, 0.1, 11) for row in torch.eye(3, dtype=torch.float64)])  # K is linear in C
    exact = 2 * tables @ tables.T + torch.diag(12 * C**2)
    torch.testing.assert_close(torch.autograd.functional.hessian(loss, C), exact, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", ["zoh", "bilinear", "dss"])
@pytest.mark.parametrize("init", ["lin", "real"])
def test_the_hessian_of_a_layer_in_its_step_sizes(method, init):
    layer = S4D(3, 4, init=init, method=method, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        layer.log_dt += 2  # a step at which every channel says something
    u = normal(2, 3, 9)

    def loss(log_dt):
        return torch.func.functional_call(layer, {"log_dt": log_dt}, u).square().sum()

    point = layer.log_dt.detach()
    hessian = torch.autograd.functional.hessian(loss, point)
    step = 1e-5 * torch.eye(3, dtype=torch.float64)
    rows = [(torch.func.grad(loss)(point + e) - torch.func.grad(loss)(point - e)) / 2e-5 for e in step]
    torch.testing.assert_close(hessian, torch.stack(rows), rtol=1e-6, atol=1e-7)
    assert (hessian - torch.diag(torch.diag(hessian))).abs().max() > 1e-4, "the mixing couples the channels"


def test_a_long_kernel_in_float32_keeps_its_second_derivative():
    """Phases are counted in turns there too: multiplied out, l Im z would lose three digits at 16,384 lags."""
    L, g = 16_384, torch.Generator().manual_seed(0)
    z = torch.complex(torch.full((1, 4), -1e-4), 2 + torch.rand(1, 4, generator=g))
    c = torch.randn(1, 4, dtype=torch.complex64, generator=g)

    def second(z, c):
        z = z.clone().requires_grad_()
        K = vandermonde_two_level(z, c, L)
        weights = torch.cos(torch.arange(L, dtype=K.dtype))
        (first,) = grad((K * weights).sum(), z, create_graph=True)
        return grad(first.real.sum(), z)[0]

    single, double = second(z, c), second(z.to(torch.complex128), c.to(torch.complex128))
    assert ((single - double).abs() / double.abs()).max() < 1e-4


def test_third_derivatives():
    def loss(dt):
        return ssm_kernel(s4d_lin(4), torch.ones(2, dtype=torch.complex128), dt, 8).sum()

    dt = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    derivative = loss(dt)
    for _ in range(3):
        (derivative,) = grad(derivative, dt, create_graph=True)
    exact = 2 * sum((512 * a**2 * cmath.exp(8 * a * 0.1)).real for a in s4d_lin(4).tolist())
    assert derivative.item() == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("rate", [0.0, 1e-12, 1e-8, 1e-3, 0.5])
def test_the_second_derivative_of_fitted_noise_in_its_rate(rate):
    """(1 − e^{−λt})²/λ = λ t² − λ² t³ + …: −2 t³ at λ = 0, where a quotient has none."""
    w, t = torch.ones(1, 1, dtype=torch.float64), torch.tensor([0.75], dtype=torch.float64)
    lam = torch.tensor([[rate]], dtype=torch.float64, requires_grad=True)
    (slope,) = grad(spectral(w, lam, t, "noise").sum(), lam, create_graph=True)
    exact = mpmath.diff(lambda x: mpmath.expm1(-0.75 * x) ** 2 / x if x else 0, rate, 2)
    assert grad(slope.sum(), lam)[0].item() == pytest.approx(float(exact), rel=1e-13)
