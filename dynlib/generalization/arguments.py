"""Loads, ratios, times and samples: what this chapter asks of arguments, beyond ``dynlib.scan.arguments``."""

import numpy as np


def check_reals(where: str, name: str, x) -> np.ndarray:
    """x as a float64 array, after a check that it holds real numbers and no nan; infinity may pass."""
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        what = f"= {x!r} is no real number" if array.ndim == 0 else f"is an array of {array.dtype}"
        raise ValueError(f"{where}: {name} {what}; give a float or an array of floats")
    if array.size == 0:
        raise ValueError(f"{where}: {name} has shape {array.shape} and holds nothing; give at least one number")
    array = array.astype(np.float64)
    if np.isnan(array).any():
        raise ValueError(f"{where}: {name} holds nan; np.isnan({name}) says where")
    return array


def check_positive(where: str, **arguments) -> list[np.ndarray]:
    """Each argument as a float64 array, all entries above 0 and finite."""
    arrays = []
    for name, x in arguments.items():
        array = check_reals(where, name, x)
        wrong = array[~((array > 0) & np.isfinite(array))]
        if wrong.size:
            raise ValueError(f"{where}: {name} holds {wrong[0]:g}; it must be above 0 and finite")
        arrays.append(array)
    return arrays


def check_not_negative(where: str, *, infinite: bool = False, **arguments) -> list[np.ndarray]:
    """Each argument as a float64 array, no entry below 0; none infinite unless ``infinite``."""
    arrays = []
    for name, x in arguments.items():
        array = check_reals(where, name, x)
        wrong = array[(array < 0) | (np.isinf(array) & (not infinite))]
        if wrong.size:
            raise ValueError(f"{where}: {name} holds {wrong[0]:g}; it must be at least 0" + ("" if infinite else " and finite"))
        arrays.append(array)
    return arrays


def check_samples(where: str, X, y, w0=None) -> tuple[np.ndarray, ...]:
    """X (N, P), y (P,) and, where given, w0 (N,), as finite float64 arrays; samples are the columns of X.

    Raises: ``ValueError`` for other shapes, nan and inf. Where N and P differ, an X with samples in its rows is recognised.
    """
    X, y = check_numbers(where, "X", X, 2), check_numbers(where, "y", y, 1)
    N, P = X.shape
    if len(y) == N != P:
        raise ValueError(f"{where}: X has shape {X.shape} and y {len(y)} labels: samples stand in its rows; here they are "
                         "columns, give X.T")
    if len(y) != P:
        raise ValueError(f"{where}: X has shape {X.shape}, so P = {P}, but y has {len(y)} labels")
    if w0 is None:
        return X, y
    w0 = check_numbers(where, "w0", w0, 1)
    if len(w0) != N:
        raise ValueError(f"{where}: X has shape {X.shape}, so N = {N}, but w0 has {len(w0)} weights")
    return X, y, w0


def check_numbers(where: str, name: str, x, axes: int) -> np.ndarray:
    """x as a float64 array of finite real numbers with so many axes."""
    array = check_reals(where, name, x)
    if not np.isfinite(array).all():
        raise ValueError(f"{where}: {name} holds inf; np.isinf({name}) says where")
    if array.ndim != axes:
        raise ValueError(f"{where}: {name} has shape {array.shape}; give it {axes} {'axis' if axes == 1 else 'axes'}")
    return array


def check_generator(where: str, rng: np.random.Generator) -> np.random.Generator:
    """rng, a ``numpy.random.Generator``: a draw that cannot be repeated is refused."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{where}: rng = {rng!r} is no Generator; give np.random.default_rng(seed)")
    return rng
