"""Ridge regression in the same theory: what charging for large weights costs and saves, and the best charge."""

import numpy as np

from dynlib.generalization.errors import asymptotic_error
from dynlib.generalization.spectrum import crowded_quadrature, marchenko_pastur_atom, marchenko_pastur_stieltjes
from dynlib_kernels.arguments.arrays import check_not_negative, check_positive


def ridge_error(gamma, alpha, snr):
    """The generalization error of the minimum of ‖y − wX‖² + γ‖w‖².

    In units of the noise variance and including it: 1 + ∫ ρ(λ) (γ² SNR + λ)/(λ + γ)² dλ, with the
    atom. γ is for inputs of variance 1/N; where they have variance 1, as after scikit-learn's
    ``StandardScaler``, the same model has the penalty N γ.

    Parameters
    ----------
    gamma : array_like
        γ ≥ 0; inf allowed: the answer is then always 0. γ = 0 is the end of training from 0, inf at
        α = 1.
    alpha : array_like
        α > 0, samples per weight; broadcasts.
    snr : array_like
        SNR ≥ 0; broadcasts.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        The error.

    Raises
    ------
    ValueError
        For other values.

    """
    where = "ridge_error"
    (gamma,), (alpha,) = check_not_negative(where, infinite=True, gamma=gamma), check_positive(where, alpha=alpha)
    (snr,) = check_not_negative(where, snr=snr)
    pull, noise = _averages(*np.broadcast_arrays(gamma, alpha))
    end = np.equal(gamma, 0)
    error = 1 + (pull + marchenko_pastur_atom(alpha)) * snr + noise
    return np.where(end, asymptotic_error(alpha, snr), error)[()]


def _averages(gamma: np.ndarray, alpha: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """∫ ρ γ²/(λ + γ)² and ∫ ρ λ/(λ + γ)² over the continuous part, entry by entry of two arrays of one shape."""
    pull, noise = np.empty(gamma.shape), np.empty(gamma.shape)
    for a in np.unique(alpha):
        lam, weight = crowded_quadrature(float(a))
        here = alpha == a
        keeps = lam / (lam + gamma[here][:, None])  # 0 at γ = ∞
        pull[here], noise[here] = (1 - keeps) ** 2 @ weight, keeps**2 / lam @ weight
    return pull, noise


def optimal_ridge(alpha, snr):
    """The best γ, which is 1/SNR at every α, and its error 1 + m(−1/SNR).

    At SNR = 0 it is γ = inf with the error 1.

    Parameters
    ----------
    alpha : array_like
        α > 0, samples per weight.
    snr : array_like
        SNR ≥ 0; broadcasts.

    Returns
    -------
    tuple
        (γ, error), each of the broadcast shape; the error in units of the noise variance.

    Raises
    ------
    ValueError
        For other values.

    """
    (alpha,), (snr,) = check_positive("optimal_ridge", alpha=alpha), check_not_negative("optimal_ridge", snr=snr)
    alpha, snr = np.broadcast_arrays(alpha, snr)
    gamma = np.divide(1.0, snr, out=np.full(snr.shape, np.inf), where=snr > 0)
    finite = np.where(snr > 0, gamma, 1.0)
    return gamma[()], np.where(snr > 0, 1 + marchenko_pastur_stieltjes(finite, alpha), 1.0)[()]
