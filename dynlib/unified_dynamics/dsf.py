"""The one loop: h_i = Λ_i h_{i−1} + B_i u_i, y_i = C_i h_i + D_i u_i with a diagonal Λ_i, from h_{−1} = 0.

Attention, state space models and gated RNNs are this loop with different Λ, B, C, D (the "dynamical systems framework", DSF).
In all of them every channel c keeps n numbers of its own, so that the state is (d, n), channel slow, and

    B_i = writes of step i, (d, n), each row times the value row W_c       h_i[c] = decay_i[c] ⊙ h_{i−1}[c] + write_i[c] v_i[c]
    C_i = reads of step i, (d, n), block-diagonal                          y_i[c] = Σ_n read_i[c] h_i[c] + skip_i[c] v_i[c]

with v = u Wᵀ. Four arrays of L d n numbers or fewer say everything; the nd × d matrices are never formed, except by ``dense``.

The gates usually depend on the input. A ``DSF`` holds them for ONE sequence: it is the linear map y = Φ u of this sequence's
gates. Running it on another u keeps the gates, so an impulse response is the weight Φ_ij and not the derivative of the model.

Rounding of Φ and y is that of the scan: relative to the same sums with every number replaced by its magnitude.
"""

from dataclasses import dataclass

from dynlib.mixing import memory_rank
from dynlib.scan import scan_chunked
from dynlib_kernels.arguments.scalars import check_place, whole
from dynlib_kernels.arguments.tensors import check_broadcast, check_numbers, check_shapes
from dynlib_kernels.engine import torch


@dataclass(frozen=True, eq=False, repr=False)
class DSF:
    """A diagonal linear loop for one sequence.

    It has L steps, d channels and n numbers of state a channel.

    After construction decay, write, read and skip have their full shapes, as views that take no
    memory.

    Complex states: y is the real part, Re(C_i h_i) + D_i u_i. One mode of a conjugate pair does
    with twice its read.

    Nothing here takes a logarithm or divides by a decay: zero, negative and growing decays are all
    right.

    Parameters
    ----------
    decay, write, read : tensor
        Λ, and what is written and read: three axes each that broadcast to (L, d, n), with 1 where
        an axis repeats, real or complex.
    value : (d, d) real tensor, optional
        W, None for the identity.
    skip : real tensor, optional
        Two axes that broadcast to (L, d): D_i = diag(skip_i) W.

    Raises
    ------
    ValueError
        For nan or inf, half precision, an axis of size 0 (L = 0 too), and shapes that do not fit.

    References
    ----------
    .. [1] Sieber et al., 2024, equations 11 and 12.
    """

    decay: torch.Tensor
    write: torch.Tensor
    read: torch.Tensor
    value: torch.Tensor | None = None
    skip: torch.Tensor | None = None

    def __post_init__(self):
        shapes = {}
        for name in ("decay", "write", "read"):
            x = check_numbers("DSF", name, getattr(self, name))
            if x.ndim != 3:
                raise ValueError(f"DSF: {name} has shape {tuple(x.shape)}; give three axes (L, d, n), with 1 where one repeats")
            shapes[name] = x.shape
        if self.skip is not None:
            check_shapes("DSF", skip=(self.skip, "L d"))
            shapes["skip"] = (*self.skip.shape, 1)
        if self.value is not None:
            shapes["value"] = (1, check_shapes("DSF", value=(self.value, "d d"))["d"], 1)
        shape = check_broadcast("DSF", **shapes)
        for name in ("decay", "write", "read"):
            object.__setattr__(self, name, getattr(self, name).expand(shape))
        if self.skip is not None:
            object.__setattr__(self, "skip", self.skip.expand(shape[:2]))

    def __repr__(self) -> str:
        return f"DSF(L={self.L}, d={self.d}, n={self.n}{', complex' if self.is_complex else ''})"

    @property
    def L(self) -> int:  # noqa: N802 - the book's letter for a length
        """The number of steps."""
        return self.decay.shape[0]

    @property
    def d(self) -> int:
        """The number of channels."""
        return self.decay.shape[1]

    @property
    def n(self) -> int:
        """The number of states a channel."""
        return self.decay.shape[2]

    @property
    def is_complex(self) -> bool:
        """Whether the state is complex."""
        return self.decay.is_complex() or self.write.is_complex() or self.read.is_complex()

    @property
    def state_size(self) -> int:
        """How many real numbers the loop carries from one step to the next: n d, twice that for a complex state."""
        return self.n * self.d * (2 if self.is_complex else 1)

    def states(self, u: torch.Tensor) -> torch.Tensor:
        """The states h_0 … h_{L−1} that the input u leaves behind.

        Parameters
        ----------
        u : (L, d) real tensor
            The input.

        Returns
        -------
        (L, d, n) tensor
            The states.

        Raises
        ------
        ValueError
            For another shape, nan or inf.

        Notes
        -----
        Cost: 3 L d n multiplications in 2 √L steps that wait for each other. Memory: about 5 L d n
        numbers.
        """
        written = self.write * self._values("states", u)[..., None]
        return scan_chunked(self.decay.movedim(0, -1), written.movedim(0, -1)).movedim(-1, 0)

    def run(self, u: torch.Tensor) -> torch.Tensor:
        """The outputs y = Φ u, by the loop.

        Parameters
        ----------
        u : (L, d) real tensor
            The input.

        Returns
        -------
        (L, d) real tensor
            The output.

        Raises
        ------
        ValueError
            As ``states``.

        Notes
        -----
        Cost and memory: as ``states``; the whole trajectory of states is kept, for reading all
        steps at once and for gradients.
        """
        v = self._values("run", u)
        y = (self.read * self.states(u)).sum(-1)
        y = y.real if y.is_complex() else y
        return y if self.skip is None else y + self.skip * v

    def mixing_matrix(self, channel: int = 0) -> torch.Tensor:
        """The mixing matrix of one channel: W_ij weighs its value j in its output i.

        That is before W_c mixes channels. W_ij = Re Σ_n read_i (Π_{k=j+1}^{i} decay_k) write_j, and
        skip_i more on the diagonal. For attention it is the attention matrix.

        Parameters
        ----------
        channel : int, default 0
            0 ≤ channel < d.

        Returns
        -------
        (L, L) real tensor
            Zero above the diagonal.

        Raises
        ------
        ValueError
            For another channel.

        Notes
        -----
        Cost: L² n; memory: L² and L n numbers.
        """
        c = check_place("mixing_matrix", "channel", channel, self.d)
        skip = None if self.skip is None else self.skip[:, c]
        return _tables(self.decay[:, c], self.write[:, c], self.read[:, c], skip)

    def operators(self) -> torch.Tensor:
        """Φ with y_i = Σ_j Φ_ij u_j, written out.

        Operator (i, j) is d × d, its row c is mixing_matrix(c)_ij W_c.

        Returns
        -------
        (L, L, d, d) real tensor
            (L d)² numbers, so keep it small. ``head_count`` takes it as a table of operators.
        """
        tables = _tables(self.decay, self.write, self.read, self.skip).movedim(0, -1)
        return tables[..., None] * self._value_matrix(tables.dtype)

    def dense(self, i: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Λ_i, B_i, C_i and D_i written out, N = n d, channel slow: for printing and for tests.

        Parameters
        ----------
        i : int
            The step.

        Returns
        -------
        Λ_i, B_i, C_i, D_i : tensor
            (N, N), (N, d), (d, N) and (d, d).

        Raises
        ------
        ValueError
            Unless 0 ≤ i < L.
        """
        i, N = check_place("dense", "i", i, self.L), self.n * self.d
        W = self._value_matrix(self.decay.real.dtype)
        identity = torch.eye(self.d, dtype=W.dtype, device=W.device)
        B = self.write[i][:, :, None] * W[:, None, :]
        C = identity[:, :, None] * self.read[i]
        D = torch.zeros_like(W) if self.skip is None else self.skip[i][:, None] * W
        return torch.diag(self.decay[i].reshape(N)), B.reshape(N, self.d), C.reshape(self.d, N), D

    def gauge(self, T: torch.Tensor) -> "DSF":
        """The same map in other units of state, T_i h_i for h_i.

        The loop is (T_i Λ_i T_{i−1}⁻¹, T_i B_i, C_i T_i⁻¹, D_i), with T_{−1} = 1. Φ does not
        change, Λ does: how large Λ is says nothing about the map.

        Parameters
        ----------
        T : tensor
            Three axes that broadcast to (L, d, n), nowhere 0.

        Returns
        -------
        DSF
            The same map.

        Raises
        ------
        ValueError
            For a T that vanishes or does not fit, or so large a change of T that the result
            overflows.
        """
        if (check_numbers("gauge", "T", T) == 0).any():
            raise ValueError("gauge: T holds 0, by which the reads are divided; every unit of state must be different from 0")
        if T.ndim != 3 or check_broadcast("gauge", T=T.shape, state=self.decay.shape) != self.decay.shape:
            raise ValueError(f"gauge: T has shape {tuple(T.shape)}; give three axes that broadcast to {tuple(self.decay.shape)}")
        T = T.expand(self.decay.shape)
        before = torch.cat([torch.ones_like(T[:1]), T[:-1]])
        return DSF(T * self.decay / before, T * self.write, self.read / T, self.value, self.skip)

    def rank(self, t: int, *, tolerance: float = 1e-9) -> int:
        """How many numbers cross the moment t.

        It is the rank of the block of Φ that leads from inputs before t to outputs from t on; at
        most ``state_size``. Computed in double precision.

        Parameters
        ----------
        t : int
            The moment, 0 < t < L.
        tolerance : float, default 1e-9
            Singular values below it times Φ's largest count as 0.

        Returns
        -------
        int
            The rank.

        Raises
        ------
        ValueError
            Unless 0 < t < L.
        """
        if whole(t) is None or not 0 < t < self.L:
            raise ValueError(f"rank: t = {t!r} must lie between 0 and L = {self.L}: something before it and something after it")
        parts = {"decay": self.decay, "write": self.write, "read": self.read, "value": self.value, "skip": self.skip}
        exact = DSF(
            **{name: x.detach().to(torch.promote_types(x.dtype, torch.float64)) for name, x in parts.items() if x is not None}
        )
        flat = exact.operators().transpose(1, 2).reshape(self.L * self.d, self.L * self.d)
        return memory_rank(flat.cpu().numpy(), t * self.d, tolerance=tolerance)

    def _values(self, where: str, u: torch.Tensor) -> torch.Tensor:
        check_shapes(where, u=(u, "L d"))
        if u.shape != (self.L, self.d):
            raise ValueError(f"{where}: u has shape {tuple(u.shape)}; these gates were made for (L, d) = {(self.L, self.d)}")
        if self.value is None:
            return u
        dtype = torch.promote_types(u.dtype, self.value.dtype)
        return u.to(dtype) @ self.value.to(dtype).T

    def _value_matrix(self, dtype: torch.dtype) -> torch.Tensor:
        return torch.eye(self.d, dtype=dtype, device=self.decay.device) if self.value is None else self.value


def _tables(decay, write, read, skip) -> torch.Tensor:
    """(L, …, n) each, skip (L, …) or None, to the mixing matrices (…, L, L): impulses into all steps, followed together."""
    rows, heard = [], write[:0]
    for i in range(decay.shape[0]):
        heard = torch.cat([decay[i] * heard, write[i : i + 1]])  # at place j: decay_i … decay_{j+1} write_j, never divided
        row = (read[i] * heard).sum(-1).movedim(0, -1)
        rows.append(torch.nn.functional.pad(row, (0, decay.shape[0] - 1 - i)))
    tables = torch.stack(rows, -2)
    tables = tables.real if tables.is_complex() else tables
    return tables if skip is None else tables + torch.diag_embed(skip.movedim(0, -1))
