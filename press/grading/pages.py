"""A feedback page for each student, and one sheet for whoever marks the explanations. Nothing of a student's becomes HTML."""

import html

from press.grading.by_hand import by_question
from press.grading.marks import number, total
from press.grading.markup import as_html, line_as_html

STYLE = """body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222832; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .2rem; }
pre { background: #f3f4f6; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }
.full { color: #14532d; } .some { color: #713f12; } .none { color: #7f1d1d; }
blockquote, .written { border-left: .25rem solid #d1d5db; margin-left: 0; padding-left: .8rem; }
code { background: #f3f4f6; } pre code { background: none; }
td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head><body><main>
<h1>{title}</h1>
{body}
</main></body></html>
"""


def feedback_page(record: dict, records: list[dict]) -> str:
    """What one student reads: points, for each exercise the check's line and the case that failed, and what a person said.

    Parameters
    ----------
    record : dict
        The student's.
    records : list of dict
        Everyone's, by which is known what a person has marked.

    Returns
    -------
    str
        A page that needs nothing else.
    """
    points, of = total(record, records)
    body = [f"<p>{number(points)} of {of} points.</p>"]
    body += [f"<p><strong>Note:</strong> {line_as_html(note)}.</p>" for note in record["notes"]]
    for verdict in record["verdicts"]:
        body.append(f"<h2>{line_as_html(verdict['title'])}</h2>")
        body.append(_got(verdict["points"], verdict["of"], line_as_html(verdict["line"])))
        if verdict["case"]:
            body.append(f"<pre>{_safe(verdict['case'])}</pre>")
    for text in record["texts"]:
        body.append(f"<h2>{line_as_html(text['title'])}</h2>")
        if text.get("given") is None:
            body.append(f"<p>A person reads this, for {text['points']} points.</p>")
        else:
            body.append(_got(text["given"], text["points"], ""))
        if text.get("comment"):
            body.append(f"<div>{as_html(text['comment'])}</div>")
        written = as_html(text["written"]) if text["written"] else "<p>Nothing was written.</p>"
        body.append(f'<div class="written">{written}</div>')
    return PAGE.format(title=f"Feedback for {_safe(record['student'])}", style=STYLE, body="\n".join(body))


def marking_sheet(records: list[dict]) -> str:
    """All explanations, question after question, beside the rubric with each student's numbers, for whoever marks them."""
    body, last = [], ""
    for record, text in by_question(records):
        if text["label"] != last:
            body.append(f"<h2>{line_as_html(text['title'])}</h2>")
            last = text["label"]
        rubric = "".join(f"<tr><td>{points}</td><td>{line_as_html(what)}</td></tr>" for points, what in text["rubric"])
        written = as_html(text["written"]) if text["written"] else "<p>Nothing was written.</p>"
        body.append(
            f"<h3>{_safe(record['student'])}</h3><details><summary>What was asked</summary>{as_html(text['prompt'])}</details>"
            f'<div class="written">{written}</div>'
            f"<table><thead><tr><th>points</th><th>for</th></tr></thead><tbody>{rubric}</tbody></table>"
        )
    return PAGE.format(title="Explanations to mark", style=STYLE, body="\n".join(body) or "<p>There are none.</p>")


def _got(points: float, of: int, line: str) -> str:
    """A paragraph with the points and what is to be said; nothing is said of an exercise that does not count."""
    if not of:
        return f"<p>{line}</p>"
    name, sign = ("full", "✓") if points == of else ("some", "◐") if points else ("none", "✗")
    return f'<p class="{name}">{sign} {number(points)} of {of} points. {line}</p>'


def _safe(text: str) -> str:
    return html.escape(str(text), quote=True)
