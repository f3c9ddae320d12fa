"""Heads under a restriction: weights that are not negative, and values of low rank.

not negative   r + 1 heads always do: V_1 … V_r a basis and V_{r+1} = −Σ V_h. r heads do exactly when all lag operators lie in a
               cone that r operators span; ``simplicial_heads`` takes such operators and says so if they are none.
of low rank    a head of width w has a value W_O W_V of rank at most w. A diagonal system needs rank 1 for a real mode, and two
               heads of rank at most 2 for a pair of complex ones: ``mode_heads``. ``head_bound`` says how many heads it takes at
               least. The least number of heads of rank ≤ w is not known in general.
"""

from dynlib.head_count.factorization import Factorization, measured
from dynlib.head_count.operators import lag_operators, operator_rows
from dynlib.head_count.rank import TOLERANCE, interaction_rank, of_size, operator_span
from dynlib_kernels.arguments.scalars import check_count, check_share
from dynlib_kernels.arguments.systems import check_operators, check_system
from dynlib_kernels.arguments.tensors import check_shapes
from dynlib_kernels.engine import torch


def nonnegative_heads(M: torch.Tensor, *, tolerance: float = TOLERANCE) -> Factorization:
    """r + 1 heads with coefficients c_h(τ) ≥ 0 that make the lag operators M exactly.

    In the basis V_1 … V_r let M_τ have the coordinates q_h(τ). With the further value −Σ V_h and
    its coefficient m(τ) = max(0, −min_h q_h(τ)), the coefficients q_h(τ) + m(τ) are not negative
    and the additions cancel.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    tolerance : float, default ``TOLERANCE``
        Of ``interaction_rank``.

    Returns
    -------
    Factorization
        With r + 1 heads, float64.

    Raises
    ------
    ValueError
        As ``operator_span``, and for a table.
    """
    check_shapes("nonnegative_heads", M=(M, "n p d"))
    basis = operator_span(M, tolerance=tolerance)
    q = torch.einsum("npd,hpd->hn", M.detach().to(basis), basis)
    lift = (-q.min(0).values).clamp(min=0)
    return measured(M, torch.cat([basis, -basis.sum(0, keepdim=True)]), torch.cat([q + lift, lift[None]]))


def simplicial_heads(M: torch.Tensor, generators: torch.Tensor, *, tolerance: float = TOLERANCE) -> Factorization:
    """r heads with coefficients that are not negative, whose values are the r operators given.

    This is possible if M lies in their cone.

    Parameters
    ----------
    M : (n, p, d) real tensor
        Lag operators.
    generators : (r, p, d) real tensor
        Independent operators, r the rank of M.
    tolerance : float, default ``TOLERANCE``
        Negative coefficients above −tolerance times the largest of their head are set to 0.

    Returns
    -------
    Factorization
        With r heads.

    Raises
    ------
    ValueError
        When the generators are dependent, do not span M, or have a coefficient below 0: it names
        the lag.
    """
    check_shapes("simplicial_heads", M=(M, "n p d"), generators=(generators, "H p d"))
    tolerance = check_share("simplicial_heads", "tolerance", tolerance)
    exact, cone = check_operators("simplicial_heads", M), check_operators("simplicial_heads", generators)
    if interaction_rank(cone).rank < len(cone):
        raise ValueError(f"simplicial_heads: generators {tuple(cone.shape)} are linearly dependent; give independent ones")
    c = torch.linalg.lstsq(operator_rows(cone).T, operator_rows(exact).T).solution
    size = of_size(exact)
    missed = torch.linalg.vector_norm(exact / size - torch.einsum("hn,hpd->npd", c / size, cone))
    missed = missed / torch.linalg.vector_norm(exact / size)
    if not missed <= 1e-8:
        raise ValueError(f"simplicial_heads: the generators miss {missed.item():.2g} of M; give operators that span all of it")
    low = c / c.abs().amax(1, keepdim=True).clamp(min=torch.finfo(c.dtype).tiny)
    if low.min() < -tolerance:
        head, lag = divmod(int(low.argmin()), len(exact))
        raise ValueError(
            f"simplicial_heads: lag {lag} of M lies outside the cone of the generators, with the coefficient "
            f"{c[head, lag].item():.3g} for generator {head}; give others, or one head more: nonnegative_heads"
        )
    return measured(exact, cone, c.clamp(min=0))


def to_modes(A: torch.Tensor, B: torch.Tensor, C: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A real system in its modes, whose lag operators are the same.

    The modes are a complex diagonal with one mode of each conjugate pair. C of a real mode is
    halved, since every mode there counts twice.

    Parameters
    ----------
    A : (N, N) real tensor
        The state matrix.
    B : (N, d) real tensor
        How the state is fed.
    C : (p, N) real tensor
        How it is read.

    Returns
    -------
    λ, B, C : (m,), (m, d) and (p, m) complex tensor
        As ``lag_operators`` takes them.

    Raises
    ------
    ValueError
        For other shapes and dtypes, and for an A whose eigenvectors are not independent to working
        precision.
    """
    check_shapes("to_modes", A=(A, "N N"), B=(B, "N d"), C=(C, "p N"))
    modes, S = torch.linalg.eig(A.to(torch.float64))
    condition = torch.linalg.cond(S).item()
    if not condition < 1e10:
        raise ValueError(
            f"to_modes: A has eigenvectors of condition {condition:.1e}; it is not diagonalisable to working "
            "precision: split equal eigenvalues by a little, or use lag_operators with A itself"
        )
    B, C = torch.linalg.solve(S, B.to(S.dtype)), C.to(S.dtype) @ S
    C = torch.where(modes.imag == 0, C / 2, C)
    one_of_each = modes.imag >= 0
    return modes[one_of_each], B[one_of_each], C[:, one_of_each]


def mode_heads(A: torch.Tensor, B: torch.Tensor, C: torch.Tensor, n: int) -> Factorization:
    """Heads that are the modes of a diagonal system.

    One for each real mode, of rank 1, two for each complex one, of rank ≤ 2. With R = c bᵀ a real
    mode gives V = R, c(τ) = λ^τ. A complex pair of λ = ρ e^{iθ} gives V = 2 Re R with ρ^τ cos θτ,
    and V = −2 Im R with ρ^τ sin θτ.

    Parameters
    ----------
    A : (N,) tensor
        The modes, as ``lag_operators`` takes them.
    B : (N, d) tensor
        As ``lag_operators`` takes it.
    C : (p, N) tensor
        As ``lag_operators`` takes it.
    n : int
        As ``lag_operators`` takes it.

    Returns
    -------
    Factorization
        In float64; as many heads as real numbers in the state, which can be more than r.

    Raises
    ------
    ValueError
        As ``lag_operators``, and for an A that is a matrix.
    """
    A, B, C = check_system("mode_heads", A, B, C)
    if A.ndim != 1:
        raise ValueError(f"mode_heads: A has shape {tuple(A.shape)}; give the vector of its modes: to_modes(A, B, C)")
    n = check_count("mode_heads", "n", n)
    double = torch.complex128 if A.is_complex() else torch.float64
    A, B, C = A.to(double), B.to(double), C.to(double)
    M = lag_operators(A, B, C, n)
    if not M.any():
        raise ValueError("mode_heads: B and C make a system whose operators are 0 throughout; give others")
    residues = torch.einsum("pm,md->mpd", C, B)
    lag = torch.arange(n, dtype=torch.float64)
    if not A.is_complex():
        return measured(M, residues, A[:, None] ** lag)
    residues = 2 * residues
    # The angle of a negative real mode is π: its sine is 0 up to rounding, and its head would carry that rounding only.
    turning = A.imag != 0
    size, angle = A.abs()[:, None] ** lag, A.angle()[:, None] * lag
    values = torch.cat([residues.real, -residues.imag[turning]])
    return measured(M, values, torch.cat([size * angle.cos(), (size * angle.sin())[turning]]))


def head_bound(M: torch.Tensor, width: int, *, tolerance: float = TOLERANCE) -> int:
    """Fewer heads of width ``width`` than this cannot make M.

    It is the largest of r, ⌈a / width⌉ and ⌈b / width⌉. a is the dimension of the operators' joint
    range (outputs they can give together), b that of their joint row space (inputs). H values span
    at most H dimensions, and H values of rank ≤ width have a range of at most H width dimensions
    together.

    Parameters
    ----------
    M : (n, p, d) or (n, n, p, d) real tensor
        Lag operators, or a table.
    width : int
        The largest rank of a value, at least 1.
    tolerance : float, default ``TOLERANCE``
        Relative, for every rank.

    Returns
    -------
    int
        The bound.

    Raises
    ------
    ValueError
        As ``interaction_rank``, and for width < 1.
    """
    width = check_count("head_bound", "width", width)
    r = interaction_rank(M, tolerance=tolerance).rank
    each = check_operators("head_bound", M).reshape(-1, *M.shape[-2:])
    answers, listens = (torch.linalg.svdvals(side.flatten(1)) for side in (each.movedim(1, 0), each.movedim(2, 0)))
    widest = max(int((s > tolerance * s[0]).sum()) for s in (answers, listens))
    return max(r, -(-widest // width))
