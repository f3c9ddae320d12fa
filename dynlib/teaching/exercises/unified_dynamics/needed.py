"""How many numbers a table asks a loop to keep."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

HINTS = {
    "rank_of_the_whole_table": "as many numbers as steps, for a loop that may start every step afresh",
    "diagonal_in_the_block": "one number too many; what comes in at a step need not be kept to be heard in it",
    "half_the_length": "half the length; does the number depend on W at all?",
    "rounding_counts": "rounding noise is kept as well; no direction should count that double precision cannot see",
    "absolute_tolerance": "with all numbers 1e12 times as small it needs less; other units are no other table",
    "the_other_corner": "nothing has to be kept, so no answer hears anything of the past; who hears whom in this block?",
    "sum_of_all_moments": "the numbers of all moments together; a loop can use the same ones again",
    "quietest_moment": "that is the quietest moment; the loop has to get through the others too",
    "only_the_middle": "the busiest moment of this table is not the middle",
    "last_moment_left_out": "there is one moment between the two steps, and nothing was counted there",
}


def _tables() -> list[tuple[str, np.ndarray, int, dict[str, int]]]:
    """What it is, a table W, what it needs, and what mistakes return for it."""
    rng = np.random.default_rng(2)
    phi, psi = rng.uniform(0.1, 2, (2, 33, 4))
    linear = np.tril(phi @ psi.T)
    linear /= linear.sum(1, keepdims=True)
    early = np.eye(12)
    early[3:6, :3] = rng.standard_normal((3, 3))
    lag = np.subtract.outer(np.arange(9), np.arange(9))
    turning = np.tril(((0.3 - 1j) * np.exp((-0.1 + 0.7j) * np.maximum(lag, 0))).real)
    q, k = rng.standard_normal((2, 15, 4))
    softmax = np.tril(np.exp(q @ k.T))
    softmax /= softmax.sum(1, keepdims=True)
    crossings = range(1, 33)
    return [
        (
            "a table in which each answer hears its own input only",
            np.diag(rng.uniform(1, 2, 8)),
            0,
            {"rank_of_the_whole_table": 8, "diagonal_in_the_block": 1, "half_the_length": 4},
        ),
        (
            "linear attention with four features and 33 steps",
            linear,
            4,
            {
                "rounding_counts": 16,
                "the_other_corner": 0,
                "sum_of_all_moments": sum(min(t, 33 - t, 4) for t in crossings),
                "quietest_moment": 1,
            },
        ),
        ("three facts that are told early, asked for early, and then forgotten", early, 3, {"only_the_middle": 0}),
        ("a running sum over two steps", np.tril(np.ones((2, 2))), 1, {"last_moment_left_out": 0}),
        ("the same linear attention, in units that are 1e12 times as small", 1e-12 * linear, 4, {"absolute_tolerance": 0}),
        ("one mode that turns", turning, 2, {}),
        ("softmax with 15 steps", softmax, 7, {}),
        ("a single step", np.ones((1, 1)), 0, {}),
    ]


def check_needed(answer: Callable) -> str:
    """Exercise "needed": ``answer(W)`` is the most that must cross any moment: the largest rank of a block W[t:, :t].

    W is (L, L) float64, zero above the diagonal. Singular values below 1e-9 of W's largest count as zero.
    """
    tables = _tables()
    for what, W, number, mistaken in tables:
        compare(call(answer, W, shape=()), number, mistaken, HINTS, what)
    return f"check_needed: accepted on {len(tables)} tables"


def hidden(rng: Generator) -> tuple:
    """A table whose busiest moment needs a few numbers: a sum, facts told early, two steps, or none."""
    L, n = int(rng.integers(7, 12)), int(rng.integers(1, 4))
    read, write = np.round(rng.uniform(0.2, 2, (2, L, n)), 2)
    W = np.tril(read @ write.T)
    match rng.integers(0, 5):
        case 0:
            W *= 1e-12
        case 1:  # what is told at the first steps is asked for at the next ones
            W = np.diag(np.round(rng.uniform(1, 2, L), 2))
            W[n : 2 * n, :n] = np.round(rng.standard_normal((n, n)), 2) + 3 * np.eye(n)
        case 2:  # two steps, with one moment between them
            W = np.tril(np.round(rng.uniform(1, 2, (2, 2)), 2))
        case 3:  # nothing of the past is heard
            W = np.diag(np.round(rng.uniform(1, 2, L), 2))
    return (W,)


MISTAKES = {
    "rank_of_the_whole_table": (
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in range(1, len(W))]",
        "ranks = [np.linalg.matrix_rank(W, tol=zero)]",
    ),
    "diagonal_in_the_block": (
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in range(1, len(W))]",
        "ranks = [np.linalg.matrix_rank(W[t:, : t + 1], tol=zero) for t in range(1, len(W))]",
    ),
    "half_the_length": ("return max(ranks, default=0)", "return len(W) // 2"),
    "rounding_counts": ("zero = 1e-9 * np.linalg.norm(W, 2)", "zero = 0.0"),
    "absolute_tolerance": ("zero = 1e-9 * np.linalg.norm(W, 2)", "zero = 1e-9"),
    "the_other_corner": (
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in range(1, len(W))]",
        "ranks = [np.linalg.matrix_rank(W[:t, t:], tol=zero) for t in range(1, len(W))]",
    ),
    "sum_of_all_moments": ("return max(ranks, default=0)", "return sum(ranks)"),
    "quietest_moment": ("return max(ranks, default=0)", "return min(ranks, default=0)"),
    "only_the_middle": (
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in range(1, len(W))]",
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in [len(W) // 2]]",
    ),
    "last_moment_left_out": (
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in range(1, len(W))]",
        "ranks = [np.linalg.matrix_rank(W[t:, :t], tol=zero) for t in range(1, len(W) - 1)]",
    ),
}
