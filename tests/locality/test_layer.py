"""The locally connected layer against unfold and einsum, a block-diagonal matrix, convolutions and autograd, in float64."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from dynlib.locality.layer import LocalLinear, LocallyConnected2d, local_conv2d, local_linear, local_linear_backward
from dynlib_kernels.local_conv import local_conv_ref


def normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


@pytest.mark.parametrize(("B", "k", "d", "O"), [(5, 7, 6, 3), (1, 1, 1, 1), (3, 1, 5, 2), (2, 4, 1, 1), (0, 3, 4, 2)])
def test_separate_patches_are_a_block_diagonal_matrix(B, k, d, O):
    x, W, bias = normal(B, k, d), normal(k, O, d, seed=1), normal(k, O, seed=2)
    dense = x.reshape(B, k * d) @ torch.block_diag(*W).T + bias.flatten()
    assert torch.allclose(local_linear(x, W, bias), dense.view(B, k, O), atol=1e-13)
    if B:
        grouped = functional.conv1d(x.reshape(B, k * d, 1), W.reshape(k * O, d, 1), groups=k).view(B, k, O)
        assert torch.allclose(local_linear(x, W), grouped, atol=1e-13)


@pytest.mark.parametrize(("B", "k", "d", "O"), [(5, 7, 6, 3), (1, 1, 1, 1), (0, 3, 4, 2)])
def test_gradients_by_hand_are_autograds(B, k, d, O):
    x, W, bias, dy = normal(B, k, d), normal(k, O, d, seed=1), normal(k, O, seed=2), normal(B, k, O, seed=3)
    leaves = [t.requires_grad_() for t in (x, W, bias)]
    wanted = torch.autograd.grad(local_linear(*leaves), leaves, dy)
    for found, right in zip(local_linear_backward(dy, x.detach(), W.detach()), wanted, strict=True):
        assert torch.allclose(found, right, atol=1e-13)


def test_patches_that_are_not_contiguous():
    x, W = normal(6, 7, 5).transpose(0, 2), normal(7, 2, 6, seed=1)
    assert torch.allclose(local_linear(x, W), local_linear(x.contiguous(), W), atol=1e-14)


# B, C, H, W, O, K, stride, padding
SHAPES = st.tuples(*(st.integers(low, high) for low, high in ((1, 4), (1, 3), (1, 8), (1, 8), (1, 4), (1, 4), (1, 9), (0, 2))))


@given(SHAPES)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_two_dimensions_are_unfold_and_einsum(shape):
    B, C, H, W, O, K, stride, padding = shape
    if min(H, W) + 2 * padding < K:
        return
    PH, PW = ((cells + 2 * padding - K) // stride + 1 for cells in (H, W))
    x, w = normal(B, C, H, W).requires_grad_(), normal(PH * PW, O, C * K * K, seed=1).requires_grad_()
    g = normal(B, O, PH, PW, seed=2)
    table = functional.unfold(x, K, padding=padding, stride=stride)
    usual = torch.einsum("bdp,pod->bop", table, w).view(g.shape)
    ours = local_conv2d(x, w, K, stride, padding)
    assert torch.allclose(ours, usual, atol=1e-12)
    for found, right in zip(torch.autograd.grad(ours, (x, w), g), torch.autograd.grad(usual, (x, w), g), strict=True):
        assert torch.allclose(found, right, atol=1e-12)


def test_only_what_is_asked_for_gets_a_gradient():
    x, w = normal(2, 1, 5, 5), normal(9, 2, 9, seed=1).requires_grad_()
    (dw,) = torch.autograd.grad(local_conv2d(x, w, 3).sum(), w)
    assert dw.shape == w.shape
    (dx,) = torch.autograd.grad(local_conv2d(x.requires_grad_(), w.detach(), 3).sum(), x)
    assert dx.shape == x.shape


def test_gradcheck():
    x, w = normal(2, 2, 5, 4).requires_grad_(), normal(4, 2, 8, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, w: local_conv2d(x, w, 2, 2, 0), (x, w))


def test_no_samples():
    x, w = normal(0, 2, 5, 5).requires_grad_(), normal(9, 3, 18, seed=1).requires_grad_()
    y = local_conv2d(x, w, 3)
    assert y.shape == (0, 3, 3, 3)
    assert torch.autograd.grad(y.sum(), w)[0].abs().max() == 0


def test_single_precision_is_close_to_double():
    x, w = normal(8, 3, 12, 12), normal(100, 4, 27, seed=1)
    exact = local_conv2d(x, w, 3)
    assert (local_conv2d(x.float(), w.float(), 3) - exact).abs().max() < 27 * 2**-23 * exact.abs().max()


def test_equal_filters_convolve_and_their_gradient_is_the_sum():
    x, one = normal(3, 2, 7, 9), normal(4, 2, 3, 3, seed=1).requires_grad_()
    y = local_conv2d(x, one.reshape(1, 4, 18).expand(20, 4, 18), 3, stride=2, padding=1)
    conv = functional.conv2d(x, one, stride=2, padding=1)
    g = normal(*conv.shape, seed=2)
    assert torch.allclose(y, conv, atol=1e-13)
    assert torch.allclose(torch.autograd.grad(y, one, g)[0], torch.autograd.grad(conv, one, g)[0], atol=1e-12)


def test_unfold_and_fold_count_patches():
    counted = functional.fold(functional.unfold(torch.ones(1, 1, 6, 6), 3), (6, 6), 3)[0, 0]
    assert counted[0].tolist() == [1, 2, 3, 3, 2, 1]
    assert counted[2, 2] == 9


@pytest.mark.parametrize("shared", [True, False])
def test_module_on_separate_patches(shared):
    torch.manual_seed(0)
    layer = LocalLinear(4, 6, 3, shared=shared).double()
    assert sum(p.numel() for p in layer.parameters()) == (6 * 3 + 3) * (1 if shared else 4)
    x = normal(5, 4, 6)
    weight, bias = (p if not shared else p.expand(4, *p.shape) for p in (layer.weight, layer.bias))
    assert torch.allclose(layer(x), torch.einsum("bkd,kod->bko", x, weight) + bias, atol=1e-13)
    assert LocalLinear(4, 6, 3, bias=False).bias is None


def test_module_on_pictures():
    torch.manual_seed(0)
    layer = LocallyConnected2d((7, 6), 2, 5, 3, stride=2, padding=1).double()
    x = normal(3, 2, 7, 6)
    w = layer.weight.view(4, 3, 5, 2, 3, 3)
    assert torch.allclose(layer(x), local_conv_ref(functional.pad(x, (1, 1, 1, 1)), w, 2) + layer.bias, atol=1e-12)


def test_start_has_no_axes():
    """The weights of a unit are Gaussian: fourth moment 3, along an axis and along a diagonal."""
    torch.manual_seed(0)
    rows = LocalLinear(1, 4, 50_000).weight[0].detach().double()
    for along in (rows[:, 0], rows.sum(1) / 2):
        assert (along**4).mean() / (along**2).mean() ** 2 == pytest.approx(3, abs=0.1)
        assert (along**2).mean() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: local_linear(normal(2, 3, 4), normal(2, 5, 4)), r"W has shape \(2, 5, 4\); it must be \(k = 3, O, d = 4\)"),
        (lambda: local_linear(normal(2, 3, 4), normal(3, 5, 6)), r"W has shape \(3, 5, 6\)"),
        (lambda: local_linear(normal(3, 4), normal(3, 5, 4)), r"x has shape \(3, 4\); it must be \(B, k, d\)"),
        (lambda: local_linear(normal(2, 3, 4), normal(3, 5, 4), normal(5)), r"bias has shape \(5,\)"),
        (lambda: local_linear(normal(2, 3, 4), normal(3, 5, 4).float()), r"give both the same dtype and device: W.to\(x\)"),
        (lambda: local_linear(normal(2, 3, 4).half(), normal(3, 5, 4).half()), "x is torch.float16; give a float32"),
        (lambda: local_linear_backward(normal(2, 3, 4), normal(2, 3, 4), normal(3, 5, 4)), r"dy has shape \(2, 3, 4\)"),
        (lambda: local_conv2d(normal(1, 1, 4, 4), normal(1, 1, 25), 5), "kernel_size = 5 does not fit into a picture of 4 × 4"),
        (lambda: local_conv2d(normal(1, 1, 4, 4), normal(3, 1, 9), 3), r"weight has shape \(3, 1, 9\); it must be \(P = 4"),
        (lambda: local_conv2d(normal(1, 1, 4, 4), normal(4, 1, 9), 3, stride=0), "stride = 0 must be a whole number"),
        (lambda: local_conv2d(normal(1, 1, 4, 4), normal(4, 1, 9), 3, padding=-1), "padding = -1 must be a whole number"),
        (lambda: local_conv2d(normal(1, 4, 4), normal(4, 1, 9), 3), r"x has shape \(1, 4, 4\)"),
        (lambda: local_conv2d([1.0], normal(4, 1, 9), 3), "x is list"),
        (lambda: LocalLinear(0, 3, 1), "k = 0 must be a whole number"),
        (lambda: LocallyConnected2d((3, 3), 1, 1, 4), "kernel_size = 4 does not fit"),
        (lambda: LocalLinear(2, 3, 1, shared=True)(normal(2, 3, 3).float()), r"x has shape \(2, 3, 3\)"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
