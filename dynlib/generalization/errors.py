"""The error of a linear student over the time of its training, averaged over data sets, in the limit of many weights.

    E_g(t) = 1 + ∫ ρ(λ) [S e^{−2λt} + (1 − e^{−λt})²/λ] dλ          S = SNR + INR
    E_t(t) = (1/α) ∫ ρ(λ) (λS + 1) e^{−2λt} dλ + 1 − 1/α

in units of the noise variance; ρ is the Marchenko–Pastur law with its atom. Only S enters, since a student that starts at w(0)
has to come as far as one that starts at 0 with a teacher w̄ − w(0). Following Advani, Saxe and Sompolinsky 2020; derivations ours.

Arguments broadcast: S enters linearly, so a table over t, α and SNR costs no more integrals than one over t and α.
"""

from collections.abc import Callable

import numpy as np

from dynlib.generalization.spectrum import crowded_quadrature, marchenko_pastur_atom
from dynlib_kernels.arguments.arrays import check_not_negative, check_positive

BLOCK = 2**20  # numbers of one table of modes by times: 8 MiB


def spectral_average(f: str, t: np.ndarray, alpha: np.ndarray, weight: Callable = np.ones_like) -> np.ndarray:
    """∫ ρ(λ) weight(λ) f(λ, t) dλ over the continuous part of the spectrum.

    Each α that occurs costs one sum over its modes for all times that go with it.

    Parameters
    ----------
    f : str
        The name of one of the functions f of ``dynlib_kernels.spectral``.
    t : array
        Times, t ≥ 0.
    alpha : array
        α > 0; broadcasts with t.
    weight : callable, default all ones
        Takes the rates λ and returns an array of their shape.

    Returns
    -------
    float64 array of the broadcast shape
        The averages.

    """
    from dynlib_kernels.engine import torch  # here, because all else in this chapter needs numpy only
    from dynlib_kernels.spectral import spectral_ref

    t, alpha = np.broadcast_arrays(t, alpha)
    average = np.empty(t.shape)
    for a in np.unique(alpha):
        lam, rho = crowded_quadrature(float(a))
        modes, rates = torch.from_numpy(rho * weight(lam))[None], torch.tensor(lam)[None]
        here = alpha == a
        parts = torch.from_numpy(t[here]).split(BLOCK // len(lam))
        average[here] = np.concatenate([spectral_ref(modes, rates, times, f)[0].numpy() for times in parts])
    return average


def _checked(where: str, t, alpha, snr, inr, noise_var, tau) -> tuple[np.ndarray, ...]:
    """t in units of τ, α, SNR, INR and the noise variance, as arrays."""
    (t,) = check_not_negative(where, infinite=True, t=t)
    snr, inr = check_not_negative(where, snr=snr, inr=inr)
    alpha, noise_var, tau = check_positive(where, alpha=alpha, noise_var=noise_var, tau=tau)
    return t / tau, alpha, snr, inr, noise_var


def generalization_error(t, alpha, snr, inr=0.0, noise_var=1.0, tau=1.0):
    """The expected squared error on a new sample after training for the time t.

    It contains the label noise. All arguments broadcast.

    Parameters
    ----------
    t : array_like
        The time, t ≥ 0; inf allowed.
    alpha : array_like
        α = P/N > 0, samples per weight.
    snr : array_like
        SNR ≥ 0, the variance of a teacher's weight over the noise variance.
    inr : array_like, default 0
        INR ≥ 0, the variance of an initial weight over the noise variance.
    noise_var : array_like, default 1
        The noise variance, > 0.
    tau : array_like, default 1
        τ > 0, the time constant of gradient flow on ½‖y − wX‖².

    Returns
    -------
    float64 array of the broadcast shape, or a number
        At t = 0 it is 1 + S times the noise variance, at t = inf ``asymptotic_error``.

    Raises
    ------
    ValueError
        For other values, nan and complex numbers.

    """
    t, alpha, snr, inr, noise_var = _checked("generalization_error", t, alpha, snr, inr, noise_var, tau)
    left = spectral_average("decay", t, alpha) + marchenko_pastur_atom(alpha)
    error = 1 + (snr + inr) * left + spectral_average("noise", t, alpha)
    return (noise_var * np.where(np.isinf(t), asymptotic_error(alpha, snr, inr), error))[()]


def training_error(t, alpha, snr, inr=0.0, noise_var=1.0, tau=1.0):
    """The expected mean squared error on the P training samples after the time t.

    It never rises: from 1 + S at t = 0 to max(0, 1 − 1/α) at t = inf, both times the noise
    variance.

    Parameters
    ----------
    t, alpha, snr, inr, noise_var, tau : array_like
        As ``generalization_error``.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        The error.

    Raises
    ------
    ValueError
        As ``generalization_error``.

    """
    t, alpha, snr, inr, noise_var = _checked("training_error", t, alpha, snr, inr, noise_var, tau)
    signal = spectral_average("decay", t, alpha, weight=lambda lam: lam)
    fitted = ((snr + inr) * signal + spectral_average("decay", t, alpha)) / alpha + np.maximum(0, 1 - 1 / alpha)
    return (noise_var * np.where(np.isinf(t), np.maximum(0, 1 - 1 / alpha), fitted))[()]


def asymptotic_error(alpha, snr, inr=0.0):
    """The generalization error at the end of training, in units of the noise variance.

    α < 1: 1/(1 − α) + (1 − α)(SNR + INR). α > 1: α/(α − 1), the start is forgotten. α = 1: inf.

    Parameters
    ----------
    alpha : array_like
        α > 0, samples per weight.
    snr : array_like
        SNR ≥ 0; broadcasts.
    inr : array_like, default 0
        INR ≥ 0; broadcasts.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        The error.

    Raises
    ------
    ValueError
        For other values, nan and complex numbers.

    """
    where = "asymptotic_error"
    (alpha,), (snr, inr) = check_positive(where, alpha=alpha), check_not_negative(where, snr=snr, inr=inr)
    gap = np.abs(1 - alpha)
    noise = np.divide(np.minimum(1, alpha), gap, out=np.full(alpha.shape, np.inf), where=gap > 0)
    return (1 + noise + marchenko_pastur_atom(alpha) * (snr + inr))[()]


def finite_size_asymptotic_error(n, p, snr, inr=0.0):
    """``asymptotic_error`` for n weights and p samples: the exact mean over data sets.

    The entries are normal. p > n + 1: 1 + n/(p − n − 1). p < n − 1: 1 + p/(n − p − 1) + (1 −
    p/n)(SNR + INR). Between, |p − n| ≤ 1: inf, the mean does not exist. From the mean of an inverse
    Wishart matrix.

    Parameters
    ----------
    n, p : array_like
        Weights and samples, whole numbers of at least 1; all arguments broadcast.
    snr : array_like
        SNR ≥ 0.
    inr : array_like, default 0
        INR ≥ 0.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        The error, in units of the noise variance.

    Raises
    ------
    ValueError
        For n or p that are not whole or below 1, and negative snr or inr.

    """
    where = "finite_size_asymptotic_error"
    n, p = check_positive(where, n=n, p=p)
    for name, count in (("n", n), ("p", p)):
        if (count != np.round(count)).any():
            raise ValueError(f"{where}: {name} holds {count[count != np.round(count)][0]:g}; give whole numbers of at least 1")
    snr, inr = check_not_negative(where, snr=snr, inr=inr)
    n, p, S = np.broadcast_arrays(n, p, snr + inr)
    gap = np.abs(p - n) - 1
    noise = np.divide(np.minimum(n, p), gap, out=np.full(n.shape, np.inf), where=gap > 0)
    return (1 + noise + np.maximum(0, 1 - p / n) * S)[()]


def weight_norm(t, alpha, snr, inr=0.0, noise_var=1.0, tau=1.0):
    """The expected ‖w(t)‖²/N.

    ∫ ρ [(1 − e)² (SNR + 1/λ) + INR e²] over λ > 0, with e = e^{−λt}, and max(0, 1 − α) INR. At t =
    inf it is α SNR + α/(1 − α) + (1 − α) INR for α < 1, SNR + 1/(α − 1) for α > 1, and inf at α =
    1.

    Parameters
    ----------
    t, alpha, snr, inr, noise_var, tau : array_like
        As ``generalization_error``.

    Returns
    -------
    float64 array of the broadcast shape, or a number
        The mean square of a weight, times the noise variance.

    Raises
    ------
    ValueError
        As ``generalization_error``.

    """
    t, alpha, snr, inr, noise_var = _checked("weight_norm", t, alpha, snr, inr, noise_var, tau)
    atom, seen = marchenko_pastur_atom(alpha), np.minimum(1, alpha)
    decay, noise = spectral_average("decay", t, alpha), spectral_average("noise", t, alpha)
    learned = 2 * spectral_average("learned", t, alpha) - seen + decay  # (1 − e)² = 2(1 − e) − 1 + e²
    end = seen * snr + asymptotic_error(alpha, 0.0) - 1 + atom * inr
    return (noise_var * np.where(np.isinf(t), end, learned * snr + noise + (decay + atom) * inr))[()]
