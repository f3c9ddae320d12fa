"""Linear recurrences x_t = a_t x_{t−1} + b_t and causal convolutions. Time is the last axis throughout.

Four forms of one function, ``scan_…(a, b, initial=None)``, with the same answer and different costs:

    form              multiplications a number   steps that wait for each other   where
    scan_sequential   1                          L                                as written; streaming
    scan_associative  3                          2 log₂ L                         "parallel scan" (Blelloch, 1990)
    scan_chunked      3                          2 √L                             what fused GPU kernels do
    scan_convolution  O(log L)                   O(log L)                         a constant in time only; by FFT

The first three are one ``autograd.Function``: their gradient is the same scan run backwards in time. All take real and
complex numbers, and any batch shape. a is the decay itself, not its logarithm: it may be 0, negative, complex, or above 1.

Time is last because one sequence of numbers is then one run of memory. Attention (its kernels, ``unified_dynamics.routes``) has
vectors at each step and puts time before their axis, (…, L, n); a ``DSF`` is one sequence and begins with time, (L, d, n).
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.scan.convolution import causal_convolution, scan_convolution
    from dynlib.scan.recurrence import scan_associative, scan_chunked, scan_sequential
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = ["causal_convolution", "scan_associative", "scan_chunked", "scan_convolution", "scan_sequential"]
