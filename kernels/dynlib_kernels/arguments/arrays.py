"""NumPy arrays of real numbers: those that are taken as they come and made float64, and those that must be floats already."""

import sys

import numpy as np


def is_tensor(x) -> bool:
    """Whether x is a tensor, without importing torch: who holds a tensor has imported it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def as_array(x) -> np.ndarray:
    """x, a tensor or whatever NumPy makes an array of, as an array."""
    return x.detach().cpu().numpy() if is_tensor(x) else np.asarray(x)


def check_reals(where: str, name: str, x, *, axes: int | None = None, infinite: bool = False) -> np.ndarray:
    """x as a float64 array, after a check that it holds real numbers, no nan and, unless ``infinite``, no infinity.

    axes: how many it must have; any number if left out.
    """
    array = np.asarray(x)
    if array.dtype.kind not in "fiu":
        what = f"= {x!r} is no real number" if array.ndim == 0 else f"is an array of {array.dtype}"
        raise ValueError(f"{where}: {name} {what}; give a float or an array of floats")
    if array.size == 0:
        raise ValueError(f"{where}: {name} has shape {array.shape} and holds nothing; give at least one number")
    array = array.astype(np.float64)
    if np.isnan(array).any():
        raise ValueError(f"{where}: {name} holds nan; np.isnan({name}) says where")
    if not infinite and np.isinf(array).any():
        raise ValueError(f"{where}: {name} holds inf; np.isinf({name}) says where")
    if axes is not None and array.ndim != axes:
        raise ValueError(f"{where}: {name} has shape {array.shape}; give it {axes} {'axis' if axes == 1 else 'axes'}")
    return array


def check_positive(where: str, **arguments) -> list[np.ndarray]:
    """Each argument as a float64 array, all entries above 0 and finite."""
    arrays = []
    for name, x in arguments.items():
        array = check_reals(where, name, x, infinite=True)
        wrong = array[~((array > 0) & np.isfinite(array))]
        if wrong.size:
            raise ValueError(f"{where}: {name} holds {wrong[0]:g}; it must be above 0 and finite")
        arrays.append(array)
    return arrays


def check_not_negative(where: str, *, infinite: bool = False, **arguments) -> list[np.ndarray]:
    """Each argument as a float64 array, no entry below 0; none infinite unless ``infinite``."""
    arrays = []
    for name, x in arguments.items():
        array = check_reals(where, name, x, infinite=True)
        wrong = array[(array < 0) | (np.isinf(array) & (not infinite))]
        if wrong.size:
            raise ValueError(f"{where}: {name} holds {wrong[0]:g}; it must be at least 0" + ("" if infinite else " and finite"))
        arrays.append(array)
    return arrays


def check_array(where: str, name: str, value, axes: str, **sizes: int) -> np.ndarray:
    """Return value, a float array of finite numbers with the lettered axes, "P k d" for instance.

    ``sizes`` fixes letters: k=4 asks for 4 entries on the axis k. An array may be empty along P. Integers are refused: a filter
    that is trained in place would be rounded at every step.
    """
    if not isinstance(value, np.ndarray):
        raise ValueError(f"{where}: {name} is a {type(value).__name__}; give a float array: np.asarray({name}, dtype=float)")
    if value.dtype.kind != "f":
        raise ValueError(f"{where}: {name} is {value.dtype}; give real floating numbers: {name}.astype(float)")
    letters = axes.split()
    if value.ndim != len(letters):
        raise ValueError(f"{where}: {name} has shape {value.shape}; give it the axes ({', '.join(letters)})")
    for letter, size in zip(letters, value.shape, strict=True):
        if letter in sizes and size != sizes[letter]:
            raise ValueError(f"{where}: {name} of shape {value.shape} has {letter} = {size}, expected {sizes[letter]}; "
                             f"its axes are ({', '.join(letters)})")
        if size == 0 and letter != "P":
            raise ValueError(f"{where}: {name} has shape {value.shape}; the axis {letter} needs at least one entry")
    if not np.isfinite(value).all():
        raise ValueError(f"{where}: {name} holds nan or inf; np.isfinite({name}) says where")
    return value
