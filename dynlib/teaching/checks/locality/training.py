"""Checks of "start", "gradient", "steps" and "sparse": what training does, and what it cannot see."""

from collections.abc import Callable

import numpy as np

from dynlib.locality import error_rate, gradient_steps, haar_orthogonal, sample_dsd, sample_rotation
from dynlib.teaching.checks import Refused, call, close, compare


def _compare(where: str, got: np.ndarray, want: np.ndarray, symptoms: list) -> None:
    try:
        compare(got, want, symptoms)
    except Refused as refused:
        raise Refused(f"{where}: {refused}") from None


# network, patches k, pixels d
STARTS = (("dense", 3, 4), ("local", 3, 4), ("shared", 3, 4), ("local", 1, 5), ("dense", 2, 1))
TURNS = {"dense": "whole input", "local": "each patch its own", "shared": "all patches alike"}


def check_start(answer: Callable) -> str:
    """Exercise "start": ``answer(kind, W, g)`` are the filters from which training on turned pictures repeats the old one."""
    for kind, k, d in STARTS:
        rng = np.random.default_rng(k + d)
        g = sample_rotation(TURNS[kind], k, d, rng).at(1)
        W = rng.standard_normal({"dense": (2, k * d), "local": (k, d), "shared": (d,)}[kind])
        turn = (lambda g, W: np.einsum("kab,kb->ka", g, W)) if kind == "local" else (lambda g, W: W @ g.T)
        want = turn(g, W)
        symptoms = [
            ("the pictures have turned and the filters have not; their answers w·x change", W),
            ("the filters have turned the other way round; write down (w')·(gx) and ask for w·x", turn(g.swapaxes(-1, -2), W)),
            ("turned twice", turn(g, want)),
        ]
        if kind == "local":
            symptoms += [("every patch has a rotation of its own, and here all filters took the first one", W @ g[0].T),
                         ("the filters took the rotations of the patches in reverse", turn(g[::-1], W))]
        if kind == "shared":
            symptoms.append(("one filter meets all k patches, but it turns once, not once for each", k * want))
        got = call(answer, kind, W, g, shape=W.shape)
        _compare(f"{kind}, {k} patches of {d} pixels", got, want, symptoms)
    return f"check_start: accepted on {len(STARTS)} nets"


# samples P, patches k, pixels d, threshold
GRADIENTS = ((11, 3, 4, 0.6), (1, 5, 2, 0.3), (4, 1, 3, 0.5), (5, 4, 1, 0.2))


def check_gradient(answer: Callable) -> str:
    """Exercise "gradient": ``answer(x, y, w, b)`` are the derivatives of −mean(y f) in w and, last, in b: (d + 1,)."""
    for P, k, d, b in GRADIENTS:
        rng = np.random.default_rng(P)
        x, y, w = rng.standard_normal((P, k, d)), rng.choice([-1.0, 1.0], P), rng.standard_normal(d) / d**0.5
        z = x @ w
        passed = b < np.abs(z)

        def both(into_w, into_b, x=x, y=y, P=P):
            return np.append(-np.einsum("P,Pk,Pkd->d", y, into_w, x), (y[:, None] * into_b).sum()) / P

        signed = np.sign(z) * passed
        want = both(passed, signed)
        first = np.zeros((P, k))
        first[:, 0] = 1
        symptoms = [
            ("k times too small: a filter that is used k times gets the sum of what each use would get", want / k),
            ("only what the first patch says is in it", both(passed * first, signed * first)),
            ("patches that stay below the threshold push the filter as well", both(np.ones((P, k)), np.sign(z))),
            ("patches with a strong negative answer push nothing here; they are half of the evidence", both(z > b, z > b)),
            ("the derivative in b has the sign of the answer in it: raising b lowers z − b and raises z + b",
             both(passed, passed)),
            ("the loss is lowered by adding this; a gradient points to where it grows", -want),
            ("the sum over the samples and not their mean", P * want),
            ("the sign of the answer is in the derivative in w; φ has the slope 1 on both sides", both(signed, signed)),
        ]
        got = call(answer, x, y, w, b, shape=(d + 1,))
        _compare(f"{P} pictures of {k} patches with {d} pixels", got, want, symptoms)
    return f"check_gradient: accepted on {len(GRADIENTS)} batches"


# samples P, patches k, pixels d, noise
RUNS = ((100, 8, 64, 0.2), (33, 3, 5, 0.4), (5, 1, 4, 0.3), (40, 6, 2, 0.1))


def check_steps(answer: Callable) -> str:
    """Exercise "steps": ``answer(x, y)`` are a local net's filters (k, d) after three steps, two of them with a threshold."""
    for P, k, d, sigma in RUNS:
        rng = np.random.default_rng(P)
        x, y, _ = sample_dsd(P, k, d, sigma, rng, w=_direction(d))
        want = gradient_steps(x, y, "local", 3).filters
        symptoms = [
            ("two steps in place of three", gradient_steps(x, y, "local", 2).filters),
            ("without a threshold all steps are the first one again", gradient_steps(x, y, "local", 1).filters),
            ("the first step averages the pictures without their labels, and upright and negated signals cancel",
             _variant(x, y, "mean")),
            ("negative answers never pass; half of the pictures teach nothing", _variant(x, y, "signed")),
            ("one length for all filters together; a patch that few samples pass has a short one", _variant(x, y, "global")),
            ("each patch has a threshold of its own here, and lets the same number pass", _variant(x, y, "own")),
            ("later steps average without the labels", _variant(x, y, "unlabelled")),
            ("all filters are the same; a local net does not average over patches", _variant(x, y, "shared")),
        ]
        got = call(answer, x, y, shape=(k, d))
        for said, mistaken in symptoms:
            if not close(got, want) and close(got, mistaken):
                x_test, y_test, _ = sample_dsd(2000, k, d, sigma, rng, w=_direction(d))
                wrong, right = (error_rate(x_test, y_test, "local", filters) for filters in (got, want))
                raise Refused(f"{P} pictures, {k} patches of {d} pixels, test error {wrong:.3f}, expected {right:.3f}: {said}")
        _compare(f"{P} pictures, {k} patches of {d} pixels", got, want, [])
    return f"check_steps: accepted on {len(RUNS)} sets of pictures"


def _direction(d: int) -> np.ndarray:
    w = np.cos(np.arange(d) + 0.5)
    return w / np.linalg.norm(w)


def _variant(x: np.ndarray, y: np.ndarray, mistake: str) -> np.ndarray:
    """Three steps of a local net with one mistake in them."""
    P, k, _ = x.shape

    def back(gradient: np.ndarray) -> np.ndarray:
        if mistake == "global":
            return gradient / np.linalg.norm(gradient) * np.sqrt(k)
        if mistake == "shared":
            gradient = np.broadcast_to(gradient.mean(0), gradient.shape)
        length = np.linalg.norm(gradient, axis=1, keepdims=True)
        return np.divide(gradient, length, out=np.zeros_like(gradient), where=length > 0)

    W = back(x.sum(0) if mistake == "mean" else np.einsum("P,Pkd->kd", y, x))
    for _ in range(2):
        z = np.einsum("Pkd,kd->Pk", x, W)
        size = z if mistake == "signed" else np.abs(z)
        passed = size >= np.sort(size, axis=None)[-P]
        if mistake == "own":
            passed = size >= np.sort(size, axis=0)[-max(1, P // k)]
        W = back(np.einsum("Pk,Pkd->kd", passed * (1.0 if mistake == "unlabelled" else y[:, None]), x))
    return W


# samples P, pixels D, noise
SPARSE = ((21, 512, 0.3), (7, 30, 0.3), (1, 4, 0.2), (9, 1, 0.5))


def check_sparse(answer: Callable) -> str:
    """Exercise "sparse": ``answer(x, y, sigma)`` is the mean of y x without entries that are not above σ√(2 ln D / P)."""
    for P, D, sigma in SPARSE:
        rng = np.random.default_rng(P + 11)
        pattern = np.r_[0.8, -0.6, np.zeros(D)][:D] if D > 1 else -np.ones(1)
        x, y, _ = sample_dsd(P, 1, D, sigma, rng, w=pattern)
        x = x[:, 0]
        mean = (y @ x) / P
        limit = np.sqrt(2 * np.log(D) / P) * sigma
        symptoms = [
            ("nothing is dropped; this is the mean, and a blind learner", mean),
            ("even the signal is dropped: the noise of a mean falls with the samples",
             np.where(np.abs(mean) > sigma * np.sqrt(2 * np.log(D)), mean, 0.0)),
            ("the pictures are averaged without their labels", np.where(np.abs(x.mean(0)) > limit, x.mean(0), 0.0)),
            ("negative entries are always dropped; a pattern may have some", np.where(mean > limit, mean, 0.0)),
            ("what is kept is shortened as well", np.sign(mean) * np.maximum(np.abs(mean) - limit, 0)),
            ("the largest of D noises is about √(2 ln D) times one of them; here noise slips through",
             np.where(np.abs(mean) > sigma / np.sqrt(P), mean, 0.0)),
            ("a sum over the samples; its entries were compared with the limit for a mean",
             np.where(np.abs(P * mean) > limit, P * mean, 0.0)),
        ]
        got = call(answer, x, y, sigma, shape=(D,))
        _compare(f"{P} samples of {D} pixels", got, np.where(np.abs(mean) > limit, mean, 0.0), symptoms)
        turned = x @ haar_orthogonal(D, rng).T
        again = call(answer, turned, y, sigma, shape=(D,))
        want = y @ turned / P
        _compare(f"{P} turned samples of {D} pixels", again, np.where(np.abs(want) > limit, want, 0.0), [])
    return f"check_sparse: accepted on {len(SPARSE)} sets of samples, and on the same sets turned"
