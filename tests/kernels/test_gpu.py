"""What only a GPU can check: the compiled kernels' own exp, cos, sin and sums. Skipped without CUDA."""

import pytest
import torch

import dynlib_kernels
from dynlib_kernels import additive_scores as additive
from dynlib_kernels import linear_attention as linear
from dynlib_kernels import local_conv as locally
from dynlib_kernels import scan as scanning
from dynlib_kernels import softmax_attention as attention
from dynlib_kernels import spectral
from dynlib_kernels.vandermonde import error_bound, vandermonde, vandermonde_ref

pytestmark = pytest.mark.skipif(dynlib_kernels.MODE != "gpu" or not torch.cuda.is_available(), reason="no CUDA GPU here")


def draw(H, N, dtype):
    generator = torch.Generator().manual_seed(0)
    decay, turn = torch.rand(2, H, N, generator=generator, dtype=torch.float64)
    c = torch.randn(H, N, generator=generator, dtype=torch.complex128)
    return torch.complex(-0.1 * decay, 3 * turn).to(dtype), c.to(dtype)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
@pytest.mark.parametrize(("H", "N", "L"), [(1, 1, 1), (3, 3, 2), (3, 32, 63), (1, 33, 129), (3, 32, 4096), (2, 17, 20_001)])
def test_values_and_gradients(H, N, L, dtype):
    z, c = draw(H, N, dtype)
    g = torch.randn(H, L, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(z.real.dtype)
    ours = [x.to("cuda").requires_grad_() for x in (z, c)]
    exact = [x.to(torch.complex128).requires_grad_() for x in (z, c)]
    K, plain = vandermonde(*ours, L), vandermonde_ref(*exact, L)
    assert ((K.detach().cpu() - plain.detach()).abs() <= error_bound(z, c, L)).all()
    K.backward(g.to("cuda"))
    plain.backward(g.double())
    for value, expected in zip(ours, exact, strict=True):
        error = (value.grad.cpu() - expected.grad).abs().max()
        assert error <= (1e-5 if dtype == torch.complex64 else 1e-11) * max(1, expected.grad.abs().max())


def test_same_bits_every_time():
    z, c = (x.to("cuda").requires_grad_() for x in draw(8, 32, torch.complex64))
    runs = []
    for _ in range(3):
        K = vandermonde(z, c, 3000)
        runs.append((K.detach(), *torch.autograd.grad(K.square().sum(), (z, c))))
    for values in zip(*runs, strict=True):
        assert all(torch.equal(values[0], value) for value in values[1:])


def test_cpu_tensors_are_sent_to_the_gpu_by_their_owner():
    z, c = draw(1, 2, torch.complex64)
    with pytest.raises(ValueError, match="z is on cpu, but kernels run on 'cuda' here"):
        vandermonde(z, c, 5)


def draw_additive(B, m, n, H, dtype):
    generator = torch.Generator().manual_seed(0)
    shapes = (B, n, H), (B, m, H), (H,), (B, m, n)
    return [torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    "shape", [(1, 1, 1, 1), (3, 2, 1, 3), (3, 63, 100, 65), (2, 129, 17, 64), (128, 50, 50, 128), (1, 1000, 2000, 8)]
)
def test_additive_scores_and_gradients(shape, dtype):
    E, D, v, g = draw_additive(*shape, dtype)
    ours, exact = [x.cuda().requires_grad_() for x in (E, D, v)], [x.double().cuda().requires_grad_() for x in (E, D, v)]
    scores, plain = additive.additive_scores(*ours), additive.additive_scores_ref(*exact)
    assert (scores.detach() - plain.detach()).abs().max() <= 2 * additive.error_bound(v)  # in float64 both are rounded
    scores.backward(g.cuda())
    plain.backward(g.double().cuda())
    for value, expected in zip(ours, exact, strict=True):
        error = (value.grad - expected.grad).abs().max()
        assert error <= (1e-5 if dtype == torch.float32 else 1e-12) * max(1, expected.grad.abs().max())


def test_additive_scores_same_bits_every_time():
    E, D, v, g = (x.cuda() for x in draw_additive(8, 50, 60, 128, torch.float32))
    inputs, runs = [x.requires_grad_() for x in (E, D, v)], []
    for _ in range(3):
        scores = additive.additive_scores(*inputs)
        runs.append((scores.detach(), *torch.autograd.grad(scores, inputs, g)))
    for values in zip(*runs, strict=True):
        assert all(torch.equal(values[0], value) for value in values[1:])


def test_additive_scores_speed():
    """Printed (pytest -s), not asserted: forward and backward against the plain form, median of ten runs."""
    for shape in ((128, 10, 10, 128), (128, 50, 50, 512)):
        E, D, v, g = (x.cuda() for x in draw_additive(*shape, torch.float32))
        inputs, medians = [x.requires_grad_() for x in (E, D, v)], []
        for function in (additive.additive_scores, additive.additive_scores_ref):
            times = []
            for _ in range(12):
                start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                start.record()
                torch.autograd.grad(function(*inputs), inputs, g)
                end.record()
                torch.cuda.synchronize()
                times.append(start.elapsed_time(end))
            medians.append(sorted(times[2:])[5])
        print(f"additive_scores {shape}: {medians[0]:.3f} ms, plain form {medians[1]:.3f} ms")


def draw_spectral(R, K, T, dtype):
    generator = torch.Generator().manual_seed(0)
    w, g = (torch.randn(R, n, generator=generator, dtype=torch.float64) for n in (K, T))
    lam = 10 ** (8 * torch.rand(R, K, generator=generator, dtype=torch.float64) - 6)
    t = 10 ** (4 * torch.rand(T, generator=generator, dtype=torch.float64) - 2)
    lam[:, 2::5] = 0
    return [x.to(dtype) for x in (w, lam, t, g)]


@pytest.mark.parametrize("f", spectral.FUNCTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 129), (1, 100, 63), (3, 129, 2), (2, 1000, 300)])
def test_spectral_sums_and_gradients(shape, dtype, f):
    w, lam, t, g = draw_spectral(*shape, dtype)
    ours, exact = ([x.to(**to).requires_grad_() for x in (w, lam, t)] for to in ({"device": "cuda"}, {"dtype": torch.float64}))
    E, plain = spectral.spectral(*ours, f), spectral.spectral_ref(*exact, f)
    bound = 2 * spectral.error_bound(w, lam, t, f)  # in float64 both are rounded
    assert ((E.detach().cpu() - plain.detach()).abs() <= bound).all()
    E.backward(g.cuda())
    plain.backward(g.double())
    for value, expected in zip(ours, exact, strict=True):
        error = (value.grad.cpu() - expected.grad).abs().max()
        assert error <= (1e-5 if dtype == torch.float32 else 1e-11) * max(1, expected.grad.abs().max())


def test_spectral_same_bits_every_time():
    *inputs, g = (x.cuda() for x in draw_spectral(8, 300, 400, torch.float32))
    runs = []
    for _ in range(3):
        E = spectral.spectral(*(x.requires_grad_() for x in inputs), "noise")
        runs.append((E.detach(), *torch.autograd.grad(E, inputs, g)))
    for values in zip(*runs, strict=True):
        assert all(torch.equal(values[0], value) for value in values[1:])


def test_spectral_speed():
    """Printed (pytest -s), not asserted: forward and backward in w and λ against the plain form, median of ten runs."""
    w, lam, t, g = (x.cuda() for x in draw_spectral(50, 2000, 500, torch.float32))
    inputs = [x.requires_grad_() for x in (w, lam)]
    for f in spectral.FUNCTIONS:
        medians = []
        for function in (spectral.spectral, spectral.spectral_ref):
            times = []
            for _ in range(12):
                start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
                start.record()
                torch.autograd.grad(function(*inputs, t, f), inputs, g)
                end.record()
                torch.cuda.synchronize()
                times.append(start.elapsed_time(end))
            medians.append(sorted(times[2:])[5])
        print(f"spectral {f}: {medians[0]:.3f} ms, plain form {medians[1]:.3f} ms")


LOCAL = {  # x, w, stride
    "one": ((1, 1, 1), (1, 1, 1, 1), 1),
    "shared": ((3, 3, 129), (17, 3, 5), 3),
    "patches": ((300, 1, 512), (8, 3, 1, 64), 64),
    "local": ((33, 3, 63), (20, 17, 3, 5), 3),
    "digits, shared": ((960, 8, 8, 8), (8, 8, 3, 3), 1),
    "digits, local": ((960, 8, 8, 8), (6, 6, 8, 8, 3, 3), 1),
    "picture, shared": ((64, 3, 65, 63), (40, 3, 5, 4), 2),
    "many positions": ((1, 1, 300, 300), (299, 299, 2, 1, 2, 2), 1),  # more than the 65,535 that a second axis could launch
}


def draw_local(x_shape, w_shape, stride, dtype):
    """x, w and an upstream gradient, drawn on the CPU."""
    generator = torch.Generator().manual_seed(0)
    x, w = (torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype) for shape in (x_shape, w_shape))
    y_shape = locally.local_conv_ref(x[:1], w, stride).shape[1:]
    return x, w, torch.randn(x.shape[0], *y_shape, generator=generator, dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", LOCAL)
def test_local_conv_and_gradients(name, dtype):
    stride = LOCAL[name][2]
    x, w, g = draw_local(*LOCAL[name], dtype)
    n, u = locally.layer(x.shape, w.shape, stride), torch.finfo(dtype).eps / 2
    results = []
    for function, kind in ((locally.local_conv, dtype), (locally.local_conv_ref, torch.float64)):
        inputs = [t.to("cuda", kind).requires_grad_() for t in (x, w)]
        y = function(*inputs, stride)
        results.append((y.detach(), *torch.autograd.grad(y, inputs, g.to("cuda", kind))))
    sizes = [t.to("cuda", torch.float64).abs().requires_grad_() for t in (x, w)]
    y = locally.local_conv_ref(*sizes, stride)
    results.append((y.detach(), *torch.autograd.grad(y, sizes, g.to("cuda", torch.float64).abs())))
    terms = n.D, n.O * n.JH * n.JW, n.B * n.P if n.shared else n.B
    for value, expected, size, m in zip(*results, terms, strict=True):
        assert ((value - expected).abs() <= 2 * m * u * size).all()  # twice: in float64 the plain form is rounded too


def test_local_conv_same_bits_every_time():
    for name in ("digits, shared", "digits, local"):
        x, w, g = (t.cuda() for t in draw_local(*LOCAL[name], torch.float32))
        inputs, runs = [x.requires_grad_(), w.requires_grad_()], []
        for _ in range(3):
            y = locally.local_conv(*inputs)
            runs.append((y.detach(), *torch.autograd.grad(y, inputs, g)))
        for values in zip(*runs, strict=True):
            assert all(torch.equal(values[0], value) for value in values[1:])


def test_local_conv_beyond_32_bits():
    """Samples behind the 2³¹-th entry of x and of y: addresses in 64 bits."""
    if torch.cuda.get_device_properties(0).total_memory < 40 * 2**30:
        pytest.skip("needs 40 GiB of GPU memory")
    B, L = 2**16 + 1, 2**15
    x, w = torch.zeros(B, 1, L, device="cuda"), torch.full((1, 1, 1, 1), 3.0, device="cuda")  # one position: the first cell
    x[-1, 0, 0] = 2
    x.requires_grad_()
    y = locally.local_conv(x, w.requires_grad_(), L)
    grad_x, grad_w = torch.autograd.grad(y, (x, w), torch.arange(B, device="cuda").reshape(B, 1, 1) * 1.0)
    assert (y[-1].item(), y[:-1].any().item(), grad_w.item()) == (6, False, 2 * (B - 1))
    assert torch.equal(grad_x[:, 0, 0], 3.0 * torch.arange(B, device="cuda"))
    assert not grad_x[:, 0, 1:].any()


def test_local_conv_speed():
    """Printed (pytest -s), not asserted: forward and backward against the plain form, and conv2d where filters are shared."""
    for name in ("patches", "digits, shared", "digits, local", "picture, shared"):
        x, w, g = (t.cuda() for t in draw_local(*LOCAL[name], torch.float32))
        inputs, medians, stride = [x.requires_grad_(), w.requires_grad_()], [], LOCAL[name][2]
        functions = [locally.local_conv, locally.local_conv_ref] + [torch.conv2d] * ("shared" in name)
        for function in functions:
            times = []
            for _ in range(12):
                start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                start.record()
                y = function(*inputs, stride=stride)
                torch.autograd.grad(y, inputs, g)
                end.record()
                torch.cuda.synchronize()
                times.append(start.elapsed_time(end))
            medians.append(sorted(times[2:])[5])
        print(f"local_conv, {name}: " + ", ".join(f"{f.__name__} {ms:.3f} ms" for f, ms in zip(functions, medians, strict=True)))


def draw_scan(R, L, dtype):
    """Factors, terms, initial states and an upstream gradient; complex factors of size 0.99, real ones between 0.9 and 1."""
    generator = torch.Generator().manual_seed(0)
    phase, decay = torch.rand(2, R, L, generator=generator, dtype=torch.float64)
    a = torch.polar(0.99 * torch.ones_like(phase), 6 * phase) if dtype.is_complex else 0.9 + 0.1 * decay
    b, g = (torch.randn(R, L, generator=generator, dtype=torch.promote_types(dtype, torch.float64)) for _ in range(2))
    return [x.to(dtype) for x in (a, b, b[:, 0] * 2, g)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64, torch.complex128])
@pytest.mark.parametrize(("R", "L"), [(1, 1), (3, 2), (1, 63), (3, 100), (33, 129), (1000, 128), (5, 4001)])
def test_scan_and_gradients(R, L, dtype):
    a, b, initial, g = draw_scan(R, L, dtype)
    double = torch.promote_types(dtype, torch.float64)
    ours, exact = [x.cuda().requires_grad_() for x in (a, b, initial)], [x.to(double).requires_grad_() for x in (a, b, initial)]
    x, plain = scanning.scan(*ours), scanning.scan_ref(*exact)
    error = (x.detach().cpu() - plain.detach()).abs()
    assert (error <= 2 * scanning.error_bound(a, b, initial)).all()  # twice: in float64 both are rounded
    x.backward(g.cuda())
    plain.backward(g.to(double))
    for value, expected in zip(ours, exact, strict=True):
        error = (value.grad.cpu() - expected.grad).abs().max()
        assert error <= (1e-5 if dtype.itemsize == 4 or dtype == torch.complex64 else 1e-12) * max(1, expected.grad.abs().max())


def test_scan_same_bits_every_time():
    for dtype in (torch.float32, torch.complex64):
        a, b, initial, g = (x.cuda() for x in draw_scan(300, 1000, dtype))
        inputs, runs = [x.requires_grad_() for x in (a, b, initial)], []
        for _ in range(3):
            x = scanning.scan(*inputs)
            runs.append((x.detach(), *torch.autograd.grad(x, inputs, g)))
        for values in zip(*runs, strict=True):
            assert all(torch.equal(values[0], value) for value in values[1:])


def test_scan_beyond_32_bits():
    """Rows behind the 2³¹-th step: addresses in 64 bits."""
    if torch.cuda.get_device_properties(0).total_memory < 80 * 2**30:
        pytest.skip("needs 80 GiB of GPU memory")
    R, L = 2**12 + 1, 2**19
    a, b = torch.zeros(R, L, device="cuda"), torch.zeros(R, L, device="cuda")
    a[-1], b[-1, 0] = 1, 3
    x = scanning.forward(a, b, torch.zeros(R, device="cuda"))
    assert (x[-1].unique().tolist(), x[:-1].any().item()) == ([3.0], False)
    grad_a, grad_b, grad_initial = scanning.backward(a, x, b, torch.zeros(R, device="cuda"))  # upstream: 3 at the first step
    assert (grad_b[-1, 0].item(), grad_b[-1, 1:].any().item(), grad_initial[-1].item()) == (3, False, 3)
    for value in (grad_a, grad_b[:-1], grad_initial[:-1]):
        assert not value.any()


def test_scan_speed():
    """Printed (pytest -s), not asserted: forward and backward against the plain form and the one in chunks."""
    from dynlib.scan import scan_chunked

    for R, L, dtype in ((8192, 2048, torch.float32), (1024, 1024, torch.complex64), (16, 16_384, torch.float32)):
        a, b, initial, g = (x.cuda() for x in draw_scan(R, L, dtype))
        inputs, medians = [x.requires_grad_() for x in (a, b, initial)], []
        for function in (scanning.scan, scanning.scan_ref, scan_chunked):
            times = []
            for _ in range(7):
                start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                start.record()
                torch.autograd.grad(function(*inputs), inputs, g)
                end.record()
                torch.cuda.synchronize()
                times.append(start.elapsed_time(end))
            medians.append(sorted(times[2:])[2])
        moved = sum(scanning.cost(R, L, dtype)[way].bytes for way in ("forward", "backward")) / medians[0] / 1e6
        print(
            f"scan {(R, L, dtype)}: {medians[0]:.3f} ms ({moved:.0f} GB/s), plain form {medians[1]:.3f} ms, in chunks "
            f"{medians[2]:.3f} ms"
        )


def draw_attention(B, H, L, n, d, dtype):
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(B, H, L, width, generator=generator, dtype=torch.float64).to(dtype) for width in (n, n, d, d)]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1, 1), (3, 2, 2, 3, 5), (1, 3, 63, 33, 7), (3, 1, 129, 64, 64), (2, 2, 1000, 128, 20), (1, 1, 100, 64, 128)],
)
def test_softmax_attention_and_gradients(shape, dtype):
    q, k, v, g = draw_attention(*shape, dtype)
    ours, exact = ([x.to(like).requires_grad_() for x in (q, k, v)] for like in (torch.device("cuda"), torch.float64))
    out, plain = attention.softmax_attention(*ours), attention.softmax_attention_ref(*exact)
    results = (out, *torch.autograd.grad(out, ours, g.cuda()))
    bounds = attention.error_bounds(q, k, v, g)
    for name, value, expected in zip(bounds, results, (plain, *torch.autograd.grad(plain, exact, g.double())), strict=True):
        error = (value.detach().cpu() - expected.detach()).abs()
        assert (error <= 2 * bounds[name]).all(), name  # twice: in float64 both are rounded


def test_softmax_attention_takes_its_scale_in_float64():
    q, k, v, _ = draw_attention(1, 1, 100, 3, 5, torch.float64)
    out = attention.softmax_attention(q.cuda(), k.cuda(), v.cuda(), 1 / 3)
    assert (out.cpu() - attention.softmax_attention_ref(q, k, v, 1 / 3)).abs().max() <= 1e-13


def test_softmax_attention_same_bits_every_time():
    for dtype in (torch.float16, torch.float32):
        *inputs, g = (x.cuda().requires_grad_() for x in draw_attention(4, 8, 1000, 64, 64, dtype))
        runs = []
        for _ in range(3):
            out = attention.softmax_attention(*inputs)
            runs.append((out.detach(), *torch.autograd.grad(out, inputs, g.detach())))
        for values in zip(*runs, strict=True):
            assert all(torch.equal(values[0], value) for value in values[1:])


def test_softmax_attention_beyond_32_bits():
    """A head behind the 2³¹-th number: addresses in 64 bits."""
    if torch.cuda.get_device_properties(0).total_memory < 60 * 2**30:
        pytest.skip("needs 60 GiB of GPU memory")
    q = torch.zeros(2**20 + 1, 1, 16, 128, dtype=torch.float16, device="cuda")
    v = torch.zeros_like(q)
    v[-1], q[-1] = torch.arange(16, device="cuda")[:, None], 0.125  # equal scores: a mean over the keys so far
    out, lse = attention.forward(q, q, v, 1.0)
    mean = torch.arange(16, device="cuda") / 2
    torch.testing.assert_close(out[-1, 0], mean[:, None].expand(16, 128).half(), rtol=0, atol=0.01)
    assert not out[:-1].any()
    grad_q, grad_k, grad_v = attention.backward(q, q, v, out, lse, v, 1.0)
    shares = 1 / torch.arange(1, 17, device="cuda").double()
    expected = (torch.arange(16, device="cuda") * shares).flip(0).cumsum(0).flip(0)  # Σ_{i ≥ j} i / (i + 1)
    torch.testing.assert_close(grad_v[-1, 0], expected[:, None].expand(16, 128).half(), rtol=0.01, atol=0.01)
    assert grad_k[-1].any()
    for value in (grad_q[:-1], grad_k[:-1], grad_v[:-1]):
        assert not value.any()


def test_softmax_attention_speed():
    """Printed (pytest -s), not asserted: forward and backward against the plain form and torch's own attention."""
    from torch.nn.functional import scaled_dot_product_attention

    long, short = (8, 8, 1024, 64, 64), (512, 4, 64, 16, 16)
    for shape, dtype in ((long, torch.float32), (long, torch.float16), (short, torch.float32)):
        *inputs, g = (x.cuda().requires_grad_() for x in draw_attention(*shape, dtype))
        medians = []
        for function, options in (
            (attention.softmax_attention, {}),
            (attention.softmax_attention_ref, {}),
            (scaled_dot_product_attention, {"is_causal": True}),
        ):
            times = []
            for _ in range(7):
                start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                start.record()
                torch.autograd.grad(function(*inputs, **options), inputs, g.detach())
                end.record()
                torch.cuda.synchronize()
                times.append(start.elapsed_time(end))
            medians.append(sorted(times[2:])[2])
        print(
            f"softmax_attention {(shape, dtype)}: {medians[0]:.3f} ms, plain form {medians[1]:.3f} ms, "
            f"torch's {medians[2]:.3f} ms"
        )


def draw_linear(B, H, L, n, d, dtype):
    """Positive features, values, log decays and an upstream gradient."""
    generator = torch.Generator().manual_seed(0)
    q, k = torch.rand(2, B, H, L, n, generator=generator, dtype=torch.float64) + 0.1
    v, g = torch.randn(2, B, H, L, d, generator=generator, dtype=torch.float64)
    a = -(torch.rand(B, H, L, generator=generator, dtype=torch.float64) ** 4)
    return q.to(dtype), k.to(dtype), v.to(dtype), a.to(torch.promote_types(dtype, torch.float32)), g.to(dtype)


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("decay", [False, True])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1, 1), (3, 2, 2, 3, 5), (1, 3, 63, 33, 7), (3, 1, 129, 64, 64), (2, 2, 1000, 128, 20), (1, 1, 100, 64, 128)],
)
def test_linear_attention_and_gradients(shape, dtype, decay, normalise):
    q, k, v, a, g = draw_linear(*shape, dtype)
    inputs = (q, k, v, a) if decay else (q, k, v)
    ours, exact = ([x.to(like).requires_grad_() for x in inputs] for like in (torch.device("cuda"), torch.float64))
    out, plain = (
        function(*leaves[:3], leaves[3] if decay else None, normalise)
        for function, leaves in ((linear.linear_attention, ours), (linear.linear_attention_ref, exact))
    )
    assert out.dtype == dtype
    rounding = {torch.float16: 2.0**-11, torch.bfloat16: 2.0**-8}.get(dtype, 0)
    if not normalise:
        bound = linear.error_bound(q, k, v, a if decay else None)
        assert ((out.detach().cpu() - plain.detach()).abs() <= 2 * bound + rounding * (plain.detach().abs() + 2**-13)).all()
    tolerance = 4 * rounding or {torch.float32: 2e-5, torch.float64: 1e-12}[dtype]
    results = zip(
        (out, *torch.autograd.grad(out, ours, g.cuda())), (plain, *torch.autograd.grad(plain, exact, g.double())), strict=True
    )
    for value, expected in results:
        assert (value.detach().cpu() - expected.detach()).abs().max() <= tolerance * max(1, expected.abs().max())


def test_linear_attention_same_bits_every_time():
    for dtype in (torch.float16, torch.float32):
        *inputs, g = (x.cuda().requires_grad_() for x in draw_linear(4, 8, 1000, 64, 64, dtype))
        runs = []
        for _ in range(3):
            out = linear.linear_attention(*inputs, True)
            runs.append((out.detach(), *torch.autograd.grad(out, inputs, g.detach())))
        for values in zip(*runs, strict=True):
            assert all(torch.equal(values[0], value) for value in values[1:])


def test_linear_attention_beyond_32_bits():
    """A head behind the 2³¹-th number: addresses in 64 bits."""
    if torch.cuda.get_device_properties(0).total_memory < 60 * 2**30:
        pytest.skip("needs 60 GiB of GPU memory")
    q = torch.zeros(2**20 + 1, 1, 16, 128, dtype=torch.float16, device="cuda")
    v, g, steps = torch.zeros_like(q), torch.zeros_like(q), torch.arange(16, device="cuda")
    q[-1], v[-1], g[-1] = 0.125, steps[:, None], 1  # every score is 2
    out, _ = linear.forward(q, q, v, None, False)
    dq, dk, dv, _ = linear.backward(g, q, q, v, None, None, None)
    later = 16 - steps
    for value, expected in ((out, steps * (steps + 1)), (dq, 8 * steps * (steps + 1)), (dk, 16 * steps * later), (dv, 2 * later)):
        assert torch.equal(value[-1, 0], expected[:, None].expand(16, 128).half())
        assert not value[:-1].any()


def test_linear_attention_speed():
    """Printed (pytest -s), not asserted: forward and backward against the plain form."""
    for shape, dtype in (
        ((8, 8, 1024, 64, 64), torch.float32),
        ((8, 8, 1024, 64, 64), torch.float16),
        ((2, 8, 8192, 64, 64), torch.float32),
    ):
        *inputs, g = (x.cuda().requires_grad_() for x in draw_linear(*shape, dtype))
        for decay, normalise in ((False, True), (True, False)):
            leaves, medians = inputs[: 3 + decay], []
            for function in (linear.linear_attention, linear.linear_attention_ref):
                times = []
                for _ in range(7):
                    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
                    start.record()
                    out = function(*leaves[:3], leaves[3] if decay else None, normalise)
                    torch.autograd.grad(out, leaves, g.detach())
                    end.record()
                    torch.cuda.synchronize()
                    times.append(start.elapsed_time(end))
                medians.append(sorted(times[2:])[2])
            print(f"linear_attention {(shape, dtype)} decay {decay}: {medians[0]:.3f} ms, plain form {medians[1]:.3f} ms")
