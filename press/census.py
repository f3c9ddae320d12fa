"""Lint the whole book against its budgets; every finding is one line that names file and cell."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from press import (
    rules_book,
    rules_cells,
    rules_exercises,
    rules_figures,
    rules_glossary,
    rules_outputs,
    rules_pages,
    rules_predict,
    rules_widgets,
)
from press.book import Finding, read_book

PAGE_RULES = rules_cells.RULES + rules_outputs.RULES + rules_pages.RULES + rules_exercises.RULES
SECOND_EDITION = rules_figures.RULES + rules_widgets.RULES  # what is not asked of the pages that press/first_edition.txt names
BOOK_RULES = rules_book.RULES + rules_predict.RULES + rules_glossary.RULES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    findings = census(args.root)
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=1, ensure_ascii=False))
    else:
        print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


def census(root: Path) -> list[Finding]:
    """Return what every rule finds in the repository at ``root``, sorted by file and cell; nothing is executed or written."""
    book = read_book(root)
    findings = list(book.broken)
    old = first_edition(root)
    for page in book.pages:
        named = page.path.relative_to(root / "book").with_suffix("").as_posix()
        for rule in PAGE_RULES if named in old else PAGE_RULES + SECOND_EDITION:
            findings += [Finding(page.name, cell, rule.__name__, message) for cell, message in rule(page)]
    for whole in BOOK_RULES:
        findings += [Finding(file, cell, whole.__name__, message) for file, cell, message in whole(book)]
    return sorted(set(findings))


def first_edition(root: Path) -> set[str]:
    """The pages, as the table of contents names them, that are not yet in the second edition: a line each."""
    path = root / "press/first_edition.txt"
    return set(path.read_text(encoding="utf-8").split()) if path.exists() else set()
