"""From Λ, B, C, D written out as matrices to a ``DSF``, and why it cannot be done when Λ is not diagonal."""

from dynlib.unified_dynamics.dsf import DSF
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch


def diagonal_of(where: str, Lambda: torch.Tensor) -> torch.Tensor:
    """The diagonals of the transitions Λ_i.

    Parameters
    ----------
    where : str
        The function that asks; errors begin with it.
    Lambda : (L, N, N) tensor
        The transitions, real or complex.

    Returns
    -------
    (L, N) tensor
        Their diagonals.

    Raises
    ------
    ValueError
        Where a Λ_i is not diagonal. Then its states feed each other, and products of such factors
        depend on their order: no number of the state can be followed alone. (Factors that all
        commute and have a basis of eigenvectors are diagonal in that one basis: write them there.)
    """
    check_shapes(where, real=False, Lambda=(Lambda, "L N N"))
    diagonal = torch.diagonal(Lambda, dim1=-2, dim2=-1)
    off = (Lambda - torch.diag_embed(diagonal)).detach().abs().amax((-2, -1))
    i = int(off.argmax())
    if off[i] > 0:
        swapped = (Lambda[:-1] @ Lambda[1:] - Lambda[1:] @ Lambda[:-1]).detach().abs()
        order = f"; two neighbours swapped differ by {swapped.max().item():.2g}" if swapped.numel() else ""
        raise ValueError(
            f"{where}: Λ_{i} has {off[i].item():.2g} off its diagonal{order}. A DSF follows each state alone; make Λ"
            " diagonal, by one basis for all steps if the factors commute, or step through the matrices themselves"
        )
    return diagonal


def from_dense(Lambda: torch.Tensor, B: torch.Tensor, C: torch.Tensor, D: torch.Tensor) -> DSF:
    """The DSF with these matrices, when they have its structure.

    Asked are: Λ_i diagonal; N = n d, channel slow; C_i in which channel c reads its own n states
    only; B_i and D_i whose rows of channel c are all multiples of one row W_c, the same at all
    steps. W_c is fixed only up to a factor, and taken as the largest of these rows.

    Parameters
    ----------
    Lambda : (L, N, N) real tensor
        The transitions Λ_i.
    B : (L, N, d) real tensor
        What is written.
    C : (L, d, N) real tensor
        What is read.
    D : (L, d, d) real tensor
        The skip.

    Returns
    -------
    DSF
        With these Λ, B, C, D to rounding.

    Raises
    ------
    ValueError
        Says which part of the structure is missing.
    """
    where = "from_dense"
    size = check_shapes(where, Lambda=(Lambda, "L N N"), B=(B, "L N d"), C=(C, "L d N"), D=(D, "L d d"))
    L, N, d = size["L"], size["N"], size["d"]
    decay = diagonal_of(where, Lambda)
    if N % d:
        raise ValueError(f"{where}: a state of N = {N} numbers does not split over d = {d} channels; N must be n d")
    n = N // d
    blocks = C.reshape(L, d, d, n)
    read = torch.diagonal(blocks, dim1=1, dim2=2).movedim(-1, 1)  # (L, d, n)
    if (blocks != torch.diag_embed(read.movedim(1, -1), dim1=1, dim2=2)).any():
        raise ValueError(f"{where}: C lets a channel read another channel's states; mix channels by a matrix after the loop")
    rows = torch.cat([B.reshape(L, d, n, d).movedim(1, 0).reshape(d, L * n, d), D.movedim(1, 0)], 1)  # all rows of a channel
    W = rows[torch.arange(d, device=rows.device), rows.norm(dim=-1).argmax(-1)]
    silent = (W == 0).all(-1, keepdim=True)  # a channel without input
    W = torch.where(silent, torch.eye(d, dtype=W.dtype, device=W.device), W)
    weight = (rows * W[:, None]).sum(-1) / W.square().sum(-1, keepdim=True)
    missed = (rows - weight[..., None] * W[:, None]).abs().max().item()
    if missed > 64 * torch.finfo(rows.dtype).eps * rows.abs().max().item():
        raise ValueError(
            f"{where}: the rows of B and D in a channel are not multiples of one row (off by {missed:.2g}); "
            "a DSF of this shape writes one value a channel and step"
        )
    write = weight[:, : L * n].reshape(d, L, n).movedim(1, 0)
    return DSF(decay.reshape(L, d, n), write, read, W, weight[:, L * n :].T)
