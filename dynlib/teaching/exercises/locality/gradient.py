"""A gradient through copies of one filter, and through its threshold."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import call, compare

GRADIENTS = ((11, 3, 4, 0.6), (1, 5, 2, 0.3), (4, 1, 3, 0.5), (5, 4, 1, 0.2))  # samples P, patches k, pixels d, threshold

# What becomes of an answer z at the threshold b: right, without the threshold, for positive answers only, without its sign.
RIGHT, UNCUT, ABOVE, EVEN = (
    lambda z, b: np.sign(z) * np.maximum(np.abs(z) - b, 0),
    lambda z, b: z - b * np.sign(z),
    lambda z, b: np.maximum(z - b, 0),
    lambda z, b: np.maximum(np.abs(z) - b, 0),
)

HINTS = {
    "mean_over_patches": "k times too small: a filter that is used k times gets the sum of what each use would get",
    "no_mask": "patches that stay below the threshold push the filter as well",
    "only_positive": "patches with a strong negative answer push nothing here; they are half of the evidence",
    "threshold_without_sign": "the derivative in b has the sign of the answer in it: raising b lowers z − b and raises z + b",
    "uphill": "the loss is lowered by adding this; a gradient points to where it grows",
    "summed": "the sum over the samples and not their mean",
    "sign_in_w": "the sign of the answer is in the derivative in w; φ has the slope 1 on both sides",
    "first_patch_only": "only what the first patch says is in it",
}


def check_gradient(answer: Callable) -> str:
    """Exercise "gradient": ``answer(x, y, w, b)`` are the derivatives of −mean(y f) in w and, last, in b: (d + 1,)."""
    for P, k, d, b in GRADIENTS:
        rng = np.random.default_rng(P)
        x, y, w = rng.standard_normal((P, k, d)), rng.choice([-1.0, 1.0], P), rng.standard_normal(d) / d**0.5
        want, even = _slopes(RIGHT, x, y, w, b), _slopes(EVEN, x, y, w, b)
        symptoms = {
            "mean_over_patches": want / k,
            "first_patch_only": _slopes(RIGHT, x[:, :1], y, w, b),
            "no_mask": _slopes(UNCUT, x, y, w, b),
            "only_positive": _slopes(ABOVE, x, y, w, b),
            "threshold_without_sign": np.append(want[:d], even[d]),
            "uphill": -want,
            "summed": P * want,
            "sign_in_w": np.append(even[:d], want[d]),
        }
        got = call(answer, x, y, w, b, shape=(d + 1,))
        compare(got, want, symptoms, HINTS, f"{P} pictures of {k} patches with {d} pixels")
    return f"check_gradient: accepted on {len(GRADIENTS)} batches"


def _slopes(phi: Callable, x: np.ndarray, y: np.ndarray, w: np.ndarray, b: float, step: float = 1e-4) -> np.ndarray:
    """The derivatives in w and b by small steps either way. The loss is piecewise linear, so steps within a piece are exact."""

    def loss(wb: np.ndarray) -> float:
        return -np.mean(y * phi(x @ wb[:-1], wb[-1]).sum(1))

    at, steps = np.append(w, b), step * np.eye(len(w) + 1)
    return np.array([(loss(at + h) - loss(at - h)) / (2 * step) for h in steps])


def hidden(rng: Generator) -> tuple:
    """Pictures with a pattern in one patch, upright or negated, their labels, a filter, and a threshold that no answer meets."""
    P, k, d = (int(n) for n in rng.integers(2, 5, 3))
    y, pattern = rng.choice([-1.0, 1.0], P), rng.standard_normal(d)
    x = 0.4 * rng.standard_normal((P, k, d))
    x[np.arange(P), rng.integers(0, k, P)] += y[:, None] * pattern / np.linalg.norm(pattern)
    w = np.round(rng.standard_normal(d), 2)
    return np.round(x, 2), y, w, round(rng.uniform(0.1, 0.6), 2) + 5e-5  # answers have four decimals


MISTAKES = {
    "mean_over_patches": ("return np.append(in_w, in_b) / len(y)", "return np.append(in_w, in_b) / z.size"),
    "no_mask": ("passed = np.abs(z) > b", "passed = np.ones(z.shape)"),
    "only_positive": ("passed = np.abs(z) > b", "passed = z > b"),
    "threshold_without_sign": ("in_b = np.sum(y[:, None] * np.sign(z) * passed)", "in_b = np.sum(y[:, None] * passed)"),
    "uphill": ("return np.append(in_w, in_b) / len(y)", "return -np.append(in_w, in_b) / len(y)"),
    "summed": ("return np.append(in_w, in_b) / len(y)", "return np.append(in_w, in_b)"),
    "sign_in_w": (
        'in_w = -np.einsum("P,Pk,Pkd->d", y, passed, x)',
        'in_w = -np.einsum("P,Pk,Pkd->d", y, np.sign(z) * passed, x)',
    ),
    "first_patch_only": ("z = x @ w", "x, z = x[:, :1], x[:, :1] @ w"),
}
