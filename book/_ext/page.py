"""What every page gets: no script from outside, claims that link to the ledger, how its numbers were made, and its notebook."""

import html
import json
import re
from pathlib import Path

from docutils import nodes

import repository  # noqa: F401  (the press can be imported)
from order import checks_list
from press.chapter import CLAIM
from press.colab import colab
from press.solutions import BEGIN, END
from press.widgets import on_the_site
from repository import REPO


def _mend_lists(app, pagename, templatename, context, doctree):
    """A bibliography's entries have a role that must not stand in an element with the role of a list."""
    if "body" in context:
        context["body"] = context["body"].replace('role="list" class="citation-list"', 'class="citation-list"')


def _drop_scripts(app, pagename, templatename, context, doctree):
    """Keep each script once, and none of sphinx-thebe's: the theme loads it even where no page uses it, from outside."""
    kept, seen = [], set()
    for script in context.get("script_files", []):
        body = (getattr(script, "attributes", None) or {}).get("body") or ""
        name = str(getattr(script, "filename", script) or "")
        if "THEBE_JS_URL" in body or "thebe" in name or (name, body) in seen:
            continue
        seen.add((name, body))
        kept.append(script)
    context["script_files"] = kept


def _name_fold(cell) -> None:
    """Say on a folded cell what is in it."""
    cell["metadata"].setdefault("mystnb", {}).update(code_prompt_show="Code", code_prompt_hide="Code")


def _drop_marks(cell) -> None:
    """Leave out the lines by which a release finds the body of a solution."""
    lines = "".join(cell["source"]).splitlines(keepends=True)
    cell["source"] = [line for line in lines if line.strip() not in (BEGIN, END)]


def _gather_checks(cell, up: str) -> None:
    """Make one list of a cell's claims, each with a link to its row in the ledger, where the first of them stood."""
    kept, lines, first = [], [], None
    for output in cell.get("outputs", []):
        record = output.get("data", {}).pop(CLAIM, None)
        if record:
            said = "".join(output["data"]["text/plain"]).removeprefix(f"✓ {record['id']}")
            lines.append(f'<a href="{up}claims.html#claim-{record["id"]}">{record["id"]}</a>{html.escape(said)}')
            if first is not None:
                continue
            first = output
        kept.append(output)
    if first is not None:
        first["data"] = {"text/html": checks_list(lines)}
        cell["outputs"] = kept


def _prepare(app, docname, source):
    """Name the folded cells, leave out marks, and gather the lines of a cell's claims."""
    if Path(app.env.doc2path(docname)).suffix != ".ipynb":
        return
    notebook = json.loads(source[0])
    up = "../" * docname.count("/")
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            _name_fold(cell)
            _drop_marks(cell)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = on_the_site("".join(data["text/html"]))
        _gather_checks(cell, up)
    source[0] = json.dumps(notebook)


def _reproduce_line(app, doctree):
    """At the end of a notebook's page: when it ran, how long, with what, and how to run it again."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    made = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("dynamics")
    if not made:
        return
    room = path.parent.name if path.parent.name != Path(app.srcdir).name else path.stem
    versions = ", ".join(f"{name} {version}" for name, version in sorted(made["versions"].items()))
    line = nodes.paragraph(classes=["reproduce"])
    used = f"in {made['seconds']:.0f} s and {made['peak_mib']} MiB with {versions}"
    line += nodes.Text(f"Ran on {made['executed']} {used}. Run it again: ")
    line += nodes.literal(text=f"make run ROOM={room}")
    next(iter(doctree.findall(nodes.section)), doctree).append(line)


# A browser refuses to fetch these in advance where a page is a file
_PRELOADED = re.compile(r'<link rel="preload" as="font"[^>]*>\s*')


def _drop_files(app, exception):
    """Leave out what no reader needs: source maps, 1.5 MB of script for icons that the style sheet draws already, and fonts that
    are fetched before anything asks for them."""
    if exception or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        page.write_text(_PRELOADED.sub("", text), encoding="utf-8")
    static = Path(app.outdir) / "_static"
    for path in static.rglob("*.map"):
        path.unlink()
    for path in static.rglob("*.js"):
        if "fontawesome" in path.as_posix():
            path.write_text("// The icons come from the style sheet.\n", encoding="utf-8")


def _give_notebooks(app, exception):
    """Behind the download button lies the reader's form of a page, which runs wherever it is opened."""
    if not exception and app.builder.format == "html":
        colab(REPO, [], Path(app.outdir) / "_sources")


def setup(app):
    app.connect("html-page-context", _drop_scripts, priority=900)
    app.connect("html-page-context", _mend_lists)
    app.connect("source-read", _prepare)
    app.connect("build-finished", _drop_files)
    app.connect("build-finished", _give_notebooks)
    app.connect("doctree-read", _reproduce_line)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
