"""NumPy arrays of real numbers: those that are taken as they come and made float64, and those that must be floats already."""

import sys

import numpy as np


def is_tensor(x) -> bool:
    """Whether x is a tensor, without importing torch: who holds a tensor has imported it.

    Parameters
    ----------
    x : object
        Anything.

    Returns
    -------
    bool
        True for a torch tensor.
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def as_array(where: str, name: str, x) -> np.ndarray:
    """Return x, a tensor or whatever NumPy makes an array of, as an array.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    x : tensor or array_like
        A tensor is detached and brought to the CPU.

    Returns
    -------
    array
        Of x's own dtype.

    Raises
    ------
    ValueError
        For rows of different lengths, and for a masked array: its mask would be ignored.
    """
    if isinstance(x, np.ma.MaskedArray):
        raise ValueError(
            f"{where}: {name} is a masked array, and its mask would be ignored; give {name}.filled(…) or what is left"
        )
    try:
        return x.detach().cpu().resolve_conj().numpy() if is_tensor(x) else np.asarray(x)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(
            f"{where}: {name} is a {type(x).__name__} that makes no array ({error}); give an array of numbers"
        ) from None


def check_reals(where: str, name: str, x, *, axes: int | None = None, infinite: bool = False) -> np.ndarray:
    """Return x as float64, after a check that it holds real numbers.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    x : array_like
        Not empty, and without nan.
    axes : int, optional
        How many it must have; any number if left out.
    infinite : bool, default False
        Whether it may hold infinity.

    Returns
    -------
    float64 array
        x.

    Raises
    ------
    ValueError
        For what is no real number, an empty array, nan, infinity unless ``infinite``, and another
        number of axes.
    """
    array = as_array(where, name, x)
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
    """Return each argument as a float64 array, all entries above 0 and finite.

    Parameters
    ----------
    where : str
        The function that asks.
    **arguments : array_like
        By name.

    Returns
    -------
    list of float64 arrays
        The arguments, in their order.

    Raises
    ------
    ValueError
        For an entry that is not above 0, or not finite.
    """
    arrays = []
    for name, x in arguments.items():
        array = check_reals(where, name, x, infinite=True)
        wrong = array[~((array > 0) & np.isfinite(array))]
        if wrong.size:
            raise ValueError(f"{where}: {name} holds {wrong[0]:g}; it must be above 0 and finite")
        arrays.append(array)
    return arrays


def check_not_negative(where: str, *, infinite: bool = False, **arguments) -> list[np.ndarray]:
    """Return each argument as a float64 array, no entry below 0.

    Parameters
    ----------
    where : str
        The function that asks.
    infinite : bool, default False
        Whether entries may be infinite.
    **arguments : array_like
        By name.

    Returns
    -------
    list of float64 arrays
        The arguments, in their order.

    Raises
    ------
    ValueError
        For an entry below 0, and for infinity unless ``infinite``.
    """
    arrays = []
    for name, x in arguments.items():
        array = check_reals(where, name, x, infinite=True)
        wrong = array[(array < 0) | (np.isinf(array) & (not infinite))]
        if wrong.size:
            raise ValueError(f"{where}: {name} holds {wrong[0]:g}; it must be at least 0" + ("" if infinite else " and finite"))
        arrays.append(array)
    return arrays


def check_array(where: str, name: str, value, axes: str, *, like: str = "x", **sizes: int) -> np.ndarray:
    """Return value, a float array of finite numbers with the lettered axes.

    Integers are refused: a filter that is trained in place would be rounded at every step.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : array
        May be empty along P.
    axes : str
        One letter for each axis, "P k d" for instance.
    like : str, default "x"
        The argument that sets the sizes.
    **sizes : int
        Fixes letters: k=4 asks for 4 entries on the axis k.

    Returns
    -------
    array
        The same object.

    Raises
    ------
    ValueError
        For what is no float array, other axes or sizes, an empty axis but P, nan and inf.
    """
    if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{where}: {name} is a {type(value).__name__}; give a float array: np.asarray({name}, dtype=float)")
    if value.dtype.kind != "f":
        raise ValueError(f"{where}: {name} is {value.dtype}; give real floating numbers: {name}.astype(float)")
    letters = axes.split()
    if value.ndim != len(letters):
        raise ValueError(f"{where}: {name} has shape {value.shape}; give it the axes ({', '.join(letters)})")
    for letter, size in zip(letters, value.shape, strict=True):
        if letter in sizes and size != sizes[letter]:
            raise ValueError(
                f"{where}: {name} of shape {value.shape} has {letter} = {size}, expected {sizes[letter]} as {like} has; "
                f"its axes are ({', '.join(letters)})"
            )
        if size == 0 and letter != "P":
            raise ValueError(f"{where}: {name} has shape {value.shape}; the axis {letter} needs at least one entry")
    if not np.isfinite(value).all():
        raise ValueError(f"{where}: {name} holds nan or inf; np.isfinite({name}) says where")
    return value
