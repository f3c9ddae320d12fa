"""Three steps of training, two of them with a threshold."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from dynlib.teaching.exercises import Refused, call, close, compare

RUNS = (
    # samples P, patches k, pixels d, noise, and the filters after three steps, patch after patch
    (
        60,
        4,
        6,
        0.3,
        [
            0.426008126186,
            0.0229185161904,
            -0.503043002965,
            -0.574484624324,
            -0.125640688506,
            0.468104036528,
            0.546177828745,
            0.12358526366,
            -0.427566227569,
            -0.556187257332,
            -0.266271324698,
            0.351224855983,
            0.431083692599,
            -0.0513323507276,
            -0.554429129152,
            -0.542422589949,
            -0.0436298934412,
            0.456085898493,
            0.429940254311,
            0.116127960925,
            -0.512464995012,
            -0.54198771444,
            -0.191600144597,
            0.456709979405,
        ],
    ),
    (
        33,
        3,
        5,
        0.4,
        [
            0.434514974922,
            0.200625682001,
            -0.614141192623,
            -0.583967301171,
            -0.229692966756,
            0.531899718842,
            -0.0957873492924,
            -0.371152282832,
            -0.729857143324,
            -0.193551042621,
            0.372892507978,
            0.0466638870525,
            -0.696294886286,
            -0.610966128123,
            0.0258356489599,
        ],
    ),
    (
        5,
        1,
        4,
        0.3,
        [
            0.502609216719,
            0.230192206334,
            -0.562504686631,
            -0.614804034576,
        ],
    ),
    (
        40,
        6,
        2,
        0.1,
        [
            0.997757491255,
            0.0669327172912,
            0.999949482848,
            0.0100514551817,
            0.986143470373,
            0.165894713119,
            0.993035818839,
            0.117812828257,
            0.996280078054,
            0.0861742773254,
            0.997464883513,
            0.0711604255012,
        ],
    ),
)
# More pixels than one would write down: of each of the filters only the product with ``_direction`` is.
LARGE = (
    (100, 8, 64, 0.2),
    [
        0.904234458817,
        0.923785731926,
        0.895637602875,
        0.873802886927,
        0.890683665433,
        0.795506442471,
        0.897832651555,
        0.866376932935,
    ],
)
# What mistakes return in the first run: the sum over the patches of their products with ``_direction``.
MISTAKEN = {
    "two_steps": 3.952430774926404,
    "no_threshold": 3.7671695267290066,
    "signed_answers": 3.687670600321121,
    "one_length": 2.777256384747895,
    "labels_only_later": 3.941579686423326,
    "labels_only_first": 1.7504797044211236,
    "threshold_for_each_patch": 3.932546923064824,
    "averaged_over_patches": 3.9785241280982757,
}

HINTS = {
    "two_steps": "two steps in place of three",
    "no_threshold": "without a threshold all steps are the first one again",
    "signed_answers": "negative answers never pass; half of the pictures teach nothing",
    "one_length": "one length for all filters together; a patch that few samples pass has a short one",
    "labels_only_later": "the first step averages the pictures without their labels, and upright and negated signals cancel",
    "labels_only_first": "later steps average without the labels",
    "threshold_for_each_patch": "each patch has a threshold of its own here, and lets the same number pass",
    "averaged_over_patches": "all filters are the same; a local net does not average over patches",
}


def check_steps(answer: Callable) -> str:
    """Exercise "steps": ``answer(x, y)`` are a local net's filters (k, d) after three steps, two of them with a threshold."""
    for P, k, d, sigma, filters in RUNS:
        rng = np.random.default_rng(P)
        x, y = _pictures(rng, P, k, d, sigma)
        want = np.array(filters).reshape(k, d)
        got = call(answer, x, y, shape=(k, d))
        where = f"{P} pictures, {k} patches of {d} pixels"
        for name, product in MISTAKEN.items() if (P, k) == RUNS[0][:2] else ():
            if close((got @ _direction(d)).sum(), product):
                new = _pictures(rng, 2000, k, d, sigma)
                wrong, right = _error(*new, got), _error(*new, want)
                raise Refused(f"{where}, test error {wrong:.3f}, expected {right:.3f}: {HINTS[name]}")
        compare(got, want, {}, HINTS, where)
    (P, k, d, sigma), products = LARGE
    got = call(answer, *_pictures(np.random.default_rng(P), P, k, d, sigma), shape=(k, d))
    where = f"{P} pictures, {k} patches of {d} pixels"
    compare(got @ _direction(d), products, {}, HINTS, f"{where}, in each filter's product with a fixed direction")
    compare(np.linalg.norm(got, axis=1), np.ones(k), {}, HINTS, f"{where}, in each filter's length")
    return f"check_steps: accepted on {len(RUNS) + 1} sets of pictures"


def _direction(d: int) -> np.ndarray:
    w = np.cos(np.arange(d) + 0.5)
    return w / np.linalg.norm(w)


def _pictures(rng: Generator, P: int, k: int, d: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures (P, k, d) with one pattern in one patch, upright or negated, and their labels (P,)."""
    y = rng.choice([-1.0, 1.0], P)
    x = sigma * rng.standard_normal((P, k, d))
    x[np.arange(P), rng.integers(0, k, P)] += y[:, None] * _direction(d)
    return x, y


def _error(x: np.ndarray, y: np.ndarray, filters: np.ndarray) -> float:
    """The share of pictures that a net with these filters gets wrong; one answer in k passes its threshold, none is a guess."""
    z = np.einsum("Pkd,kd->Pk", x, filters)
    beyond = np.maximum(np.abs(z) - np.quantile(np.abs(z), 1 - 1 / len(filters)), 0)
    answers = (np.sign(z) * beyond).sum(1)
    return float(np.mean(np.where(answers == 0, 0.5, answers * y < 0)))


def hidden(rng: Generator) -> tuple:
    """A few pictures with a pattern of their own, and their labels."""
    P, (k, d) = int(rng.integers(5, 10)), (int(n) for n in rng.integers(2, 4, 2))
    y, pattern = rng.choice([-1.0, 1.0], P), rng.standard_normal(d)
    x = 0.4 * rng.standard_normal((P, k, d))
    x[np.arange(P), rng.integers(0, k, P)] += y[:, None] * pattern / np.linalg.norm(pattern)
    return np.round(x, 2), y


MISTAKES = {
    "two_steps": ("range(3)", "range(2)"),
    "no_threshold": ("step > 0", "step > 3"),
    "signed_answers": ('z = np.abs(np.einsum("Pkd,kd->Pk", x, W))', 'z = np.einsum("Pkd,kd->Pk", x, W)'),
    "one_length": (
        "W = W / np.maximum(np.linalg.norm(W, axis=1, keepdims=True), 1e-300)",
        "W = W / np.linalg.norm(W) * np.sqrt(len(W))",
    ),
    "labels_only_later": (
        'W = np.einsum("P,Pk,Pkd->kd", y, passed, x)',
        'W = np.einsum("P,Pk,Pkd->kd", y if step > 0 else 1 + 0 * y, passed, x)',
    ),
    "labels_only_first": (
        'W = np.einsum("P,Pk,Pkd->kd", y, passed, x)',
        'W = np.einsum("P,Pk,Pkd->kd", y if step == 0 else 1 + 0 * y, passed, x)',
    ),
    "threshold_for_each_patch": (
        "passed = z >= np.sort(z, axis=None)[-len(y)]",
        "passed = z >= np.sort(z, axis=0)[-max(1, len(y) // z.shape[1])]",
    ),
    "averaged_over_patches": (
        'W = np.einsum("P,Pk,Pkd->kd", y, passed, x)',
        'W = np.tile(np.einsum("P,Pk,Pkd->d", y, passed, x), (x.shape[1], 1))',
    ),
}
