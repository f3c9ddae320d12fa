"""A hidden layer that is drawn once and never trained, and the average over all inputs of the product of two of its units."""

import numpy as np

from dynlib_kernels.arguments.arrays import check_reals
from dynlib_kernels.arguments.scalars import check_count, check_counts, check_rng


def relu_features(A: np.ndarray, X: np.ndarray) -> np.ndarray:
    """H = max(X Aᵀ, 0), the features of a layer of ReLU units.

    Parameters
    ----------
    A : (N_h, D) array
        One direction a row.
    X : (P, D) array
        One sample a row.

    Returns
    -------
    (P, N_h) array
        H.

    Raises
    ------
    ValueError
        For arrays that do not fit each other (a transposed X is named), nan, inf.

    """
    A, X = check_reals("relu_features", "A", A, axes=2), check_reals("relu_features", "X", X, axes=2)
    if A.shape[1] != X.shape[1]:
        turned = "; samples are rows here: give X.T" if A.shape[1] == X.shape[0] else "; give both rows of one length"
        raise ValueError(f"relu_features: A has {A.shape[1]} entries a row and X has shape {X.shape}{turned}")
    return np.maximum(X @ A.T, 0)


def random_directions(n_hidden: int, n_inputs: int, rng: np.random.Generator) -> np.ndarray:
    """A matrix of independent normal entries with variance 1/n_inputs: rows of length about 1.

    Parameters
    ----------
    n_hidden : int
        The number of rows.
    n_inputs : int
        Entries of a row.
    rng : numpy.random.Generator
        Draws the entries.

    Returns
    -------
    (n_hidden, n_inputs) float64 array
        A.

    Raises
    ------
    ValueError
        For a count below 1, and anything but a generator.

    """
    n_hidden, n_inputs = check_counts("random_directions", n_hidden=n_hidden, n_inputs=n_inputs)
    return check_rng("random_directions", rng).standard_normal((n_hidden, n_inputs)) / np.sqrt(n_inputs)


def random_relu_features(X: np.ndarray, n_hidden: int, rng: np.random.Generator) -> np.ndarray:
    """Features of a random layer, divided by √n_hidden.

    So that the kernel HHᵀ has a limit for wide layers.

    Parameters
    ----------
    X : (P, D) array
        One sample a row. Give training and test samples in one X: they must meet the same layer.
    n_hidden : int
        The number of units.
    rng : numpy.random.Generator
        Draws the layer.

    Returns
    -------
    (P, n_hidden) array
        H.

    Raises
    ------
    ValueError
        As ``relu_features`` and ``random_directions``.

    """
    X = check_reals("random_relu_features", "X", X, axes=2)
    n_hidden = check_count("random_relu_features", "n_hidden", n_hidden)
    return relu_features(random_directions(n_hidden, X.shape[1], rng), X) / np.sqrt(n_hidden)


def arccos_kernel(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """E max(a·x, 0) max(b·x, 0) over x ~ N(0, I), for all rows a of A and b of B.

    With the angle θ between a and b it is |a||b| (sin θ + (π − θ) cos θ) / 2π: the kernel of degree
    1 of [1]_, halved.

    Parameters
    ----------
    A : (m, D) array
        A row of zeros gives zeros.
    B : (n, D) array
        As A.

    Returns
    -------
    (m, n) array
        The moments.

    Raises
    ------
    ValueError
        For rows of different lengths, nan, inf.

    References
    ----------
    .. [1] Cho and Saul, "Kernel methods for deep learning", 2009.

    """
    A, B = check_reals("arccos_kernel", "A", A, axes=2), check_reals("arccos_kernel", "B", B, axes=2)
    if A.shape[1] != B.shape[1]:
        raise ValueError(f"arccos_kernel: rows of A have {A.shape[1]} entries, rows of B {B.shape[1]}; give both the same")
    for name, rows in (("A", A), ("B", B)):
        if np.abs(rows).max() > 1e150:
            raise ValueError(
                f"arccos_kernel: {name} holds {np.abs(rows).max():.3g}, whose square has no float; give at most 1e150"
            )
    lengths = np.outer(np.linalg.norm(A, axis=1), np.linalg.norm(B, axis=1))
    cosine = np.clip(np.divide(A @ B.T, lengths, out=np.zeros_like(lengths), where=lengths > 0), -1, 1)
    angle = np.arccos(cosine)  # of a row with itself, cosine rounds to just above 1: hence the clip
    return lengths * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi)
