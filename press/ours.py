"""``{ours}`` prints a number of the book in a sentence: out of its claim, so that nobody types it.

``{ours}`echo-64` ``, or with a factor and a format of Python, ``{ours}`echo-64*100:.1f` ``. It needs neither torch nor numpy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dynlib.teaching.claims.registry import Row

_FORM = re.compile(r"(?P<id>[\w.-]+?)\s*(?:(?P<sign>[*/])\s*(?P<factor>\d+(?:\.\d+)?))?\s*(?::(?P<form>,?(?:\.\d+)?[efg]?))?")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Ours:
    """A claim's number, times ``scale``, written as ``form`` says, a format of Python; "" for at most four digits that count."""

    id: str
    scale: float = 1
    form: str = ""

    def value(self, rows: Mapping[str, Row]) -> float:
        """The number.

        Parameters
        ----------
        rows : mapping of str to Row
            The claims by id.

        Returns
        -------
        float
            ``scale`` times the row's value.

        Raises
        ------
        ValueError
            As :func:`amount`.
        """
        return self.scale * amount(rows, self.id)

    def text(self, rows: Mapping[str, Row]) -> str:
        """The number as it is printed."""
        return written(self.value(rows), self.form)

    def printed(self, rows: Mapping[str, Row]) -> tuple[float, float]:
        """The number as it is printed, and how far from it another one may lie that would be printed alike."""
        digits = Decimal(_digits(self.value(rows), self.form).replace(",", ""))
        return float(digits), 0.5 * 10.0 ** int(digits.as_tuple().exponent)


def read_ours(content: str) -> Ours:
    """Read what stands in the role.

    Parameters
    ----------
    content : str
        ``ID``, ``ID*100`` or ``ID/100``, and a format behind a colon.

    Returns
    -------
    Ours
        Which number, and how it is written.

    Raises
    ------
    ValueError
        For another form.
    """
    found = _FORM.fullmatch(content.strip())
    if not found:
        raise ValueError(f"{{ours}}`{content}` must be a claim's id, such as echo-64, echo-64*100 or echo-64*100:.1f")
    factor = float(found["factor"] or 1)
    return Ours(found["id"], 1 / factor if found["sign"] == "/" else factor, found["form"] or "")


def amount(rows: Mapping[str, Row], id: str) -> float:
    """The value of a row that can back a number.

    Parameters
    ----------
    rows : mapping of str to Row
        The claims by id.
    id : str
        The row.

    Returns
    -------
    float
        Its value.

    Raises
    ------
    ValueError
        For an id that there is none of, a row that is not tested, and one whose value is 0, yes or
        no: it says that something holds, and is no number that a reader could have guessed.
    """
    row = tested(rows, id)
    if isinstance(row.value, bool) or not row.value:
        said = "yes or no" if isinstance(row.value, bool) else "0"
        raise ValueError(f"claim {id!r} has the value {said}, which backs no number; name a row that holds the number itself")
    return row.value


def tested(rows: Mapping[str, Row], id: str) -> Row:
    """The row, which must be there and tested; ValueError says what is wrong."""
    if id not in rows:
        raise ValueError(f"claim {id!r} stands in no claims file")
    if rows[id].status != "tested":
        raise ValueError(f"claim {id!r} is {rows[id].status!r}, so nothing holds it to its word; name a tested one")
    return rows[id]


def written(value: float, form: str = "") -> str:
    """A number as the book's sentences have it: 1,000, 61.7, −0.08, 1.4 · 10⁻⁵."""
    digits, _, exponent = _digits(value, form).partition("e")
    return digits.replace("-", "−") + (f" · 10{str(int(exponent)).translate(_RAISED)}" if exponent else "")


def _digits(value: float, form: str) -> str:
    return format(value, form or (",.0f" if value == round(value) and abs(value) < 1e7 else ".4g"))
