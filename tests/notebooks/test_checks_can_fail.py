"""Proof that the checks can fail: alter one thing in a copy of the repository and see the check that guards it go red.

Each alteration runs the same command as the unaltered copy, which must be green; so red means the alteration was seen.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PYTEST = ["-m", "pytest", "-q", "-p", "no:xdist"]
NBVAL = [*PYTEST, "--nbval", "--nbval-current-env", "--nbval-sanitize-with", "tests/notebooks/nbval.cfg"]
NORMALISE = ["-m", "press", "normalise", "--check"]
DERIVE, RUN = "book/diagonal_ssm/derive.ipynb", "book/diagonal_ssm/run.ipynb"
LANDING = "book/index.ipynb"
EXERCISE = "dynlib/teaching/exercises/diagonal_ssm/kernel.py"
CLAIMS = "dynlib/teaching/claims/diagonal_ssm.toml"

# what is altered: (file, old, new, the command that must turn red)
ALTERATIONS = {
    "a stored output": (DERIVE, "turns by 36°", "turns by 37°", [*NBVAL, DERIVE]),
    "a claim's value": (CLAIMS, "value = 2.6058", "value = 2.6158", [*NBVAL, DERIVE]),
    "a claim's tolerance": (CLAIMS, "tolerance = 1e-13", "tolerance = 1e-12", [*NBVAL, DERIVE]),
    "a library function": ("dynlib/diagonal_ssm/fit.py", "norm > 1e-14", "norm > 1e-1", [*NBVAL, DERIVE]),
    "a kernel's sign": ("kernels/dynlib_kernels/vandermonde.py", "b_K -= tl.dot", "b_K += tl.dot", [*NBVAL, RUN]),
    "a widget's words": (LANDING, "Leaking, turning memory: equal", "Leaking, turning memory: unequal", [*NBVAL, LANDING]),
    "how a mistake shows": (EXERCISE, "powers[1:] @ held", "powers[:-1] @ held", [*PYTEST, "tests/exercises/test_exercises.py"]),
    "an alt text": (DERIVE, '      "alt": "Singular', '      "alt": "Plural', [*NORMALISE, DERIVE]),
    "a code cell's count": (DERIVE, '"execution_count": 1,', '"execution_count": null,', ["-m", "press", "census"]),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    target = tmp_path_factory.mktemp("copy") / "repo"
    skip = shutil.ignore_patterns(".git", ".venv*", "_build", "_vendor", "__pycache__", "dist", "build", "edit", "*.egg-info")
    shutil.copytree(REPO, target, ignore=skip)
    return target


def run(copy: Path, arguments: list[str]) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    for name in [name for name in environment if name.startswith("PYTEST_")]:
        del environment[name]
    return subprocess.run([sys.executable, *arguments], cwd=copy, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", {" ".join(a): a for _, _, _, a in ALTERATIONS.values()}.values(), ids=lambda a: a[-1])
def test_unaltered_is_green(copy, arguments):
    done = run(copy, arguments)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.slow
@pytest.mark.parametrize("what", ALTERATIONS)
def test_alteration_is_red(copy, what):
    name, old, new, arguments = ALTERATIONS[what]
    path = copy / name
    good = path.read_text(encoding="utf-8")
    assert old in good, f"{what}: {old!r} stands no longer in {name}"
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    try:
        done = run(copy, arguments)
    finally:
        path.write_text(good, encoding="utf-8")
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
