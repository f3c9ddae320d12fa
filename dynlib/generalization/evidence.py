"""How strong is the signal? SNR and noise of a data set, from the one assumption that teacher weights and noise are normal."""

import numpy as np
from scipy.optimize import minimize_scalar

from dynlib_kernels.arguments.arrays import check_not_negative, check_reals

WEAKEST, STRONGEST = 1e-6, 1e9
FLAT = 1e-3  # nats; by less than that no data say anything, and rounding moves the optimum of a curve that has gone flat


def signal_and_noise(rates: np.ndarray, coefficients: np.ndarray, rest: float = 0.0, unseen: int = 0) -> tuple[float, float]:
    """SNR per weight and noise variance that make the labels likeliest.

    With y = w̄X + ε and X = VΛ^{1/2}Uᵀ the coefficients yU are independent, with variances σ²(1 +
    SNR λ); so are those of y outside U, with variance σ². For a given SNR the likeliest σ² is a
    mean; the SNR is then found on a line.

    Parameters
    ----------
    rates : (r,) array
        λ ≥ 0, eigenvalues of XXᵀ with entries of variance 1/D.
    coefficients : (r,) array
        yU.
    rest : float, default 0
        The sum of squares of y outside U.
    unseen : int, default 0
        The number of directions outside U.

    Returns
    -------
    tuple of two floats
        (SNR, σ²); (0, mean square of y) where no signal makes the labels likelier than noise alone,
        and SNR = ``STRONGEST`` where they become likelier up to there: with as many weights as
        samples, a signal without noise may fit all of them.

    Raises
    ------
    ValueError
        For shapes that differ, nan, inf, negative rates, and labels that are all 0.

    """
    where = "signal_and_noise"
    rates = check_not_negative(where, rates=check_reals(where, "rates", rates, axes=1))[0]
    squares = check_reals(where, "coefficients", coefficients, axes=1) ** 2
    if squares.shape != rates.shape:
        raise ValueError(f"{where}: {len(squares)} coefficients for {len(rates)} rates; give one for each")
    if not squares.sum() + rest > 0:
        raise ValueError(f"{where}: coefficients and rest are 0; labels that never vary have no signal and no noise")
    count = len(rates) + unseen

    def noise(snr):
        return ((squares / (1 + snr * rates)).sum() + rest) / count

    def surprise(log_snr):
        snr = np.exp(log_snr)
        return count * np.log(noise(snr)) + np.log1p(snr * rates).sum()

    grid = np.linspace(np.log(WEAKEST), np.log(STRONGEST), 70)
    k = int(np.argmin([surprise(x) for x in grid]))
    if surprise(grid[k]) >= count * np.log(noise(0.0)) or k == 0:
        return 0.0, float(noise(0.0))
    if surprise(grid[-1]) <= surprise(grid[k]) + FLAT:
        return STRONGEST, float(noise(STRONGEST))
    bounds = grid[k - 1], grid[k + 1]
    snr = float(np.exp(minimize_scalar(surprise, bounds=bounds, method="bounded", options={"xatol": 1e-6}).x))
    return snr, float(noise(snr))
