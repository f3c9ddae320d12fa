"""Settle every pin, with hashes for all platforms, or say what this environment has otherwise (--check)."""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PYTHON = "3.11"  # the oldest; markers in the files serve later ones
BOOK = ("jupyter-book==1.0.4.post1", "sphinx-proof==0.4.0", "sphinx-exercise==1.2.1")
# torch's builds without CUDA lie on an index of their own, which the resolver does not see. This one is for Python 3.11 on Linux.
WITHOUT_CUDA = ("torch==2.13.0", "sha256:6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b")

# What Colab's machines hold of what we use (2026-08), for `make as-colab`
COLAB = (
    "torch==2.11.0",
    "triton==3.6.0",
    "numpy==2.1.3",
    "ipython==7.34.0",
    "ipykernel==6.29.5",
    "ipywidgets==7.7.1",
    "matplotlib==3.10.0",
    "pyparsing==3.2.5",
)

HEADS = {
    "requirements.txt": "Everything the tests, notebooks and kernels run with, but torch: the extra `dev` of pyproject.toml.",
    "requirements-torch.txt": "torch. On Linux its wheel for GPUs needs requirements-cuda.txt too.",
    "requirements-cuda.txt": "What torch's GPU wheel brings on Linux. Its wheel for the CPU needs none of it.",
    "requirements-colab.txt": "The tests' packages in Colab's versions, torch's libraries for GPUs among them.",
    "requirements-book.txt": "What builds the site: no torch, no triton, no dynlib.",
}
MADE_BY = "# Made by `python -m press pins`; install with --require-hashes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="change nothing; say what is installed otherwise")


def run(args: argparse.Namespace) -> int:
    if args.check:
        found = differences(args.root)
        print(*found or ["every pinned package is installed in its pinned version"], sep="\n")
        return 0
    project = (args.root / "pyproject.toml", "--extra", "dev")
    ours = [args.root / name for name in ("requirements.txt", "requirements-torch.txt", "requirements-cuda.txt")]
    files = sorted_out(compiled(ours, WITHOUT_CUDA[:1], *project))
    files["requirements-colab.txt"] = compiled([args.root / "requirements-colab.txt"], COLAB, *project)
    files["requirements-book.txt"] = compiled([args.root / "requirements-book.txt"], BOOK)
    for name, blocks in files.items():
        text = "\n".join([f"# {HEADS[name]}", MADE_BY, *blocks])
        (args.root / name).write_text(text + "\n", encoding="utf-8")
        print(f"{name}: {len(blocks)} packages")
    return 0


def compiled(pinned: Sequence[Path], exactly: Sequence[str], *wanted: str | Path) -> list[str]:
    """Resolve what is wanted, for Linux, macOS and Windows at once.

    Parameters
    ----------
    pinned : sequence of Path
        Files whose pins are kept where they still fit. They may be missing.
    exactly : sequence of str
        Requirements with their versions.
    *wanted : str or Path
        A pyproject.toml and its extras, as uv takes them.

    Returns
    -------
    list of str
        One block a package, sorted by name: ``name==version ; marker`` and a hash a line.

    Raises
    ------
    ValueError
        If uv, which resolves, is not installed, or finds no answer.
    """
    uv = shutil.which("uv")
    if uv is None:
        raise ValueError("uv is not installed; it resolves for every platform at once: pip install uv")
    with tempfile.TemporaryDirectory() as folder:
        listed, out = Path(folder, "exactly.txt"), Path(folder, "out.txt")
        listed.write_text("\n".join(exactly), encoding="utf-8")
        kept = [file.read_text(encoding="utf-8") for file in pinned if file.exists()]
        out.write_text("\n".join(kept), encoding="utf-8")  # uv keeps the pins of the file that it writes
        options = ["--universal", "--python-version", PYTHON, "--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
        command = [uv, "pip", "compile", *wanted, listed, *options, "-o", out]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise ValueError(f"uv found no set of versions:\n{done.stderr}")
        return re.split(r"\n(?=\w)", out.read_text(encoding="utf-8").strip())


def sorted_out(blocks: list[str]) -> dict[str, list[str]]:
    """Put torch, and what only a GPU needs, into files of their own: {file: blocks}."""
    files: dict[str, list[str]] = {"requirements.txt": [], "requirements-torch.txt": [], "requirements-cuda.txt": []}
    for block in blocks:
        name = block.partition("==")[0]
        if block.split()[0] == WITHOUT_CUDA[0] and WITHOUT_CUDA[1] not in block:
            block += f" \\\n    --hash={WITHOUT_CUDA[1]}"
        kind = "-torch" if name == "torch" else "-cuda" if name.startswith(("cuda-", "nvidia-")) else ""
        files[f"requirements{kind}.txt"].append(block)
    return files


def read_pins(file: Path) -> list[Requirement]:
    """Return what a file of pins asks for on this machine: a ``Requirement`` each, its markers met."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if re.match(r"\w", line)]
    wanted = [Requirement(line.removesuffix(" \\")) for line in lines]
    return [requirement for requirement in wanted if not requirement.marker or requirement.marker.evaluate()]


def differences(root: Path) -> list[str]:
    """Say in a line each what of requirements.txt and requirements-torch.txt is missing here or has another version."""
    found = []
    if sys.version_info[:2] != tuple(map(int, PYTHON.split("."))):
        found.append(f"Python {sys.version.split()[0]}: the pins are tried with {PYTHON}")
    for requirement in read_pins(root / "requirements.txt") + read_pins(root / "requirements-torch.txt"):
        pinned = str(requirement.specifier).removeprefix("==")
        try:
            here = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            found.append(f"{requirement.name}: not installed, pinned {pinned}")
        else:
            if here.partition("+")[0] != pinned:
                found.append(f"{requirement.name}: {here} is installed, pinned {pinned}")
    return found
