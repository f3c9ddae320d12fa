"""``{predict}``: a question that the reader answers before the book does, and ``{ours}``, a number out of its claim.

The page is whole without a script: the question, what can be chosen, and the answer in a native fold. ``predict.js`` then keeps
the fold shut, and the widget's frames that give the answer away covered, until something is committed or the reader passes.
"""

import json
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective, SphinxRole

import repository  # noqa: F401  (first: the press and the library can be imported)
from dynlib.teaching.claims import rows
from elements import made
from press.chapter import read_page
from press.live import Live, live_of
from press.myst import parse
from press.ours import read_ours
from press.predictions import Prediction, read_prediction
from repository import REPO

ASKED = {"number": "Your number", "choice": "Choose one", "curve": "Draw the curve"}


class Predict(SphinxDirective):
    """``{predict} number | choice | ranking | curve``; :mod:`press.predictions` says what may stand in it."""

    required_arguments = 1
    has_content = True
    option_spec = None  # the whole text is read by the one parse of MyST

    def run(self):
        self.env.note_reread()  # the claims are no part of this page's own text
        fence = "`" * 30
        text = "\n".join([f"{fence}{{predict}} {self.arguments[0]}", *self.content, fence])
        try:
            asked = read_prediction(parse(text).children[0])
            return [self._block(asked)]
        except ValueError as error:
            raise self.error(str(error)) from None

    def _block(self, asked: Prediction) -> nodes.Node:
        slug = asked.slug
        title = made("p", [nodes.Text("Predict first")], class_="predict-title", id=f"{slug}-title")
        question = made("div", self._parsed(asked.question), class_="predict-question", id=f"{slug}-question")
        legend = made("legend", [nodes.Text(self._legend(asked))])
        fields = made("fieldset", [legend, *getattr(self, f"_{asked.kind}")(asked)], aria_describedby=f"{slug}-question")
        form = made("form", [fields, _raw(ACTS)], autocomplete="off")
        verdict = made("p", class_="predict-verdict", role="heading", aria_level="3", tabindex="-1")
        summary = made("summary", [nodes.Text("The answer")])
        more = [made("p", self._inline(self._order(asked)), class_="predict-order")] if asked.kind == "ranking" else []
        answer = made("details", [summary, verdict, *more, *self._parsed(asked.answer), _raw(AGAIN)], class_="predict-answer")
        status = made("p", class_="predict-status", role="status")
        data = json.dumps(self._data(asked), ensure_ascii=False)
        return made(
            "div",
            [title, question, form, status, answer],
            class_=f"predict predict-{asked.kind}",
            id=slug,
            role="group",
            aria_labelledby=f"{slug}-title",
            data_predict=data,
        )

    def _data(self, asked: Prediction) -> dict:
        """What the script needs to know."""
        data: dict = {"kind": asked.kind}
        if asked.kind == "number":
            truth, near = asked.ours.printed(rows())
            data |= {"truth": truth, "said": asked.ours.text(rows()), "near": near, "unit": asked.unit}
        elif asked.kind == "choice":
            data |= {"right": asked.right(rows())}
        elif asked.kind == "ranking":
            data |= {"places": asked.places(rows())}
        else:
            x, y = asked.curve(REPO)
            data |= {"x": x, "y": y, "panel": asked.panel, "axes": self._widget(asked.widget).axes_of(asked.panel)}
        if asked.widget:
            widget = self._widget(asked.widget)
            data |= {"widget": widget.element, "locked": [widget.frame(rule) for rule in asked.answers]}
            data |= {"on": widget.frame(asked.on)} if asked.on else {}
        return data

    def _widget(self, name: str) -> Live:
        path = Path(self.env.doc2path(self.env.docname))
        found = live_of(read_page(REPO, path)) if path.suffix == ".ipynb" else {}
        if name not in found:
            raise ValueError(
                f":widget: {name}: no live picture of this page has the name; there are {', '.join(found) or 'none'}"
            )
        return found[name]

    def _legend(self, asked: Prediction) -> str:
        if asked.kind == "ranking":
            return f"Your order, {asked.ends[0]} first"
        return ASKED[asked.kind] + (f", in {asked.unit}" if asked.unit else "")

    def _number(self, asked: Prediction) -> list[nodes.Node]:
        unit = f'<span class="predict-unit" aria-hidden="true">{escape(asked.unit)}</span>' if asked.unit else ""
        label = escape(self._legend(asked))
        if not asked.range:
            field = (
                f'<input type="text" inputmode="decimal" size="8" autocapitalize="off" spellcheck="false" aria-label="{label}">'
            )
            return [_raw(f'<div class="predict-field">{field}{unit}</div>')]
        low, high, step = asked.range
        middle = low + step * round((high - low) / step / 2)
        field = f'<input type="range" min="{low:g}" max="{high:g}" step="{step:g}" value="{middle:g}" aria-label="{label}">'
        return [_raw(f'<div class="predict-field">{field}<output>?</output>{unit}</div>')]

    def _choice(self, asked: Prediction) -> list[nodes.Node]:
        return [
            made("label", [_raw(f'<input type="radio" name="{asked.slug}" value="{k}">'), made("span", self._inline(choice))])
            for k, choice in enumerate(asked.choices)
        ]

    def _ranking(self, asked: Prediction) -> list[nodes.Node]:
        items = [
            made("li", [made("span", self._inline(choice), class_="predict-what"), _raw(MOVES)], data_choice=str(k))
            for k, choice in enumerate(asked.choices)
        ]
        return [made("ol", items), made("p", [nodes.Text(f"The last place is the {asked.ends[1]}.")], class_="predict-note")]

    def _curve(self, asked: Prediction) -> list[nodes.Node]:
        return [_raw(DRAW)]

    def _order(self, asked: Prediction) -> str:
        """The right order, from the claims."""
        places = asked.places(rows())
        names = [asked.choices[k] for k in sorted(range(len(places)), key=lambda k: places[k])]
        return f"{asked.ends[0].capitalize()} first: {', '.join(names)}."

    def _parsed(self, half) -> list[nodes.Node]:
        """The blocks of a question or an answer."""
        holder = nodes.Element()
        source, line = self.get_source_info()
        lines = [(source, line + half.first + k) for k in range(len(half.lines))]
        self.state.nested_parse(StringList(half.lines, items=lines), line + half.first - self.content_offset, holder)
        return holder.children

    def _inline(self, text: str) -> list[nodes.Node]:
        found = self.parse_text_to_nodes(text)
        return found[0].children if len(found) == 1 and isinstance(found[0], nodes.paragraph) else found


class OursRole(SphinxRole):
    """``{ours}`ID*100:.1f` ``: the number, with a link to its row in the ledger."""

    def run(self):
        try:
            ours = read_ours(self.text)
            text = ours.text(rows())
        except ValueError as error:
            message = self.inliner.reporter.error(str(error), line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        up = "../" * self.env.docname.count("/")
        link = nodes.reference(text=text, refuri=f"{up}claims.html#claim-{ours.id}", classes=["ours"], internal=True)
        return [link], []


ACTS = (
    '<p class="predict-acts" hidden><button type="submit">Commit</button>'
    '<button type="button" class="predict-pass">Show without guessing</button></p>'
)
AGAIN = (
    '<p class="predict-after" hidden><button type="button" class="predict-see" hidden>Show it in the picture</button>'
    '<button type="button" class="predict-again">Ask me again</button></p>'
)
MOVES = (
    '<span class="predict-moves" hidden><button type="button" data-by="-1">↑</button>'
    '<button type="button" data-by="1">↓</button></span>'
)
DRAW = (
    '<p class="predict-draw" hidden><button type="button" aria-pressed="false">Draw in the picture</button></p>'
    '<details class="predict-keys" hidden><summary>Draw with the keyboard</summary><div></div></details>'
)


def _raw(text: str) -> nodes.Node:
    return nodes.raw("", text, format="html")


def _files(app, pagename, templatename, context, doctree):
    """The script and the style, where a block stands."""
    if doctree is not None and 'class="predict ' in context.get("body", ""):
        app.add_js_file("predict.js")
        app.add_css_file("predict.css")


def setup(app):
    app.setup_extension("elements")
    app.add_directive("predict", Predict)
    app.add_role("ours", OursRole())
    app.connect("html-page-context", _files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
