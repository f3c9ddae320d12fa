"""The order of a built page, where it differs from its notebook's: what one looks at comes first, and what made it lies folded.

The setup cell goes to the page's end. Code that only makes a picture goes behind one small control under the picture, with the
definitions that it calls. The checks of a cell fold into one tick. A punctuation mark stays with the formula before it.
"""

import re

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from elements import made

CHECKS = '<ul class="checks">'


def checks_list(lines) -> str:
    """The HTML of a cell's checks, one line each, as :class:`Order` finds it again."""
    return CHECKS + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"


def fold(name: str, children, kind: str) -> nodes.Node:
    """Children behind a summary."""
    return made("details", [made("summary", [nodes.Text(name)]), *children], class_=f"fold {kind}")


def said(count: int) -> str:
    return f"✓ {count} check{'s' if count > 1 else ''} passed"


class Order(SphinxPostTransform):
    """Before MyST-NB hides cells (priority 199), after it has chosen what to show of an output (4)."""

    default_priority = 150
    formats = ("html",)

    def run(self, **kwargs):
        waiting: list[nodes.Element] = []
        for cell in list(self.document.findall(_is_cell)):
            if "tag_setup" in cell["classes"]:
                self._to_the_end(cell)
            else:
                self._arrange(cell, waiting)
        for cell in waiting:
            _fold_in_place(cell)

    def _to_the_end(self, cell) -> None:
        top = next(iter(self.document.findall(nodes.section)), self.document)
        cell.parent.remove(cell)
        cell.attributes.pop("hide_mode", None)
        at = next((k for k, node in enumerate(top.children) if "reproduce" in _classes(node)), len(top.children))
        inside, cell.children = list(cell.children), []
        cell += fold("Setup: the notebook's first cell", inside, "setup")
        top.insert(at, cell)

    def _arrange(self, cell, waiting) -> None:
        mode, source, output = (
            cell.attributes.pop("hide_mode", None),
            _part(cell, "cell_code_source"),
            _part(cell, "cell_code_output"),
        )
        checks = [raw for raw in cell.findall(nodes.raw) if raw.astext().startswith(CHECKS)]
        if "tag_solution" in cell["classes"] and mode == "all":
            ticks = [_ticked(checks, [])] if checks else []
            _replace(cell, [fold("the solution's code", [source, *_without(output, checks), *ticks], "made")])
        elif mode == "all" and checks:
            _replace(cell, [_ticked(checks, [*_without(output, checks), fold("code", [source], "made")])])
        elif mode == "input" and source is not None and output is None:
            waiting.append(cell)
        elif mode == "input" and source is not None:
            codes = [_part(earlier, "cell_code_source") for earlier in waiting]
            for earlier in waiting:
                earlier.parent.remove(earlier)
            waiting.clear()
            shown = _without(output, checks)
            folds = [fold("code", [*codes, source], "made")] + ([_ticked(checks, [])] if checks else [])
            cell["classes"].append("pictured")
            _replace(cell, [*shown, made("div", folds, class_="corner")])
        elif checks:
            _replace(cell, [source, *_without(output, checks), _ticked(checks, [])])
        elif mode:
            name = "code" if output is None else "code and what it prints"
            _replace(cell, [fold(name, list(cell.children), "made")])


def _is_cell(node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _classes(node) -> list[str]:
    return node.get("classes", []) if isinstance(node, nodes.Element) else []


def _part(cell, element):
    return next((node for node in cell.children if isinstance(node, nodes.Element) and node.get("nb_element") == element), None)


def _without(output, checks) -> list[nodes.Node]:
    """The output without the lists of checks; nothing if it was only those."""
    if output is None:
        return []
    for raw in checks:
        holder = raw
        while holder.parent is not output and len(holder.parent.children) == 1:
            holder = holder.parent
        holder.parent.remove(holder)
    return [output] if output.children else []


def _ticked(checks, children) -> nodes.Node:
    count = sum(raw.astext().count("<li>") for raw in checks)
    return fold(said(count), [*(raw.deepcopy() for raw in checks), *children], "ticked")


def _replace(cell, children) -> None:
    cell.children = []
    cell += [child for child in children if child is not None]


def _fold_in_place(cell) -> None:
    source = _part(cell, "cell_code_source")
    _replace(cell, [fold("code", [source], "made")])


_MARK = re.compile(r"[.,;:!?)\]’”…%]+(?:['’”)]|\b(?!\w))*|[-–]\w+")


def _keep_marks_together(app, doctree, docname) -> None:
    """A mark after a formula in the line, or a bracket before it, stays on the formula's line."""
    for formula in list(doctree.findall(nodes.math)):
        line = formula.parent
        at = line.index(formula)
        before, after = (line[k] if 0 <= k < len(line) and isinstance(line[k], nodes.Text) else "" for k in (at - 1, at + 1))
        mark = _MARK.match(str(after))
        bracket = str(before)[-1:] if str(before)[-1:] in ("(", "“", "[") else ""
        if not (mark or bracket) or isinstance(line, nodes.title):
            continue
        kept = nodes.inline("", "", nodes.Text(bracket), formula.deepcopy(), classes=["together"])
        if bracket:
            line[at - 1] = nodes.Text(str(before)[:-1])
        if mark:
            kept += nodes.Text(mark[0])
            line[at + 1] = nodes.Text(str(after)[mark.end() :])
        line[at] = kept


def _name_proofs(app, doctree, docname) -> None:
    """The word with which a proof begins is set off from it."""
    for proof in doctree.findall(lambda node: set(_classes(node)) == {"proof"}):
        proof["ids"] = []  # sphinx-proof gives every proof of a page the same
        first = next(iter(proof.findall(nodes.Text)), None)
        if first is not None and first.startswith("Proof. "):
            parent = first.parent
            at = parent.index(first)
            parent.remove(first)
            parent.insert(at, [nodes.inline("", "Proof. ", classes=["proof-word"]), nodes.Text(first[len("Proof. ") :])])


def setup(app):
    app.setup_extension("elements")
    app.add_post_transform(Order)
    app.connect("doctree-resolved", _keep_marks_together)
    app.connect("doctree-resolved", _name_proofs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
