"""The pages that are filled at build: the ledger of claims, the errata and the status.

Everything is read from the notebooks' stored outputs and from toml files; neither torch nor numpy is imported.
"""

import collections
import tomllib

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import repository  # noqa: F401  (first: the press and the library can be imported)
from dynlib.teaching.claims import registry
from press.chapter import Page
from repository import BOOK, REPO, book


def pages() -> dict[str, Page]:
    """Every notebook of the book, by page name (``diagonal_ssm/run``)."""
    return {page.path.relative_to(BOOK).with_suffix("").as_posix(): page for page in book().pages}


def claimed() -> dict[str, tuple[str, dict]]:
    """Every claim that a stored output records: id → (page, record)."""
    return {id: (name, record) for name, page in pages().items() for id, record in page.claimed.items()}


class Filled(SphinxDirective):
    """A directive whose content is MyST text made from the repository."""

    def lines(self) -> list[str]:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # its sources are not this page's own text, so read it again at every build
        return self.parse_text_to_nodes("\n".join(self.lines()), allow_section_headings=True)


def title(room: str) -> str:
    """The heading of the room's first page, or of the one page that a claims file such as locality_more belongs to."""
    found = pages()
    page = found.get(f"{room}/index") or found.get(room) or found.get("/".join(room.rsplit("_", 1)))
    return (page and page.heading) or room


def claims() -> dict:
    return registry.read_all(REPO / "dynlib/teaching/claims")


RESTS_ON = {
    "live": "are computed on their page",
    "recomputed": "are read from stored runs, of which the page makes one again",
    "stored": f"are read from stored runs alone, because one such run takes more than {registry.CHEAP} seconds",
}


def shares(counts: collections.Counter, names) -> list[str]:
    """ "12 (2 %) …" for each name that counts, in the order of the names."""
    return [f"{counts[name]} ({100 * counts[name] / counts.total():.0f} %) {told}" for name, told in names if counts[name]]


class Tally(Filled):
    """How many claims there are, by kind, by what they rest on and by verdict.

    A directive of its own, since the ledger's headings would overtake it.
    """

    def lines(self):
        rows = claims().values()
        kinds = collections.Counter(row.kind for row in rows)
        yield from (f"{kinds.total()} claims: {', '.join(shares(kinds, ((kind, kind) for kind in registry.KINDS)))}.", "")
        rests = collections.Counter(row.evidence for row in rows if row.status == "tested")
        yield from (f"Of the {rests.total()} that are tested, {'; '.join(shares(rests, RESTS_ON.items()))}.", "")
        verdicts = collections.Counter(record["verdict"] for _, record in claimed().values())
        del verdicts["no number in the paper"]
        if verdicts:
            found = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
            yield f"Against the papers' numbers: {found}."


class Ledger(Filled):
    def lines(self):
        rows, stored = claims(), claimed()
        for room in dict.fromkeys(row.room for row in rows.values()):
            yield from (f"## {title(room)}", "")
            for row in (row for row in rows.values() if row.room == room):
                yield from self._row(row, stored)

    def _row(self, row, stored):
        page, record = stored.get(row.id, (None, None))
        yield from (f"(claim-{row.id})=", "::::{div} claim", f"**`{row.id}`** {row.statement}", "")
        yield f"*{row.kind}, {row.whose}.* Source: {row.source}."
        if row.status == "not_run":
            yield f"Not run: it needs {row.needs}."
        elif record:
            yield f"Ours: {row.expected()} ({row.reason}); [see it computed](/{page}.ipynb)."
            if row.evidence == "recomputed":
                yield "Read from stored runs; the page makes one of them again."
            if row.evidence == "stored":
                yield f"Read from stored runs alone: one takes {row.seconds:.0f} seconds on one thread, by `{row.command}`."
            if row.paper_value is not None:
                yield f"The paper has {row.paper_value:.6g} ± {row.paper_tolerance:.2g}: **{record['verdict']}**. {row.why or ''}"
            yield f"What the check could not detect: {row.misses}."
        else:
            yield "Not yet claimed on a page."
        yield from ("::::", "")


class Errata(Filled):
    def lines(self):
        for id, row in tomllib.loads((BOOK / "errata.toml").read_text(encoding="utf-8")).items():
            yield from (f"(erratum-{id})=", "::::{div} claim", f"{{cite:t}}`{row['paper']}`, {row['where']}.", "")
            yield from (f"**Printed:** {row['printed']}", "", f"**Holds:** {row['holds']}", "")
            yield from (f"{row['how']} *{row['status']}: {row['checked_in']}.*", "::::", "")


class Status(Filled):
    def lines(self):
        yield from ("| page | ran on | seconds | MiB | claims |", "|---|---|---:|---:|---:|")
        counts = collections.Counter(page for page, _ in claimed().values())
        versions = {}
        for name, page in pages().items():
            made = page.nb.metadata.get("dynamics")
            if made:
                versions |= made["versions"]
                cells = (f"[{name}](/{name}.ipynb)", made["executed"], f"{made['seconds']:.0f}", made["peak_mib"], counts[name])
                yield "| " + " | ".join(map(str, cells)) + " |"
        yield from ("", "Run with " + ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) + ".")


def setup(app):
    for directive in (Tally, Ledger, Errata, Status):
        app.add_directive(directive.__name__.lower(), directive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
