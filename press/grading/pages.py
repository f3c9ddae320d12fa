"""A feedback page for each student, and one sheet for whoever marks the explanations. Nothing of a student's becomes HTML."""

import html

STYLE = """body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #222832; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .2rem; }
pre { background: #f3f4f6; padding: .6rem; overflow-x: auto; white-space: pre-wrap; }
.full { color: #14532d; } .none { color: #7f1d1d; }
td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head><body><main>
<h1>{title}</h1>
{body}
</main></body></html>
"""


def feedback_page(record: dict) -> str:
    """What one student reads: points, and for each exercise the check's line and the case that failed."""
    points, of = (sum(verdict[key] for verdict in record["verdicts"]) for key in ("points", "of"))
    body = [f"<p>{points} of {of} points.</p>", *(f"<p><strong>Note:</strong> {_safe(note)}.</p>" for note in record["notes"])]
    for verdict in record["verdicts"]:
        full = verdict["points"] == verdict["of"]
        body.append(f"<h2>{_safe(verdict['title'])}</h2>")
        name, sign = ("full", "✓") if full else ("none", "✗")
        got = f"{sign} {verdict['points']} of {verdict['of']} points."
        body.append(f'<p class="{name}">{got} {_safe(verdict["line"])}</p>')
        if verdict["case"]:
            body.append(f"<pre>{_safe(verdict['case'])}</pre>")
    if record["texts"]:
        body.append(
            "<h2>Predict and explain</h2><p>A person reads these: "
            + ", ".join(f"{_safe(text['title'])} ({text['points']} points)" for text in record["texts"])
            + ".</p>"
        )
    return PAGE.format(title=f"Feedback for {_safe(record['student'])}", style=STYLE, body="\n".join(body))


def marking_sheet(records: list[dict]) -> str:
    """All explanations beside the rubric with each student's numbers, for whoever marks them."""
    body = []
    for record in records:
        for text in record["texts"]:
            rubric = "".join(f"<tr><td>{points}</td><td>{_safe(what)}</td></tr>" for points, what in text["rubric"])
            body.append(
                f"<h2>{_safe(record['student'])}: {_safe(text['title'])}</h2><p>{_safe(text['prompt'])}</p>"
                f"<pre>{_safe(text['written']) or 'nothing was written'}</pre>"
                f"<table><thead><tr><th>points</th><th>for</th></tr></thead><tbody>{rubric}</tbody></table>"
            )
    return PAGE.format(title="Explanations to mark", style=STYLE, body="\n".join(body) or "<p>There are none.</p>")


def _safe(text: str) -> str:
    return html.escape(str(text), quote=True)
