"""HTML elements with docutils nodes inside, for what docutils has no node of its own."""

import html

from docutils import nodes


class element(nodes.General, nodes.Element):  # noqa: N801  (docutils names its nodes so)
    """An HTML element with whatever docutils nodes inside."""


def made(tag: str, children=(), **attributes) -> element:
    """An element with attributes: ``class_`` and ``for_`` stand for Python's own words, ``aria_label`` for ``aria-label``."""
    found = element("", tag=tag, html={name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    found += list(children)
    return found


def _visit(self, node):
    attributes = "".join(f' {name}="{html.escape(value, quote=True)}"' for name, value in node["html"].items())
    self.body.append(f"<{node['tag']}{attributes}>")


def _depart(self, node):
    self.body.append(f"</{node['tag']}>")


def setup(app):
    app.add_node(element, html=(_visit, _depart))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
