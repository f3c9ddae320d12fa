"""The widgets' script and style sheet, each one file named by what is in it, on the pages that hold a widget."""

import hashlib
from pathlib import Path

import repository  # noqa: F401  (the library can be imported)
from dynlib.teaching.explore.script import script, style_sheet


def _write(app):
    """Put both files among Sphinx's static files, named by their content so that no browser keeps an old one."""
    folder = Path(app.doctreedir) / "widgets"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    app.dynlib_widgets = {}
    for kind, text in (("js", script()), ("css", style_sheet())):
        name = f"explore-{hashlib.sha256(text.encode()).hexdigest()[:10]}.{kind}"
        (folder / name).write_text(text, encoding="utf-8")
        app.dynlib_widgets[kind] = name
    app.config.html_static_path.append(str(folder))


def _load(app, pagename, templatename, context, doctree):
    if "dynlib-explore" in context.get("body", ""):
        app.add_js_file(app.dynlib_widgets["js"], loading_method="defer")
        app.add_css_file(app.dynlib_widgets["css"])


def setup(app):
    app.connect("builder-inited", _write, priority=100)
    app.connect("html-page-context", _load)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
