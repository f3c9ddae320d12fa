"""More models as the loop, which the paper does not treat, and two that are outside: DeltaNet and the LSTM.

    model     decay        write      read                      skip
    RetNet    γ            k_i        q_i
    GLA       α_i          k_i        q_i
    HGRN2     α_i          1 − α_i    q_i
    mLSTM     f_i          i_i k_i    q_i / max(|n_i·q_i|, 1)             n_i = f_i n_{i−1} + i_i k_i
    RWKV-5    w            k_i        q_i / w                   q_i·((b − 1/w) ⊙ k_i)

Every one has n states a channel, shared decays, and values v = W_V u. Arguments come in the order queries, keys, gates, value
matrix; q and k are (L, n), W_V is (d, d). Gates are the decays themselves, in [0, 1]: a loop multiplies by them, and may meet an
exact 0 (kernels and trainable mixers take their logarithms, ``log_decay``). Nothing is divided by √n. All refuse shapes that do
not fit, nan, inf and gates outside their range with a ``ValueError``. The mappings are ours; the sources are the models'.
"""

from dynlib.scan import scan_chunked
from dynlib.unified_dynamics.dense import diagonal_of
from dynlib.unified_dynamics.dsf import DSF
from dynlib.unified_dynamics.rnn import qlstm
from dynlib_kernels.arguments.tensors import check_range, check_scalar, check_shapes
from dynlib_kernels.engine import torch


def retnet(q: torch.Tensor, k: torch.Tensor, gamma: float | torch.Tensor, W_V: torch.Tensor) -> DSF:
    """S_i = γ S_{i−1} + k_i v_iᵀ, y_i = S_iᵀ q_i with one γ for all time.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    gamma : float or tensor without axes
        In [0, 1], a number.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf and gates outside their range.

    References
    ----------
    .. [1] Sun et al., 2023, without its rotation of q and k.
    """
    check_shapes("retnet", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"))
    gamma = check_scalar("retnet", "gamma", gamma).to(q)
    assert isinstance(gamma, torch.Tensor)
    if gamma.ndim or not 0 <= gamma <= 1:
        raise ValueError(f"retnet: gamma = {gamma.tolist()!r} must be one real number in [0, 1]")
    return DSF(gamma.expand(1, 1, 1), k[:, None], q[:, None], W_V)


def gla(q: torch.Tensor, k: torch.Tensor, alpha: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """Gated linear attention: S_i = diag(α_i) S_{i−1} + k_i v_iᵀ, y_i = S_iᵀ q_i.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    alpha : (L, n) tensor
        In [0, 1].
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf and gates outside their range.

    References
    ----------
    .. [1] Yang et al., 2024.
    """
    check_shapes("gla", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"), alpha=(alpha, "L n"))
    check_range("gla", 0, 1, alpha=alpha)
    return DSF(alpha[:, None], k[:, None], q[:, None], W_V)


def hgrn2(q: torch.Tensor, alpha: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """GLA whose key is what was forgotten, k = 1 − α.

    Parameters
    ----------
    q : (L, n) tensor
        Queries.
    alpha : (L, n) tensor
        In [0, 1].
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf and gates outside their range.

    References
    ----------
    .. [1] Qin et al., 2024.
    """
    check_shapes("hgrn2", q=(q, "L n"), alpha=(alpha, "L n"), W_V=(W_V, "d d"))
    check_range("hgrn2", 0, 1, alpha=alpha)
    return DSF(alpha[:, None], (1 - alpha)[:, None], q[:, None], W_V)


def mlstm(q: torch.Tensor, k: torch.Tensor, forget: torch.Tensor, input: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """The matrix memory of xLSTM.

    S_i = f_i S_{i−1} + i_i k_i v_iᵀ, y_i = S_iᵀ q_i / max(|n_i·q_i|, 1). The normaliser n_i = f_i
    n_{i−1} + i_i k_i depends on keys and gates only, not on values: it goes into the read.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    forget : (L,) tensor
        In [0, 1].
    input : (L,) tensor
        At least 0, usually e^{…}.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf and gates outside their range.

    References
    ----------
    .. [1] Beck et al., 2024, without its stabiliser.
    """
    check_shapes("mlstm", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"), forget=(forget, "L"), input=(input, "L"))
    check_range("mlstm", 0, 1, forget=forget)
    check_range("mlstm", 0, input=input)
    written = input[:, None] * k
    normaliser = scan_chunked(forget, written.T).T
    size = (normaliser * q).sum(-1, keepdim=True).abs().clamp(min=1)
    return DSF(forget[:, None, None], written[:, None], (q / size)[:, None], W_V)


def rwkv5(q: torch.Tensor, k: torch.Tensor, w: torch.Tensor, bonus: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """RWKV-5 reads before it writes.

    y_i = S_{i−1}ᵀ q_i + (q_i·(b ⊙ k_i)) v_i, then S_i = diag(w) S_{i−1} + k_i v_iᵀ. The loop reads
    after writing. Reading q/w undoes the decay of the old state, and the skip takes back what was
    just written; digits are lost where w is far below 1, for q·(k/w) is added and subtracted.

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    w : (n,) tensor
        The decays, 0 < w ≤ 1.
    bonus : (n,) tensor
        b.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        With n states a channel.

    Raises
    ------
    ValueError
        For shapes that do not fit, nan, inf and gates outside their range.

    References
    ----------
    .. [1] Peng et al., 2024.
    """
    check_shapes("rwkv5", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"), w=(w, "n"), bonus=(bonus, "n"))
    check_range("rwkv5", torch.finfo(w.dtype).tiny, 1, w=w)
    skip = (q * (bonus - 1 / w) * k).sum(-1, keepdim=True)
    return DSF(w[None, None], k[:, None], (q / w)[:, None], W_V, skip)


def deltanet(q: torch.Tensor, k: torch.Tensor, beta: torch.Tensor, W_V: torch.Tensor) -> DSF:
    """DeltaNet, which is outside the loop unless every key lies along an axis.

    S_i = (I − β_i k_i k_iᵀ) S_{i−1} + β_i k_i v_iᵀ. I − β k kᵀ is diagonal only then; two of them
    commute only for parallel or orthogonal keys (or β = 0).

    Parameters
    ----------
    q, k : (L, n) tensor
        Queries and keys.
    beta : (L,) tensor
        β.
    W_V : (d, d) tensor
        The value matrix.

    Returns
    -------
    DSF
        For keys along axes.

    Raises
    ------
    ValueError
        For all others, with the reason.

    References
    ----------
    .. [1] Schlag, Irie and Schmidhuber, 2021.
    """
    check_shapes("deltanet", q=(q, "L n"), k=(k, "L n"), W_V=(W_V, "d d"), beta=(beta, "L"))
    written = beta[:, None] * k
    identity = torch.eye(k.shape[1], dtype=k.dtype, device=k.device)
    decay = diagonal_of("deltanet", identity - written[:, :, None] * k[:, None, :])
    return DSF(decay[:, None], written[:, None], q[:, None], W_V)


def lstm(forget: torch.Tensor, input: torch.Tensor, output: torch.Tensor, W_u: torch.Tensor, U_u: torch.Tensor) -> DSF:
    """The LSTM, which is outside the loop: it feeds its output back.

    h_i = f_i ⊙ h_{i−1} + i_i ⊙ tanh(W_u u_i + U_u y_{i−1}). Through y_{i−1} the old state stands
    inside a tanh, so h_i is not linear in h_{i−1}, whatever the gates. Without feedback, U_u = 0,
    and without the two tanh it is ``qlstm``.

    Parameters
    ----------
    forget, input, output : (L, d) tensor
        Gates in [0, 1], as in ``qlstm``.
    W_u : (d, d) tensor
        As in ``qlstm``.
    U_u : (d, d) tensor
        The feedback.

    Returns
    -------
    DSF
        ``qlstm`` for U_u = 0.

    Raises
    ------
    ValueError
        For any other U_u.

    References
    ----------
    .. [1] Hochreiter and Schmidhuber, 1997.
    .. [2] Sieber et al., 2024, equations 5 to 7.
    """
    check_shapes("lstm", W_u=(W_u, "d d"), U_u=(U_u, "d d"))
    if (U_u != 0).any():
        raise ValueError(
            f"lstm: U_u holds {U_u.detach().abs().max().item():.3g}: tanh(W_u u_i + U_u y_(i−1)) feeds the output "
            "back, so h_i is not linear in h_(i−1) and no Λ_i exists; set U_u to 0, which gives qlstm"
        )
    return qlstm(forget, input, output, W_u)
