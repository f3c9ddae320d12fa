"""What a reader gets of an exercise's module: the check, and nothing that gives the answer away."""

import ast
import copy
import importlib.util
import io
import tokenize
from pathlib import Path

import pytest

from press.exercises import exercises, modules
from press.mistakes import EXERCISES
from press.notebooks import rooms
from press.payload import reader_files
from press.strip import SECRET, reader_form

ROOT = Path(__file__).parents[2]
ROOMS = {room: exercises(ROOT, room) for room in rooms(ROOT)}
EACH = [(room, name) for room, page in ROOMS.items() for name in page.mistakes]
SHORTEST = 12  # characters; below, a statement such as `return g` says nothing


def form(room, name):
    return reader_form((ROOT / EXERCISES / room / f"{name}.py").read_text(encoding="utf-8"))


def statements(source, name):
    """Every statement of a solution, and every value that one assigns or returns, as syntax spelled in one way."""
    (function,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name]
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.For | ast.If | ast.While):
            yield ast.unparse(node)
            if getattr(node, "value", None):
                yield ast.unparse(node.value)


def secret_parts(source, name):
    return {part for part in statements(source, name) if len(part) >= SHORTEST}


def told(parts, text):
    """Which of the parts stand in a Python source, however it is laid out."""
    return sorted(parts & {ast.unparse(node) for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt | ast.expr)})


ALL = set().union(*(secret_parts(ROOMS[room].source(name, "solution"), name) for room, name in EACH))


@pytest.mark.parametrize(("room", "name"), EACH)
def test_the_form_holds_no_statement_of_any_solution_and_no_secret(room, name):
    text = form(room, name)
    assert not {token.string for token in tokenize.generate_tokens(io.StringIO(text).readline)} & set(SECRET)
    assert told(ALL, text) == []


@pytest.mark.parametrize(("room", "name"), EACH)
def test_the_form_can_be_imported_and_checks(room, name, tmp_path):
    path = tmp_path / f"{name}.py"
    path.write_text(form(room, name))
    spec = importlib.util.spec_from_file_location(f"reader_{room}_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "accepted" in getattr(module, f"check_{name}")(ROOMS[room].solution(name))
    assert not any(hasattr(module, secret) for secret in SECRET)


def test_what_a_solution_says_would_be_found():
    source = ROOMS["diagonal_ssm"].source("weights", "solution")
    assert told(ALL, "x = [w / (np.exp( L*A*dt) - 1)]") == ["w / (np.exp(L * A * dt) - 1)"]
    assert told(ALL, source) == ["return w / (np.exp(L * A * dt) - 1)", "w / (np.exp(L * A * dt) - 1)"]
    assert len(ALL) > 150


class Nameless(ast.NodeTransformer):
    """An expression without its names, NumPy's and torch's taken for one."""

    def visit_Name(self, node):
        return ast.Name("library" if node.id in ("np", "torch", "math") else "_")


def values(function):
    """What a function assigns and returns, without names and the shortest left out."""
    found = [
        node.value for node in ast.walk(function) if isinstance(node, ast.Assign | ast.AugAssign | ast.Return) and node.value
    ]
    plain = [ast.unparse(Nameless().visit(copy.deepcopy(value))) for value in found]
    return [text for text in plain if len(text) > SHORTEST]


def functions(source):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]


def likeness(wanted, there):
    """The share of a solution's values, ``wanted``, that a function has as well, among its values ``there``."""
    return sum(value in there for value in wanted) / max(1, len(wanted))


def test_no_function_that_a_reader_gets_reads_like_a_solution():
    """In other names, and in torch for NumPy, too: half of a solution's values in one function would be most of its thought."""
    library = [
        (file, function.name, set(values(function)))
        for file, data in reader_files(ROOT).items()
        if file.endswith(".py")
        for function in functions(data.decode())
    ]
    wanted = [
        (room, name, values(solution)) for room, name in EACH for solution in functions(ROOMS[room].source(name, "solution"))
    ]
    alike = [(*whose, *where) for *whose, own in wanted for *where, there in library if likeness(own, there) >= 0.5]
    assert len(library) > 1000
    assert alike == []


def test_a_solution_in_other_names_and_in_torch_would_be_found():
    (solution,) = functions(ROOMS["diagonal_ssm"].source("speeds", "solution"))
    other = ast.unparse(solution).replace("np.", "torch.").replace("middle", "m").replace("early", "small").replace("low", "a")
    assert likeness(values(solution), set(values(functions(other)[0]))) == 1
    assert likeness(values(solution), set(values(functions("def f(x):\n    return np.sum(x) + 1")[0]))) == 0


def test_a_wheel_and_a_notebook_carry_the_form():
    files = reader_files(ROOT)
    assert {f"{EXERCISES}/{room}/{name}.py" for room, name in EACH} <= set(files)
    for room, name in EACH:
        assert files[f"{EXERCISES}/{room}/{name}.py"].decode() == form(room, name)
    assert not any(path.startswith("press") or "material" in path for path in files)


MODULE = '''"""A module."""

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator, default_rng

KEPT = 3  # used by the check

# used by what goes
ONLY_HIDDEN = 4
BOTH = 5


def check_one(answer: Callable) -> str:
    """Judge."""
    return str(np.sqrt(KEPT + BOTH) + default_rng(0).random())


@staticmethod
def _sampler(rng):
    return _deeper(rng) + BOTH


def _deeper(rng):
    return ONLY_HIDDEN


# the inputs
def hidden(rng: Generator) -> tuple:
    return (_sampler(rng), math.pi)


MISTAKES = {"a": ("1", "2")}
'''
FORM = '''"""A module."""

from collections.abc import Callable

import numpy as np
from numpy.random import default_rng

KEPT = 3  # used by the check
BOTH = 5


def check_one(answer: Callable) -> str:
    """Judge."""
    return str(np.sqrt(KEPT + BOTH) + default_rng(0).random())
'''


def test_what_only_secrets_use_goes_with_them():
    assert reader_form(MODULE) == FORM
    assert reader_form(FORM) == FORM


@pytest.mark.parametrize(
    "tail",
    [
        "if KEPT:\n    MISTAKES = {}\n",
        "x = MISTAKES\n",
        "def f():\n    return hidden(0)\n",
        "def f():\n    hidden = 1\n",
        "for hidden in ():\n    pass\n",
        "import hidden.part\nhidden.part\n",
    ],
)
def test_a_secret_that_would_be_left_is_refused(tail):
    with pytest.raises(ValueError, match="is left in the reader's form"):
        reader_form(MODULE + tail)


def test_a_library_that_was_stripped_cannot_mark(monkeypatch):
    monkeypatch.delattr(modules("pointer")["least"], "hidden")
    with pytest.raises(ValueError, match="the module of least has no hidden inputs"):
        modules("pointer")
