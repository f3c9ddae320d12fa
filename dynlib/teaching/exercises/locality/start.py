"""The filters from which training on turned pictures repeats the old training."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, close, compare

STARTS = (("dense", 3, 4), ("local", 3, 4), ("shared", 3, 4), ("local", 1, 5), ("dense", 2, 1))  # network, patches k, pixels d

HINTS = {
    "not_turned": "the pictures have turned and the filters have not; their answers w·x change",
    "turned_back": "the filters have turned the other way round; write down (w')·(gx) and ask for w·x",
    "turned_twice": "turned twice",
    "first_rotation_for_all": "every patch has a rotation of its own, and here all filters took the first one",
    "reverse_order": "the filters took the rotations of the patches in reverse",
    "once_for_each_patch": "one filter meets all k patches, but it turns once, not once for each",
}


def check_start(answer: Callable) -> str:
    """Exercise "start": ``answer(kind, W, g)`` are the filters from which training on turned pictures repeats the old one.

    That is so when each turned picture gets the answer that it had before: w'·(gx) = w·x, whatever x.
    """
    for kind, k, d in STARTS:
        rng = np.random.default_rng(k + d)
        W = rng.standard_normal({"dense": (2, k * d), "local": (k, d), "shared": (d,)}[kind])
        g = _rotations(rng, *W.shape) if kind == "local" else _rotations(rng, 1, W.shape[-1])[0]
        got = call(answer, kind, W, g, shape=W.shape)
        answers = _answers(got, g)
        symptoms = {
            "not_turned": close(got, W),
            "turned_back": close(got, _answers(W, g)),
            "turned_twice": close(_answers(answers, g), W),
            "first_rotation_for_all": kind == "local" and close(_answers(got, g[0]), W),
            "reverse_order": kind == "local" and close(_answers(got, g[::-1]), W),
            "once_for_each_patch": kind == "shared" and close(answers, k * W),
        }
        where = f"{kind}, {k} patches of {d} pixels, in the answers to pictures with one bright pixel"
        compare(answers, W, symptoms, HINTS, where)
    return f"check_start: accepted on {len(STARTS)} nets"


def _answers(filters: np.ndarray, g: np.ndarray) -> np.ndarray:
    """What filters answer to a turned picture in which one pixel is bright, for each pixel; g one rotation, or one a patch."""
    return np.einsum("...a,...ab->...b", filters, g)


def _rotations(rng: Generator, count: int, n: int) -> np.ndarray:
    """Rotations of n pixels, (count, n, n), perhaps with a mirror."""
    return np.array([np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(count)])


def hidden(rng: Generator) -> tuple:
    """A network, its filters, and turns by 3, 4 and 5, so that a few decimals print them exactly."""

    def rotation(n: int) -> np.ndarray:
        g = np.eye(n)
        for _ in range(3):
            i, j = rng.permutation(n)[:2]
            turn = np.eye(n)
            turn[[i, j], [i, j]], turn[i, j], turn[j, i] = 0.6, -0.8, 0.8
            g = np.round(turn @ g, 3)
        return g

    kind, k, d = str(rng.choice(("shared", "local", "dense"))), int(rng.integers(2, 4)), int(rng.integers(2, 4))
    if kind == "local":
        return kind, np.round(rng.standard_normal((k, d)), 2), np.array([rotation(d) for _ in range(k)])
    n = d if kind == "shared" else k * d
    return kind, np.round(rng.standard_normal(d if kind == "shared" else (k, n)), 2), rotation(n)


MISTAKES = {
    "not_turned": ("return W @ g.T", "return W + 0 * g[0, 0]"),
    "turned_back": ("return W @ g.T", "return W @ g"),
    "turned_twice": ("return W @ g.T", "return W @ g.T @ g.T"),
    "first_rotation_for_all": ('return np.einsum("kab,kb->ka", g, W)', "return W @ g[0].T"),
    "reverse_order": ('return np.einsum("kab,kb->ka", g, W)', 'return np.einsum("kab,kb->ka", g[::-1], W)'),
    "once_for_each_patch": ("return W @ g.T", 'return W @ g.T * (3 if kind == "shared" else 1)'),
}
