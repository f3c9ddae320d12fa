"""One typical launch of every kernel, forward and backward, for the compiler's table. Nothing looks at the results.

Each function calls the launching functions of its kernel file, which check nothing, so that it can run without a device.
"""
import torch

__all__ = ["SAMPLES", "vandermonde"]


def vandermonde():
    """S4D's usual size in one channel block: 4 channels of 32 modes, 1024 lags."""
    from kernels.vandermonde import backward, forward

    z = torch.complex(-torch.ones(4, 32), torch.ones(4, 32)) / 100
    forward(z, z, 1024)
    backward(z, z, torch.ones(4, 1024))


SAMPLES = {"vandermonde": vandermonde}
