"""Whole numbers, finite numbers, choices and generators."""

import numbers
import operator
import sys

import numpy as np

LARGEST = sys.float_info.max  # a whole number beyond it has no float
MOST = 2**40  # of anything that is counted: no memory holds more, and no loop over them ends


def whole(value) -> int | None:
    """Return value as an int, or None where it is no whole number.

    NumPy's integers and tensors of one integer are whole numbers; 4.0, True and False are not.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    int or None
        The whole number.
    """
    if isinstance(value, bool) or str(getattr(value, "dtype", "")).endswith("bool"):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def check_count(where: str, name: str, value: int, *, least: int = 1, why: str = "") -> int:
    """Return value as an int, a whole number of at least ``least``.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : int
        The argument.
    least : int, default 1
        The smallest that is allowed.
    why : str, default ""
        Ends the refusal.

    Returns
    -------
    int
        value.

    Raises
    ------
    ValueError
        For what is no whole number, below ``least``, or above ``MOST``.
    """
    count = whole(value)
    if count is None or count < least:
        raise ValueError(f"{where}: {name} = {value!r} must be a whole number of at least {least}{why}")
    if count > MOST:
        raise ValueError(f"{where}: {name} = {value!r} is more than any machine holds; it must be at most 2**40")
    return count


def check_counts(where: str, **counts: int) -> list[int]:
    """Return each count as an int, a whole number of at least 1.

    Parameters
    ----------
    where : str
        The function that asks.
    **counts : int
        By name.

    Returns
    -------
    list of int
        The counts, in their order.

    Raises
    ------
    ValueError
        For the first that is none.
    """
    return [check_count(where, name, value) for name, value in counts.items()]


def check_cells(where: str, count: int, each: int, name: str) -> int:
    """Return count, of things with so many numbers each that are made one after the other, if they fit into a memory.

    Parameters
    ----------
    where : str
        The function that asks.
    count : int
        How many.
    each : int
        Numbers of one.
    name : str
        The name of the argument that counts them.

    Returns
    -------
    int
        count.

    Raises
    ------
    ValueError
        For more than 2³² numbers, which would be 32 GiB.
    """
    if count * each > 2**32:
        raise ValueError(f"{where}: {name} = {count} makes {count * each:.2g} numbers, more than a memory holds; take fewer")
    return count


def check_seed(where: str, name: str, value: int) -> int:
    """Return value as an int, a seed: a whole number from 0 to 2⁶⁴ − 1, which both NumPy and torch take.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : int
        The argument.

    Returns
    -------
    int
        value.

    Raises
    ------
    ValueError
        For what is no whole number, or outside.
    """
    seed = whole(value)
    if seed is None or not 0 <= seed < 2**64:
        raise ValueError(f"{where}: {name} = {value!r} must be a whole number from 0 to 2**64 - 1")
    return seed


def check_place(where: str, name: str, value: int, size: int) -> int:
    """Return value as an int, a whole number from 0 to size − 1.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : int
        The argument.
    size : int
        The number of places.

    Returns
    -------
    int
        value.

    Raises
    ------
    ValueError
        For what is no whole number, or outside.
    """
    place = whole(value)
    if place is None or not 0 <= place < size:
        raise ValueError(f"{where}: {name} = {value!r} must be a whole number from 0 to {size - 1}")
    return place


def check_number(where: str, name: str, value: float, low: float, *, open_end: bool = False) -> float:
    """Return value as a float, a finite number of at least ``low``.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : float
        The argument.
    low : float
        The smallest that is allowed.
    open_end : bool, default False
        Whether ``low`` itself is refused.

    Returns
    -------
    float
        value.

    Raises
    ------
    ValueError
        For what is no finite number, or too low.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not -LARGEST <= value <= LARGEST:
        raise ValueError(f"{where}: {name} = {value!r} must be a finite number")
    if value < low or (open_end and value == low):
        raise ValueError(f"{where}: {name} = {value!r} must be {'above' if open_end else 'at least'} {low:g}")
    return float(value)


def check_share(where: str, name: str, value: float) -> float:
    """Return value as a float, a number between 0 and 1, neither of them.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : float
        The argument.

    Returns
    -------
    float
        value.

    Raises
    ------
    ValueError
        For what is no such number.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < value < 1:
        raise ValueError(f"{where}: {name} = {value!r} must lie between 0 and 1, and be neither")
    return float(value)


def check_noise(where: str, sigma: float) -> float:
    """Return sigma, the noise of each pixel (chapter 5), as a float whose fourth power has one.

    Parameters
    ----------
    where : str
        The function that asks.
    sigma : float
        The argument.

    Returns
    -------
    float
        sigma.

    Raises
    ------
    ValueError
        For what is no number above 0, and beyond 1e-70 … 1e70.
    """
    if not 1e-70 <= check_number(where, "sigma", sigma, 0, open_end=True) <= 1e70:
        raise ValueError(f"{where}: sigma = {sigma!r} must lie between 1e-70 and 1e70, where its powers have floats")
    return float(sigma)


def check_choice(where: str, name: str, value: str, choices) -> str:
    """Return value, one of the choices.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : str
        The argument.
    choices : collection of str
        What is known.

    Returns
    -------
    str
        value.

    Raises
    ------
    ValueError
        For another value.
    """
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{where}: {name} = {value!r} is not known; choose from {', '.join(map(repr, choices))}")
    return value


def check_heads(where: str, d: int, s: int) -> int:
    """Return the channels a head, d/s.

    Parameters
    ----------
    where : str
        The function that asks.
    d : int
        Channels.
    s : int
        Heads.

    Returns
    -------
    int
        d/s.

    Raises
    ------
    ValueError
        If s does not divide d.
    """
    if d % s:
        raise ValueError(f"{where}: d = {d} channels do not split over s = {s} heads; make d a multiple of {s}")
    return d // s


def check_has(where: str, name: str, value, *methods: str, like: str):
    """Return value, which has the methods; what they do shows only when they are called.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    value : object
        The argument.
    *methods : str
        What is called later; ``"__call__"`` for the thing itself.
    like : str
        What to give, in words.

    Returns
    -------
    object
        value.

    Raises
    ------
    ValueError
        Where one is missing.
    """
    if not all(callable(getattr(value, method, None)) for method in methods):
        raise ValueError(f"{where}: {name} is a {type(value).__name__}; give {like}")
    return value


def check_generator(where: str, name: str, generator):
    """Return generator, torch's own kind or None.

    Parameters
    ----------
    where : str
        The function that asks.
    name : str
        The argument's name.
    generator : torch.Generator or None
        The argument.

    Returns
    -------
    torch.Generator or None
        The same object.

    Raises
    ------
    ValueError
        For anything else.
    """
    if generator is not None and type(generator).__module__.partition(".")[0] != "torch":
        raise ValueError(f"{where}: {name} is a {type(generator).__name__}; give torch.Generator().manual_seed(0), or None")
    return generator


def check_rng(where: str, rng: np.random.Generator) -> np.random.Generator:
    """Return rng, a generator of one's own.

    The global one would make results depend on what ran before.

    Parameters
    ----------
    where : str
        The function that asks.
    rng : np.random.Generator
        The argument.

    Returns
    -------
    np.random.Generator
        The same object.

    Raises
    ------
    ValueError
        For anything else.
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"{where}: rng is a {type(rng).__name__}; give a generator: np.random.default_rng(0)")
    return rng
