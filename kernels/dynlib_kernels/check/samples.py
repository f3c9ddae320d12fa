"""One typical launch of every kernel, forward and backward, for the compiler's table. Nothing looks at the results.

Each function calls the launching functions of its kernel file, which check nothing, so that it can run without a device.
"""

from dynlib_kernels.engine import torch

__all__ = ["SAMPLES", "additive_scores", "linear_attention", "local_conv", "scan", "softmax_attention", "spectral", "vandermonde"]


def vandermonde():
    """S4D's usual size in one channel block: 4 channels of 32 modes, 1024 lags."""
    from dynlib_kernels.vandermonde import backward, forward

    z = torch.complex(-torch.ones(4, 32), torch.ones(4, 32)) / 100
    forward(z, z, 1024)
    backward(z, z, torch.ones(4, 1024))


def additive_scores():
    """Two lists of 50 things, each to be put in order by 50 choices, with H = 64."""
    from dynlib_kernels.additive_scores import backward, forward

    E, v = torch.ones(2, 50, 64), torch.ones(64)
    forward(E, E, v)
    backward(E, E, v, torch.ones(2, 50, 50))


def spectral():
    """The noise fitted by four training sets of 256 modes, at 128 times."""
    from dynlib_kernels.spectral import backward, forward

    w, t = torch.ones(4, 256), torch.linspace(0, 10, 128)
    forward(w, w, t, "noise")
    backward(w, w, t, torch.ones(4, 128), "noise")


def linear_attention():
    """Four heads of 1024 tokens, with 64 features and 64 channels, decaying and normalised."""
    from dynlib_kernels.linear_attention import backward, forward

    q, log_decay = torch.ones(2, 4, 1024, 64), -torch.ones(2, 4, 1024)
    out, eta = forward(q, q, q, log_decay, True)
    backward(out, q, q, q, log_decay, out, eta)


def local_conv():
    """Sixteen digits of 8 × 8 cells in 4 channels; 8 filters of 3 × 3, shared, because only then grad_w is summed in parts."""
    from dynlib_kernels.local_conv import backward, forward

    x, w = torch.ones(16, 4, 8, 8), torch.ones(8, 4, 3, 3)
    forward(x, w, 1)
    backward(x, w, torch.ones(16, 8, 6, 6), 1)


def scan():
    """Eight channels of real states over 512 steps: four tiles each."""
    from dynlib_kernels.scan import backward, forward

    a, initial = torch.full((8, 512), 0.9), torch.ones(8)
    x = forward(a, a, initial)
    backward(a, x, a, initial)


def softmax_attention():
    """Two heads of 128 tokens, with 64 entries in a query, a key and a value."""
    from dynlib_kernels.softmax_attention import forward
    from dynlib_kernels.softmax_attention_backward import backward

    q = torch.ones(1, 2, 128, 64)
    out, lse = forward(q, q, q, 0.125)
    backward(q, q, q, out, lse, q, 0.125)


SAMPLES = {
    "additive_scores": additive_scores,
    "linear_attention": linear_attention,
    "local_conv": local_conv,
    "scan": scan,
    "softmax_attention": softmax_attention,
    "spectral": spectral,
    "vandermonde": vandermonde,
}
