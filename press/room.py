"""Lay down a new chapter that passes every test: five notebooks, a module, a claim, an exercise, and the room's first test."""

import argparse
import keyword
import re
import tomllib
from pathlib import Path

import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from press import room_templates
from press.canonical import canonical
from press.normalise import normalise
from press.notebooks import dumps, label, rooms, select, write_atomic

TAKEN = {"teaching", "press", "publish", "kernels", "scan", "tasks", "sweep", "notebooks", "browser", "bench", "data"}

# What is laid down beside the notebooks, and the file of press/new_room that it is made from.
CODE = {
    "dynlib/@NAME@/__init__.py": "library.txt",
    "dynlib/@NAME@/halving.py": "halving.txt",
    "dynlib/teaching/claims/@NAME@.toml": "claims.txt",
    "dynlib/teaching/exercises/@NAME@/__init__.py": "exercises.txt",
    "dynlib/teaching/exercises/@NAME@/first.py": "first.txt",
    "tests/@NAME@/test_halving.py": "test_halving.txt",
    "tests/inputs/@NAME@.toml": "inputs.txt",
    "tests/notebooks/test_breakers_@NAME@.py": "breakers.txt",
}
LIGHT = "tests/hygiene/without_torch.txt"  # the modules that need no torch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="the room's one name everywhere, such as head_count")
    parser.add_argument("--title", help="the chapter's title in plain words (default: from the name)")


def run(args: argparse.Namespace) -> int:
    for path in lay_down(args.root, args.name, args.title):
        print(path)
    for page in select(args.root, [args.name]):
        print(f"{label(args.root, page)}: {normalise(page)}", flush=True)
    print(f"next: make edit ROOM={args.name}, replace what is there, then make run ROOM={args.name}")
    return 0


def lay_down(root: Path, name: str, title: str | None = None) -> list[str]:
    """Write the chapter's files and enter it in _toc.yml and pyproject.toml; returns the paths, relative to ``root``.

    All or nothing: where anything fails, every file is as before. Raises ValueError for a name that is no lower-case
    identifier, is taken, or whose files exist in part, and where _toc.yml or pyproject.toml has no place for it.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) or keyword.iskeyword(name):
        raise ValueError(f"name = {name!r} is no room's name; use lower-case words joined by _, such as head_count")
    if name in TAKEN:
        raise ValueError(f"name = {name!r} is taken by the house itself; choose another")
    title = title if title is not None else name.replace("_", " ").capitalize()
    if not title.strip() or not title.isprintable():
        raise ValueError(f"title = {title!r} must be one line of text")
    new = _files(name, title)
    folders = [f"{folder}/{name}" for folder in ("book", "dynlib", "tests", "dynlib/teaching/exercises")]
    there = [f for f in [*folders, *new] if (root / f).exists()]
    if there:
        raise ValueError(f"name = {name!r}: {there[0]} exists already")
    toc, project, light = root / "book/_toc.yml", root / "pyproject.toml", root / LIGHT
    old = {path: path.read_text(encoding="utf-8") for path in (toc, project, light)}
    changed = {
        toc: _with_toc_entry(old[toc], rooms(root), name),
        project: _with_layer(old[project], rooms(root), name),
        light: _with_modules(old[light], name),
    }
    try:
        for file, text in new.items():
            write_atomic(root / file, text)
        for path, text in changed.items():
            write_atomic(path, text)
    except BaseException:
        for file in new:
            (root / file).unlink(missing_ok=True)
        for folder in folders:
            if (root / folder).is_dir():
                (root / folder).rmdir()
        for path, text in old.items():
            if path.read_text(encoding="utf-8") != text:
                write_atomic(path, text)
        raise
    return [*new, *(label(root, path) for path in changed)]


def _files(name: str, title: str) -> dict[str, str]:
    """Return the new files' texts by their path."""

    def fill(template: str) -> str:
        return template.replace("@TITLE@", title).replace("@NAME@", name).replace("@LABEL@", name.replace("_", "-"))

    def cell(part: str | tuple[str, list[str]]) -> NotebookNode:
        if isinstance(part, str):
            return new_markdown_cell(fill(part))
        return new_code_cell(fill(part[0]), metadata={"tags": part[1]} if part[1] else {})

    files = {}
    for page, (first, *rest) in room_templates.PAGES.items():
        setup = (room_templates.setup_cell(page), ["setup", "hide-cell", "nbval-ignore-output"])
        cells = [cell(part) for part in (first, setup, *rest)]
        files[f"book/{name}/{page}.ipynb"] = dumps(canonical(new_notebook(cells=cells)))
    for target, template in CODE.items():
        files[fill(target)] = fill((Path(__file__).parent / "new_room" / template).read_text(encoding="utf-8"))
    return files


def _with_toc_entry(text: str, existing: list[str], name: str) -> str:
    """Return _toc.yml with the chapter after the last one, or first under the first ``chapters:`` where there is none."""
    lines = text.splitlines()
    at = max(
        (k for k, line in enumerate(lines) for room in existing if re.fullmatch(rf"\s*- file: {room}/index\s*", line)),
        default=None,
    )
    if at is not None:
        indent = len(lines[at]) - len(lines[at].lstrip())
        end = next(
            (k for k in range(at + 1, len(lines)) if lines[k].strip() and len(lines[k]) - len(lines[k].lstrip()) <= indent),
            len(lines),
        )
    else:
        at = next((k for k, line in enumerate(lines) if re.fullmatch(r"\s*(- )?chapters:\s*", line)), None)
        if at is None:
            raise ValueError("book/_toc.yml has no `chapters:` and no chapter; add one by hand first")
        indent, end = len(lines[at]) - len(lines[at].lstrip()) + 2, at + 1
    pad = " " * indent
    entry = [
        f"{pad}- file: {name}/index",
        f"{pad}  sections:",
        *(f"{pad}    - file: {name}/{page}" for page in room_templates.PAGES if page != "index"),
    ]
    changed = "\n".join([*lines[:end], *entry, *lines[end:]]) + "\n"
    _only_added(
        _entries(yaml.safe_load(text)),
        _entries(yaml.safe_load(changed)),
        [f"{name}/{page}" for page in room_templates.PAGES],
        "book/_toc.yml",
    )
    return changed


def _entries(node: object) -> list[str]:
    """Return every ``file:`` of the table of contents, in order."""
    if isinstance(node, list):
        return [entry for part in node for entry in _entries(part)]
    if isinstance(node, dict):
        own = [node["file"]] if "file" in node else []
        return own + [entry for key, part in node.items() if key != "file" for entry in _entries(part)]
    return []


def _with_layer(text: str, existing: list[str], name: str) -> str:
    """Return pyproject.toml with the package on the rooms' own layer: rooms do not import each other."""
    layer = next(
        (
            m
            for m in re.finditer(r'^(    ")(dynlib\.[^"\n]+)(",)$', text, re.MULTILINE)
            if m.start() > text.find("layers = [") >= 0
            and any(part.strip().removeprefix("dynlib.") in existing for part in m[2].split("|"))
        ),
        None,
    )
    if layer:
        changed = text[: layer.end(2)] + f" | dynlib.{name}" + text[layer.end(2) :]
    elif '    "dynlib.teaching",\n' in (tail := text[text.find("layers = [") :]):
        row = f'    "dynlib.{name}",\n'
        changed = text[: -len(tail)] + tail.replace('    "dynlib.teaching",\n', f'    "dynlib.teaching",\n{row}', 1)
    else:
        raise ValueError("pyproject.toml has no import-linter layer of rooms, nor one of dynlib.teaching to put it below")
    before, after = tomllib.loads(text), tomllib.loads(changed)
    _only_added(_layered(before), _layered(after), [f"dynlib.{name}"], "pyproject.toml, layers")
    return changed


def _with_modules(text: str, name: str) -> str:
    """Return the list of modules that need no torch with the room's two in it."""
    return "\n".join(sorted([*text.split(), f"dynlib.{name}", f"dynlib.{name}.halving"])) + "\n"


def _layered(project: dict) -> list[str]:
    """Return every module on a layer of the first contract, in order."""
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    return [part.strip() for layer in layers for part in layer.split("|")]


def _only_added(before: list[str], after: list[str], added: list[str], where: str) -> None:
    """Raise ValueError unless ``after`` is ``before`` in its order with ``added`` put in."""
    if [entry for entry in after if entry not in added] != before or sorted(set(after) - set(before)) != sorted(added):
        raise ValueError(f"{where} could not be extended safely; add {', '.join(added)} by hand")
