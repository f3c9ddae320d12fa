"""Numbers by chapter: sections, equations, theorems and exercises count through the pages of a chapter, and nothing counts on
into the next; above each title stands part and chapter, and a link to the next page says where it leads."""

from collections import defaultdict

from docutils import nodes
from sphinx import addnodes
from sphinx.util import url_re

from contents import place, places
from elements import made


def _number_figures(env) -> None:
    """Renumber what Sphinx numbered through the book: (chapter, n), or (n) on a page of no chapter."""
    counted = defaultdict(int)
    for docname in places():
        chapter = place(docname).chapter
        for kind, numbers in env.toc_fignumbers.get(docname, {}).items():
            for anchor, _ in sorted(numbers.items(), key=lambda item: item[1]):
                counts = (kind, chapter or docname)
                counted[counts] += 1
                numbers[anchor] = (chapter, counted[counts]) if chapter else (counted[counts],)


def _number_sections(env) -> None:
    """The sections of a chapter's pages, one below the title, are 1.1, 1.2, …; the title has the chapter's line instead."""
    counted = defaultdict(int)
    for docname in places():
        chapter = place(docname).chapter
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


def _number(app, env) -> list[str]:
    _number_figures(env)
    _number_sections(env)
    return []


def _say_where(app, doctree, docname) -> None:
    """Above the title, in small letters: part, chapter and page."""
    line = place(docname).line
    section = next((node for node in doctree.children if isinstance(node, nodes.section)), None)
    if line and section:
        section.insert(0, made("p", [nodes.Text(line)], class_="eyebrow"))


def _say_where_links_lead(app, pagename, templatename, context, doctree) -> None:
    for way in ("prev", "next"):
        docname = _target(app, pagename, way)
        if docname and context.get(way) and (short := place(docname).short):
            context[way]["title"] = f'<span class="where">{short}</span> {context[way]["title"]}'


def _target(app, pagename: str, way: str) -> str | None:
    _, before, after = app.env.collect_relations().get(pagename, (None, None, None))
    return before if way == "prev" else after


def setup(app):
    app.setup_extension("elements")
    app.connect("env-get-updated", _number, priority=900)
    app.connect("doctree-resolved", _say_where)
    app.connect("html-page-context", _say_where_links_lead, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
