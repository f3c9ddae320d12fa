"""The locally connected layer: every position has filters of its own. A convolution is the same with one set for all.

    y[b, p, o] = bias[p, o] + Σ_c W[p, o, c] x[b, p, c]              `local_linear`: patches that do not overlap
    y[b, o, p] = Σ_c w[p, o, c] x[b, patch p, entry c]               `local_conv2d`: patches of a picture, which may

On a GPU `local_conv2d` runs in `dynlib_kernels.local_conv`. Without one it is a product of matrices for each position, over
patches that are copied once, samples innermost: a patch's entry is then one run of memory, and so is what the backward pass
adds to a cell. `dynlib_kernels.local_conv.local_conv_ref` says the same by unfold and einsum, which copy the patches twice.
"""

import math
from collections.abc import Sequence
from functools import partial

from dynlib_kernels.arguments.scalars import check_count, check_counts
from dynlib_kernels.arguments.tensors import check_alike, check_shape
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import DEVICE, MODE, functional, nn, torch
from dynlib_kernels.local_conv import local_conv, local_conv_ref
from dynlib_kernels.precision import full_precision


@full_precision
def local_linear(x: torch.Tensor, W: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """Each patch through a linear map of its own.

    Parameters
    ----------
    x : (B, k, d) tensor
        B samples of k patches with d pixels; B may be 0.
    W : (k, O, d) tensor
        A map for each patch.
    bias : (k, O) tensor, optional
        Added to the result.

    Returns
    -------
    (B, k, O) tensor
        y.

    Raises
    ------
    ValueError
        For shapes that do not fit, and for mixed dtypes or devices.

    """
    check_alike("local_linear", x=x, W=W, **({} if bias is None else {"bias": bias}))
    check_shape("local_linear", "x", x, "B k d", None, None, None)
    check_shape("local_linear", "W", W, "k O d", x.shape[1], None, x.shape[2], like="x")
    y = torch.bmm(x.transpose(0, 1), W.transpose(1, 2)).transpose(0, 1)  # (B, k, O)
    if bias is None:
        return y
    check_shape("local_linear", "bias", bias, "k O", *W.shape[:2], like="W")
    return y + bias


def local_linear_backward(dy: torch.Tensor, x: torch.Tensor, W: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The gradients of a loss in x, W and bias, from its gradient in y = local_linear(x, W, bias).

    dx = Σ_O dy W, dW = Σ_B dy x, dbias = Σ_B dy. Where all patches share one map, its gradient is
    the *sum* of dW over patches.

    Parameters
    ----------
    dy : (B, k, O) tensor
        The gradient in y.
    x : (B, k, d) tensor
        The input.
    W : (k, O, d) tensor
        The maps.

    Returns
    -------
    tuple of three tensors
        dx (B, k, d), dW (k, O, d), dbias (k, O).

    Raises
    ------
    ValueError
        As ``local_linear``, and for a dy of another shape.

    """
    check_alike("local_linear_backward", dy=dy, x=x, W=W)
    check_shape("local_linear_backward", "x", x, "B k d", None, None, None)
    check_shape("local_linear_backward", "W", W, "k O d", x.shape[1], None, x.shape[2], like="x")
    check_shape("local_linear_backward", "dy", dy, "B k O", *x.shape[:2], W.shape[1], like="x and W")
    per_patch = dy.transpose(0, 1)  # (k, B, O)
    dx = torch.bmm(per_patch, W).transpose(0, 1)  # (B, k, d)
    dW = torch.bmm(per_patch.transpose(1, 2), x.transpose(0, 1))  # (k, O, d)
    return dx, dW, dy.sum(0)


def _patch_products(x, w, stride):
    """x (B, C, H, W) and w (P_h, P_w, O, C, K, K) → y (B, O, P_h, P_w); samples lie innermost in all that is made between."""
    PH, PW, O, C, K, _ = w.shape
    cells = x.permute(1, 2, 3, 0).contiguous()  # (C, H, W, B)
    views = cells.unfold(1, K, stride).unfold(2, K, stride)  # (C, P_h, P_w, B, K, K)
    patches = views.permute(1, 2, 0, 4, 5, 3).reshape(PH * PW, C * K * K, x.shape[0])
    y = torch.bmm(w.reshape(PH * PW, O, -1), patches)  # (P, O, B)
    return y.permute(2, 1, 0).reshape(x.shape[0], O, PH, PW), (patches,)


def _patch_products_backward(g, inputs, kept, needed, stride):
    (x, w), (patches,) = inputs, kept
    (B, C, H, W), (PH, PW, O, _, K, _) = x.shape, w.shape
    g = g.reshape(B, O, PH * PW).permute(2, 1, 0).contiguous()  # (P, O, B)
    dw = torch.bmm(g, patches.transpose(1, 2)).view(w.shape) if needed[1] else None
    if not needed[0]:
        return None, dw
    back = torch.bmm(w.reshape(PH * PW, O, -1).transpose(1, 2), g).view(PH, PW, C, K, K, B)
    cells = g.new_zeros(H, W, C, B)
    if stride >= K:  # no two patches meet: one copy
        cells.unfold(0, K, stride).unfold(1, K, stride).copy_(back.permute(0, 1, 2, 5, 3, 4))
        return cells.permute(3, 2, 0, 1), dw
    rows, columns = stride * (PH - 1) + 1, stride * (PW - 1) + 1
    for a in range(K):
        for b in range(K):
            cells[a : a + rows : stride, b : b + columns : stride] += back[:, :, :, a, b]
    return cells.permute(3, 2, 0, 1), dw


@full_precision
def local_conv2d(x: torch.Tensor, weight: torch.Tensor, kernel_size: int, stride: int = 1, padding: int = 0) -> torch.Tensor:
    """A convolution whose filters differ from position to position.

    Differentiable; what is more than a gradient takes ``local_conv_ref``.

    Parameters
    ----------
    x : (B, C, H, W) tensor
        Pictures.
    weight : (P, O, C·K·K) tensor
        K = kernel_size and P = P_h·P_w positions, row by row, as ``torch.nn.functional.unfold``
        counts them.
    kernel_size : int
        K.
    stride : int, default 1
        For both axes.
    padding : int, default 0
        Zeros around the picture, for both axes.

    Returns
    -------
    (B, O, P_h, P_w) tensor
        y.

    Raises
    ------
    ValueError
        For a kernel larger than the padded picture, a stride below 1, a weight of another shape,
        and mixed dtypes or devices.

    """
    where = "local_conv2d"
    check_alike(where, x=x, weight=weight)
    check_shape(where, "x", x, "B C H W", None, None, None, None)
    K, stride = check_count(where, "kernel_size", kernel_size), check_count(where, "stride", stride)
    padding = check_count(where, "padding", padding, least=0)
    PH, PW = _positions(where, (x.shape[2], x.shape[3]), K, stride, padding)
    like = f"x of shape {tuple(x.shape)} asks with kernel_size = {K}, stride = {stride} and padding = {padding}"
    check_shape(where, "weight", weight, "P O C·K·K", PH * PW, None, x.shape[1] * K * K, like=like)
    w = weight.reshape(PH, PW, weight.shape[1], x.shape[1], K, K)
    x = functional.pad(x, (padding,) * 4) if padding else x
    if MODE == "gpu" and x.device.type == DEVICE and x.numel():
        return local_conv(x, w, stride)
    by_hand = ByHand(
        plain=partial(local_conv_ref, stride=stride),
        forward=partial(_patch_products, stride=stride),
        backward=partial(_patch_products_backward, stride=stride),
    )
    return differentiable(by_hand, x, w)


def _positions(where: str, size: tuple[int, int], K: int, stride: int, padding: int) -> tuple[int, int]:
    """How many positions each axis has. Raises ``ValueError`` where not even one fits."""
    if min(size) + 2 * padding < K:
        raise ValueError(
            f"{where}: kernel_size = {K} does not fit into a picture of {size[0]} × {size[1]} with padding "
            f"{padding}; take a smaller kernel, or pad more"
        )
    height, width = ((cells + 2 * padding - K) // stride + 1 for cells in size)
    return height, width


def _size(where: str, size) -> tuple[int, int]:
    """size as (H, W), two whole numbers of at least 1."""
    if not isinstance(size, Sequence) or isinstance(size, str) or len(size) != 2:
        raise ValueError(f"{where}: size = {size!r} must be the height and the width of a picture, such as (28, 28)")
    height, width = (check_count(where, "size", cells, why=f"; it stands in size = {size!r}") for cells in size)
    return height, width


class LocalLinear(nn.Module):
    """``local_linear`` with its weights. x (B, k, d) → (B, k, O).

    The patches are given and do not overlap; ``LocallyConnected2d`` cuts its own from a picture, by
    kernel_size and stride.

    Weights are drawn from N(0, 1/d): a Gaussian has no preferred axes, so that a net that starts
    from it knows nothing of the pixels. torch's usual uniform start does.

    Parameters
    ----------
    k, d : int
        Patches, and pixels of each.
    outputs : int
        O, for each patch.
    shared : bool, default False
        Makes it a convolution with stride d: one map (O, d) for all.
    bias : bool, default True
        Whether there is a bias, 0 at first.

    Raises
    ------
    ValueError
        For a count below 1.

    """

    def __init__(self, k: int, d: int, outputs: int, *, shared: bool = False, bias: bool = True):
        super().__init__()
        k, d, outputs = check_counts("LocalLinear", k=k, d=d, outputs=outputs)
        self.k, self.shared = k, shared
        maps = () if shared else (k,)
        self.weight = nn.Parameter(torch.randn(*maps, outputs, d) / math.sqrt(d))
        self.bias = nn.Parameter(torch.zeros(*maps, outputs)) if bias else None

    @full_precision
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not self.shared:
            return local_linear(x, self.weight, self.bias)
        check_alike("LocalLinear", x=x, weight=self.weight)
        check_shape("LocalLinear", "x", x, "B k d", None, self.k, self.weight.shape[1])
        return functional.linear(x, self.weight, self.bias)


class LocallyConnected2d(nn.Module):
    """``local_conv2d`` with its weights, for pictures of one size.

    x (B, C, H, W) → (B, O, P_h, P_w). Weights from N(0, 1/(C·K·K)).

    Parameters
    ----------
    size : tuple of two ints
        (H, W).
    channels : int
        C.
    outputs : int
        O.
    kernel_size, stride, padding : int
        As in ``local_conv2d``.
    bias : bool, default True
        Whether there is a bias (O, P_h, P_w), 0 at first.

    Raises
    ------
    ValueError
        For a count below 1, another size or padding (a number of zeros; words such as "same" are not
        known), and a kernel larger than the padded picture; in a call, for pictures of another size.

    """

    def __init__(
        self,
        size: tuple[int, int],
        channels: int,
        outputs: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ):
        super().__init__()
        where = "LocallyConnected2d"
        channels, outputs, kernel_size, stride = check_counts(
            where, channels=channels, outputs=outputs, kernel_size=kernel_size, stride=stride
        )
        self.settings = (kernel_size, stride, check_count(where, "padding", padding, least=0, why="; zeros on each side"))
        self.size, self.channels = _size(where, size), channels
        PH, PW = _positions(where, self.size, *self.settings)
        D = channels * kernel_size**2
        self.weight = nn.Parameter(torch.randn(PH * PW, outputs, D) / math.sqrt(D))
        self.bias = nn.Parameter(torch.zeros(outputs, PH, PW)) if bias else None

    @full_precision
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        check_alike("LocallyConnected2d", x=x, weight=self.weight)
        check_shape("LocallyConnected2d", "x", x, "B C H W", None, self.channels, *self.size)
        y = local_conv2d(x, self.weight, *self.settings)
        return y if self.bias is None else y + self.bias
