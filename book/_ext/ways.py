"""The bar under a page's title: how long it takes, what one needs to know, and where to run it.

A page may say so itself, right after its title::

    ```{ways}
    :minutes: 10
    :needs: the exponential of a complex number
    ```

Without it, or without ``:minutes:``, the minutes are estimated. *Notebook* is the reader's form that the site serves; *Colab*
opens it there, once the repository's address is set in pyproject.toml and the site lies on its branch ``gh-pages``.
"""

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst.directives import positive_int, unchanged
from sphinx.util.docutils import SphinxDirective

import repository  # noqa: F401  (the press can be imported)
from elements import made
from ledger import pages
from press.contents import places
from press.reading import address, colab, minutes
from repository import REPO


class ways(nodes.General, nodes.Element):  # noqa: N801  (docutils names its nodes so)
    """What a page says of itself; the bar takes its place."""


class Ways(SphinxDirective):
    option_spec: ClassVar = {"minutes": positive_int, "needs": unchanged}

    def run(self):
        said = ways(minutes=self.options.get("minutes"))
        if needs := self.options.get("needs"):
            said += self.parse_text_to_nodes(needs)[0].children
        return [said]


def _bar(app, doctree) -> None:
    docname = app.env.docname
    said = next(iter(doctree.findall(ways)), None)
    is_notebook = app.env.doc2path(docname).endswith(".ipynb")
    section = next((node for node in doctree.children if isinstance(node, nodes.section)), None)
    if said is not None:
        said.parent.remove(said)
    if section is None or not (said or (is_notebook and docname in places(REPO))):
        return
    parts = []
    count = said["minutes"] if said else None
    if count is None and is_notebook:
        count = minutes(pages()[docname])
    if count:
        parts.append(made("span", [nodes.Text(f"{count} minute{'s' if count > 1 else ''}")], class_="minutes"))
    if said and said.children:
        parts.append(nodes.inline("", "", nodes.Text("you need: "), *said.children, classes=["needs"]))
    if is_notebook:
        href = f"{'../' * docname.count('/')}_sources/{docname}.ipynb"
        parts.append(made("a", [nodes.Text("Notebook")], class_="way", href=href, download=f"{docname.replace('/', '-')}.ipynb"))
        if url := colab(address(REPO), docname):
            parts.append(made("a", [nodes.Text("Colab")], class_="way", href=url))
    section.insert(1, made("div", parts, class_="ways"))


def setup(app):
    app.setup_extension("elements")
    app.add_node(ways, html=(lambda self, node: None, lambda self, node: None))
    app.add_directive("ways", Ways)
    app.connect("doctree-read", _bar)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
