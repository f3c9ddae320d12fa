"""The scores of a pointer, and the softmax that makes them an answer.

    u_ij = v · tanh(E_j + D_i),   E = e W1ᵀ, one row for each place j;   D = d W2ᵀ, one row for each step i

Used twice: as the answer itself (``masked_log_softmax`` of u) and, in the paper's baseline B, as the weights of an average
(``content_attention``). Vinyals, Fortunato, Jaitly, "Pointer networks", 2015, arXiv:1506.03134, equations 3 and following.
"""

from dynlib_kernels.additive_scores import additive_scores as fused_scores
from dynlib_kernels.additive_scores import additive_scores_ref
from dynlib_kernels.arguments.scalars import check_count, whole
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers, check_shapes
from dynlib_kernels.arguments.values import layer, looked_at, traced
from dynlib_kernels.derivatives import ByHand, differentiable
from dynlib_kernels.engine import MODE, functional, torch
from dynlib_kernels.precision import full_precision

TABLE = 2**23  # tanh values beyond which step after step is faster than all at once: 32 MiB in float32


@full_precision
def additive_scores(E: torch.Tensor, D: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Scores u_ij = v · tanh(E_j + D_i).

    On a GPU the fused kernel; on a CPU all tanh values at once while they are fewer than 2²³, and
    else one step at a time, with memory for B n H of them, forward and backward (which computes
    them again). What is more than a gradient takes all values at once.

    Parameters
    ----------
    E : (B, n, H) tensor
        A row for each place.
    D : (B, m, H) tensor
        A row for each step.
    v : (H,) tensor
        The weights of the sum.

    Returns
    -------
    (B, m, n) tensor
        u.

    Raises
    ------
    ValueError
        For other shapes, mixed dtypes, half precision, nan and inf.

    """
    sizes = check_shapes("additive_scores", E=(E, "B n H"), D=(D, "B m H"), v=(v, "H"))
    if E.is_cuda and MODE == "gpu":
        return fused_scores(E, D, v)
    if sizes["B"] * sizes["m"] * sizes["n"] * sizes["H"] <= TABLE:
        return additive_scores_ref(E, D, v)
    return differentiable(BY_HAND, E, D, v)


def additive_scores_backward(
    E: torch.Tensor, D: torch.Tensor, v: torch.Tensor, G: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Gradients of Σ G·u, from tanh values that are computed again.

    With t = tanh(E_jh + D_ih) and s = v_h (1 − t²): dE = Σ_i G s, dD = Σ_j G s, dv = Σ_ij G t; so
    Σ_j dE = Σ_i dD.

    Parameters
    ----------
    E : (B, n, H) tensor
        As ``additive_scores``.
    D : (B, m, H) tensor
        As ``additive_scores``.
    v : (H,) tensor
        As ``additive_scores``.
    G : (B, m, n) tensor
        The gradient in u.

    Returns
    -------
    tuple of three tensors
        dE (B, n, H), dD (B, m, H), dv (H,).

    Raises
    ------
    ValueError
        For other shapes, nan and inf.

    """
    check_shapes("additive_scores_backward", E=(E, "B n H"), D=(D, "B m H"), v=(v, "H"), G=(G, "B m n"))
    E, D, v, G = E.detach(), D.detach(), v.detach(), G.detach()
    dE, dD, dv = torch.zeros_like(E), torch.empty_like(D), torch.zeros_like(v)
    t = torch.empty_like(E)  # (B, n, H), used again for every step
    for i in range(D.shape[1]):
        torch.add(E, D[:, i : i + 1], out=t).tanh_()
        dv += t.flatten(0, 1).T @ G[:, i].flatten()
        t.mul_(t).neg_().add_(1).mul_(G[:, i, :, None])  # now G (1 − t²)
        dE += t
        dD[:, i] = t.sum(1)
    return dE * v, dD * v, dv


def _step_by_step(E, D, v):
    scores, t = E.new_empty(E.shape[0], D.shape[1], E.shape[1]), torch.empty_like(E)
    for i in range(D.shape[1]):
        scores[:, i] = torch.add(E, D[:, i : i + 1], out=t).tanh_() @ v
    return scores, ()


BY_HAND = ByHand(
    plain=additive_scores_ref,
    forward=_step_by_step,
    backward=lambda g, inputs, kept, needed: layer(additive_scores_backward)(*inputs, g),
)


@full_precision
def masked_log_softmax(u: torch.Tensor, mask: torch.Tensor, dim: int = -1) -> torch.Tensor:
    """Logarithms of the probabilities along ``dim``; forbidden places get −∞.

    What remains is the softmax of all, restricted and renormalised. Its gradient on forbidden
    places is 0.

    Parameters
    ----------
    u : tensor
        Any shape.
    mask : bool tensor
        True where a place is forbidden; broadcasts to u.
    dim : int, default −1
        The axis of the places.

    Returns
    -------
    tensor of the shape of u
        Log-probabilities.

    Raises
    ------
    ValueError
        Where every place of a row is forbidden, for a mask that is not bool or does not broadcast,
        another dim, complex numbers, nan and inf.

    """
    check_numbers("masked_log_softmax", "u", u)
    if u.is_complex():
        raise ValueError(f"masked_log_softmax: u is {u.dtype}; give real scores: u.real")
    if not isinstance(mask, torch.Tensor) or mask.dtype != torch.bool:
        found = mask.dtype if isinstance(mask, torch.Tensor) else type(mask).__name__
        raise ValueError(f"masked_log_softmax: mask is {found}; it must be a bool tensor, True where a place is forbidden")
    if check_broadcast("masked_log_softmax", u=u.shape, mask=mask.shape) != u.shape:
        raise ValueError(
            f"masked_log_softmax: mask has shape {tuple(mask.shape)}; it must broadcast to that of u, {tuple(u.shape)}"
        )
    if whole(dim) is None or not -u.ndim <= dim < u.ndim:
        raise ValueError(f"masked_log_softmax: dim = {dim!r} must be an axis of u, a whole number from {-u.ndim} to {u.ndim - 1}")
    mask, dim = mask.expand_as(u), int(dim)
    if looked_at() and mask.all(dim).any():
        raise ValueError(
            "masked_log_softmax: mask forbids every place of a row, so nothing can be chosen; "
            "leave at least one place, or the end, False"
        )
    return torch.log_softmax(u.masked_fill(mask, -torch.inf), dim)


def visited_mask(T: torch.Tensor, n: int, end: bool = True) -> torch.Tensor:
    """Which places are forbidden at each step of the target: those that earlier steps took.

    Row 0 forbids no point, row i those of steps 0 … i − 1.

    Parameters
    ----------
    T : (B, m) int64 tensor
        The target.
    n : int
        The number of points.
    end : bool, default True
        Place 0 is the end: allowed at every step if ``end``, else never.

    Returns
    -------
    (B, m, n + 1) bool tensor
        True where a place is forbidden.

    Raises
    ------
    ValueError
        As ``places_of``, and for a point that is visited twice.

    """
    places = places_of("visited_mask", T, n)
    taken = functional.one_hot(places, int(n) + 1)
    before = taken.cumsum(1) - taken  # (B, m, n + 1): visits before this step
    if not traced() and (before * taken)[..., 1:].any():
        b, i, j = (before[..., 1:] * taken[..., 1:]).nonzero()[0].tolist()
        raise ValueError(
            f"visited_mask: T[{b}, {i}] visits point {j + 1} a second time; a network that may come back is made "
            "with revisit=True and needs no mask"
        )
    mask = before > 0
    mask[..., 0] = not end
    return mask


def places_of(where: str, T: torch.Tensor, n: int) -> torch.Tensor:
    """T with its padding set to 0, after a check that it is a table of places 0 … n.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    T : (B, m) int64 tensor
        The target.
    n : int
        The number of points.

    Returns
    -------
    (B, m) int64 tensor
        Places.

    Raises
    ------
    ValueError
        For another type, dtype or shape, an empty table, places above n, and a point behind an end or
        padding.

    """
    n = check_count(where, "n", n)
    if not isinstance(T, torch.Tensor) or T.dtype != torch.int64 or T.ndim != 2 or T.numel() == 0:
        got = f"{T.dtype} {tuple(T.shape)}" if isinstance(T, torch.Tensor) else type(T).__name__
        raise ValueError(f"{where}: T is {got}; give places as an int64 tensor (B, m)")
    if traced():
        return T.clamp(min=0)
    if T.max() > n:
        raise ValueError(
            f"{where}: T names place {T.max().item()}, but with n = {n} points the places must be 0 (the end) to {n}"
        )
    behind = (T[:, 1:] > 0) & (T[:, :-1] <= 0)
    if behind.any():
        b, i = behind.nonzero()[0].tolist()
        raise ValueError(
            f"{where}: T[{b}, {i + 1}] names point {T[b, i + 1].item()} behind T[{b}, {i}] = {T[b, i].item()}; "
            "behind the end, 0, "
            "only padding may stand, zeros or numbers below 0"
        )
    return T.clamp(min=0)


@full_precision
def content_attention(E: torch.Tensor, D: torch.Tensor, v: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    """Averages of values, weighted by the softmax of the scores: attention that mixes, not answers.

    Parameters
    ----------
    E : (B, n, H) tensor
        As ``additive_scores``.
    D : (B, m, H) tensor
        As ``additive_scores``.
    v : (H,) tensor
        As ``additive_scores``.
    values : (B, n, K) tensor
        What is averaged.

    Returns
    -------
    (B, m, K) tensor
        Averages.

    Raises
    ------
    ValueError
        As ``additive_scores``.

    """
    check_shapes("content_attention", E=(E, "B n H"), D=(D, "B m H"), v=(v, "H"), values=(values, "B n K"))
    return torch.softmax(additive_scores(E, D, v), -1) @ values
