"""What a reader of the repository relies on: pins that agree, imports that go one way, clean code and spelling."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
from packaging.requirements import Requirement
from packaging.version import Version
from setuptools import find_packages

from press.pins import COLAB, read_pins

REPO = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text())
COLAB_HAS = dict(line.split("==") for line in COLAB)
NOTEBOOKS = sorted(path for path in (REPO / "book").rglob("*.ipynb") if "_build" not in path.parts)


def pins(name: str) -> dict[str, str]:
    requirements = read_pins(REPO / name)
    assert all(len(r.specifier) == 1 and str(r.specifier).startswith("==") for r in requirements), name
    return {re.sub(r"[-_.]+", "-", r.name).lower(): str(r.specifier)[2:] for r in requirements}


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent))
    assert found, f"{name} is not installed beside {sys.executable}"
    return found


def run(*command, cwd=REPO) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_everything_is_pinned_and_installed():
    for name, version in (pins("requirements.txt") | pins("requirements-torch.txt")).items():
        assert importlib.metadata.version(name).split("+")[0] == version, name


def test_torch_gets_the_triton_that_its_gpu_wheel_requires():
    """The CPU wheel names none, so the pair is read where torch's metadata has it and else held to the published pair."""
    wanted = [Requirement(r) for r in importlib.metadata.requires("torch") if r.startswith("triton")]
    exact = {str(r.specifier) for r in wanted} or {"==3.7.1"}
    assert exact == {f"=={pins('requirements.txt')['triton']}"}
    assert pins("requirements-torch.txt")["torch"] == "2.13.0"


def test_lower_bounds_admit_colab():
    for requirement in map(Requirement, PROJECT["project"]["dependencies"]):
        assert {s.operator for s in requirement.specifier} <= {">="}, requirement
        if requirement.name in COLAB_HAS:
            assert Version(COLAB_HAS[requirement.name]) in requirement.specifier, requirement
    assert not any("triton" in d for d in PROJECT["project"]["dependencies"])


def test_version_and_names_do_not_collide():
    assert PROJECT["project"]["name"] == "dynamics-book"
    assert not PROJECT["project"]["version"].startswith("0.16.")
    import dynlib_kernels

    assert not hasattr(dynlib_kernels, "__version__")


def test_every_folder_of_code_is_a_package():
    """What setuptools finds for the wheel: every folder of the library and of the kernels, and nothing else."""
    where = {REPO: "dynlib", REPO / "kernels": "dynlib_kernels"}
    found = {name for place, top in where.items() for name in find_packages(str(place), include=[top, f"{top}.*"])}
    folders = {path.parent.relative_to(place) for place, top in where.items() for path in (place / top).rglob("*.py")}
    assert found == {".".join(folder.parts) for folder in folders}


def test_the_two_environments_agree_where_a_reader_meets_both():
    ours, book = pins("requirements.txt"), pins("requirements-book.txt")
    assert "torch" not in book
    assert "triton" not in book
    assert {name for name in ("nbformat", "nbclient") if ours[name] != book[name]} == set()


def test_imports_go_one_way():
    assert run(tool("lint-imports"), "--no-cache") == ""


def test_code_is_clean():
    assert run(tool("ruff"), "check", "--no-cache", ".") == ""


def test_spelling(tmp_path):
    for path in NOTEBOOKS:
        target = tmp_path / path.relative_to(REPO).with_suffix(".md")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(jupytext.writes(jupytext.read(path), fmt="md:myst"))
    pages = [p for p in (REPO / "book").rglob("*.md") if "_build" not in p.parts]
    places = [tmp_path, *pages, *REPO.glob("*.md"), REPO / "dynlib", REPO / "kernels", REPO / "tests"]
    assert run(tool("codespell"), "--skip", "*.ipynb,*.csv,*.jsonl", *places) == ""


SPEAKS = re.compile(r"/(?:root|work)/\w|/home/\w+/|" + "sha" + r"red/(?:papers|prototypes)|(?<!pytorch )\bissue \d+\b")


def test_no_text_speaks_of_the_workshop():
    """Neither sources nor pages mention a machine's path, a working folder or a ticket."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=REPO, capture_output=True, text=True, check=True
    )
    spoken_of = ("_vendor", "tests/press/test_census.py")  # the lint's own tests must name what it finds
    paths = [REPO / name for name in listed.stdout.splitlines() if not any(part in name for part in spoken_of)]
    texts = {path: path.read_text(encoding="utf-8", errors="ignore") for path in paths if path.is_file()}
    assert [(path.relative_to(REPO), match[0]) for path, text in texts.items() for match in SPEAKS.finditer(text)] == []


PLACE = re.compile(r"`((?:book|docs|dynlib|kernels|press|tests)/[^`\s]*)`")
LAYERS = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]


def test_the_picture_of_the_house_is_true():
    """Every place that docs/architecture.md names is there, and every layer of the imports is named."""
    text = (REPO / "docs/architecture.md").read_text(encoding="utf-8")
    places = [re.sub(r"<\w+>", "*", place) for place in PLACE.findall(text)]
    assert len(places) > 20
    assert [place for place in places if place != "book/_build/html" and not any(REPO.glob(place.replace("**", "*")))] == []
    modules = {part.strip() for layer in LAYERS for part in layer.split("|")}
    rooms = {f"dynlib.{path.parent.name}" for path in (REPO / "book").glob("*/index.ipynb")}
    picture = (REPO / "docs/architecture.svg").read_text(encoding="utf-8")
    assert {module for module in modules - rooms if f"`{module}`" not in text} == set()
    assert {module for module in modules if module.rpartition(".")[2] not in picture} == set()
