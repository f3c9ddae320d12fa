"""Your data under this chapter's theory: predicted error over training, when to stop, how much ridge, when not to believe it."""

from dataclasses import dataclass
from textwrap import wrap

import numpy as np
from scipy.optimize import minimize_scalar

from dynlib.generalization.evidence import STRONGEST, signal_and_noise
from dynlib_kernels.arguments.arrays import as_array, check_reals
from dynlib_kernels.arguments.scalars import check_seed, whole

TIMES = np.geomspace(1e-2, 1e4, 49)
RIDGES = np.geomspace(1e-5, 1e4, 55)


@dataclass(frozen=True)
class Advice:
    """What ``advise`` found about a data set.

    Rates, times and γ are for features of variance 1/D; errors are in the units of y squared.

    Attributes
    ----------
    samples, features : int
        P and D, the features that vary.
    rates : (D,) float64 array
        Eigenvalues of XXᵀ, falling.
    effective_rank : float
        (Σλ)²/Σλ².
    snr, noise : float
        Estimated: SNR per weight, and the noise variance.
    determined : bool
        Whether the labels tell the two apart. False where they become likelier up to the end of the
        search, SNR = 1e9: snr and noise are then those of that end, and noise may be anything.
    ridge : float
        γ = 1/SNR.
    sklearn_alpha : float
        D γ, for ``Ridge`` on standardised features.
    stopping_time : float
        t, the best time to stop.
    steps_times_rate : float
        t P/D, for gradient descent on half the mean squared error of standardised features.
    times : (T,) float64 array
        The times of the two curves below.
    predicted, measured : (T,) float64 array
        The error at ``times``, by the theory and by cross-validation, for four fifths of the
        samples.
    errors : dict of str to float
        Cross-validated errors, by name.
    ridge_cv_alpha : float
        scikit-learn's choice.
    warnings : tuple of str
        Why the theory may not hold here.

    """

    samples: int
    features: int
    rates: np.ndarray
    effective_rank: float
    snr: float
    noise: float
    determined: bool
    ridge: float
    sklearn_alpha: float
    stopping_time: float
    steps_times_rate: float
    times: np.ndarray
    predicted: np.ndarray
    measured: np.ndarray
    errors: dict[str, float]
    ridge_cv_alpha: float
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"samples     {self.samples}, features {self.features}: α = {self.samples / self.features:.3g} samples a weight",
            f"spectrum    rates {self.rates[-1]:.2g} to {self.rates[0]:.3g}, effective rank {self.effective_rank:.1f}",
            f"signal      SNR {self.snr:.3g} a weight, noise variance {self.noise:.3g}",
            f"ridge       alpha = {self.sklearn_alpha:.3g} on standardised features; RidgeCV says {self.ridge_cv_alpha:.3g}",
            f"stop at     t = {self.stopping_time:.3g}: steps × learning rate = {self.steps_times_rate:.3g}",
            "error       " + ", ".join(f"{name} {error:.4g}" for name, error in self.errors.items()),
        ]
        told = [f"warning     {text}" for text in self.warnings]
        return "\n".join(part for line in lines + told for part in wrap(line, 88, subsequent_indent=" " * 12))


def advise(X, y, *, folds: int = 5, seed: int = 0) -> Advice:
    """Look at a regression problem with this chapter's eyes; arrays as in scikit-learn.

    Features are standardised and divided by √D, y is centred; features that never vary are left
    out. SNR and noise are those that make the labels likeliest. The prediction is R1 with the rates
    of the data in place of their law, and assumes what the theory assumes: uncorrelated features,
    and a teacher that prefers none of them.

    Parameters
    ----------
    X : (samples, features) array_like
        One sample a row.
    y : (samples,) array_like
        The labels.
    folds : int, default 5
        Parts of the cross-validation.
    seed : int, default 0
        Seed of its shuffling.

    Returns
    -------
    Advice
        Prints as a table.

    Raises
    ------
    ValueError
        For shapes that do not fit (a transposed X is named), nan, inf, text, fewer than 10 samples,
        labels or features that never vary, folds outside 2 … samples/2.

    """
    X, y, folds, seed = _checked(X, y, folds, seed)
    X = X[:, np.ptp(X, axis=0) > 0]
    P, D = X.shape
    Z, centred = _standard(X, X), y - y.mean()
    U, s, Vt = np.linalg.svd(Z, full_matrices=False)
    seen = s > 1e-9 * s[0]
    U, lam, Vt = U[:, seen], s[seen] ** 2, Vt[seen]
    coefficients = centred @ U
    rest = max(0.0, centred @ centred - coefficients @ coefficients)
    snr, noise = signal_and_noise(lam, coefficients, rest, P - 1 - len(lam))
    determined = snr < STRONGEST
    stop = _best_time(lam, D, snr)
    alpha = _ridge_cv(Z * np.sqrt(D), centred, D)
    gamma = 1 / snr if snr > 0 else np.inf
    wanted = {
        "mean only": ("t", 0.0),
        "end of training": ("t", np.inf),
        "stopped": ("t", stop),
        "ridge": ("γ", gamma),
        "RidgeCV": ("γ", alpha / D),
    }
    measured, predicted, errors = _cross_validated(X, y, folds, seed, snr, wanted)
    predicted, early = noise * predicted, TIMES <= 10 * stop  # noqa: SIM300
    rates = np.zeros(D)
    rates[: len(lam)] = lam
    return Advice(
        P,
        D,
        rates,
        lam.sum() ** 2 / (lam @ lam),
        snr,
        noise,
        determined,
        gamma,
        D * gamma,
        stop,
        stop * P / D,
        TIMES,
        predicted,
        measured,
        errors,
        alpha,
        _warnings(Z, lam, coefficients, Vt, snr, noise, (predicted / measured)[early]),
    )


def _checked(X, y, folds, seed):
    X, y = check_reals("advise", "X", X, axes=2), as_array("advise", "y", y)
    if y.ndim == 2 and y.shape[1] == 1:
        raise ValueError(f"advise: y has shape {y.shape}; give one axis: y.ravel()")
    y = check_reals("advise", "y", y, axes=1)
    if len(X) != len(y):
        turned = "samples stand in rows here: give X.T" if X.shape[1] == len(y) else "give one label for each row of X"
        raise ValueError(f"advise: X has shape {X.shape} and y has {len(y)} labels; {turned}")
    if len(y) < 10:
        raise ValueError(f"advise: y has {len(y)} labels; signal and noise cannot be told apart with fewer than 10")
    if not np.ptp(y) ** 2 > 0:
        raise ValueError(f"advise: every label of y is {y[0]:g}; labels that never vary have nothing to learn: give others")
    if not (np.ptp(X, axis=0) > 0).any():
        raise ValueError("advise: every column of X is constant; give at least one feature that varies")
    if (most := np.abs(y).max()) > 1e150:
        raise ValueError(f"advise: y holds {most:.3g}, whose square has no float; give labels of at most 1e150")
    if whole(folds) is None or not 2 <= folds <= len(y) // 2:
        raise ValueError(f"advise: folds = {folds!r} must be a whole number from 2 to {len(y) // 2}, half the samples")
    _, size = np.frexp(np.abs(X).max(0))
    return np.ldexp(X, -size), y, int(folds), check_seed("advise", "seed", seed)  # the unit of a feature changes nothing


def _standard(X, by):
    """X (samples, D) in the units of ``by``: mean 0, variance 1/D. A feature that does not vary there stays 0."""
    spread = by.std(0)
    return np.divide(X - by.mean(0), spread * np.sqrt(X.shape[1]), out=np.zeros(X.shape), where=spread > 0)


def _prediction(t, lam, D, snr):
    """R1 with the rates of the data, in units of the noise variance; t a number or (T,)."""
    learned = -np.expm1(-np.multiply.outer(t, lam))
    return 1 + (snr * (D - len(lam) + ((1 - learned) ** 2).sum(-1)) + (learned**2 / lam).sum(-1)) / D


def _best_time(lam, D, snr):
    k = int(np.argmin(_prediction(TIMES, lam, D, snr)))
    if snr == 0 or k == 0:
        return 0.0 if snr == 0 else float(TIMES[0])
    ends = np.log(TIMES[[k - 1, min(k + 1, len(TIMES) - 1)]])
    return float(np.exp(minimize_scalar(lambda x: _prediction(np.exp(x), lam, D, snr), bounds=ends, method="bounded").x))


def _ridge_cv(Z, y, D):
    from sklearn.linear_model import RidgeCV

    return float(RidgeCV(alphas=D * RIDGES).fit(Z, y).alpha_)  # with its intercept, or a left-out label leaks by the mean


def _cross_validated(X, y, folds, seed, snr, wanted):
    """Measured error at TIMES, predicted error for as many samples, and the error of each wanted way, means over the folds."""
    parts = np.array_split(np.random.default_rng(seed).permutation(len(y)), folds)
    squares, predicted = np.zeros(len(TIMES) + len(wanted)), np.zeros(len(TIMES))
    for held in parts:
        fit = np.setdiff1d(np.arange(len(y)), held)
        Z, new, mean = _standard(X[fit], X[fit]), _standard(X[held], X[fit]), y[fit].mean()
        U, s, Vt = np.linalg.svd(Z, full_matrices=False)
        seen = s > 1e-9 * s[0]
        U, lam, Vt = U[:, seen], s[seen] ** 2, Vt[seen]
        ways = [("t", t) for t in TIMES] + list(wanted.values())
        shares = np.array([-np.expm1(-lam * value) if kind == "t" else lam / (lam + value) for kind, value in ways])
        said = mean + (shares / np.sqrt(lam) * ((y[fit] - mean) @ U)) @ (Vt @ new.T)
        squares += ((said - y[held]) ** 2).sum(1)
        predicted += _prediction(TIMES, lam, X.shape[1], snr) / folds
    measured = squares / len(y)
    return measured[: len(TIMES)], predicted, dict(zip(wanted, map(float, measured[len(TIMES) :]), strict=True))


def _warnings(Z, lam, coefficients, Vt, snr, noise, ratio):
    """Reasons to distrust, each with its number. Thresholds: three standard deviations of what the theory's own data would show.

    ratio: predicted over measured error, up to ten times the stopping time; later, a mean over a few folds says little.
    """
    P, D = Z.shape
    found = []
    if D > 1:
        correlation = np.sqrt(max(0.0, ((Z.T @ Z * D / P) ** 2).sum() - D) / (D * (D - 1)))
        if (correlation**2) * (P - 1) > 1 + max(0.2, 6 / D):
            found.append(
                f"features are correlated, {correlation:.2f} in the mean (root of squares) where independent ones show "
                f"{1 / np.sqrt(P - 1):.2f}: the predicted curve assumes that they are not"
            )
    if snr >= STRONGEST:
        found.append(
            f"signal and noise cannot be told apart: the labels become likelier up to SNR = {snr:.0e}, the end of the search; "
            "believe cross-validation, and take neither noise nor ridge from here"
        )
    if snr == 0:
        found.append("no signal was found: no ridge is too strong")
        return tuple(found)
    standard = coefficients**2 / (noise * (1 + snr * lam))
    top = min(3, max(1, len(lam) // 4))
    if standard[:top].mean() > 1 + 3 * np.sqrt(2 / top):
        found.append(
            f"the signal sits in the {top} strongest directions, {standard[:top].mean():.1f} times what an even teacher "
            "puts there: the best ridge is not 1/SNR"
        )
    weights = (np.sqrt(lam) / (lam + 1 / snr) * coefficients) @ Vt
    peaked = D * (weights**4).sum() / (weights**2).sum() ** 2
    if peaked > 3 + 3 * np.sqrt(24 / D):
        found.append(
            f"few weights carry the signal, fourth moment {peaked:.1f} where a normal teacher shows 3: a sparse method "
            "such as LassoCV may beat both"
        )
    miss = np.abs(ratio - 1).max()
    if miss > 0.25:
        found.append(
            f"up to ten times the stopping time, prediction and cross-validation differ by up to {miss:.0%}: believe the second"
        )
    return tuple(found)
