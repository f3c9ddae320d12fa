"""What only a GPU can check: the compiled kernels' own exp, cos, sin and sums. Skipped without CUDA."""
import pytest
import torch

import kernels
from kernels.vandermonde import error_bound, vandermonde, vandermonde_ref

pytestmark = pytest.mark.skipif(kernels.MODE != "gpu" or not torch.cuda.is_available(), reason="no CUDA GPU here")


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
