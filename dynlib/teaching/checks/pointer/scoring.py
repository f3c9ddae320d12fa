"""Checks of "scores", "forbidden", "fed" and "surest": a row of the table, from its scores to its largest share."""

from collections.abc import Callable

import numpy as np

from dynlib.teaching.checks import Refused, call, compare

SIZES = ((3, 2, 4), (1, 1, 1), (4, 4, 5), (2, 5, 3))                   # points L, steps m, hidden numbers H
TARGETS = (([2, 4, 3, 0], 5), ([1, 0], 1), ([3, 1, 2, 4, 0], 4), ([5, 2, 0], 6), ([0], 3))
BOUNDS = ((0.9, 10), (0.5, 2), (0.99, 51), (0.6, 4), (0.25, 3))        # share p, places n


def check_scores(answer: Callable) -> str:
    """Exercise "scores": ``answer(E, D, v)`` is u, (m, L) float64, for E (L, H), D (m, H), v (H,)."""
    for L, m, H in SIZES:
        rng = np.random.default_rng(100 * L + m)
        E, D, v = 2 * rng.standard_normal((L, H)), 2 * rng.standard_normal((m, H)), rng.standard_normal(H)
        want = np.array([[sum(v[h] * np.tanh(E[j, h] + D[i, h]) for h in range(H)) for j in range(L)] for i in range(m)])
        inside = E[None] + D[:, None]
        symptoms = [
            ("no score exceeds 1, however large v is; what should be bent?", np.tanh(inside @ v)),
            ("the row of a step is the row of every other step, but for one number added to it; a softmax sees no step",
                inside @ v),
            ("each hidden number counts the same; v has no say", np.tanh(inside).sum(-1)),
            ("points and steps do not meet inside the bend, so no step changes which point is ahead",
                (np.tanh(E)[None] + np.tanh(D)[:, None]) @ v),
            ("the sum over hidden numbers became a mean", want / H),
        ]
        try:
            compare(call(answer, E, D, v, shape=(m, L)), want, symptoms if H > 1 else symptoms[:2])
        except Refused as refused:
            raise Refused(f"with {L} point(s), {m} step(s) and H = {H}: {refused}") from None
    return f"check_scores: accepted on {len(SIZES)} sizes"


def check_forbidden(answer: Callable) -> str:
    """Exercise "forbidden": ``answer(target, L)`` is (m, L + 1) bool, True at places that earlier steps took; place 0 never."""
    for target, L in TARGETS:
        target = np.array(target)
        want = np.array([[j > 0 and j in target[:i] for j in range(L + 1)] for i in range(len(target))])
        own = np.array([[j > 0 and j in target[: i + 1] for j in range(L + 1)] for i in range(len(target))])
        late = np.array([[j > 0 and j in target[: max(i - 1, 0)] for j in range(L + 1)] for i in range(len(target))])
        last = np.array([[j > 0 and i > 0 and j == target[i - 1] for j in range(L + 1)] for i in range(len(target))])
        ended = want | (np.arange(L + 1) == 0)[None]
        shifted = np.roll(want, -1, axis=1)
        shifted[:, 0] = False
        symptoms = [
            ("the right answer of a step is forbidden at that very step; what is its loss?", own),
            ("a point may be named twice in a row", late),
            ("only the last point is forbidden; the one before it may come again", last),
            ("the end is never allowed, so no answer can stop", ended),
            ("every place stands one column too far to the left; column 0 is the end's", shifted),
        ]
        got = call(answer, target, L, shape=want.shape, dtype=bool)
        for message, mistaken in symptoms:
            if not (got == want).all() and (got == mistaken).all() and not (mistaken == want).all():
                raise Refused(f"with the target {target.tolist()} and {L} point(s): {message}")
        if not (got == want).all():
            i, j = np.argwhere(got != want)[0]
            raise Refused(f"with the target {target.tolist()} and {L} point(s): step {i}, place {j} is {got[i, j]}, "
                          f"expected {want[i, j]}")
    return f"check_forbidden: accepted on {len(TARGETS)} targets"


def check_fed(answer: Callable) -> str:
    """Exercise "fed": ``answer(points, target, start)`` is what the decoder is fed, (m, 2) float64; points (L, 2), start (2,)."""
    for target, L in TARGETS:
        rng = np.random.default_rng(L)
        points, start, target = rng.random((L, 2)), rng.random(2) - 2, np.array(target)
        named = [points[c - 1] for c in target[:-1]]
        want = np.array([start, *named])
        whole = np.array([points[c - 1] if c else start for c in target])
        near = np.array([start, *(points[c % L] for c in target[:-1])])
        symptoms = [
            ("step i is fed the point that it should name: it learns to copy, and in use it has nothing to copy from", whole),
            ("the places are counted from 1, and here the point after the right one is fed", near),
            ("the first step is fed a point, although nothing has been named yet", np.array([points[0], *named])),
            ("the first step is fed zeros and not what was learned for it", np.array([np.zeros(2), *named])),
            ("every step is told of the first one only", np.array([start, *([points[target[0] - 1]] * len(named))])),
        ]
        try:
            compare(call(answer, points, target, start, shape=(len(target), 2)), want, symptoms)
        except Refused as refused:
            raise Refused(f"with the target {target.tolist()} of {L} point(s): {refused}") from None
    return f"check_fed: accepted on {len(TARGETS)} targets"


def check_surest(answer: Callable) -> str:
    """Exercise "surest": ``answer(p, n)`` is the least Σ|v_h| with which one of n places can have the share p."""
    for p, n in BOUNDS:
        want = np.log((n - 1) * p / (1 - p)) / 2 if p > 1 / n else 0.0
        symptoms = [
            ("this is twice too much; how far apart can the largest and the smallest score be?", 2 * want),
            ("the place counts itself among its rivals", max(np.log(n * p / (1 - p)) / 2, 0)),
            ("this is enough against a single rival", max(np.log(p / (1 - p)) / 2, 0.0)),
            ("this is counted in bits", want / np.log(2)),
            ("a share that is no more than an equal one needs no weights at all", np.log((n - 1) * p / (1 - p)) / 2),
        ]
        try:
            compare(call(answer, p, n, shape=()), np.array(want), [(text, np.array(value)) for text, value in symptoms])
        except Refused as refused:
            raise Refused(f"with the share {p} among {n} places: {refused}") from None
    return f"check_surest: accepted on {len(BOUNDS)} shares"
