"""Wrong values on every command line: a message that says what to give, exit code 2, nothing done and no traceback.

Flags and verbs are found by reflection, so that a new one is driven as well.
"""

import argparse
import re
from pathlib import Path

import pytest

from dynlib.sweep import __main__ as sweeps
from press import __main__ as press

REPOSITORY = Path(__file__).resolve().parents[2]
MAINS = {"press": press.main, "sweep": sweeps.main}
WORDS = ("x", "", "1.5x", "1,5", "0x10", "eins", "1 2", "½")
NOT_WHOLE = ("1.5", "nan", "inf", "1e3")
OUT_OF_REACH = ("nan", "inf", "-inf", "0", "-1", "1e-400", "1e999")
# What each flag for a number refuses beside what is no number; every such flag has its line here.
REFUSED = {
    "press grade --memory": ("0", "-1"),
    "press grade --jobs": ("0", "-1"),
    "press grade --seconds": OUT_OF_REACH,
    "press grade --minutes": OUT_OF_REACH,
    "press prove --jobs": ("-1",),
    "press seeds --seeds": ("-1",),
    "sweep run --jobs": ("0", "-2"),
    "sweep resume --jobs": ("0", "-2"),
    "sweep check --cap": OUT_OF_REACH,
    "sweep check --pick": (),
}


def verbs(parser):
    """The parsers of the verbs, by name, with all that they take."""
    (commands,) = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for name, verb in commands.choices.items():
        if isinstance(verb, press.Verb):
            with pytest.raises(SystemExit):  # its module is imported when it is called
                verb.parse_known_args(["--help"])
        yield name, verb


def flags():
    """(command, the words that it needs, action) of every flag that takes a value."""
    for house, module in (("press", press), ("sweep", sweeps)):
        for name, verb in verbs(module.parser()):
            needed = [[a.option_strings[0], (a.choices or ["x"])[0]] for a in verb._actions if a.required and a.option_strings]
            needed += [["x"] for a in verb._actions if a.required and not a.option_strings]
            for action in verb._actions:
                if action.nargs != 0 and action.option_strings:
                    yield f"{house} {name} {action.option_strings[0]}", ([word for words in needed for word in words], action)


NUMBERS = {name: found for name, found in flags() if found[1].type not in (None, Path)}
CHOICES = {name: found for name, found in flags() if found[1].choices}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Nothing is left where the tests were started, should a wrong value be taken."""
    monkeypatch.chdir(tmp_path)


def ends(capsys, name, *words):
    """(exit code, what was said) of a command; an error that is not caught fails the test."""
    house, verb, _ = name.split()
    try:
        code = MAINS[house]([verb, *words])
    except SystemExit as stop:
        code = stop.code
    return code, capsys.readouterr().err


def test_no_flag_is_forgotten():
    assert set(NUMBERS) == set(REFUSED)
    assert set(CHOICES) == {"press release --for"}


@pytest.mark.parametrize("name", NUMBERS)
def test_what_is_no_number_or_out_of_reach_is_refused_in_words(name, capsys):
    needed, action = NUMBERS[name]
    wrong = [*WORDS, *REFUSED[name], *(NOT_WHOLE if isinstance(action.type("7"), int) else ())]
    for value in wrong:
        code, said = ends(capsys, name, *needed, f"{action.option_strings[0]}={value}")
        assert code == 2, value
        last = said.splitlines()[-1]
        assert f"argument {action.option_strings[0]}: " in last, (value, said)
        assert re.search(r"give (a|one|how)", last), (value, last)


@pytest.mark.parametrize("name", NUMBERS)
def test_good_numbers_are_taken(name):
    assert [NUMBERS[name][1].type(text) for text in ("1", " 12 ", "+3")] == [1, 12, 3]


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("value", WORDS)
def test_what_is_no_choice_is_refused_in_words(name, value, capsys):
    needed, action = CHOICES[name]
    code, said = ends(capsys, name, *needed, f"{action.option_strings[0]}={value}")
    assert code == 2
    assert all(choice in said.splitlines()[-1] for choice in action.choices)


@pytest.mark.parametrize("house", MAINS)
@pytest.mark.parametrize("words", [[], ["no-such-verb"], ["--no-such-flag"], [""]], ids=str)
def test_what_is_no_verb_is_refused_in_words(house, words, capsys):
    with pytest.raises(SystemExit) as stop:
        MAINS[house](words)
    assert stop.value.code == 2
    assert "usage: python -m" in capsys.readouterr().err


PILE = ["grade", "{pile}", "--out", "{tmp}/marks.csv"]
STUDENTS = ["release", "--for", "students", "--out", "{tmp}/new"]
SALT = ["--salt", "a secret of ours"]
# What names something that is not there, or of another kind: a file for a folder, a folder for a file, a file that is no table
ASTRAY = {
    "press": [
        ["edit", "cellar"],
        ["edit", ""],
        ["save", "cellar"],
        ["normalise", "cellar"],
        ["normalise", "{tmp}/nowhere.ipynb"],
        ["normalise", "{file}"],
        ["colab", "cellar"],
        ["colab", "diagonal_ssm", "--out", "{file}/in"],
        ["text", "{tmp}/nowhere.ipynb"],
        ["text", "{tmp}"],
        ["room", "Not A Name"],
        ["room", ""],
        ["room", "cellar", "--title", "two\nlines"],
        ["grade", "{tmp}/nowhere", "--out", "{tmp}/marks.csv"],
        ["grade", "{file}", "--out", "{tmp}/marks.csv"],
        [*PILE, "--chapter", "cellar"],
        [*PILE, "--pool", "{tmp}/nowhere"],
        [*PILE, "--pool", "{file}"],
        [*PILE, "--roster", "{tmp}/nowhere"],
        [*PILE, "--roster", "{tmp}"],
        [*PILE, "--roster", "{bytes}"],
        [*PILE, "--texts", "{tmp}/nowhere.csv"],
        [*PILE, "--texts", "{tmp}"],
        [*PILE, "--texts", "{bytes}"],
        [*STUDENTS, "--chapter", "cellar"],
        [*STUDENTS, "--chapter", ""],
        [*STUDENTS, "--pool", "{tmp}/nowhere"],
        [*STUDENTS, "--roster", "{tmp}/nowhere", *SALT],
        [*STUDENTS, "--roster", "{bytes}", *SALT],
        [*STUDENTS, "--seed", "", *SALT],
        [*STUDENTS, "--seed", "anna", "--salt", "short"],
        [*STUDENTS, "--seed", "anna"],
        ["release", "--for", "students", "--out", "{file}"],
        ["release", "--for", "students", "--out", "{pile}"],
    ],
    "sweep": [
        ["show", "locality.nothing"],
        ["show", ""],
        ["run", "locality.nothing"],
        ["resume", "locality"],
        ["run", "locality.adam", "--to", "{file}/x.csv"],
        ["run", "locality.adam", "--to", "{tmp}/nowhere/x.csv"],
        ["check", "locality.nothing"],
        ["check", ""],
    ],
}


@pytest.mark.parametrize(("house", "words"), [(house, words) for house, lines in ASTRAY.items() for words in lines], ids=str)
def test_what_leads_astray_is_refused_in_words(house, words, tmp_path, capsys):
    (tmp_path / "file").write_text("words, and no notebook\n")
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    (tmp_path / "pile/anna").mkdir(parents=True)
    (tmp_path / "pile/anna/x.ipynb").write_text('{"cells": []}')
    before = sorted(tmp_path.rglob("*"))
    places = {"tmp": tmp_path, "file": tmp_path / "file", "bytes": tmp_path / "bytes", "pile": tmp_path / "pile"}
    root = ["--root", str(REPOSITORY)] if house == "press" else []
    code = MAINS[house]([*root, *(word.format(**places) for word in words)])
    said = capsys.readouterr().err
    assert code == 2, said
    assert said.strip()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("verb", [verb for verb in press.VERBS if verb != "text"])
def test_outside_of_a_repository_every_verb_says_so(verb, capsys):
    needs = {"edit": ["x"], "save": ["x"], "room": ["x"], "grade": ["x", "--out", "y"], "release": STUDENTS[1:]}
    assert press.main([verb, *needs.get(verb, [])]) == 2
    assert "is not inside a repository" in capsys.readouterr().err
