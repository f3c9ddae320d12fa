"""The commands: the press's verbs, make's targets, and README's lines, which must run as they are written."""

import ast
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from press.__main__ import VERBS, main, parser
from press.pins import read_pins

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.M)[1].split())
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<kind>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$", re.M | re.S)
README = [
    line.partition(" #")[0].strip()
    for page in ("README.md", "CONTRIBUTING.md")
    for block in FENCE.finditer((REPOSITORY / page).read_text(encoding="utf-8"))
    if (block["fence"], block["kind"]) == ("```", "")
    for line in block["text"].splitlines()
    if line.strip()
]


def child(program, **env):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=REPOSITORY, env=os.environ | env)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_help_lists_every_verb_and_imports_none():
    program = "import sys\nfrom press.__main__ import main\n"
    program += "try:\n    main(['--help'])\nexcept SystemExit:\n    print(*sys.modules)"
    *shown, modules = child(program, COLUMNS="300").splitlines()
    for verb in VERBS:
        about = importlib.import_module(f"press.{verb}").__doc__.splitlines()[0]
        assert re.search(rf"^ +{verb} +{re.escape(about)}$", "\n".join(shown), re.M), verb
    loaded = {name for name in modules.split() if name.partition(".")[0] in ("press", "dynlib", "nbformat", "numpy", "torch")}
    assert loaded == {"press", "press.__main__"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_what_it_takes(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"usage: python -m press {verb}" in capsys.readouterr().out


def test_the_press_needs_no_torch():
    """Every module of it, in a Python where torch cannot be imported."""
    program = "import sys\nsys.modules['torch'] = sys.modules['triton'] = None\nimport importlib\nimport press\n"
    files = sorted((REPOSITORY / "press").rglob("*.py"))
    modules = [".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in files]
    needs = {"press.breaker_child"}  # the process in which claims are computed
    assert len(modules) > 30
    child(program + "\n".join(f"importlib.import_module({name!r})" for name in modules if name not in needs))


@pytest.mark.parametrize("path", sorted((REPOSITORY / "book/_ext").glob("*.py")), ids=lambda path: path.stem)
def test_the_sites_extensions_import_the_press_openly(path):
    """Whichever is loaded first: one module puts the repository on the path, and each imports it before what lies there."""
    imported = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported += [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
    house = [k for k, name in enumerate(imported) if name.partition(".")[0] in ("press", "dynlib")]
    first = [k for k, name in enumerate(imported) if name in ("repository", "ledger")]
    assert not house or min(first) < min(house)
    assert "spec_from_file_location" not in path.read_text(encoding="utf-8")
    assert path.stem == "repository" or "sys.path" not in path.read_text(encoding="utf-8")


def test_make_help_lists_every_target():
    done = subprocess.run(["make", "--no-print-directory", "help"], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert {line.split()[0] for line in done.stdout.splitlines()} == TARGETS
    assert all(len(line.split()) > 1 for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What a fresh clone holds of the build, in a path with a space, as if the environments were made already."""
    clone = tmp_path_factory.mktemp("fresh") / "the clone"
    clone.mkdir()
    for name in ("Makefile", "pyproject.toml", *(path.name for path in REPOSITORY.glob("requirements*.txt"))):
        shutil.copy(REPOSITORY / name, clone)
    for name in (".venv/packages", ".venv/ready", ".venv-book/ready", ".venv-colab-triton/ready", ".venv-colab-python/ready"):
        (clone / name).parent.mkdir(exist_ok=True)
        (clone / name).touch()
    return clone


def recipe(clone, *arguments):
    """The commands that make would run."""
    done = subprocess.run(["make", "-n", *arguments], capture_output=True, text=True, cwd=clone)
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.replace("\\\n", " ").splitlines()


def takes(words):
    """What the press makes of a command line ``python -m press …``; it stops with an error where a verb or option is wrong."""
    return parser().parse_args(words[words.index("press") + 1 :])


def test_there_are_commands_to_try():
    assert {"make book", "make test", "make colab"} <= set(README)
    assert len(README) >= 10


@pytest.mark.parametrize("line", README)
def test_a_command_of_the_readme_is_one(line, clone):
    for command in line.split("&&"):
        words = shlex.split(os.path.expandvars(command))
        if words[0].endswith("bin/python"):
            words[0] = "python"
        if words[0] == "make":
            assert words[1] in TARGETS
            for planned in recipe(clone, *words[1:]):
                if "-m press" in planned:
                    takes(shlex.split(planned.lstrip("@")))
        elif words[:3] == ["python", "-m", "press"]:
            if "--help" in words:
                subprocess.run([sys.executable, *words[1:]], cwd=REPOSITORY, capture_output=True, check=True)
            else:
                takes(words)
        elif words[:4] == ["python", "-m", "pip", "install"]:
            if words[-2] == "-r":
                assert words[4:-2] == ["--require-hashes"]
                assert read_pins(REPOSITORY / words[-1])
            elif words[4].startswith("torch"):
                assert Requirement(words[4]).specifier == read_pins(REPOSITORY / "requirements-torch.txt")[0].specifier
            else:
                assert words[4:] == ["--no-deps", "-e", "."]
        elif words[:3] == ["python", "-m", "pytest"]:
            assert all((REPOSITORY / word).exists() for word in words[3:] if word.startswith("tests"))
        elif words[0].endswith("jupyter-book"):
            assert set(words[1:]) <= set(next(line for line in MAKEFILE.splitlines() if "jupyter-book build" in line).split())
        elif words[:2] == ["pip", "install"]:
            assert words[2] == "-e"
            extra = re.fullmatch(r"\.\[(\w+)\]", words[3])[1]
            assert extra in tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        else:
            assert words[0] in ("git", "cd", "$EDITOR", os.environ.get("EDITOR")) or words[1:3] == ["-m", "venv"], (
                f"nothing here tries {words[0]!r}"
            )


@pytest.mark.parametrize(
    ("command", "means"),
    [
        (["release", "FOR=students", "OUT=a b"], {"verb": "release", "audience": "students", "out": Path("a b")}),
        (
            ["release", "FOR=instructors", "OUT=c", "ARGS=--chapter pointer locality"],
            {"verb": "release", "audience": "instructors", "chapter": ["pointer", "locality"]},
        ),
        (
            ["grade", "SUBMISSIONS=a b", "OUT=marks.csv", "ARGS=--salt 12345678"],
            {"verb": "grade", "submissions": Path("a b"), "out": Path("marks.csv"), "salt": "12345678"},
        ),
        (["colab"], {"verb": "colab", "names": [], "out": None}),
        (["census"], {"verb": "census"}),
    ],
)
def test_make_hands_its_words_to_the_press(clone, command, means):
    (planned,) = (line for line in recipe(clone, *command) if "-m press" in line)
    found = vars(takes(shlex.split(planned)))
    assert {name: found[name] for name in means} == means


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        (["release"], "for whom"),
        (["release", "FOR=students"], "where to"),
        (["grade"], "which folder"),
        (["grade", "SUBMISSIONS=x"], "where to"),
        (["edit"], "which room"),
        (["run"], "which room"),
        (["room"], "which name"),
    ],
)
def test_make_asks_for_the_word_that_is_missing(clone, command, asks):
    done = subprocess.run(["make", *command], capture_output=True, text=True, cwd=clone)
    assert done.returncode
    assert re.search(rf"\*\*\* {asks}\? make {command[0]} \w+=", done.stderr)


def test_a_room_does_not_make_the_environment_again(clone):
    """`make room` writes to pyproject.toml; that installs the project again, not its packages."""
    (clone / "pyproject.toml").touch()
    planned = "\n".join(recipe(clone, "census"))
    (clone / ".venv/ready").touch()
    assert "-e ." in planned
    assert "-m venv" not in planned
    assert "-r requirements.txt" not in planned
    (clone / "requirements.txt").touch()
    assert "-r requirements.txt" in "\n".join(recipe(clone, "census"))
    (clone / ".venv/packages").touch()
    (clone / ".venv/ready").touch()
