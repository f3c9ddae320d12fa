"""Proof that the checks can fail: alter one thing in a copy of the repository and see the check that guards it go red.

Each alteration runs the same command as the unaltered copy, which must be green; so red means the alteration was seen. Of a
notebook only the cells run that show it, with those that they need.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dynlib.sweep.dependencies import closure
from press.breakers import needed_by
from press.notebooks import code_cells, read

REPO = Path(__file__).parents[2]
PYTEST = ("-m", "pytest", "-q", "-p", "no:xdist")
NBVAL = (*PYTEST, "--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/notebooks/nbval.cfg")
LANDING, DERIVE, LIMITS = "book/index.ipynb", "book/diagonal_ssm/derive.ipynb", "book/diagonal_ssm/limits.ipynb"
MODES = "book/diagonal_ssm/derive_modes.ipynb"
EXERCISE = "dynlib/teaching/exercises/diagonal_ssm/kernel.py"
CLAIMS = "dynlib/teaching/claims/diagonal_ssm.toml"


def cells(page, *marks):
    """nbval's command for the cells of a page whose sources hold one of the marks, and for those that they need."""
    sources = [cell.source for _, cell in code_cells(read(REPO / page))]
    shown = {next(index for index, source in enumerate(sources) if mark in source) for mark in marks}
    return (*NBVAL, *(f"{page}::Cell {index}" for index in sorted({need for last in shown for need in needed_by(sources, last)})))


SHOWN = cells(DERIVE, "turns by", 'claim("recurrence-is-convolution"')
SINGULAR = cells(MODES, 'claim("condition-turning"')
KERNEL, WORDS = cells(LIMITS, 'claim("vandermonde-two-level"'), cells(LANDING, "Six methods, one table")
EXERCISES = (*PYTEST, "tests/exercises/test_exercises.py", "-k", "diagonal_ssm and kernel")
NORMALISE, CENSUS = ("-m", "press", "normalise", "--check", MODES), ("-m", "press", "census")

# what is altered: (file, old, new, the command that must turn red)
ALTERATIONS = {
    "a stored output": (DERIVE, "turns by 36°", "turns by 37°", SHOWN),
    "a claim's value": (CLAIMS, "value = 2.6058", "value = 2.6158", SINGULAR),
    "a claim's tolerance": (CLAIMS, "tolerance = 1e-13", "tolerance = 1e-12", SHOWN),
    "a library function": ("dynlib/diagonal_ssm/fit.py", "norm > 1e-14", "norm > 1e-1", SINGULAR),
    "a kernel's sign": ("kernels/dynlib_kernels/vandermonde.py", "b_K -= tl.dot", "b_K += tl.dot", KERNEL),
    "a widget's words": (LANDING, "Leaking, turning memory: equal", "Leaking, turning memory: unequal", WORDS),
    "how a mistake shows": (EXERCISE, "powers[1:] @ held", "powers[:-1] @ held", EXERCISES),
    "an alt text": (MODES, '      "alt": "Singular', '      "alt": "Plural', NORMALISE),
    "a code cell's count": (DERIVE, '"execution_count": 1,', '"execution_count": null,', CENSUS),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    target = tmp_path_factory.mktemp("copy") / "repo"
    skip = shutil.ignore_patterns(".git", ".venv*", "_build", "_vendor", "__pycache__", "dist", "build", "edit", "*.egg-info")
    shutil.copytree(REPO, target, ignore=skip)
    packages = "dynlib", "dynlib_kernels", "press"
    found = run(target, ("-c", f"import {', '.join(packages)}; print(*(p.__file__ for p in ({', '.join(packages)})), sep='\\n')"))
    assert found.returncode == 0, found.stderr
    assert all(Path(file).is_relative_to(target) for file in found.stdout.splitlines()), found.stdout
    return target


def run(copy: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess:
    """What a command does in the copy. The time is a limit for hangs: on a quiet machine the longest takes ten seconds."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": f"{copy}{os.pathsep}{copy / 'kernels'}", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def unaltered(copy):
    """``unaltered(arguments)``: what the command does in the copy as it is, run once."""
    return functools.cache(functools.partial(run, copy))


def guards(arguments, altered):
    """The files that a proof hangs on: what is altered and run, and the code that checks it."""
    checks = [Path(__file__)] + [REPO / "tests/exercises/test_exercises.py"] * (arguments == EXERCISES)
    found = {name for path in checks for name in closure(REPO, path)} | {altered, "pyproject.toml", "tests/notebooks/nbval.cfg"}
    if arguments in (NORMALISE, CENSUS, EXERCISES):
        found |= {path.relative_to(REPO).as_posix() for path in (REPO / "press").rglob("*.py")}
    return sorted(found | {part.partition("::")[0] for part in arguments if part.startswith("book/")})


@pytest.mark.slow
@pytest.mark.parametrize("what", [pytest.param(w, marks=pytest.mark.proof(own=[repr(a)])) for w, a in ALTERATIONS.items()])
def test_alteration_is_red(copy, unaltered, proof, what):
    name, old, new, arguments = ALTERATIONS[what]
    green = unaltered(arguments)
    assert green.returncode == 0, green.stdout[-3000:] + green.stderr[-3000:]
    path = copy / name
    good = path.read_text(encoding="utf-8")
    assert old in good, f"{what}: {old!r} stands no longer in {name}"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    try:
        done = run(copy, arguments)
    finally:
        path.write_text(good, encoding="utf-8")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    proof.saw(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr, guards(arguments, name))
