"""The three recurrent forms against a loop in exact arithmetic or float64, their gradients, and their rounding in float32."""

import math
from fractions import Fraction

import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.scan import scan_associative, scan_chunked, scan_convolution, scan_sequential

FORMS = {
    "sequential": scan_sequential,
    "associative": scan_associative,
    "chunked": scan_chunked,
    "chunks of 1": lambda *abx: scan_chunked(*abx, chunk=1),
    "chunks of 5": lambda *abx: scan_chunked(*abx, chunk=5),
    "one chunk": lambda *abx: scan_chunked(*abx, chunk=10**6),
}
each_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
LENGTHS = [1, 2, 3, 4, 7, 8, 9, 31, 100]


def draw(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@each_form
@pytest.mark.parametrize("L", LENGTHS)
def test_equals_a_loop_over_fractions(form, L):
    a, b = ([Fraction(k * 37 % 19 - 9, 8) for k in range(s, s + L)] for s in (3, 11))
    x, exact = Fraction(5, 4), []
    for a_t, b_t in zip(a, b, strict=True):
        x = a_t * x + b_t
        exact.append(float(x))
    tensors = (torch.tensor([float(v) for v in part], dtype=torch.float64) for part in (a, b))
    torch.testing.assert_close(form(*tensors, 1.25), torch.tensor(exact, dtype=torch.float64), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("form", [*FORMS.values(), scan_convolution], ids=[*FORMS, "convolution"])
def test_equals_scipy_where_a_is_constant(form):
    b, a = draw(3, 200), 0.93
    expected, _ = scipy.signal.lfilter([1.0], [1.0, -a], b.numpy(), zi=a * torch.ones(3, 1).double().numpy() * 0.5)
    torch.testing.assert_close(form(a, b, 0.5), torch.from_numpy(expected), rtol=0, atol=1e-12)


@each_form
@pytest.mark.parametrize("dtypes", [("float64", "complex128"), ("complex128", "float64"), ("float32", "float32")])
def test_broadcasts_and_promotes(form, dtypes):
    dtypes = [getattr(torch, name) for name in dtypes]
    a, b, initial = draw(3, 1, dtype=dtypes[0]) / 2, draw(2, 1, 6, seed=1, dtype=dtypes[1]), draw(3, seed=2)
    x = form(a, b, initial.to(dtypes[0].to_real()))
    assert x.shape == (2, 3, 6)
    assert x.dtype == torch.promote_types(*dtypes)
    for i in range(2):
        for j in range(3):
            now = initial[j]
            for t in range(6):
                now = a[j, 0] * now + b[i, 0, t]
            torch.testing.assert_close(x[i, j, -1], now.to(x.dtype))


@each_form
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize("L", [1, 2, 7])
def test_gradient_is_that_of_finite_differences(form, dtype, L):
    inputs = draw(2, 3, L, dtype=dtype) / 2, draw(3, L, seed=1, dtype=dtype), draw(3, seed=2, dtype=dtype)
    inputs = tuple(x.requires_grad_() for x in inputs)
    assert torch.autograd.gradcheck(form, inputs)
    assert torch.autograd.gradgradcheck(form, tuple(x.detach()[..., :1, :2].requires_grad_() for x in inputs[:2]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_gradients_of_all_forms_agree_with_autograd_through_the_loop(dtype):
    a, b, initial, g = draw(3, 1, dtype=dtype) / 3, draw(3, 40, seed=1), draw(3, seed=2), draw(3, 40, seed=3, dtype=dtype)
    leaves = [x.requires_grad_() for x in (a, b, initial)]
    x, now = [], initial
    for t in range(40):
        now = a[:, 0] * now + b[:, t]
        x.append(now)
    expected = torch.autograd.grad(torch.stack(x, -1), leaves, g)
    for form in (*FORMS.values(), scan_convolution):
        for found, wanted in zip(torch.autograd.grad(form(*leaves), leaves, g), expected, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-11, atol=1e-11)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(L=st.integers(1, 70), cut=st.integers(0, 69), chunk=st.integers(1, 80), seed=st.integers(0, 99))
def test_a_scan_continues_from_its_last_state(L, cut, chunk, seed):
    a, b, initial = draw(2, L, seed=seed) / 2, draw(2, L, seed=seed + 100), draw(2, seed=seed + 200)
    whole = scan_sequential(a, b, initial)
    torch.testing.assert_close(scan_chunked(a, b, initial, chunk=chunk), whole, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(scan_associative(a, b, initial), whole, rtol=1e-12, atol=1e-12)
    if 0 < cut < L:
        first = scan_associative(a[:, :cut], b[:, :cut], initial)
        torch.testing.assert_close(scan_chunked(a[:, cut:], b[:, cut:], first[:, -1]), whole[:, cut:], rtol=1e-12, atol=1e-12)


def additions(name, L):
    return {"sequential": L, "associative": 2 * math.ceil(math.log2(L))}.get(name, 2 * math.isqrt(L) + 3)


def errors_without_a_leak(form, L, turning):
    """|a| = 1 and terms that add up: the error in units of u, and the size X_t, both (8, L)."""
    generator = torch.Generator().manual_seed(0)
    angle = torch.randn(8, L, generator=generator, dtype=torch.float64) * turning
    b = torch.polar(torch.rand(8, L, generator=generator, dtype=torch.float64), angle.cumsum(-1)).to(torch.complex64)
    a = torch.polar(torch.ones(8, L, dtype=torch.float64), angle).to(torch.complex64)
    a, b = (a, b) if turning else (a.real, b.real)
    double = torch.complex128 if turning else torch.float64
    error = (form(a, b) - scan_sequential(a.to(double), b.to(double))).abs()
    return error / 2.0**-24, scan_sequential(a.abs().double(), b.abs().double())


@pytest.mark.parametrize("name", ["sequential", "associative", "chunked"])
@pytest.mark.parametrize("turning", [False, True])
def test_float32_error_keeps_its_bound(name, turning):
    for L in (64, 1024):
        error, size = errors_without_a_leak(FORMS[name], L, turning)
        kappa = math.sqrt(5) if turning else 1.0
        assert (error <= (kappa * torch.arange(1, L + 1) + additions(name, L)) * size).all()


@pytest.mark.parametrize("name", ["sequential", "associative", "chunked"])
def test_float32_error_grows_like_the_root_of_the_length(name):
    for L in (64, 512, 4096):
        error, size = errors_without_a_leak(FORMS[name], L, True)
        assert 0.05 < (error / size)[:, -1].mean() / math.sqrt(L) < 0.8


def test_a_plain_sum_is_rounded_less_in_the_short_forms():
    seen = {}
    for name in ("sequential", "associative", "chunked"):
        error, size = errors_without_a_leak(FORMS[name], 4096, False)
        seen[name] = (error / size)[:, -1].mean().item()
    assert seen["sequential"] > 5
    assert seen["associative"] < 2
    assert seen["chunked"] < 2


@pytest.mark.parametrize("name", ["sequential", "associative", "chunked"])
def test_a_leak_ends_the_growth_of_the_error(name):
    u, rho, errors = 2.0**-24, 0.9, []
    for L in (256, 8192):
        a, b = torch.polar(torch.full((4, L), rho).double(), draw(4, L)).to(torch.complex64), draw(4, L, seed=1).clamp(-1, 1)
        b = b.to(torch.complex64)
        exact = scan_sequential(a.to(torch.complex128), b.to(torch.complex128))
        errors.append((FORMS[name](a, b) - exact).abs().max().item())
        more = 2 * math.log2(L) * u / (1 - rho) if name == "associative" else 0.0
        assert errors[-1] <= 2 * math.sqrt(5) * u / (1 - rho) ** 2 + more
    assert errors[1] < 2 * errors[0]


ONES = torch.ones(2, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((ONES.half(), ONES), "a is torch.float16; use float32"),
        ((ONES, ONES.bfloat16()), "b is torch.bfloat16; use float32"),
        ((ONES, ONES.long()), "b is torch.int64; use float32"),
        ((ONES, [1.0]), "b is a list; give a tensor"),
        ((ONES, ONES * math.nan), "b holds nan or inf"),
        ((ONES * math.inf, ONES), "a holds nan or inf"),
        ((math.nan, ONES), "a holds nan or inf"),
        ((ONES, ONES, ONES[:, 0] * math.nan), "initial holds nan or inf"),
        ((ONES[:, :3], ONES), r"shapes a \(2, 3\), b \(2, 4\) do not broadcast"),
        ((ONES, ONES, ONES[0]), r"initial \(4,\) do not broadcast"),
        ((ONES, ONES[:, :0]), r"b has shape \(2, 0\) and holds nothing"),
        ((ONES, torch.tensor(1.0)), "b has no axis; its last axis is time"),
    ],
)
@pytest.mark.parametrize("form", [scan_sequential, scan_associative, scan_chunked, scan_convolution])
def test_bad_input_is_named(form, arguments, message):
    with pytest.raises(ValueError, match=f"^{form.__name__}: .*{message}"):
        form(*arguments)


@pytest.mark.parametrize("chunk", [0, -1, 2.5, True])
def test_a_chunk_is_a_whole_number(chunk):
    with pytest.raises(ValueError, match=r"scan_chunked: chunk = .* must be a whole number of at least 1"):
        scan_chunked(ONES, ONES, chunk=chunk)
