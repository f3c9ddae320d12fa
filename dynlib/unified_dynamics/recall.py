"""What a memory of fixed size does to its facts: a sum of key–value pairs, in closed form, beside a softmax over all pairs.

K facts (k_j, v_j) with keys of length 1 in R^n. The sum S = Σ_j k_j v_jᵀ keeps n numbers a channel, however many facts there are;
asked for fact i it answers Sᵀ k_i = Σ_j (k_i·k_j) v_j. A softmax keeps all K pairs and answers Σ_j w_ij v_j with weights
w_ij ∝ e^{gain k_i·k_j}. Either way the answers are W v with a mixing matrix W: row i, a question; column j, the weight of fact j
in its answer. Perfect recall is W = I. For values drawn independently, of mean 0 and the same variance,

    (relative error)² = E ‖W v − v‖² / E ‖v‖² = ‖W − I‖² / K,

so no values need to be drawn. Random keys: k_i·k_j has variance 1/n, hence error² = (K − 1)/n for the sum, exactly, on average.

All is float64. Random keys come from numpy's generator, and facts are nested: K + 1 facts are the K before and one more.
"""

import numpy as np

from dynlib_kernels.arguments.scalars import check_choice, check_count, check_counts, check_number, check_seed

KEYS = ("random", "orthogonal")
READERS = ("sum", "softmax")
GAIN = 16.0


def memory_keys(K: int, n: int, *, keys: str = "random", repeats: int = 1, seed: int = 0) -> np.ndarray:
    """Keys of length 1.

    "random": independent directions, uniform on the sphere. "orthogonal": e_1 … e_n, and from fact
    n + 1 on the same again in turn, for there are only n: fact n + 1 has the key of fact 1. The
    same in every draw.

    Parameters
    ----------
    K : int
        The number of facts.
    n : int
        The size of a key.
    keys : str, default "random"
        "random" or "orthogonal".
    repeats : int, default 1
        The number of draws.
    seed : int, default 0
        Of the random keys.

    Returns
    -------
    (repeats, K, n) float64 array
        The keys.

    Raises
    ------
    ValueError
        For a count below 1 and unknown keys.
    """
    K, n, repeats = check_counts("memory_keys", K=K, n=n, repeats=repeats)
    seed = check_seed("memory_keys", "seed", seed)
    if check_choice("memory_keys", "keys", keys, KEYS) == "orthogonal":
        return np.broadcast_to(np.eye(n)[np.arange(K) % n], (repeats, K, n))
    directions = np.random.default_rng(seed).standard_normal((repeats, K, n))
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def recall_matrix(K: int, n: int, *, keys: str = "random", reader: str = "sum", gain: float = GAIN, seed: int = 0) -> np.ndarray:
    """W of one draw: row, the question; column, the fact whose weight it is.

    The identity is perfect recall. The keys are the first K of 64 (or of K, if more), so that a
    table grows with K and its old keys stay.

    Parameters
    ----------
    K : int
        The number of facts.
    n : int
        The size of a key.
    keys : str, default "random"
        As in ``recall_errors``.
    reader : str, default "sum"
        As in ``recall_errors``.
    gain : float, optional
        As in ``recall_errors``.
    seed : int, default 0
        As in ``recall_errors``.

    Returns
    -------
    (K, K) float64 array
        W.

    Raises
    ------
    ValueError
        As ``recall_errors``.
    """
    K = check_count("recall_matrix", "K", K)
    _check_reader("recall_matrix", reader, gain)
    k = memory_keys(max(K, 64), n, keys=keys, seed=seed)[0, :K]
    scores = k @ k.T
    if reader == "sum":
        return scores
    weights = np.exp(gain * (scores - 1))  # no score exceeds 1, that of a key with itself
    return weights / weights.sum(-1, keepdims=True)


def recall_errors(
    facts: int, n: int, *, keys: str = "random", reader: str = "sum", gain: float = GAIN, repeats: int = 400, seed: int = 0
) -> np.ndarray:
    """The relative recall error with K = 1 … facts facts stored.

    It is the root of ‖W − I‖²/K averaged over the repeats. One table of all facts holds the tables
    of the first K, so all K are done at once.

    Parameters
    ----------
    facts : int
        The largest K.
    n : int
        The size of a key.
    keys : str, default "random"
        "random" or "orthogonal".
    reader : str, default "sum"
        "sum" or "softmax".
    gain : float, optional
        Of the softmax, > 0; ``GAIN`` if left out.
    repeats : int, default 400
        Draws of random keys.
    seed : int, default 0
        Of the draws.

    Returns
    -------
    (facts,) float64 array
        The errors.

    Raises
    ------
    ValueError
        For a count below 1, an unknown name and a gain that is not positive.
    """
    facts = check_count("recall_errors", "facts", facts)
    _check_reader("recall_errors", reader, gain)
    k = memory_keys(facts, n, keys=keys, repeats=1 if keys == "orthogonal" else repeats, seed=seed)
    scores = k @ k.swapaxes(-1, -2)  # (repeats, question, fact)
    own = np.eye(facts, dtype=bool)
    if reader == "sum":
        missed = np.where(own, scores - 1, scores) ** 2
        missed = missed.cumsum(-1)  # (repeats, question i, K − 1): of row i when K facts are stored
    else:
        weights = np.exp(gain * (scores - 1))
        others = np.where(own, 0.0, weights)
        total = weights.cumsum(-1)
        missed = ((others**2).cumsum(-1) + others.cumsum(-1) ** 2) / total**2  # 1 − w_ii is what the others weigh
    asked = np.triu(np.ones((facts, facts)))  # question i exists from K = i + 1 on
    return np.sqrt((missed * asked).sum(-2).mean(0) / np.arange(1, facts + 1))


def expected_recall_error(K: int, n: int, *, keys: str = "random") -> float:
    """The error of the sum in closed form.

    Random keys: √((K − 1)/n), the root of the mean square. Orthogonal keys: a key that c facts
    share makes each of them hear c − 1 others, so √(Σ c (c − 1)/K) over the n keys: 0 up to K = n,
    and √(2/(n + 1)) at K = n + 1.

    Parameters
    ----------
    K : int
        The number of facts.
    n : int
        The size of a key.
    keys : str, default "random"
        "random" or "orthogonal".

    Returns
    -------
    float
        The error.

    Raises
    ------
    ValueError
        For a count below 1 and unknown keys.
    """
    K, n = check_counts("expected_recall_error", K=K, n=n)
    if check_choice("expected_recall_error", "keys", keys, KEYS) == "random":
        return float(np.sqrt((K - 1) / n))
    rounds, rest = divmod(K, n)
    return float(np.sqrt((rest * (rounds + 1) * rounds + (n - rest) * rounds * (rounds - 1)) / K))


def _check_reader(where: str, reader: str, gain: float) -> None:
    check_choice(where, "reader", reader, READERS)
    if check_number(where, "gain", gain, 0, open_end=True) > 1e15:
        raise ValueError(f"{where}: gain = {gain!r} reads what is rounding in the scores; it must be at most 1e15, such as 16")
