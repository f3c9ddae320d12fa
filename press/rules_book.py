"""Rules about the book as a whole. Each takes the book and yields ``(file, cell number or 0, message)``."""

import ast
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from press.book import Book, folded
from press.chapter import Page
from press.notebooks import label, tags

Found = Iterator[tuple[str, int, str]]

ROOM_SECONDS, ROOM_MIB, BOOK_SECONDS, DATA_BYTES = 120, 2048, 1200, 8_000_000
SKIPPED = {"_build", "_vendor", "build", "dist", "edit", "node_modules", "__pycache__"}
# Words of the workshop that readers must not meet. The brackets keep this line from being a finding.
_WORKING_WORDS = re.compile(
    r"(?<![\w-])shared[/]\w*|(?<![\w./-])/work[/]\w+"
    r"|\b(?:DESIGN|STORY|VOICE|BRIEF)[.]md\b|\bprototypes[/]\w+"
)


def setup_cell(book: Book) -> Found:
    """Each page's first code cell is the setup cell, the same everywhere but for what it imports."""
    skeletons = {}
    for page in book.pages:
        number, cell, tree = page.trees[0] if page.trees else (0, None, None)
        if cell is None or "setup" not in tags(cell):
            yield page.name, number, "must begin with the setup cell: tag the first code cell `setup`"
        elif tree is None or not _imports_setup(tree):
            yield page.name, number, "is the setup cell and must import setup from dynlib.teaching"
        elif not folded(cell) or "nbval-ignore-output" not in tags(cell):
            yield page.name, number, "is the setup cell and must be tagged hide-cell and nbval-ignore-output"
        else:
            skeletons[page.name] = number, _without_imports(cell.source, tree)
    if skeletons:
        usual = Counter(text for _, text in skeletons.values()).most_common(1)[0][0]
        for name, (number, text) in skeletons.items():
            if text != usual:
                yield name, number, "has a setup cell that differs from the others in more than its imports"


def _imports_setup(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom) and node.module == "dynlib.teaching" and "setup" in [a.name for a in node.names]
        for node in tree.body
    )


def _without_imports(source: str, tree: ast.Module) -> str:
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    gone = {k for node in imports for k in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    kept = [line for k, line in enumerate(source.splitlines(), 1) if k not in gone and line.strip()]
    return "\n".join(kept)


def headings(book: Book) -> Found:
    """No two pages have the same heading: in a search, in tabs and in a reader's folder it is all that tells them apart."""
    first: dict[str, str] = {}
    for page in book.pages:
        if page.heading and (other := first.setdefault(page.heading, page.name)) != page.name:
            yield page.name, 0, f"has the heading {page.heading!r}, as {other} has; name the chapter in it"


def no_copies(book: Book) -> Found:
    """No function or class stands in two notebooks; what is needed twice belongs in the library."""
    seen: dict[str, tuple[str, int]] = {}
    for page in book.pages:
        for number, _, tree in page.trees:
            for node in tree.body if tree else ():
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and (shape := _shape(node)):
                    first = seen.setdefault(shape, (page.name, number))
                    if first[0] != page.name:
                        yield page.name, number, f"copies {node.name} from {first[0]}, cell {first[1]}; move it into the library"


def _shape(node: ast.FunctionDef | ast.ClassDef) -> str | None:
    """Return what the definition does, without its name and docstring; None for a stub that a student fills."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if all(isinstance(s, ast.Pass | ast.Raise) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)) for s in body):
        return None
    head = node.args if isinstance(node, ast.FunctionDef) else ast.Tuple(node.bases)
    return ast.dump(head) + "".join(ast.dump(s) for s in body)


def time_and_memory(book: Book) -> Found:
    """A room's notebooks together take at most 120 s of the processor, and none of them more than 2 GiB; the book 20 minutes."""
    by_room: dict[str, list[Page]] = defaultdict(list)
    for page in book.pages:
        by_room[page.room or ""].append(page)
    seconds = {room: sum(p.nb.metadata.get("dynamics", {}).get("seconds", 0) for p in pages) for room, pages in by_room.items()}
    for room, total in seconds.items():
        if room and total > ROOM_SECONDS:
            yield f"book/{room}", 0, f"takes {total:.0f} s; a room's notebooks take at most {ROOM_SECONDS} s together"
    if sum(seconds.values()) > BOOK_SECONDS:
        yield "book", 0, f"takes {sum(seconds.values()):.0f} s; the book takes at most {BOOK_SECONDS} s on one core"
    for page in book.pages:
        peak = page.nb.metadata.get("dynamics", {}).get("peak_mib", 0)
        if peak > ROOM_MIB:
            yield page.name, 0, f"needs {peak} MiB; a notebook needs at most {ROOM_MIB} MiB"


def data_size(book: Book) -> Found:
    sizes = {path: path.stat().st_size for path in (book.root / "dynlib").glob("*/data/**/*") if path.is_file()}
    if sum(sizes.values()) > DATA_BYTES:
        largest = max(sizes, key=lambda path: sizes[path])
        yield (
            label(book.root, largest),
            0,
            (f"is the largest of {sum(sizes.values()) / 1e6:.1f} MB of package data; at most {DATA_BYTES / 1e6:.0f} MB"),
        )


def claims(book: Book) -> Found:
    """Every tested row is claimed exactly once, and nothing else is claimed."""
    made: dict[str, tuple[str, int]] = {}
    for page in book.pages:
        for number, id in page.claims:
            if id is None:
                yield page.name, number, "calls claim without its id as a string in quotes, so nobody can find it"
            elif id not in book.claims:
                yield page.name, number, f"claims {id!r}, which stands in no claims file"
            elif id in made:
                yield page.name, number, f"claims {id!r} again, after {made[id][0]}, cell {made[id][1]}"
            else:
                made[id] = page.name, number
                if _status(book, id) != "tested":
                    yield page.name, number, f"claims {id!r}, whose status is {_status(book, id)!r}"
    for id, (file, _) in book.claims.items():
        if _status(book, id) == "tested" and id not in made:
            yield file, 0, f"row {id!r} is tested, but no notebook claims it"


def _status(book: Book, id: str) -> str | None:
    row = book.claims[id][1]
    return row.get("status") if isinstance(row, dict) else None


def working_words(book: Book) -> Found:
    for path in text_files(book.root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if found := _WORKING_WORDS.search(line):
                yield label(book.root, path), 0, f"line {number} mentions {found[0]!r}, which no reader has"


def text_files(root: Path) -> Iterator[Path]:
    """Yield the repository's own text files up to 4 MB: nothing built, vendored or hidden, except .ci and .github."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(
            d
            for d in folders
            if d not in SKIPPED and not d.endswith(".egg-info") and (not d.startswith(".") or d in (".ci", ".github"))
        )
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_file() and path.stat().st_size <= 4_000_000 and _is_text(path):
                yield path


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True


RULES = [setup_cell, headings, no_copies, time_and_memory, data_size, claims, working_words]
