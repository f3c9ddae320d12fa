"""Numbers by chapter: sections, equations, theorems and exercises count through the pages of a chapter, and nothing counts on
into the next; above each title stands part and chapter, and a link to the next page says where it leads."""

from collections import defaultdict

from docutils import nodes
from sphinx import addnodes
from sphinx.util import url_re

import repository  # noqa: F401  (the press can be imported)
from elements import made
from press.contents import APART, place, places
from repository import REPO


def _number_figures(env) -> None:
    """Renumber what Sphinx numbered through the book: (chapter, n), or (n) on a page of no chapter."""
    counted = defaultdict(int)
    for docname in places(REPO):
        chapter = place(REPO, docname).chapter
        for kind, numbers in env.toc_fignumbers.get(docname, {}).items():
            for anchor, _ in sorted(numbers.items(), key=lambda item: item[1]):
                counts = (kind, chapter or docname)
                counted[counts] += 1
                numbers[anchor] = (chapter, counted[counts]) if chapter else (counted[counts],)


def _number_sections(env) -> None:
    """The sections of a chapter's pages, one below the title, are 1.1, 1.2, …; the title has the chapter's line instead."""
    counted = defaultdict(int)
    for docname in places(REPO):
        chapter = place(REPO, docname).chapter
        if chapter and docname in env.tocs:
            for reference in _sections(env.tocs[docname]):
                counted[chapter] += 1
                reference["secnumber"] = (chapter, counted[chapter])
                env.toc_secnumbers.setdefault(docname, {})[reference["anchorname"]] = reference["secnumber"]


def _sections(toc: nodes.bullet_list):
    """The links to the sections one below the page's title, in a page's own table of contents."""
    for title in toc.children:
        for below in title.children[1:]:
            for item in below.children if isinstance(below, nodes.bullet_list) else ():
                if isinstance(item, nodes.list_item) and isinstance(item[0], addnodes.compact_paragraph):
                    reference = item[0][0]
                    if isinstance(reference, nodes.reference) and not url_re.match(reference.get("anchorname", "")):
                        yield reference


def _number_apart(env) -> None:
    """A page that stands outside the contents has numbers of its own, which Sphinx does not give."""
    for docname in APART & env.found_docs:
        env.toc_fignumbers[docname] = kinds = defaultdict(dict)
        for node in env.get_doctree(docname).findall(nodes.Element):
            for domain in env.domains.values():
                kind = domain.get_enumerable_node_type(node) if node["ids"] else None
                if kind and (domain.name != "std" or domain.get_numfig_title(node)):
                    kinds[kind][node["ids"][0]] = (len(kinds[kind]) + 1,)
                    break


def _number(app, env) -> list[str]:
    _number_figures(env)
    _number_apart(env)
    _number_sections(env)
    return []


def _stand_apart(app, doctree) -> None:
    """Tell Sphinx that a page is meant to stand outside the contents."""
    if app.env.docname in APART:
        app.env.metadata[app.env.docname]["orphan"] = True


def _say_where(app, doctree, docname) -> None:
    """Above the title, in small letters: part, chapter and page."""
    line = place(REPO, docname).line
    section = next((node for node in doctree.children if isinstance(node, nodes.section)), None)
    if line and section:
        section.insert(0, made("p", [nodes.Text(line)], class_="eyebrow"))


def _say_where_links_lead(app, pagename, templatename, context, doctree) -> None:
    for way in ("prev", "next"):
        docname = _target(app, pagename, way)
        if docname and context.get(way) and (short := place(REPO, docname).short):
            context[way]["title"] = f'<span class="where">{short}</span> {context[way]["title"]}'


def _target(app, pagename: str, way: str) -> str | None:
    _, before, after = app.env.collect_relations().get(pagename, (None, None, None))
    return before if way == "prev" else after


def setup(app):
    app.setup_extension("elements")
    app.connect("env-get-updated", _number, priority=900)
    app.connect("doctree-read", _stand_apart)
    app.connect("doctree-resolved", _say_where)
    app.connect("html-page-context", _say_where_links_lead, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
