"""Shows each stored figure in the page's theme and width, with its caption."""

import json
from pathlib import Path

import repository  # noqa: F401  (the press can be imported)
from press.pictures import figure, is_caption, is_figure


def _notebook(app, docname):
    """Where a page stands as a notebook; None for others."""
    path = Path(app.env.doc2path(docname))
    return path if path.suffix == ".ipynb" and app.builder.format == "html" else None


def _show(app, docname, source):
    if not _notebook(app, docname):
        return
    notebook, up = json.loads(source[0]), "../" * docname.count("/")
    for cell in notebook["cells"]:
        if any(is_figure(output) for output in cell.get("outputs", [])):
            cell["outputs"] = [output for output in cell["outputs"] if not is_caption(output)]
            for output in filter(is_figure, cell["outputs"]):
                output["data"] = {"text/html": figure(output, lambda png, name: f"{up}_images/{name}")}
    source[0] = json.dumps(notebook)


def _write(app, exception):
    """Write every page's pictures, also those of pages that Sphinx kept from an older build."""
    if exception:
        return

    def keep(png: bytes, name: str) -> str:
        (folder / name).write_bytes(png)
        return name

    folder = Path(app.outdir) / "_images"
    folder.mkdir(parents=True, exist_ok=True)
    for path in filter(None, (_notebook(app, docname) for docname in app.env.found_docs)):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in filter(is_figure, cell.get("outputs", [])):
                figure(output, keep)


def setup(app):
    app.connect("source-read", _show)
    app.connect("build-finished", _write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
