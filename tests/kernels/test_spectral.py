"""Spectral sums in the interpreter: values, gradients, digits, memory; the curves made of them; and the faults to be found.

Each check takes the module under test, so that the seeded faults, altered copies of the file, go through the same checks.
"""

import math
import re
from decimal import Decimal, localcontext

import pytest
import torch

import dynlib_kernels
from dynlib_kernels import spectral as original
from dynlib_kernels.check import Traffic, altered, assert_cost, empty_is_nan, watch

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE == "gpu", reason="test_gpu.py has the checks of compiled kernels")
interpreted = pytest.mark.skipif(dynlib_kernels.MODE != "interpret", reason="this looks into Triton's interpreter")

FUNCTIONS = original.FUNCTIONS
# R, K, T: the small ones first, because a fault that shows there is found sooner
SHAPES = [(1, 1, 1), (3, 2, 1), (1, 3, 100), (1, 63, 2), (1, 1, 129), (1, 129, 3), (3, 33, 2), (1, 100, 63)]
NAMES = ("E", "grad_w", "grad_lam", "grad_t")


def draw(R, K, T, dtype=torch.float64, seed=0):
    """Weights of both signs, rates from 1e-6 to 1e2 and zero modes, times from 1e-2 to 1e2 and a zero, an upstream gradient."""
    generator = torch.Generator().manual_seed(seed)
    w, g = (torch.randn(R, n, generator=generator, dtype=torch.float64) for n in (K, T))
    lam = 10 ** (8 * torch.rand(R, K, generator=generator, dtype=torch.float64) - 6)
    t = 10 ** (4 * torch.rand(T, generator=generator, dtype=torch.float64) - 2)
    lam[:, 2::5], lam[:, 3::7], t[1::9] = 0, 1e-12, 0
    return tuple(x.to(dtype) for x in (w, lam, t, g))


def run(function, w, lam, t, g, f):
    """E, grad_w, grad_lam, grad_t."""
    w, lam, t = (x.detach().requires_grad_() for x in (w, lam, t))
    with empty_is_nan():
        E = function(w, lam, t, f)
        return E.detach(), *torch.autograd.grad(E, (w, lam, t), g)


def bounds(module, w, lam, t, g, f):
    """The bounds of the docstring, in the order of NAMES."""
    u, tile = torch.finfo(w.dtype).eps / 2, module.TILE
    M, P, R = math.ceil(w.shape[1] / tile["BK"]), math.ceil(t.shape[0] / tile["BT"]), w.shape[0]
    size, weight, rate, time = g.abs().double()[:, None], w.abs().double()[..., None], lam.double()[..., None], t.double()
    x = rate * time
    e, q = torch.exp(-x), -torch.expm1(-x)
    phi = torch.where(x == 0, 1, q / x)
    value, by_lam, by_t = {  # the terms of each slope by their size
        "decay": (e * e, 2 * time * e * e, 2 * rate * e * e),
        "learned": (q, time * e, rate * e),
        "overlap": (e * q, time * e * (2 * e + 1), rate * e * (2 * e + 1)),
        "noise": (time * q * phi, time**2 * phi * (2 * e + phi), 2 * q * e),
    }[f]
    over_t, over_k = u * size * (P + 80 + 6 * x), u * size * weight * (M + R + 80 + 6 * x)
    return (
        module.error_bound(w, lam, t, f),
        (over_t * value).sum(2),
        (over_t * weight * by_lam).sum(2),
        (over_k * by_t).sum((0, 1)),
    )


def check_values(module):
    for shape in SHAPES:
        for f in FUNCTIONS:
            given = *draw(*shape), f
            ours, plain = run(module.spectral, *given), run(original.spectral_ref, *given)
            for name, value, expected in zip(NAMES, ours, plain, strict=True):
                error = (value - expected).abs().max()
                assert error <= 1e-12 * max(1, expected.abs().max()), f"{name} of {f} {shape} is off by {error}"


def check_rounding(module):
    for shape in ((3, 63, 33), (1, 2, 300)):
        for f in FUNCTIONS:
            given = draw(*shape, torch.float32)
            ours, exact = run(module.spectral, *given, f), run(original.spectral_ref, *(x.double() for x in given), f)
            for name, value, expected, bound in zip(NAMES, ours, exact, bounds(module, *given, f), strict=True):
                assert ((value - expected).abs() <= bound + torch.finfo(torch.float32).tiny).all(), f"{name} of {f} {shape}"


def exactly(f, rate, time):
    """f of one mode at one time, in 60 decimal digits."""
    with localcontext() as context:
        context.prec = 60
        rate, time = Decimal(rate), Decimal(time)
        left = (-rate * time).exp()
        learned = 1 - left
        noise = learned**2 / rate if rate else rate
        return float({"decay": left**2, "learned": learned, "overlap": left * learned, "noise": noise}[f])


def check_digits(module):
    """Every value is right to its last digits, however small it is."""
    for dtype in (torch.float32, torch.float64):
        u = torch.finfo(dtype).eps / 2
        lam = torch.tensor([0, 1e-20, 1e-12, 1e-6, 1e-3, 0.1, 0.3, 0.35999, 0.3600001, 0.4, 0.7, 2, 9, 20], dtype=dtype)
        t = torch.tensor([1.3875, 0.01], dtype=dtype)
        for f in FUNCTIONS:
            found = module.spectral(torch.ones_like(lam)[:, None], lam[:, None], t, f).tolist()  # one mode to a sum
            for rate, row in zip(lam.tolist(), found, strict=True):
                for time, value in zip(t.tolist(), row, strict=True):
                    exact = exactly(f, rate, time)
                    assert abs(value - exact) <= (64 + 6 * rate * time) * u * exact, f"{f} at {rate}, {time}: {value}"


def check_memory(module):
    for shape in ((1, 1, 1), (1, 33, 65), (3, 63, 33), (2, 70, 1)):
        for f, dtype in (("decay", torch.float32), ("noise", torch.float64)):
            w, lam, t, g = draw(*shape, dtype)
            closed = module.cost(*shape, f, dtype)
            for needed in ((w, lam), (t,)):
                for x in (w, lam, t):
                    x.requires_grad_(any(x is other for other in needed))
                with empty_is_nan(), watch() as forward:
                    E = module.spectral(w, lam, t, f)
                with empty_is_nan(), watch() as backward:
                    E.backward(g)
                assert_cost(forward, closed["forward"])
                assert_cost(backward, closed["forward" if x.requires_grad else "backward"])
            for name, value in zip(NAMES, (E, w.grad, lam.grad, t.grad), strict=True):
                assert value.isfinite().all(), f"an undefined value reached {name}"


@interpreted
@pytest.mark.parametrize("check", [check_values, check_rounding, check_digits, check_memory])
def test_kernel(check):
    check(original)


FAULTS = {
    "read one time too many": ("m_t = o_t < T", "m_t = o_t <= T", check_memory),
    "store without a mask": ("tl.sum(b_E, 1), mask=m_t)", "tl.sum(b_E, 1))", check_memory),
    "read one mode too many": ("m_k = o_k < K", "m_k = o_k <= K", check_memory),
    "weights without other": ("w + i_r * K + o_k, mask=m_k, other=0.0", "w + i_r * K + o_k, mask=m_k", check_memory),
    "gradient without other": ("g + i_r * T + o_t, mask=m_t, other=0.0", "g + i_r * T + o_t, mask=m_t", check_memory),
    "all programs take the first modes": ("o_k = i_k * BK + tl.arange(0, BK)", "o_k = tl.arange(0, BK)", check_memory),
    "all spectra write one row": ("E + i_r * T + o_t", "E + o_t", check_memory),
    "cost forgets the blocks": ('"w": P * modes', '"w": modes', check_memory),
    "last block of times not launched": ('math.ceil(T / TILE["BT"]))](w', 'max(1, T // TILE["BT"]))](w', check_values),
    "each block starts anew": ("b_E += b_w", "b_E = b_w", check_values),
    "sign of a slope": ("-2 * b_f", "2 * b_f", check_values),
    "slope of the noise": ("(2 * b_e - b_p)", "(2 * b_e + b_p)", check_values),
    "slope of the overlap": ("(2 * b_e - 1)", "(b_e - 1)", check_values),
    "slope in t taken in λ": ('b_lam if BY == "t" else b_t', "b_t", check_values),
    "gradient of λ forgets w": ("b_w * tl.sum(b_sl, 0)", "tl.sum(b_sl, 0)", check_values),
    "gradient of t takes one spectrum": (".sum(0) if need_t", "[0] if need_t", check_values),
    "exp in float32": ("tl.exp(-b_x)", "tl.exp((-b_x).to(tl.float32)).to(b_x.dtype)", check_values),
    "series too short": ("torch.float64: 15", "torch.float64: 11", check_digits),
    "cancellation": ("tl.where(m_small, b_x * b_p, 1 - b_e)", "1 - b_e", check_digits),
    "the series used too far": ("tl.constexpr(0.5)", "tl.constexpr(2.0)", check_digits),
}


@pytest.mark.proof
@interpreted
@pytest.mark.parametrize("fault", FAULTS)
def test_seeded_fault_is_found(fault, red):
    old, new, check = FAULTS[fault]
    broken = altered(original, old, new)
    with red():
        check(broken)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_gradcheck(f):
    rows = [[0.7, -1.3]], [[0.4, 2]], [0.3, 1.7]  # λt on both sides of ½
    given = [torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in rows]
    assert torch.autograd.gradcheck(lambda w, lam, t: original.spectral(w, lam, t, f), given)


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("form", [original.spectral, original.spectral_ref])
def test_slopes_of_a_zero_mode(form, f):
    lam, t = torch.zeros(1, 1, requires_grad=True), torch.tensor([3.0], requires_grad=True)
    E = form(torch.ones_like(lam), lam, t, f)
    slopes = torch.autograd.grad(E.sum(), (lam, t))
    value, slope = {"decay": (1, -6), "learned": (0, 3), "overlap": (0, 3), "noise": (0, 9)}[f]
    assert (E.item(), *(x.item() for x in slopes)) == (value, slope, 0)


def test_smallest_case_by_hand():
    w, lam, t = torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0]]), torch.tensor([0, math.log(2)])
    expected = {"decay": [7, 4.75], "learned": [0, 1.5], "overlap": [0, 0.75], "noise": [0, 0.75]}
    for f, values in expected.items():
        torch.testing.assert_close(original.spectral(w, lam, t, f), torch.tensor([values]))


@interpreted
def test_any_stride():
    w, lam, t, g = draw(3, 33, 40)
    expected = run(original.spectral, w, lam, t, g, "noise")
    strided = w.mT.contiguous().mT, torch.stack([lam, lam], -1)[..., 1], t.repeat_interleave(2)[::2], g.mT.contiguous().mT
    assert not any(x.is_contiguous() for x in strided)
    for value, same in zip(run(original.spectral, *strided, "noise"), expected, strict=True):
        assert torch.equal(value, same)


def test_upstream_gradient_may_be_expanded():
    w, lam, t, _ = draw(2, 3, 40)
    one = torch.ones((), dtype=torch.float64).expand(2, 40)
    ours, plain = (run(form, w, lam, t, one, "overlap") for form in (original.spectral, original.spectral_ref))
    for value, expected in zip(ours, plain, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-12, atol=1e-12)


@interpreted
def test_only_what_is_asked_for_is_launched():
    w, lam, t, _ = draw(2, 3, 4)
    E = original.spectral(w.requires_grad_(), lam, t, "decay")
    with watch() as seen:
        E.sum().backward()
    assert seen.launches == ["spectral_backward"]


@pytest.mark.parametrize("f", FUNCTIONS)
def test_without_triton_the_plain_form_runs_in_float64(f, monkeypatch):
    monkeypatch.setattr(original, "MODE", "torch")
    given = draw(3, 5, 7, torch.float32)
    ours, exact = run(original.spectral, *given, f), run(original.spectral_ref, *(x.double() for x in given), f)
    for value, expected in zip(ours, exact, strict=True):
        assert torch.equal(value, expected.float())


def flow(X, y, start, t, decay):
    """The weights of gradient flow on ½‖y − wX‖² + ½ decay ‖w‖² at each t, by the exponential of the system's matrix."""
    n = X.shape[0]
    system = torch.zeros(n + 1, n + 1, dtype=X.dtype)
    system[:n, :n], system[n, :n] = -X @ X.mT - decay * torch.eye(n, dtype=X.dtype), y @ X.mT
    return (torch.cat([start, start.new_ones(1)]) @ torch.linalg.matrix_exp(t[:, None, None] * system))[:, :n]


@pytest.mark.parametrize("decay", [0, 0.3])
@pytest.mark.parametrize(("N", "P"), [(5, 3), (4, 4), (3, 5)])
def test_curves_of_one_draw(N, P, decay):
    """Both errors over time of one training set, with and without directions that no sample touches."""
    generator = torch.Generator().manual_seed(N)
    shapes = (N, P), (N,), (N,), (P,)
    X, teacher, start, noise = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    y, t = teacher @ X + noise, torch.tensor([0, 0.1, 1, 5], dtype=torch.float64)
    weights = flow(X, y, start, t, decay)
    left, root, right = torch.linalg.svd(X)
    lam = torch.zeros(N, dtype=torch.float64)
    lam[: len(root)] = root**2
    in_modes = torch.zeros(N, dtype=torch.float64)
    in_modes[: len(root)] = (noise @ right.mT)[: len(root)]
    z, d, rate = teacher @ left, (teacher - start) @ left, lam + decay
    pull = torch.where(rate > 0, (lam.sqrt() * in_modes - decay * z) / rate.clamp(min=1e-30), 0)

    def curve(w, lam, f):
        return original.spectral(w[None], lam[None], t, f)[0]

    error = curve(d**2, rate, "decay") + curve(pull**2 * rate, rate, "noise") - curve(2 * d * pull, rate, "overlap")
    torch.testing.assert_close(error, (teacher - weights).square().sum(1), rtol=1e-10, atol=1e-10)
    if decay == 0:
        rates = torch.zeros(P, dtype=torch.float64)
        rates[: len(root)] = root**2
        training = curve(((y - start @ X) @ right.mT) ** 2, rates, "decay")
        torch.testing.assert_close(training, (y - weights @ X).square().sum(1), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("alpha", "expected", "training"),
    [(0.5, [4.3303, 4.3335, 4.5000], [0.86375, 0.01128, 0]), (2, [1.9734, 1.9545, 2.0000], [0.76066, 0.50056, 0.5])],
)
def test_curves_of_large_systems(alpha, expected, training):
    """Mean errors for Marchenko and Pastur's spectrum and a signal-to-noise ratio of 5, at t = 1, 10, 100."""
    angle = (torch.arange(200, dtype=torch.float64) + 0.5) * math.pi / 200
    lam = 1 + alpha - 2 * math.sqrt(alpha) * angle.cos()
    mass = 2 * alpha * angle.sin() ** 2 / lam / 200
    lam, mass = (torch.cat([x, x.new_tensor([last])]) for x, last in ((lam, 0), (mass, max(0, 1 - alpha))))
    t = torch.tensor([1, 10, 100], dtype=torch.float64)
    stacked = torch.stack([5 * mass, (5 * lam + 1) * mass / alpha])
    signal, fit = original.spectral(stacked, lam.expand(2, -1), t, "decay")
    (noise,) = original.spectral(mass[None], lam[None], t, "noise")
    torch.testing.assert_close(1 + signal + noise, torch.tensor(expected).double(), rtol=0, atol=6e-5)
    torch.testing.assert_close(fit + 1 - 1 / alpha, torch.tensor(training).double(), rtol=0, atol=6e-6)


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize(("dtype", "shape"), [(torch.float32, (3, 32, 129)), (torch.float64, (1, 5, 2))])
def test_cost_of_the_plain_form_is_what_torch_moves(f, dtype, shape):
    w, lam, t, _ = draw(*shape, dtype)
    with Traffic() as traffic:
        original.spectral_ref(w, lam, t, f)
    assert traffic.total == original.cost(*shape, f, dtype)["plain"].bytes


def test_cost_by_hand():
    cost = original.cost(8, 100, 64, "noise")
    assert cost["forward"].bytes == 4 * (2 * 8 * 100 * 2 + 2 * 8 * 64)
    assert cost["backward"].bytes == 4 * (4 * 8 * 100 + 2 * 8 * 64 * 4)
    assert cost["forward"].calls == cost["backward"].calls == {"exp": 8 * 64 * 128}


w, lam, t, _ = draw(2, 3, 4)
one = torch.ones((), dtype=torch.float64)
REFUSED = {
    "unknown function": ((w, lam, t, "signal"), "f is 'signal'; choose one of decay, learned, overlap, noise"),
    "a list": (([[1.0]], lam, t, "decay"), "w is a list"),
    "half precision": ((w.half(), lam, t, "decay"), "w has dtype torch.float16; this kernel takes float32 or float64"),
    "whole times": ((w, lam, t.long(), "decay"), "t has dtype torch.int64"),
    "other device": ((w, lam.to("meta"), t, "decay"), "lam is on meta"),
    "one axis": ((w[0], lam[0], t, "decay"), "w has shape (3,); it must be (R, K)"),
    "times by spectrum": ((w, lam, t[None], "decay"), "t has shape (1, 4); it must be (T,)"),
    "no modes": ((w[:, :0], lam[:, :0], t, "decay"), "w has shape (2, 0)"),
    "no times": ((w, lam, t[:0], "decay"), "t has shape (0,)"),
    "spectra differ": ((w, lam[:1], t, "decay"), "lam has shape (1, 3); its axis 0 must have 2 entries, as w has; expand"),
    "modes differ": ((w, lam[:, :2], t, "decay"), "lam has shape (2, 2); its axis 1 must have 3 entries, as w has"),
    "dtypes differ": ((w, lam, t.float(), "decay"), "t is torch.float32 on cpu but w is torch.float64"),
    "too many modes": ((one.expand(1, 2**22), one.expand(1, 2**22), t, "decay"), "w has 4194304 entries on its last axis"),
    "too many times": ((w, lam, one.expand(2**22), "decay"), "t has 4194304 entries on its last axis"),
    "NaN": ((w, lam, t * torch.nan, "decay"), "t holds NaN or infinity"),
    "infinite time": ((w, lam, t / 0, "decay"), "t holds NaN or infinity"),
    "growing mode": ((w, -lam, t, "decay"), "lam goes down to -"),
    "before the start": ((w, lam, t - 1, "decay"), "t goes down to -"),
    "overflow": ((w, lam, t * 1e200, "decay"), "overflows torch.float64; rescale time"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused(case):
    args, message = REFUSED[case]
    with pytest.raises(ValueError, match=re.escape(message)):
        original.spectral(*args)
