"""``{predict}``: a question that a reader answers before the book does, and what its answer rests on.

Nothing that is true is typed into a block: the number, the right choice and the order come from rows of the claims, a curve from
a stored file. The build, the notebook form and the lint read a block with this module. It needs neither torch nor numpy.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from dynlib.teaching.claims.registry import Row
from press.myst import Node
from press.ours import Ours, amount

KINDS = ("number", "choice", "ranking", "curve")
OPTIONS = {
    "name": KINDS,
    "claim": KINDS,
    "widget": KINDS,
    "answers": KINDS,
    "unit": ("number",),
    "scale": ("number",),
    "format": ("number",),
    "range": ("number",),
    "choices": ("choice", "ranking"),
    "order": ("choice", "ranking"),
    "right": ("choice",),
    "ends": ("ranking",),
    "panel": ("curve",),
    "column": ("curve",),
    "over": ("curve",),
    "where": ("curve",),
    "on": ("curve",),
}
NEEDED = {
    "number": ("name", "claim"),
    "choice": ("name", "claim", "choices"),
    "ranking": ("name", "claim", "choices"),
    "curve": ("name", "claim", "widget", "answers", "column", "over"),
}
ORDERS = ("falling", "rising")
ENDS = {"falling": ("largest", "smallest"), "rising": ("smallest", "largest")}
CALLED = {"number": "a number", "choice": "one of these", "ranking": "an order", "curve": "a curve"}
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

Rows = Mapping[str, Row]


@dataclass(frozen=True, eq=False)
class Prediction:
    """One ``{predict}`` block as its author wrote it; :func:`read_prediction` makes it.

    ``question`` and ``answer`` are the block's halves as trees, ``options`` what stands above them.
    """

    kind: str
    options: dict[str, str]
    question: Node
    answer: Node

    @property
    def name(self) -> str:
        return self.options["name"]

    @property
    def slug(self) -> str:
        """The block's id on its page."""
        return f"predict-{self.name}"

    @property
    def ids(self) -> list[str]:
        """The claims that answer it."""
        return self.options["claim"].split()

    @property
    def unit(self) -> str:
        return self.options.get("unit", "").strip("\"'")

    @cached_property
    def ours(self) -> Ours:
        """The number that answers, as the role ``{ours}`` would print it."""
        form = self.options.get("format", "")
        return Ours(self.ids[0], float(self.options.get("scale", 1)), form)

    @property
    def choices(self) -> list[str]:
        return _split(self.options.get("choices", ""), "|")

    @property
    def order(self) -> str:
        return self.options.get("order", "falling")

    @property
    def ends(self) -> tuple[str, str]:
        """What the first and the last place of a ranking are called."""
        ends = _split(self.options.get("ends", ""), "|")
        return (ends[0], ends[1]) if ends else ENDS[self.order]

    @property
    def widget(self) -> str:
        """The name of the widget on whose frames the answer can be seen, or ""."""
        return self.options.get("widget", "")

    @property
    def answers(self) -> list[dict[str, str]]:
        """The frames of the widget that answer: for each a value of some of its controls, by label."""
        return [_pairs(rule) for rule in _split(self.options.get("answers", ""), ";")]

    @property
    def on(self) -> dict[str, str]:
        """The frame of the widget on which a curve is drawn."""
        return _pairs(self.options.get("on", ""))

    @property
    def panel(self) -> int:
        """The panel of the widget on whose axes a curve is drawn."""
        return int(self.options.get("panel", "0"))

    @property
    def range(self) -> tuple[float, float, float] | None:
        """Least and greatest number and the step of a slider, where one is asked for."""
        numbers = [float(text) for text in self.options.get("range", "").split()]
        return (numbers[0], numbers[1], numbers[2]) if numbers else None

    def right(self, rows: Rows) -> int:
        """The number of the right choice."""
        if "right" in self.options:
            return self.choices.index(self.options["right"])
        return self.places(rows).index(0)

    def places(self, rows: Rows) -> list[int]:
        """The place of each choice in the order, from 0; equal values share one."""
        sign = -1 if self.order == "falling" else 1
        values = [sign * amount(rows, id) for id in self.ids]
        return [sum(other < value for other in values) for value in values]

    def curve(self, root: Path) -> tuple[list[float], list[float]]:
        """The curve that answers, out of a stored file of runs.

        Parameters
        ----------
        root : Path
            The repository.

        Returns
        -------
        x, y : list of float
            By increasing x.

        Raises
        ------
        ValueError
            For a file, column or condition that is not there, and for two values at one x.
        """
        (file, y), (other, x) = (self.options[name].rsplit(":", 1) for name in ("column", "over"))
        if other != file:
            raise ValueError(f":over: {other} is another file than :column: {file}; both columns stand in one")
        path = root / file
        if not path.is_file():
            raise ValueError(
                f":column: {file}: no such file; write it from the repository's top, such as dynlib/ROOM/data/runs.csv"
            )
        lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
        rows = list(csv.DictReader(lines))
        where = _pairs(self.options.get("where", ""))
        if missing := [name for name in (x, y, *where) if not rows or name not in rows[0]]:
            raise ValueError(f"{file} has no column {missing[0]!r}")
        found = sorted((float(row[x]), float(row[y])) for row in rows if all(row[name] == where[name] for name in where))
        if len(found) < 2 or len({at for at, _ in found}) < len(found):
            raise ValueError(f"{file}: {len(found)} rows are meant; a curve has at least two, and one for each {x}: see :where:")
        return [at for at, _ in found], [value for _, value in found]


def read_prediction(node: Node) -> Prediction:
    """Read a block.

    Parameters
    ----------
    node : Node
        A ``{predict}`` of a page.

    Returns
    -------
    Prediction
        What it asks.

    Raises
    ------
    ValueError
        For a kind or option that there is none of, one that is missing, and a value that cannot be
        read; the message says what would be right.
    """
    kind, options = node.argument, node.options
    if kind not in KINDS:
        raise ValueError(f"{{predict}} {kind}: the kind is one of {', '.join(KINDS)}")
    for name in options:
        if kind not in OPTIONS.get(name, ()):
            known = [other for other, kinds in OPTIONS.items() if kind in kinds]
            raise ValueError(f"{{predict}} {kind} has no option :{name}:; it may have {', '.join(known)}")
    for name in NEEDED[kind]:
        if not options.get(name, "").strip():
            raise ValueError(f"{{predict}} {kind} needs the option :{name}:")
    if not _SLUG.fullmatch(options["name"]):
        raise ValueError(f":name: {options['name']} must be small letters, digits and hyphens, such as echo-64")
    if ("widget" in options) != ("answers" in options):
        raise ValueError(":widget: and :answers: go together: which widget, and which of its frames give the answer away")
    halves = {half.kind: half for half in node.children}
    for half in ("question", "answer"):
        if half not in halves or not halves[half].text.strip():
            raise ValueError(f"{{predict}} {options['name']} has no {half}: the question, a line ---, and the answer")
    made = Prediction(kind, dict(options), halves["question"], halves["answer"])
    _check(made)
    return made


def predictions_of(tree: Node) -> list[Node]:
    """The ``{predict}`` blocks of a text."""
    return tree.of_kind("predict")


def _check(made: Prediction) -> None:
    """Raise ValueError for what the options of a kind do not say, or say twice."""
    kind, options = made.kind, made.options
    if kind in ("number", "curve") and len(made.ids) > 1:
        raise ValueError(f":claim: {options['claim']} must be one id for a {kind}")
    if kind == "number":
        try:
            made.ours  # noqa: B018
            low, high, step = made.range or (0, 1, 1)
        except (ValueError, IndexError):
            raise ValueError(":scale: is a number, :format: as in {ours}, :range: three numbers: least, greatest, step") from None
        if not (low < high and step > 0):
            raise ValueError(f":range: {options['range']} must be least, greatest and a step above 0")
    if kind in ("choice", "ranking"):
        if len(set(made.choices)) < max(2, len(made.choices)):
            raise ValueError(":choices: must be at least two different ones, with ` | ` between them")
        if made.order not in ORDERS:
            raise ValueError(f":order: {made.order} must be one of {', '.join(ORDERS)}")
        if "ends" in options and len(_split(options["ends"], "|")) != 2:
            raise ValueError(":ends: must be two words with ` | ` between them: what the first place is, and the last")
        single = kind == "choice" and "right" in options
        if single and (options["right"] not in made.choices or len(made.ids) != 1):
            raise ValueError(":right: must be one of the choices, with one tested claim that says so")
        if not single and len(made.ids) != len(made.choices):
            raise ValueError(
                f":claim: has {len(made.ids)} ids for {len(made.choices)} choices: one for each, in their order"
                + (", or one and :right:" if kind == "choice" else "")
            )
    if kind == "curve":
        for name in ("column", "over"):
            if options[name].count(":") != 1:
                raise ValueError(f":{name}: {options[name]} must be FILE:COLUMN, such as dynlib/ROOM/data/runs.csv:loss")
        if not re.fullmatch(r"\d+", options.get("panel", "0")):
            raise ValueError(f":panel: {options['panel']} must be a number, 0 for the widget's first panel")
    for rule in [*made.answers, *([made.on] if made.on else [])]:
        if not rule:
            raise ValueError(":answers: must be LABEL=VALUE, … with `;` between alternatives")


def _split(text: str, mark: str) -> list[str]:
    parts = re.split(rf"\s{re.escape(mark)}\s", text) if mark == "|" else text.split(mark)
    return [part.strip() for part in parts if part.strip()]


def _pairs(text: str) -> dict[str, str]:
    """``a=1, b=two`` as a dict; {} for a text that is not of this form."""
    parts = [part.partition("=") for part in text.split(",")]
    if not all(name.strip() and mark and value.strip() for name, mark, value in parts):
        return {}
    return {name.strip(): value.strip() for name, _, value in parts}
