"""Checks of "heads" and "miss": heads that have a machine's lag operators, and what the best of fewer heads miss."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare


def _lags(shares: list[float], L: int, p: int, d: int) -> np.ndarray:
    """Lag operators (L, p, d) of a machine with one number for each share."""
    rng = np.random.default_rng(100 * p + 10 * d + L)
    residues = rng.standard_normal((len(shares), p, d))
    return np.einsum("tm,mpd->tpd", np.array(shares) ** np.arange(L)[:, None], residues)


def _cases() -> list[tuple[str, np.ndarray, int]]:
    """What it is, its lags, how many heads they need."""
    return [
        ("three shares, four numbers in and four out", _lags([0.9, 0.5, -0.3], 9, 4, 4), 3),
        ("two shares, three numbers in and two out", _lags([0.95, 0.4], 7, 2, 3), 2),
        ("four shares, one number in and one out", _lags([0.9, 0.6, 0.3, -0.5], 6, 1, 1), 1),
        ("a single step", _lags([0.9, 0.5], 1, 2, 2), 1),
    ]


def check_heads(answer: Callable) -> str:
    """Exercise "heads": ``answer(M)`` is r rows, one a head: L weights by lag, then the p·d entries of its value, row by row.

    M is (L, p, d) float64; cut at 1e-9 of the largest singular value. Any r heads that add up to M will do.
    """
    cases = _cases()
    for what, M, r in cases:
        L, p, d = M.shape
        U, s, Vt = np.linalg.svd(M.reshape(L, p * d), full_matrices=False)
        U, s, Vt = U[:, :r], s[:r], Vt[:r]
        late = np.sqrt(L - np.arange(L))[:, None, None]

        def mixed(strength: np.ndarray, U: np.ndarray = U, Vt: np.ndarray = Vt, shape: tuple = M.shape) -> np.ndarray:
            return (U * strength @ Vt).reshape(shape)

        symptoms = [
            ("all directions are equally loud", mixed(np.ones(r))),
            ("what was loud is louder, and what was soft softer; a singular value stands in both halves", mixed(s**2)),
            ("the weights fade the wrong way: what was said first is heard loudest", M[::-1]),
            ("each operator answers what it should have heard, and hears what it should have answered",
                M.transpose(0, 2, 1) if p == d else None),
            ("old inputs are too soft and new ones too loud: a lag counts for how often it occurs, but is heard once", late * M),
            ("one head is missing from the sum", mixed(np.where(np.arange(r) == r - 1, 0, s))),
        ]
        got = call(answer, M, shape=(r, L + p * d))
        built = np.einsum("ht,hpd->tpd", got[:, :L], got[:, L:].reshape(r, p, d))
        try:
            compare(built, M, [(message, mistaken) for message, mistaken in symptoms if mistaken is not None])
        except Refused as refused:
            raise Refused(f"{what}, in the operators that the heads add up to: {refused}") from None
    return f"check_heads: accepted on {len(cases)} machines"


def check_miss(answer: Callable) -> str:
    """Exercise "miss": ``answer(M, H)`` is the share of the squares of the whole table that the best H heads miss.

    M is (L, p, d) float64, and 1 ≤ H < r.
    """
    cases = [
        ("three shares", _lags([0.9, 0.5, -0.3], 9, 4, 4), 1),
        ("three shares", _lags([0.9, 0.5, -0.3], 9, 4, 4), 2),
        ("five shares", _lags([0.95, 0.7, 0.4, -0.2, -0.8], 12, 3, 2), 3),
        ("two shares, in units that are 1e6 times as large", 1e6 * _lags([0.95, 0.4], 7, 2, 3), 1),
    ]
    for what, M, H in cases:
        L = len(M)
        rows = M.reshape(L, -1)
        occurs = (L - np.arange(L))[:, None]
        s, once, twice = (np.linalg.svd(w * rows, compute_uv=False) for w in (np.sqrt(occurs), 1, occurs))

        def share(s: np.ndarray, H: int = H) -> np.ndarray:
            return (s**2)[H:].sum() / (s**2).sum()

        symptoms = [
            ("every lag counts once; how often does lag 0 occur in the table, and the last one?", share(once)),
            ("early lags weigh too much; the square of the weight is how often a lag occurs", share(twice)),
            ("the share of the singular values, and not of their squares", s[H:].sum() / s.sum()),
            ("only the first direction that is missed is counted", s[H] ** 2 / (s**2).sum()),
            ("that is what one head more misses", share(s, H + 1)),
            ("that is what one head fewer misses", share(s, H - 1)),
            ("that is what the heads catch", 1 - share(s)),
            ("the squares themselves, and not their share", (s[H:] ** 2).sum()),
            ("the share of the size, and not of the squares", np.sqrt(share(s))),
        ]
        got = call(answer, M, H, shape=())
        try:
            compare(got, share(s), symptoms)
        except Refused as refused:
            raise Refused(f"{what}, {H} head(s): {refused}") from None
    return f"check_miss: accepted on {len(cases)} machines"
