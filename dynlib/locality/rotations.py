"""Rotations of an input of k patches with d pixels: of the whole, of each patch by its own, of all patches alike.

A rotation is drawn uniformly (from the Haar measure). Halfway to a rotation Q is another one: Q = exp(A) with a skew A, and
exp(angle · A) leads from the identity at 0 to Q at 1, each plane of Q turning at a steady rate. Only rotations without a
reflection (determinant 1) can be reached like this, so those are drawn. A single pixel cannot turn.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from dynlib_kernels.arguments.arrays import check_array
from dynlib_kernels.arguments.scalars import check_choice, check_counts, check_number, check_rng

GROUPS = ("whole input", "each patch its own", "all patches alike", "patches permuted")


def haar_orthogonal(D: int, rng: np.random.Generator) -> np.ndarray:
    """A uniformly random orthogonal matrix, reflections included.

    The Q of a QR decomposition of Gaussians, with its columns' signs chosen so that R has a
    positive diagonal. Without that the law is not uniform [1]_.

    Parameters
    ----------
    D : int
        Rows and columns.
    rng : numpy.random.Generator
        Draws the Gaussians.

    Returns
    -------
    (D, D) float64 array
        Q.

    Raises
    ------
    ValueError
        For D < 1 and anything but a generator.

    References
    ----------
    .. [1] Mezzadri, "How to generate random matrices from the classical compact groups", 2007.

    """
    (D,) = check_counts("haar_orthogonal", D=D)
    check_rng("haar_orthogonal", rng)
    Q, R = np.linalg.qr(rng.standard_normal((D, D)))
    return Q * np.sign(np.diag(R))


def rotation_path(Q: np.ndarray, angle: float) -> np.ndarray:
    """exp(angle · A) for Q = exp(A): the identity at angle 0, Q at 1.

    A real Schur form splits Q into planes that turn by −π … π and axes that stay; two axes that are
    flipped make a plane that turns by π.

    Parameters
    ----------
    Q : (D, D) float array
        A rotation.
    angle : float
        How far to go.

    Returns
    -------
    (D, D) float array
        A rotation.

    Raises
    ------
    ValueError
        When Q is not orthogonal or reflects.

    """
    D = len(check_array("rotation_path", "Q", Q, "D D"))
    angle = check_number("rotation_path", "angle", angle, -math.inf)
    if Q.shape != (D, D):
        raise ValueError(f"rotation_path: Q has shape {Q.shape}; give a square matrix")
    miss = np.abs(Q.T @ Q - np.eye(D)).max()
    if not miss <= 1e-9:
        raise ValueError(f"rotation_path: Q is not orthogonal, QᵀQ misses 1 by {miss:.2g}; its columns must be orthonormal")
    if np.linalg.det(Q) < 0:
        raise ValueError("rotation_path: Q has determinant -1: no path of rotations leads to a reflection; turn round one column")
    T, V = scipy.linalg.schur(Q, output="real")
    paired = np.r_[np.abs(np.diag(T, -1)) > 1e-9, False]  # T has a plane at i, i + 1
    turned = np.eye(D)
    i, flipped = 0, []
    while i < D:
        if paired[i]:
            _turn(turned, i, i + 1, angle * np.arctan2(T[i + 1, i], T[i, i]))
        elif T[i, i] < 0:
            flipped.append(i)
        i += 2 if paired[i] else 1
    for a, b in zip(flipped[::2], flipped[1::2], strict=True):
        _turn(turned, a, b, angle * np.pi)
    return V @ turned @ V.T


def _turn(matrix: np.ndarray, a: int, b: int, by: float) -> None:
    """Turn the plane of the axes a and b."""
    matrix[a, a] = matrix[b, b] = np.cos(by)
    matrix[b, a], matrix[a, b] = np.sin(by), -np.sin(by)


@dataclass(frozen=True)
class Rotation:
    """A drawn rotation of inputs (P, k, d), and the way that leads to it.

    Attributes
    ----------
    group : str
        One of ``GROUPS``.
    ends : array
        (kd, kd) for the whole input, (k, d, d) for each patch its own, (d, d) for all alike, (k,)
        integers that permute.

    """

    group: str
    ends: np.ndarray

    def at(self, angle: float) -> np.ndarray:
        """The rotation at an angle from 0, the identity, to 1, the draw itself.

        Parameters
        ----------
        angle : float
            From 0 to 1.

        Returns
        -------
        array of the shape of ``ends``
            The rotation.

        Raises
        ------
        ValueError
            For an angle outside 0 … 1, and for a permutation between its ends, where there is none.

        """
        if check_number("Rotation.at", "angle", angle, 0) > 1:
            raise ValueError(f"Rotation.at: angle = {angle!r} must be at most 1")
        if self.group == "patches permuted":
            if angle not in (0, 1):
                raise ValueError(f"Rotation.at: angle = {angle!r}; a permutation has no way to it, only 0 and 1")
            return self.ends if angle == 1 else np.arange(len(self.ends))
        if angle == 1:
            return self.ends
        if self.ends.ndim == 3:
            return np.stack([rotation_path(Q, angle) for Q in self.ends])
        return rotation_path(self.ends, angle)


def sample_rotation(group: str, k: int, d: int, rng: np.random.Generator) -> Rotation:
    """Draw a rotation for inputs of k patches with d pixels, uniformly from one of ``GROUPS``.

    Parameters
    ----------
    group : str
        One of ``GROUPS``.
    k, d : int
        Patches, and pixels of each.
    rng : numpy.random.Generator
        Draws the rotation.

    Returns
    -------
    Rotation
        The draw, and the way to it.

    Raises
    ------
    ValueError
        For an unknown group, a count below 1, anything but a generator.

    """
    check_choice("sample_rotation", "group", group, GROUPS)
    check_counts("sample_rotation", k=k, d=d)
    check_rng("sample_rotation", rng)
    if group == "patches permuted":
        return Rotation(group, rng.permutation(k))
    if group == "each patch its own":
        return Rotation(group, np.stack([_without_reflection(d, rng) for _ in range(k)]))
    return Rotation(group, _without_reflection(k * d if group == "whole input" else d, rng))


def _without_reflection(D: int, rng: np.random.Generator) -> np.ndarray:
    Q = haar_orthogonal(D, rng)
    Q[:, 0] *= np.sign(np.linalg.det(Q))
    return Q


def rotate(x: np.ndarray, g: np.ndarray) -> np.ndarray:
    """g applied to each sample.

    Parameters
    ----------
    x : (P, k, d) float array
        Samples.
    g : array
        As ``Rotation.at`` returns it, told apart by its shape: (k,) integers permute patches, (k,
        d, d) turns each patch by its own, (d, d) all alike, (kd, kd) the whole input.

    Returns
    -------
    (P, k, d) array
        The turned samples.

    Raises
    ------
    ValueError
        For an x without three axes and a g that fits none of these.

    """
    P, k, d = check_array("rotate", "x", x, "P k d").shape
    if not isinstance(g, np.ndarray) or isinstance(g, np.ma.MaskedArray) or g.dtype.kind not in "fi" or not np.isfinite(g).all():
        raise ValueError(f"rotate: g = {g!r:.40} must be an array of finite real numbers, or of places that permute patches")
    if np.shape(g) == (k,) and np.asarray(g).dtype.kind == "i":
        if set(g.tolist()) != set(range(k)):
            raise ValueError(f"rotate: g = {g} must be a permutation of 0 to {k - 1}")
        return x[:, g]
    if np.shape(g) == (k, d, d):
        return np.einsum("kab,Pkb->Pka", g, x, optimize=True)
    if np.shape(g) == (d, d):
        return x @ g.T
    if np.shape(g) == (k * d, k * d):
        return (x.reshape(P, -1) @ g.T).reshape(x.shape)
    raise ValueError(
        f"rotate: g has shape {np.shape(g)}; for x {x.shape} it must be ({k},), ({k}, {d}, {d}), ({d}, {d}) or ({k * d}, {k * d})"
    )


def sample_rotated(x: np.ndarray, group: str, rng: np.random.Generator, angle: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """x turned by a random rotation of the group, and the rotation g.

    Turn the test set by the same, ``rotate(x_test, g)``.

    Parameters
    ----------
    x : (P, k, d) float array
        Samples.
    group : str
        One of ``GROUPS``.
    rng : numpy.random.Generator
        Draws the rotation.
    angle : float, default 1
        From 0 (nothing happens) to 1.

    Returns
    -------
    tuple of two arrays
        The turned samples (P, k, d), and g.

    Raises
    ------
    ValueError
        As ``sample_rotation``, ``Rotation.at`` and ``rotate``.

    """
    _, k, d = check_array("sample_rotated", "x", x, "P k d").shape
    g = sample_rotation(group, k, d, rng).at(angle)
    return rotate(x, g), g
