"""Citations by author and year, round brackets in the text, and entries that link to the paper."""

import re
from dataclasses import dataclass, field
from string import ascii_lowercase

import pybtex.plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Gu et al. (2022); in brackets (Gu et al., 2022)."""

    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


def surnames(entry) -> str:
    """The authors as a citation names them: one, two, or the first of several."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [" ".join(map(str, [*person.rich_prelast_names, *person.rich_last_names])) for person in people]
    if not names:
        return entry.fields.get("title", "")
    return names[0] if len(names) == 1 else " and ".join(names) if len(names) == 2 else f"{names[0]} et al."


class AuthorYearLabels(BaseLabelStyle):
    """Labels as the citations read. Papers of the same authors and year get a letter behind the year, in the text as well."""

    def format_labels(self, entries):
        labels = [f"{surnames(entry)}, {entry.fields.get('year', 'no year')}" for entry in entries]
        for k, (label, entry) in enumerate(zip(labels, entries, strict=True)):
            if labels.count(label) > 1 and entry.fields["year"].isdigit():
                letter = ascii_lowercase[labels[:k].count(label)]
                entry.fields["year"] += letter
                label += letter
            yield label


class Linked(Plain):
    """The plain style, in which a note that names an arXiv paper is a link to it."""

    default_label_style = "author_year_labels"

    def format_entry(self, label, entry, bib_data=None):
        found = _ARXIV.fullmatch(entry.fields.get("note", "").strip())
        if found and "eprint" not in entry.fields:
            entry.fields["eprint"] = found[1]
            del entry.fields["note"]
        return super().format_entry(label, entry, bib_data)


def setup(app):
    register_plugin("sphinxcontrib.bibtex.style.referencing", "round_author_year", RoundAuthorYear)
    pybtex.plugin.register_plugin("pybtex.style.labels", "author_year_labels", AuthorYearLabels)
    pybtex.plugin.register_plugin("pybtex.style.formatting", "linked", Linked)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
