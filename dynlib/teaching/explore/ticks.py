"""Where an axis has its ticks and what they say: steps of 1, 2 or 5, decades on a log axis."""

import math

from dynlib.teaching.explore.levels import Axis

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, decimals: int | None = None) -> str:
    """A number as a reader expects it, with a true minus sign.

    Parameters
    ----------
    value : float
        The number.
    decimals : int, optional
        How many places; six significant digits at most without it.

    Returns
    -------
    str
        Zero has no sign.
    """
    text = f"{value:g}" if decimals is None else f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    return text.replace("-", "−")


def power_of_ten(exponent: int) -> str:
    """10 with a raised exponent, as ``10⁻³``."""
    return "10" + str(exponent).translate(_RAISED)


def nice_step(span: float, count: int, *, whole: bool = False) -> float:
    """The smallest of 1, 2, 5 times a power of ten that divides a span into few enough parts.

    Parameters
    ----------
    span : float
        What is divided.
    count : int
        How many parts there may be.
    whole : bool
        Whether the step is at least 1.

    Returns
    -------
    float
        The step.
    """
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(digit * power for digit in (1, 2, 5, 10) if span / (digit * power) <= count * (1 + 1e-9))
    return max(step, 1.0) if whole else step


def _linear(low: float, high: float, count: int) -> list[tuple[float, str]]:
    step = nice_step(high - low, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    largest = max(abs(first), abs(last)) * step
    exponent = math.floor(math.log10(largest)) if largest else 0
    if -4 < exponent < 5:
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return [(k * step, number(k * step, decimals)) for k in range(first, last + 1)]
    # very large or small: one factor 10^n in every label
    decimals = max(0, exponent - math.floor(math.log10(step) + 1e-9))
    scale = 10.0**exponent
    factor = f"·{power_of_ten(exponent)}"
    return [(k * step, number(k * step / scale, decimals) + factor if k else "0") for k in range(first, last + 1)]


def _logarithmic(low: float, high: float, count: int) -> list[tuple[float, str]]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if math.log10(high / low) <= 2 + 1e-9:  # too few decades to stand alone: take 1, 2, 5 in each
        marks = [digit * 10.0**e for e in range(first - 1, last + 1) for digit in (1, 2, 5)]
        marks = [mark for mark in marks if low * (1 - 1e-9) <= mark <= high * (1 + 1e-9)]
        return [(mark, number(mark)) for mark in marks] if len(marks) > 1 else _linear(low, high, count)
    every = next(k for k in (1, 2, 5, 10, 20, 50, 100, 200) if (last - first) / k <= count)
    decades = [e for e in range(first, last + 1) if e % every == 0]
    plain = first > -3 and last < 4
    return [(10.0**e, number(10.0**e) if plain else power_of_ten(e)) for e in decades]


def ticks(axis: Axis, count: int) -> list[tuple[float, str]]:
    """The major ticks of an axis.

    Parameters
    ----------
    axis : Axis
        The axis.
    count : int
        About how many.

    Returns
    -------
    list of (float, str)
        Value and label.
    """
    return (_logarithmic if axis.log else _linear)(axis.low, axis.high, count)


def minor_ticks(axis: Axis) -> list[float]:
    """2..9 within each decade of a log axis of at most four decades; none on other axes."""
    low, high = axis.ends
    if not axis.log or high - low > 4 + 1e-9:
        return []
    marks = [digit * 10.0**e for e in range(math.floor(low), math.ceil(high) + 1) for digit in range(2, 10)]
    return [mark for mark in marks if axis.low <= mark <= axis.high]
