"""A table of results: an HTML table on the page, aligned text where no page is."""

import html
import re
from collections.abc import Sequence

from IPython.display import display

_NUMBER = re.compile(r"[+−-]?[<>≤≥]?\d[\d.,\s%±×e−-]*|–?")


def show(head: Sequence[str], rows: Sequence[Sequence], *, caption: str) -> None:
    """Show a table whose first column names its rows.

    Parameters
    ----------
    head : sequence of str
        A name for each column.
    rows : sequence of sequences
        As long as ``head`` each. Text stands as it is; the page decides the digits of a number by handing
        it over as text.
    caption : str
        A whole sentence that says what to see.

    Raises
    ------
    ValueError
        For no rows, a row of another length, and a caption that is no sentence.
    """
    names, body = [str(cell) for cell in head], [[str(cell) for cell in row] for row in rows]
    if not body:
        raise ValueError("tables.show: rows is empty; give at least one")
    for number, row in enumerate(body):
        if len(row) != len(names):
            raise ValueError(
                f"tables.show: row {number} has {len(row)} cells; head names {len(names)} columns, so give that many"
            )
    if not isinstance(caption, str) or len(caption.split()) < 4 or not caption.strip().endswith((".", "?", "!")):
        raise ValueError(
            f"tables.show: caption = {caption!r} is no whole sentence; say what the table shows, and end with a full stop"
        )
    display({"text/html": _html(names, body, caption), "text/plain": _plain(names, body, caption)}, raw=True)


def _html(head: list[str], rows: list[list[str]], caption: str) -> str:
    # A column of numbers stands to the right, one of words to the left.
    sides = ["number" if all(_NUMBER.fullmatch(row[k]) for row in rows) else "words" for k in range(len(head))]

    def line(cells: list[str], scope: str) -> str:
        first = f'<th scope="{scope}" class="{sides[0]}">{html.escape(cells[0])}</th>'
        tag = "td" if scope == "row" else 'th scope="col"'
        rest = (f'<{tag} class="{side}">{html.escape(cell)}</{tag[:2]}>' for cell, side in zip(cells[1:], sides[1:], strict=True))
        return f"<tr>{first}{''.join(rest)}</tr>"

    body = "\n".join(line(row, "row") for row in rows)
    return (
        f'<div class="dynlib-table-box" tabindex="0"><table class="table dynlib-table">\n'
        f"<caption>{html.escape(caption)}</caption>\n<thead>{line(head, 'col')}</thead>\n"
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def _plain(head: list[str], rows: list[list[str]], caption: str) -> str:
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in [head, *rows]]
    return "\n".join([f"Table: {caption}", *lines])
