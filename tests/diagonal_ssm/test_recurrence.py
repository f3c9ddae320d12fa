"""The model step by step and in chunks against the convolution with its kernel."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.diagonal_ssm import discretize_zoh, run, run_in_chunks, s4d_lin, s4d_real, ssm_kernel, step
from dynlib.scan import causal_convolution


def draw(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def model(kind, H=3):
    A = s4d_lin(8) if kind == "turn" else s4d_real(6)
    return A, draw(H, len(A), dtype=A.dtype), torch.tensor([[0.01], [0.1], [0.6]], dtype=torch.float64)[:H]


@pytest.mark.parametrize("kind", ["turn", "fade"])
@pytest.mark.parametrize("method", ["zoh", "bilinear", "dss"])
def test_recurrence_is_convolution(kind, method):
    A, C, dt = model(kind)
    u = draw(2, 3, 120, seed=1)
    y, state = run(u, A, C, dt, method=method)
    assert state.shape == (2, 3, len(A))
    torch.testing.assert_close(y, causal_convolution(u, ssm_kernel(A, C, dt, 120, method=method)), rtol=0, atol=1e-11)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    L=st.integers(1, 40),
    chunk=st.integers(1, 50),
    cut=st.integers(1, 39),
    kind=st.sampled_from(["turn", "fade"]),
    method=st.sampled_from(["zoh", "bilinear"]),
)
def test_chunks_and_pieces_give_the_same(L, chunk, cut, kind, method):
    A, C, dt = model(kind)
    u, before = draw(3, L, seed=1), draw(3, len(A), seed=2, dtype=A.dtype)
    whole, last = run(u, A, C, dt, state=before, method=method)
    y, state = run_in_chunks(u, A, C, dt, chunk=chunk, state=before, method=method)
    torch.testing.assert_close(y, whole, rtol=0, atol=1e-11)
    torch.testing.assert_close(state, last, rtol=0, atol=1e-11)
    if cut < L:
        y, state = run(u[:, :cut], A, C, dt, state=before, method=method)
        rest, state = run_in_chunks(u[:, cut:], A, C, dt, chunk=chunk, state=state, method=method)
        torch.testing.assert_close(torch.cat([y, rest], -1), whole, rtol=0, atol=1e-11)


@pytest.mark.parametrize("kind", ["turn", "fade"])
def test_gradients_through_chunks(kind):
    A, C, dt = (x.clone().requires_grad_() for x in model(kind))
    u = draw(3, 20, seed=1).requires_grad_()
    leaves = (u, A, C, dt)
    expected = torch.autograd.grad(run(u, A, C, dt)[0].square().sum(), leaves)
    found = torch.autograd.grad(run_in_chunks(u, A, C, dt, chunk=6)[0].square().sum(), leaves)
    for one, two in zip(found, expected, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-9, atol=1e-11)


def test_a_step_reads_the_state_after_the_update():
    A, C = s4d_lin(2), torch.ones(1, dtype=torch.complex128)
    A_bar, B_bar = discretize_zoh(A, 0.1)
    y, x = step(torch.zeros(1, dtype=A.dtype), torch.tensor(1.0), A_bar, B_bar, C)
    assert y.item() == pytest.approx(2 * B_bar.real.item())
    assert x.item() == pytest.approx(B_bar.item())


LIN = s4d_lin(4)
ONES = torch.ones(2, dtype=torch.complex128)


@pytest.mark.parametrize("run", [run, lambda *a, **k: run_in_chunks(*a, chunk=3, **k)])
@pytest.mark.parametrize(
    ("u", "options", "message"),
    [
        (torch.ones(5) * math.nan, {}, "u holds nan or inf"),
        (torch.ones(5).half(), {}, "u is torch.float16; use float32"),
        (torch.ones(5) * 1j, {}, r"u is torch.complex64 of shape \(5,\); give a real input"),
        (torch.tensor(1.0), {}, r"u is torch.float32 of shape \(\); give a real input"),
        (torch.ones(5), {"state": torch.ones(3) * 1j}, r"state has shape \(3,\); with this u and A it must be \(2,\)"),
        (torch.ones(5), {"method": "euler"}, "method = 'euler' is not known"),
    ],
)
def test_bad_input_is_named(run, u, options, message):
    with pytest.raises(ValueError, match=message):
        run(u, LIN, ONES, 0.1, **options)


def test_bad_input_of_the_chunks_is_named():
    with pytest.raises(ValueError, match="chunk = 0 must be a whole number of at least 1"):
        run_in_chunks(torch.ones(5), LIN, ONES, 0.1, chunk=0)
    with pytest.raises(ValueError, match='method = "dss" weighs the modes by the whole length'):
        run_in_chunks(torch.ones(5), LIN, ONES, 0.1, chunk=2, method="dss")
    with pytest.raises(ValueError, match=r"u without time \(3,\), A and C without modes \(2,\) do not broadcast"):
        run(torch.ones(3, 5), LIN.expand(2, 2), ONES, 0.1)
