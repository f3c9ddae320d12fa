"""The locally connected layer in one and two dimensions: a convolution whose filters may differ from position to position.

    y[b, o, p] = Σ_{c, s} w[p, o, c, s] x[b, c, p·stride + s]        without padding, without bias

x (B, C, L), w (P, O, C, K), y (B, O, P), P = ⌊(L − K) / stride⌋ + 1. In two dimensions x (B, C, H, W), y (B, O, P_h, P_w) and
w (P_h, P_w, O, C, K_h, K_w), with one stride for both axes. With shared weights, (O, C, K) or (O, C, K_h, K_w), it is the usual
convolution. One dimension is two with H = 1, so the same kernels do all four. With g = ∂loss/∂y and J = ⌈K / stride⌉,

    grad_w[p, o, c, s] = Σ_b g[b, o, p] x[b, c, p·stride + s]                                  shared: summed over p too
    grad_x[b, c, a·stride + f] = Σ_{o, j < J} w[a − j, o, c, f + j·stride] g[b, o, a − j]      0 ≤ f < stride

All three are products of matrices, in groups. Forward and in grad_w a row is a patch, flattened to D = C·K_h·K_w entries, and a
group is the R rows that meet the same filters: the B at one position (G = P groups), or all B·P (shared: G = 1). In grad_x a row
is a block of `stride` cells, and a column is one c with one place f in the block, N = C·stride of them; a group is the B rows of
one block, or all of them (shared). So no offset is tried in vain, each input cell belongs to one program, and nothing is added
atomically: the bits are the same every time.

Bytes moved, r a value. A tile has 32 rows, 16 outputs (in grad_x: columns) and 32 terms of the sum; each reads its values anew.
In two dimensions L, K, P, J and stride stand for products over both axes; no stride counts more than an axis has cells.
    forward    r (B P D ⌈O / 16⌉ + G O D ⌈R / 32⌉ + B O P)
    grad_x     r (B O P J ⌈N / 16⌉ + G O D ⌈R' / 32⌉ + B C L),    R' = B; shared: B ⌈L / stride⌉
    grad_w     r (B P D ⌈O / 16⌉ + B O P ⌈D / 32⌉ + G O D);       shared: in S ≤ 64 parts, and if S > 1 then 2 S O D r more
Flops of the matrix products: 2 B P O D for each of the three, where every axis is rounded up to whole tiles.

Error, u = 2⁻²⁴ (float32) or 2⁻⁵³ (float64). A product of vectors of m entries, summed in whatever order, is within m u times the
product of their absolute values (Jeannerod, Rump, "Improved error bounds for inner products in floating-point arithmetic", 2013),
and the zeros that fill a tile add nothing. So
    |y − exact| ≤ D u Σ |w||x|,      |grad_w − exact| ≤ R u Σ |g||x|,      |grad_x − exact| ≤ O J u Σ |w||g|

Lahoti, Karp, Winston, Singh, Li, "Role of locality and weight sharing in image-based tasks", 2024, arXiv:2403.15707.
"""

import math
from collections import namedtuple
from collections.abc import Sequence
from functools import partial

from dynlib_kernels.arguments.launches import REALS, check_dtype, check_size, check_tensor, warn_if_slow
from dynlib_kernels.arguments.scalars import whole
from dynlib_kernels.arguments.tensors import check_axes, check_one_dtype
from dynlib_kernels.cost import Cost
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import MODE, torch
from dynlib_kernels.language import tl, triton
from dynlib_kernels.local_conv_backward import BD, BO, BR, grad_w, grad_x, part_rows, patch_begin, patch_entry
from dynlib_kernels.precision import full_precision

__all__ = ["cost", "local_conv", "local_conv_ref"]

# what x and w are, by the number of their axes
FORMS = {
    (3, 3): ("(B, C, L)", "(O, C, K)"),
    (3, 4): ("(B, C, L)", "(P, O, C, K)"),
    (4, 4): ("(B, C, H, W)", "(O, C, K_h, K_w)"),
    (4, 6): ("(B, C, H, W)", "(P_h, P_w, O, C, K_h, K_w)"),
}
LARGEST = 2**30  # what the kernels count in int32 ends here, which leaves room for the last tile

Layer = namedtuple(
    "Layer",
    [
        "shared",
        "B",
        "C",
        "H",
        "W",
        "O",
        "KH",
        "KW",
        "SH",
        "SW",  # the stride; beyond the size of the input it makes no difference, so it ends there
        "PH",
        "PW",
        "P",  # positions
        "AH",
        "AW",
        "A",  # blocks of SH by SW cells, the last of them not always full
        "JH",
        "JW",  # positions of an axis that reach one cell, at most
        "D",  # entries of a patch
    ],
)


def layer(x_shape, w_shape, stride: int) -> Layer:
    """The sizes of a layer, all of it in two dimensions.

    Parameters
    ----------
    x_shape, w_shape : tuple of int
        Shapes that fit together.
    stride : int
        Cells between positions.

    Returns
    -------
    Layer
        The sizes.
    """
    B, C, *cells = x_shape
    O, _, *kernel = w_shape[-len(x_shape) :]
    (H, W), (KH, KW) = (1, *cells)[-2:], (1, *kernel)[-2:]
    SH, SW = min(stride, H), min(stride, W)
    PH, PW = (H - KH) // SH + 1, (W - KW) // SW + 1
    AH, AW = math.ceil(H / SH), math.ceil(W / SW)
    return Layer(
        len(x_shape) == len(w_shape),
        B,
        C,
        H,
        W,
        O,
        KH,
        KW,
        SH,
        SW,
        PH,
        PW,
        PH * PW,
        AH,
        AW,
        AH * AW,
        math.ceil(KH / SH),
        math.ceil(KW / SW),
        C * KH * KW,
    )


def cost(x_shape, w_shape, stride: int = 1, dtype: torch.dtype = torch.float32) -> dict[str, Cost]:
    """What one call moves and computes, in closed form.

    Parameters
    ----------
    x_shape, w_shape : tuple of int
        Shapes that fit together.
    stride : int, default 1
        Cells between positions.
    dtype : torch.dtype, default torch.float32
        Of all numbers.

    Returns
    -------
    dict of str to Cost
        "forward"; "backward", which makes both gradients; "plain", `local_conv_ref` forward,
        operation by operation as torch runs it (D > 1): unfold writes a table of patches, the
        product reads it, and reads shared filters anew for every sample.
    """
    stride = _check_layer_shapes("local_conv.cost", x_shape, w_shape, stride)
    check_dtype("local_conv.cost", dtype, REALS)
    n, r = layer(x_shape, w_shape, stride), dtype.itemsize
    G, GX = (1, 1) if n.shared else (n.P, n.A)
    R, RX = n.B * n.P // G, n.B * n.A // GX
    x, y, w, table = r * n.B * n.C * n.H * n.W, r * n.B * n.O * n.P, r * G * n.O * n.D, r * n.B * n.P * n.D
    rows, outs, terms = math.ceil(R / BR), math.ceil(n.O / BO), math.ceil(n.D / BD)
    rows_x, columns, terms_x = math.ceil(RX / BR), math.ceil(n.C * n.SH * n.SW / BO), math.ceil(n.O * n.JH * n.JW / BD)
    S = math.ceil(R / part_rows(n))
    parts = S * w if S > 1 else 0
    reads = {"x": outs * table, "g": (terms + n.JH * n.JW * columns) * y, "w": rows_x * w} | ({"parts": parts} if parts else {})
    flops, flops_x = (2 * BR * BO * BD * tiles for tiles in (G * rows * outs * terms, GX * rows_x * columns * terms_x))
    return {
        "forward": Cost(reads={"x": outs * table, "w": rows * w}, writes={"y": y}, dot_flops=flops),
        "backward": Cost(reads=reads, writes={"grad_x": x, "grad_w": parts + w}, dot_flops=flops + flops_x),
        "plain": Cost(reads={"x": x, "table": table, "w": n.B * w if n.shared else w}, writes={"table": table, "y": y}),
    }


def _check_layer_shapes(where, x_shape, w_shape, stride):
    """stride as an int, after a check that two rows of whole numbers are shapes of x and w that go together."""
    for name, shape in (("x_shape", x_shape), ("w_shape", w_shape)):
        if not isinstance(shape, Sequence) or not shape or not all(0 < (whole(size) or 0) <= LARGEST for size in shape):
            raise ValueError(f"{where}: {name} = {shape!r} must be a shape, whole numbers from 1 to 2**30")
    try:
        _check_sizes(*(torch.empty((), device="meta").expand(tuple(shape)) for shape in (x_shape, w_shape)), stride)
    except ValueError as error:
        raise ValueError(f"{where}: x_shape = {x_shape} and w_shape = {w_shape}: {error}") from None
    return int(stride)


def local_conv_ref(x: torch.Tensor, w: torch.Tensor, stride: int = 1) -> torch.Tensor:
    """The plain form, by a table of all patches. The numbers of axes say which layer it is.

        x (B, C, L)     with w (O, C, K)                     shared filters, a convolution
        x (B, C, L)     with w (P, O, C, K)                  filters of its own at each position
        x (B, C, H, W)  with w (O, C, K_h, K_w)              shared
        x (B, C, H, W)  with w (P_h, P_w, O, C, K_h, K_w)    of its own

    Parameters
    ----------
    x : (B, C, L) or (B, C, H, W) tensor
        The input.
    w : tensor
        The filters, see above.
    stride : int, default 1
        Cells between positions, on every axis.

    Returns
    -------
    (B, O, P) or (B, O, P_h, P_w) tensor
        y, in the precision of the input.

    Raises
    ------
    ValueError
        For other numbers of axes, sizes that do not fit, and a stride that is no int ≥ 1.
    """
    n = _check_sizes(x, w, stride)
    check_axes("local_conv_ref", x=(x, "..."), w=(w, "..."))
    table = torch.nn.functional.unfold(x.reshape(n.B, n.C, n.H, n.W), (n.KH, n.KW), stride=(n.SH, n.SW))  # (B, D, P)
    if n.shared:
        y = torch.einsum("bod,bdp->bop", w.reshape(n.O, n.D).expand(n.B, -1, -1), table)
    else:
        y = torch.einsum("bdp,pod->bop", table, w.reshape(n.P, n.O, n.D))
    return y.reshape(_shape_of_y(x, n))


@triton.jit
def local_conv_forward(
    x,
    w,
    y,
    rows,
    row_tiles,
    out_tiles,
    Q,
    C,
    H,
    W,
    O,
    P,
    PW,
    KH: tl.constexpr,
    KW: tl.constexpr,
    SH: tl.constexpr,
    SW: tl.constexpr,
    BR: tl.constexpr,
    BO: tl.constexpr,
    BD: tl.constexpr,
):
    """One program: BR rows of one group, which has Q positions, by BO outputs. Grid (G·row_tiles·out_tiles,)."""
    i_o, i_r = tl.program_id(0) % out_tiles, tl.program_id(0) // out_tiles % row_tiles
    i_g = tl.program_id(0) // out_tiles // row_tiles
    D = C * KH * KW
    o_r = i_r * BR + tl.arange(0, BR)  # (BR,) row: sample and position
    o_b, o_p = (o_r // Q).to(tl.int64), i_g * Q + o_r % Q  # (BR,)
    o_o = i_o * BO + tl.arange(0, BO)  # (BO,)
    m_r, m_o = o_r < rows, o_o < O  # (BR,), (BO,)
    o_x = o_b * (C * H * W) + patch_begin(o_p, W, PW, SH, SW)  # (BR,)
    o_w = i_g.to(tl.int64) * O * D + o_o * D  # (BO,)
    b_y = tl.zeros([BR, BO], y.dtype.element_ty)  # (BR, BO)
    for d in range(0, D, BD):
        o_d = d + tl.arange(0, BD)  # (BD,)
        m_d = o_d < D  # (BD,)
        o_s = patch_entry(o_d, H, W, KH, KW)  # (BD,)
        b_x = tl.load(x + o_x[:, None] + o_s[None, :], mask=m_r[:, None] & m_d[None, :], other=0.0)  # (BR, BD)
        b_w = tl.load(w + o_w[None, :] + o_d[:, None], mask=m_o[None, :] & m_d[:, None], other=0.0)  # (BD, BO)
        b_y += tl.dot(b_x, b_w, input_precision="ieee")  # (BR, BO)
    o_y = (o_b * (O * P) + o_p)[:, None] + (o_o * P)[None, :]  # (BR, BO)
    tl.store(y + o_y, b_y, mask=m_r[:, None] & m_o[None, :])


def forward(x: torch.Tensor, w: torch.Tensor, stride: int) -> torch.Tensor:
    """Launch the forward kernel; nothing is checked.

    Parameters
    ----------
    x, w : tensor
        Contiguous, of shapes that fit together.
    stride : int
        Cells between positions.

    Returns
    -------
    tensor
        y.
    """
    n = layer(x.shape, w.shape, stride)
    y = torch.empty(_shape_of_y(x, n), dtype=x.dtype, device=x.device)
    G, Q = (1, n.P) if n.shared else (n.P, 1)
    row_tiles, out_tiles = math.ceil(n.B * Q / BR), math.ceil(n.O / BO)
    local_conv_forward[(G * row_tiles * out_tiles,)](
        x, w, y, n.B * Q, row_tiles, out_tiles, Q, n.C, n.H, n.W, n.O, n.P, n.PW, n.KH, n.KW, n.SH, n.SW, BR, BO, BD
    )
    return y


def backward(x: torch.Tensor, w: torch.Tensor, g: torch.Tensor, stride: int, needed: tuple[bool, bool] = (True, True)):
    """Launch the backward kernels; nothing is checked.

    Parameters
    ----------
    x, w : tensor
        Contiguous, of shapes that fit together.
    g : tensor
        ∂loss/∂y, contiguous.
    stride : int
        Cells between positions.
    needed : (bool, bool), default (True, True)
        Which of the two gradients are wanted.

    Returns
    -------
    grad_x, grad_w : tensor or None
        None where not needed.
    """
    n = layer(x.shape, w.shape, stride)
    return grad_x(x, w, g, n) if needed[0] else None, grad_w(x, w, g, n) if needed[1] else None


@full_precision
def local_conv(x: torch.Tensor, w: torch.Tensor, stride: int = 1) -> torch.Tensor:
    """Apply a layer with local filters, y of the module's docstring.

    Differentiable in x and w; what is more than a gradient takes the plain form. The table in
    `local_conv_ref` says which shapes there are. Cells
    behind the last patch are not looked at, and their gradient is zero. Without Triton the plain
    form runs instead.

    Without a GPU it runs in Triton's interpreter, slowly: about a millisecond a number of the
    result.

    Parameters
    ----------
    x : (B, C, L) or (B, C, H, W) float32 or float64 tensor
        The input, on `dynlib_kernels.DEVICE`, of any stride in memory.
    w : tensor
        The filters, of the same dtype and device, of any stride in memory.
    stride : int, default 1
        Cells between positions, on every axis.

    Returns
    -------
    (B, O, P) or (B, O, P_h, P_w) tensor
        y.

    Raises
    ------
    ValueError
        For another device or dtype, an empty tensor, sizes that do not fit or are too large, or a
        bad stride.

    Notes
    -----
    NaN and infinity are not looked for: in a gradient they may spread to whole tiles.
    """
    n = _check_sizes(x, w, stride)
    for name, tensor, shape in zip("xw", (x, w), FORMS[x.ndim, w.ndim], strict=True):
        check_tensor(name, tensor, shape, REALS)
    check_one_dtype(x=x, w=w)
    if max(n.B * n.P, n.B * n.A, n.C * n.H * n.W, n.O * n.P, n.O * n.D) > LARGEST:
        raise ValueError(
            f"x {tuple(x.shape)} with w {tuple(w.shape)} makes more than 2³⁰ patches, or one sample or filter bank "
            "has more than 2³⁰ entries; give the batch in parts"
        )
    warn_if_slow("local_conv", n.B * n.O * n.P)
    if MODE == "torch":
        return local_conv_ref(x, w, stride)
    stride = int(stride)
    by_hand = ByHand(
        plain=partial(local_conv_ref, stride=stride),
        forward=lambda x, w: (forward(x, w, stride), ()),
        backward=lambda g, inputs, kept, needed: backward(inputs[0], inputs[1], g.contiguous(), stride, needed),
    )
    return differentiable(by_hand, x.contiguous(), w.contiguous())


def _shape_of_y(x, n):
    return (n.B, n.O, n.PH, n.PW) if x.ndim == 4 else (n.B, n.O, n.PW)


def _check_sizes(x, w, stride):
    """Refuse shapes that do not fit together; return the sizes of the layer."""
    found = [tuple(t.shape) if isinstance(t, torch.Tensor) else type(t).__name__ for t in (x, w)]
    if tuple(map(len, found)) not in FORMS or str in map(type, found):
        known = ", or ".join(f"x {x_form} with w {w_form}" for x_form, w_form in FORMS.values())
        raise ValueError(f"x is {found[0]} and w is {found[1]}; give tensors, {known}")
    if whole(stride) is None or stride < 1:
        raise ValueError(f"stride is {stride!r}; the cells from one position to the next must be an int ≥ 1")
    if 0 in found[0] + found[1]:
        raise ValueError(f"x has shape {found[0]} and w {found[1]}; no axis may be empty")
    axes = x.ndim - 2
    check_size("w", w, w.ndim - axes - 1, x.shape[1], f"x {found[0]} has channels")
    n = layer(x.shape, w.shape, int(stride))
    if n.KH > n.H or n.KW > n.W:
        raise ValueError(f"w has shape {found[1]}: its patches, the last axes, do not fit into x {found[0]}; pad x")
    if not n.shared:
        for axis, positions in enumerate((n.PH, n.PW)[-axes:]):
            check_size("w", w, axis, positions, f"x {found[0]} has positions with stride {stride}")
    return n
