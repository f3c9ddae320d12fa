"""What people hand over: whole numbers of NumPy, states and inputs of other shapes, methods without what they need."""

import math

import numpy as np
import pytest

from dynlib.diagonal_ssm import S4D, SequenceClassifier, discretize, dss_kernel, s4d_lin, ssm_kernel
from dynlib.diagonal_ssm.choose import INITS, initial_modes
from dynlib.scan import scan_associative, scan_chunked, scan_sequential
from dynlib.unified_dynamics.mixers import GeneralisedAttention, RetNet
from dynlib.unified_dynamics.ssm import lti, ssd
from dynlib_kernels import engine
from dynlib_kernels.arguments.values import looking
from dynlib_kernels.engine import torch

WHOLE = [np.int64, np.int32, np.uint16]


@pytest.mark.parametrize("whole", WHOLE)
def test_numpys_whole_numbers(whole):
    layer = S4D(whole(3), whole(4), generator=torch.Generator().manual_seed(0))
    same = S4D(3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(layer.kernel(whole(7)), same.kernel(7))
    assert SequenceClassifier(whole(2), whole(3), H=whole(4), N=whole(4), layers=whole(1))(torch.ones(1, 2, 5)).shape == (1, 3)
    for name in INITS:
        assert len(initial_modes(name, whole(8))) == len(initial_modes(name, 8))
    A, C = s4d_lin(6), torch.ones(3, dtype=torch.complex128)
    for method in ("zoh", "dss"):
        assert torch.equal(
            ssm_kernel(A, C, np.float32(0.125), whole(9), method=method), ssm_kernel(A, C, 0.125, 9, method=method)
        )
    assert torch.equal(dss_kernel(A, C, 0.125, whole(9)), dss_kernel(A, C, 0.125, 9))
    a, b = torch.full((9,), 0.5), torch.ones(9)
    assert torch.equal(scan_chunked(a, b, chunk=whole(4)), scan_chunked(a, b, chunk=4))
    assert GeneralisedAttention(whole(4), whole(2))(torch.ones(1, 3, 4)).shape == (1, 3, 4)
    assert lti(A[None], C[None], C[None], L=whole(5)).L == 5
    assert ssd(torch.ones(5, 2), torch.ones(5, 3), torch.ones(5, 3), torch.ones(2), whole(4)).d == 4


LAYER = S4D(3, 8)
START = LAYER.initial_state()
BAD = {
    "a state of N numbers": (
        lambda: LAYER.step(torch.ones(2, 3), torch.zeros(2, 3, 8)),
        r"S4D.step: state is .*\(2, 3, 4\), such",
    ),
    "a real state": (lambda: LAYER.step(torch.ones(3), torch.zeros(3, 4)), r"must be torch.complex64 of shape \(3, 4\)"),
    "a state without the batch": (lambda: LAYER.step(torch.ones(2, 3), START), r"initial_state\(2\)"),
    "one number for all channels": (lambda: LAYER.step(torch.ones(2, 1), START), r"u is .*\(2, 1\); give .*\(\.\.\., 3\)"),
    "no channels": (lambda: LAYER.step(torch.tensor(1.0), START), r"of shape \(\); give"),
    "a step of dss": (lambda: S4D(3, 8, method="dss").step(torch.ones(3), START), "S4D.step: method = .dss. weighs"),
    "one channel for all": (
        lambda: LAYER(torch.ones(2, 1, 5)),
        r"u is .* of shape \(2, 1, 5\); this layer takes real \(\.\.\., 3, L\)",
    ),
    "dss without L": (lambda: discretize(s4d_lin(4), 0.1, "dss"), "discretize: method = .dss. is a softmax over L steps"),
    "RetNet with a list": (lambda: RetNet(4, 2, gamma=[0.5, 0.25]), r"RetNet: gamma = \[0.5, 0.25\] must lie in \(0, 1\)"),
    "N not whole": (lambda: S4D(3, 4.0), "S4D: N = 4.0 must be a whole number"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(name):
    call, message = BAD[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_steps_are_the_sequence():
    u, state, outputs = torch.randn(2, 3, 6), LAYER.initial_state(2), []
    for t in range(6):
        y, state = LAYER.step(u[..., t], state)
        outputs.append(y)
    torch.testing.assert_close(torch.stack(outputs, -1), LAYER(u), rtol=1e-4, atol=1e-5)


def test_dropout_takes_whole_channels():
    """A channel that is dropped is dropped at all times, and each example has its own."""
    torch.manual_seed(0)
    layer = S4D(64, 4, dropout=0.5)
    layer.mix.weight.data = torch.cat([torch.eye(64), torch.zeros(64, 64)])
    layer.mix.bias.data.zero_()
    u = torch.randn(8, 64, 10)
    dropped, whole = layer(u), layer.eval()(u)  # the gate is ½ for all, so that their ratio is 0 or 1/(1 − p)
    kept = (dropped.sum(-1) / whole.sum(-1)).round().abs()
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    torch.testing.assert_close(dropped, kept[..., None] * whole)
    assert abs(kept.mean() - 1) < 4 / math.sqrt(8 * 64), "half of them, and what is kept is doubled"
    assert not torch.equal(kept[0], kept[1])


# A scan whose factors overflow on the way

GROWING = torch.full((400,), 10.0, dtype=torch.float64)


def resets():
    """Nothing is written while the factor grows, then a 0 forgets it, then an ordinary stretch."""
    a = torch.cat([GROWING, torch.zeros(1, dtype=torch.float64), torch.full((99,), 0.5, dtype=torch.float64)])
    b = torch.cat([torch.zeros(401), torch.ones(99)]).double()
    return a, b


def tiny():
    """The state is 1e-300 where the factor grows by 1e400, and is halved again before it overflows."""
    a = torch.cat([GROWING[:310], torch.full((190,), 0.5, dtype=torch.float64)])
    b = torch.zeros(500, dtype=torch.float64)
    b[0] = 1e-300
    return a, b


def complex_resets():
    a, b = resets()
    return a * torch.exp(torch.tensor(1j)), b.to(torch.complex128)


def one_row_of_two():
    a, b = resets()
    return torch.stack([a, torch.full_like(a, 0.9)]), torch.stack([b, torch.ones_like(b)])


@pytest.mark.parametrize("scan", [scan_associative, lambda a, b: scan_chunked(a, b, chunk=450), scan_chunked])
@pytest.mark.parametrize("case", [resets, tiny, complex_resets, one_row_of_two])
def test_a_product_that_overflows_on_the_way(scan, case):
    a, b = (x.requires_grad_() for x in case())
    wanted = scan_sequential(a, b)
    assert wanted.isfinite().all()
    x = scan(a, b)
    torch.testing.assert_close(x, wanted, rtol=1e-12, atol=0)
    weights = torch.zeros_like(wanted.real)
    weights[..., -50:] = 1  # the gradient of what comes after; of the growing stretch itself it does overflow
    for found, one in zip(*(torch.autograd.grad((y.real * weights).sum(), (a, b)) for y in (x, wanted)), strict=True):
        torch.testing.assert_close(found, one, rtol=1e-10, atol=0)


def test_where_nobody_looks_it_stays_nan():
    with looking("nowhere"):
        assert scan_chunked(*resets(), chunk=450).isnan().any()
        assert scan_chunked(torch.rand(500), torch.randn(500)).isfinite().all(), "factors up to 1 do not overflow"


# Triton and NumPy that do not fit


@pytest.mark.parametrize(
    ("triton", "numpy", "mode"),
    [("3.6.0", "2.4.6", "torch"), ("3.5.1", "2.10.0", "torch"), ("3.6.0", "2.3.5", "interpret"), ("3.7.1", "2.4.6", "interpret")],
)
def test_a_triton_that_does_not_fit_numpy(monkeypatch, recwarn, triton, numpy, mode):
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    monkeypatch.setattr(engine, "_has_triton", lambda: True)
    monkeypatch.setattr(engine, "_settled", lambda: None)
    monkeypatch.setattr(engine, "version", {"triton": triton, "numpy": numpy}.__getitem__)
    assert engine._choose() == mode
    said = [str(w.message) for w in recwarn]
    assert len(said) == (mode == "torch")
    assert all(f"Triton {triton} does not run with NumPy {numpy}" in message for message in said)


def test_a_triton_without_a_version_is_taken(monkeypatch):
    def unknown(name):
        raise engine.PackageNotFoundError(name)

    monkeypatch.setattr(engine, "version", unknown)
    assert engine._fits_numpy()
