"""Rules about code cells. Each takes a page and yields ``(cell number or 0, message)``."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from press.book import folded
from press.chapter import Page
from press.notebooks import tags

Found = Iterator[tuple[int, str]]

VISIBLE_LINES, FOLDED_LINES = 25, 70  # of 88 columns, as ruff formats them
TIMING_CELLS = 2
# nbval reads these as tags and as comments in the source; each hides a cell from comparison.
_HIDING = re.compile(r"nbval-(skip|raises-exception)|raises-exception|skip-execution")
_HIDING_COMMENT = re.compile(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)")


def has_count(page: Page) -> Found:
    for number, cell in page.code:
        if cell.execution_count is None:
            yield number, "was not executed, so nbval would skip it: run normalise"


def cell_length(page: Page) -> Found:
    for number, cell in page.code:
        lines, limit = len(cell.source.splitlines()), FOLDED_LINES if folded(cell) else VISIBLE_LINES
        if lines > limit:
            yield number, f"has {lines} lines; a {'folded' if folded(cell) else 'visible'} cell has at most {limit}"


def prose_between(page: Page) -> Found:
    before = None
    for number, cell in enumerate(page.nb.cells, 1):
        if cell.cell_type == "markdown":
            before = None
        elif cell.cell_type == "code" and not folded(cell):
            if before:
                yield number, f"follows the visible code of cell {before} without prose between"
            before = number


def parses(page: Page) -> Found:
    for number, _, tree in page.trees:
        if tree is None:
            yield number, "is not Python that can be parsed"


def no_bare_except(page: Page) -> Found:
    for number, _, tree in page.trees:
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield number, "has a bare except; name the exception"


def ignored_outputs(page: Page) -> Found:
    """Only the setup cell and two timing cells may ignore their output, and none of them holds a result."""
    ignoring = {number: cell for number, cell in page.code if "nbval-ignore-output" in tags(cell)}
    timing = [number for number, cell in ignoring.items() if "setup" not in tags(cell)]
    for number in timing:
        if "timing" not in tags(ignoring[number]):
            yield number, "ignores its output; only the setup cell and cells tagged `timing` may"
    if len(timing) > TIMING_CELLS:
        yield timing[TIMING_CELLS], f"is one of {len(timing)} timing cells that ignore their output; at most {TIMING_CELLS} may"
    if len(ignoring) - len(timing) > 1:
        yield max(set(ignoring) - set(timing)), "is a second cell tagged `setup`"
    for number, _, name, _ in page.calls():
        last = name.rpartition(".")[2]
        if number in ignoring and (last in ("claim", "Explore") or last.startswith("check_") or name.endswith("figures.show")):
            yield number, f"ignores its output and calls {name}: a result must be compared"
    for number, cell in page.code:
        for tag in tags(cell):
            if _HIDING.fullmatch(tag):
                yield number, f"has the tag {tag}, which hides it from comparison"
        if comment := _HIDING_COMMENT.search(cell.source):
            yield number, f"has the comment {comment[1]}, which hides it from comparison"


def definitions_used(page: Page) -> Found:
    """Every function and class at the top of a cell is used somewhere outside its own body."""

    def loads(node: ast.AST) -> list[str]:
        return [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]

    everywhere = Counter(name for _, _, tree in page.trees if tree for name in loads(tree))
    for number, _, tree in page.trees:
        for node in ast.walk(tree) if tree else ():
            if tree and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_method(node, tree):
                continue
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                own = sum(loads(child).count(node.name) for child in node.body)
                if everywhere[node.name] <= own:
                    yield number, f"defines {node.name}, which is never called"


def _is_method(function: ast.AST, tree: ast.Module) -> bool:
    return any(isinstance(node, ast.ClassDef) and function in node.body for node in ast.walk(tree))


RULES = [has_count, cell_length, prose_between, parses, no_bare_except, ignored_outputs, definitions_used]
