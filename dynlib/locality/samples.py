"""One pattern, any place: samples whose label is the sign of a known-length signal that hides in one of k noisy patches.

    x = y · (w* in patch t) + σ ξ,     x ∈ R^{k×d},  y = ±1 and t ∈ {0 … k−1} uniform and independent,  ξ standard normal.

The *moving* signal draws t anew for each sample; the *fixed* signal keeps it. All is float64, and every draw comes from the
generator that is handed over.

After Lahoti, Karp, Winston, Singh, Li (2024), who call the two DSD and SSD; ``replace`` is the task of Karp et al. (2021), where
the signal takes the place of the noise in its patch.
"""

import numpy as np

from dynlib_kernels.arguments.arrays import check_array
from dynlib_kernels.arguments.scalars import check_counts, check_number, check_rng, whole


def sample_dsd(
    P: int,
    k: int,
    d: int,
    sigma: float,
    rng: np.random.Generator,
    *,
    w: np.ndarray | None = None,
    fixed_at: int | None = None,
    replace: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw P labelled inputs of k patches with d pixels.

    Parameters
    ----------
    P : int
        Samples.
    k, d : int
        Patches, and pixels of each.
    sigma : float
        The noise of each pixel, ≥ 0.
    rng : numpy.random.Generator
        Draws everything.
    w : (d,) float array, optional
        The signal, of length 1; the first pixel alone if left out.
    fixed_at : int, optional
        The patch of a fixed signal; it moves if left out.
    replace : bool, default False
        The signal patch carries no noise.

    Returns
    -------
    tuple of three arrays
        x (P, k, d), y (P,) of −1.0 and 1.0, t (P,) the patch that holds the signal.

    Raises
    ------
    ValueError
        For a count below 1, sigma < 0 or nan, a w of another shape or length, fixed_at outside 0 …
        k−1, and anything but a generator.

    """
    P, k, d = check_counts("sample_dsd", P=P, k=k, d=d)
    check_number("sample_dsd", "sigma", sigma, 0)
    check_rng("sample_dsd", rng)
    if w is None:
        w = np.eye(1, d)[0]
    check_array("sample_dsd", "w", w, "d", d=d)
    length = np.linalg.norm(w)
    if abs(length - 1) > 1e-6:
        raise ValueError(f"sample_dsd: w has length {length:.6g}; the signal has length 1: give w / np.linalg.norm(w)")
    if fixed_at is not None and (whole(fixed_at) is None or not 0 <= fixed_at < k):
        raise ValueError(f"sample_dsd: fixed_at = {fixed_at!r} must be a patch, from 0 to {k - 1}, with k = {k} patches")
    y = rng.choice([-1.0, 1.0], P)
    t = rng.integers(0, k, P) if fixed_at is None else np.full(P, fixed_at)
    x = sigma * rng.standard_normal((P, k, d))
    here = np.arange(P), t
    x[here] = y[:, None] * w + (0.0 if replace else x[here])
    return x, y, t
