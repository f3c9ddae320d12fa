"""Shows each stored figure in the page's theme and width, with its caption."""

import json
from pathlib import Path

import repository  # noqa: F401  (the press can be imported)
from press.pictures import figure, is_caption, is_figure


def _show(app, docname, source):
    if Path(app.env.doc2path(docname)).suffix != ".ipynb" or app.builder.format != "html":
        return
    notebook, up = json.loads(source[0]), "../" * docname.count("/")
    folder = Path(app.outdir) / "_images"

    def keep(png: bytes, name: str) -> str:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(png)
        return f"{up}_images/{name}"

    for cell in notebook["cells"]:
        if any(is_figure(output) for output in cell.get("outputs", [])):
            cell["outputs"] = [output for output in cell["outputs"] if not is_caption(output)]
            for output in filter(is_figure, cell["outputs"]):
                output["data"] = {"text/html": figure(output, keep)}
    source[0] = json.dumps(notebook)


def setup(app):
    app.connect("source-read", _show)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
