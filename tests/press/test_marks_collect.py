"""What is collected of a pile, and from whom: names, archives, copies, formats. Nothing of a student's runs here."""

import io
import json
import os
import stat
import subprocess
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest

from press.exercises import modules
from press.grading import archives
from press.grading.answers import answered, rooms_in, to_run
from press.grading.archives import OPENED
from press.grading.cells import read_notebook
from press.grading.submissions import collect
from press.handout import exercises_for
from press.notebooks import read, rooms
from press.personal import Student
from press.roster import Roster, read_roster
from press.statements import graded

REPO = Path(__file__).resolve().parents[2]
LABELS = {"alpha": {"leak": "alpha-leak", "turn": "alpha-turn"}, "beta": {"loop": "beta-loop"}}
STUB = "def {}(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "José Müller") for form in ("NFC", "NFD"))


def cell(source, kind="code", **metadata):
    return {"cell_type": kind, "source": source, "metadata": metadata}


def text(*sources, student="", **metadata):
    """A notebook's text: code cells, and whose it says it is."""
    about = {"dynamics": {"student": student}} if student else {}
    return json.dumps({"cells": [cell(source, **metadata) for source in sources], "metadata": about})


LEAK, TURN, LOOP = (f"def {name}(x):\n    return {k}" for k, name in enumerate(("leak", "turn", "loop")))
BLANK = text(*(STUB.format(name) for name in LABELS["alpha"]))
ANSWERED = text(LEAK, TURN)


def write(path, what=ANSWERED, when=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(what if isinstance(what, bytes) else what.encode())
    if when:
        os.utime(path, (when, when))
    return path


def archive(path, members):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for name, what in members.items():
                file.writestr(name, what)
        return path
    kind = {"gz": "gz", "tgz": "gz", "bz2": "bz2", "xz": "xz", "tar": ""}[path.name.rpartition(".")[2]]
    with tarfile.open(path, f"w:{kind}") as file:
        for name, what in members.items():
            add(file, name, what if isinstance(what, bytes) else what.encode())
    return path


def add(tar, name, data=b"", **about):
    """A member of a tar archive, of whatever kind and however it lies."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(data), 1.5e9
    for field, value in about.items():
        setattr(entry, field, value)
    tar.addfile(entry, io.BytesIO(data))


def collected(pile, roster=None):
    found, left = collect(pile, LABELS, roster)
    return {work.student: work for work in found}, left


def where(work, room="alpha"):
    """In which file each exercise is marked."""
    return {name: part.file for part in work.notebooks.get(room, []) for name in part.names}


# -- whose it is -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handed", "student"),
    [
        ("anna_4711_assignsubmission_file/x.ipynb", "anna"),
        ("Anna Müller_4711_assignsubmission_file_/x.ipynb", "Anna Müller"),
        ("Anna Müller_4711_assignsubmission_file_exercises.ipynb", "Anna Müller"),
        ("mulleranna_LATE_48213_991122_exercises-2.ipynb", "mulleranna"),
        ("Homework 1_anna_attempt_2026-11-30-10-00-00_exercises.ipynb", "anna"),
        (f"{DECOMPOSED}/x.ipynb", COMPOSED),
        (f"{DECOMPOSED}.ipynb", COMPOSED),
        ("lab_3_2_anna/x.ipynb", "lab_3_2_anna"),
        ("anna.zip", "anna"),
        ("anna.tar.gz", "anna"),
        ("anna.tgz", "anna"),
        ("anna.tar", "anna"),
        ("anna.tar.xz", "anna"),
        ("anna.tar.bz2", "anna"),
        ("anna.ipynb.txt", "anna"),
        ("anna (1).ipynb", "anna (1)"),
        ("ä" * 127 + ".ipynb"[:1], "ä" * 127 + "."),
    ],
)
def test_a_name_is_the_students_whatever_a_platform_or_a_file_system_made_of_it(tmp_path, handed, student):
    path = tmp_path / "pile" / handed
    if handed.endswith(OPENED):
        archive(path, {"x.ipynb": ANSWERED})
    else:
        write(path if "ipynb" in handed else path / "x.ipynb")
    found, _ = collected(tmp_path / "pile")
    assert list(found) == [student]
    assert set(where(found[student])) == {"leak", "turn"}
    assert found[student].notes == []


def test_bytes_that_are_no_text_are_a_name_too(tmp_path):
    folder = os.fsencode(tmp_path) + b"/pile/jos\xe9"
    os.makedirs(folder)
    Path(os.fsdecode(folder), "x.ipynb").write_text(ANSWERED)
    (name,) = collected(tmp_path / "pile")[0]
    assert name == "jos\ufffd"


def test_one_student_has_one_row_however_many_things_came(tmp_path):
    pile = tmp_path / "pile"
    write(pile / "bob/exercises.ipynb", text(LEAK))
    write(pile / "bob.ipynb", text(TURN))
    archive(pile / "Bob.zip", {"loop.ipynb": text(LOOP), "__MACOSX/._loop.ipynb": b"\0", "__MACOSX/x/.DS_Store": b""})
    write(pile / "__MACOSX/bob/._exercises.ipynb", b"\0\5")
    write(pile / "bob (1).ipynb", text(TURN))
    found, left = collected(pile)
    assert (list(found), left) == (["Bob"], [])
    assert set(where(found["Bob"])) == {"leak", "turn"}
    assert where(found["Bob"], "beta") == {"loop": "loop.ipynb"}
    assert "handed in as Bob.zip and bob and bob (1).ipynb and bob.ipynb, and all of it was looked at" in found["Bob"].notes


def test_people_of_one_name_stay_two(tmp_path):
    for number, what in ((4711, text(LEAK)), (4712, text(TURN))):
        write(tmp_path / f"pile/Anna Li_{number}_assignsubmission_file/x.ipynb", what)
    write(tmp_path / "pile/Anna Li_4711_assignsubmission_onlinetext/more.ipynb", text(LOOP))
    found, _ = collected(tmp_path / "pile")
    assert {name: set(work.notebooks) for name, work in found.items()} == {
        "Anna Li_4711": {"alpha", "beta"},
        "Anna Li_4712": {"alpha"},
    }
    assert any("several students are called Anna Li" in note for note in found["Anna Li_4712"].notes)


@pytest.mark.parametrize("wrapper", ["", "submissions/"])
@pytest.mark.parametrize("place", ["all.zip", "pile/all.zip", "all.tar.gz", "pile/all.tar", "pile"])
def test_one_archive_or_folder_of_all_is_opened(tmp_path, wrapper, place):
    members = {f"{wrapper}{name}/exercises.ipynb": ANSWERED for name in ("anna", "bob", "carol")}
    members |= {f"{wrapper}__MACOSX/anna/._exercises.ipynb": b"\0", f"{wrapper}anna/.DS_Store": b"\0"}
    if place.endswith(OPENED):
        archive(tmp_path / place, members)
    else:
        for name, what in members.items():
            write(tmp_path / place / name, what)
    found, left = collected(tmp_path / ("pile" if place.startswith("pile") else place))
    assert (list(found), left) == (["anna", "bob", "carol"], [])
    assert all(set(where(work)) == {"leak", "turn"} for work in found.values())


def test_an_archive_of_others_beside_folders_is_known_by_the_names_in_it(tmp_path):
    pile = tmp_path / "pile"
    write(pile / "anna/x.ipynb")
    archive(
        pile / "late.zip", {f"{name}_{k}_assignsubmission_file/x.ipynb": ANSWERED for k, name in ((11, "bob"), (12, "carol"))}
    )
    archive(pile / "dave.zip", {"part1/x.ipynb": text(LEAK), "part2/y.ipynb": text(TURN)})
    found, _ = collected(pile)
    assert list(found) == ["anna", "bob", "carol", "dave"]
    assert set(where(found["dave"])) == {"leak", "turn"}


def test_nothing_is_lost_without_a_word(tmp_path):
    pile = tmp_path / "pile"
    (pile / "empty").mkdir(parents=True)
    write(pile / "words/answers.txt", "only words")
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere/x.ipynb")
    (pile / "linked").symlink_to(tmp_path / "elsewhere")
    (pile / "four.ipynb").symlink_to(tmp_path / "elsewhere/x.ipynb")
    (pile / "inside").mkdir()
    (pile / "inside/x.ipynb").symlink_to(tmp_path / "elsewhere/x.ipynb")
    write(pile / "broken.zip", b"PK no archive")
    write(pile / "packed/x.7z", b"7z\xbc\xaf")
    write(pile / "alone/x.ipynb.gz", b"\x1f\x8b")
    write(pile / "cut/x.tar.gz", b"\x1f\x8b")
    with tarfile.open(pile / "tar.tar", "w") as file:
        add(file, "x.ipynb", type=tarfile.SYMTYPE, linkname="/etc/passwd")
        add(file, "y.ipynb", type=tarfile.LNKTYPE, linkname="/etc/passwd")
        add(file, "z.ipynb", type=tarfile.FIFOTYPE)
    with zipfile.ZipFile(pile / "link.zip", "w") as file:
        link = zipfile.ZipInfo("x.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    write(pile / "readme.txt", "words")
    found, left = collected(pile)
    assert left == ["readme.txt"]
    says = {
        "empty": "there is no notebook in this folder",
        "words": "there is no notebook in this folder, only answers.txt",
        "linked": "linked is a link and was not followed",
        "four": "four.ipynb is a link and was not followed",
        "inside": "x.ipynb is a link and was not followed",
        "broken": "is no archive that can be opened",
        "packed": "x.7z is an archive that is not opened; hand in the notebook itself, or a zip of it",
        "alone": "x.ipynb.gz is an archive that is not opened; hand in the notebook itself, or a zip of it",
        "cut": "x.tar.gz is no archive that can be opened (Compressed file ended before",
        "tar": "z.ipynb is neither a file nor a folder and was not followed",
        "link": "x.ipynb is a link and was not followed",
    }
    assert set(found) == set(says)
    assert {note.partition(" ")[0] for note in found["tar"].notes if "a link and" in note} == {
        "tar.tar/x.ipynb",
        "tar.tar/y.ipynb",
    }
    for name, line in says.items():
        assert found[name].notebooks == {}
        assert any(line in note for note in found[name].notes), found[name].notes


def test_a_tar_leads_nowhere_out_of_its_folder(tmp_path):
    with tarfile.open(tmp_path / "pile.tar", "w") as file:
        for name in ("/anna/x.ipynb", "../../bob/x.ipynb", "carol/../../../x.ipynb", "anna/nested.tar"):
            add(file, name, ANSWERED.encode() if name.endswith("ipynb") else b"")
    found, left = collected(tmp_path / "pile.tar")
    assert (list(found), left) == (["anna", "bob", "carol"], [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pile.tar"]


def test_a_tar_that_is_larger_than_it_looks_is_read_no_further_than_it_may(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 2**20)
    for name, about in {"bomb": {}, "pax": {"pax_headers": {"comment": "x" * 2**21}}}.items():
        (tmp_path / f"pile/{name}").mkdir(parents=True)
        with tarfile.open(tmp_path / f"pile/{name}/all.tar.gz", "w:gz") as file:
            add(file, "x.ipynb", ANSWERED.encode())
            add(file, "zeros", bytes(2**21), **about)
            add(file, "after.ipynb", ANSWERED.encode())
    found, _ = collected(tmp_path / "pile")
    for work in found.values():
        assert set(where(work)) == {"leak", "turn"}
        assert any("more than 1 MiB of it are not read" in note for note in work.notes), work.notes


def header(size):
    """A header of a file whose size may be any number, also one that leads back."""
    block = bytearray(tarfile.TarInfo("x.txt").tobuf(tarfile.GNU_FORMAT))
    block[124:136] = tarfile.itn(size, 12, tarfile.GNU_FORMAT)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize("size", [-512, -(2**60), 2**60, 2**80])
def test_a_tar_that_leads_in_circles_comes_to_an_end(tmp_path, size):
    write(tmp_path / "pile/anna/x.tar", header(0) + header(size) + bytes(1024))
    write(tmp_path / "pile/anna/x.ipynb")
    found, _ = collected(tmp_path / "pile")
    assert set(where(found["anna"])) == {"leak", "turn"}
    assert any("is no archive that can be opened" in note for note in found["anna"].notes)


@pytest.mark.parametrize("end", [".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz"])
def test_a_damaged_archive_stops_nothing(tmp_path, end):
    """Bytes of a good one changed at random, or cut off: what can be read is read, and the rest has a word or is as it was."""
    rng = np.random.default_rng(0)
    good = archive(tmp_path / f"good{end}", {"x.ipynb": ANSWERED, "y/z.ipynb": text(LOOP)}).read_bytes()
    for k in range(60):
        data = bytearray(good)
        for place in rng.integers(0, len(data), 1 + k % 5):
            data[place] = rng.integers(0, 256)
        write(tmp_path / f"pile/s{k:02}/x{end}", bytes(data[: rng.integers(1, len(data))] if k % 3 == 0 else data))
    found, _ = collected(tmp_path / "pile")
    assert len(found) == 60
    assert all(work.notebooks or work.notes for work in found.values())


def test_folders_within_folders_without_end_are_no_reason_to_stop(tmp_path):
    write(tmp_path / "pile/anna/x.ipynb")
    here = os.open(tmp_path / "pile/anna", os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    try:
        found, _ = collected(tmp_path / "pile")
    finally:
        subprocess.run(["rm", "-rf", str(tmp_path / "pile")], check=True)  # pytest's own removal would not come to an end
    assert set(where(found["anna"])) == {"leak", "turn"}
    assert found["anna"].notes == ["40 folders within folders were looked into, and no more"]


def test_what_is_no_pile_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is no folder and no zip or tar archive"):
        collected(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no submission"):
        collected(tmp_path / "empty")


# -- the roster ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("roster.txt", ["anna", DECOMPOSED, "", "  bob "]),
        ("roster.csv", ["anna", DECOMPOSED, "bob"]),
        ("roster.csv", ["ID,Name", "anna,Anna Li", f"{COMPOSED},x", "bob,Bob"]),
        (
            "roster.csv",
            ["First name;Surname;ID number;Email address", "Anna;Li;anna;a@x", f"José;Müller;{COMPOSED};j@x", "Bob;O;bob;b@x"],
        ),
        ("roster.tsv", ["name\tstudent", "Anna Li\tanna", f"-\t{DECOMPOSED}", "Bob\tbob"]),
    ],
)
def test_a_roster_is_read_however_it_was_saved(tmp_path, name, lines, encoding):
    write(tmp_path / name, "\r\n".join(lines).encode(encoding))
    assert read_roster(tmp_path / name).ids == ("anna", COMPOSED, "bob")


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        (
            "r.txt",
            b"anna,Anna Li,a@x.org\nbob,Bob,b@x.org",
            "'anna,Anna Li,a@x.org' would be taken as one name; write one name a line, or",
        ),
        ("r.txt", b"anna\nbob\nAnna\n", "'anna' stands there twice"),
        ("r.txt", f"{COMPOSED}\n{DECOMPOSED}".encode(), "stands there twice, perhaps in two spellings"),
        ("r.txt", b"\xef\xbb\xbf\n\n", "holds no name"),
        ("r.csv", b"id,name\n", "holds no name"),
        ("r.txt", "Müller".encode("cp1252"), "save it as UTF-8, which a spreadsheet calls CSV UTF-8"),
    ],
)
def test_a_roster_that_cannot_be_right_is_refused(tmp_path, name, raw, says):
    with pytest.raises(ValueError, match="--roster") as refused:
        read_roster(write(tmp_path / name, raw))
    assert says in str(refused.value)


def test_everybody_on_the_roster_has_a_row_and_the_rosters_name(tmp_path):
    rows = [
        "First name,Surname,ID number",
        "Anna,Müller,s11",
        "Anna,Li,s12",
        "José,Pérez,s13",
        "Eve,Ng,s14",
        "Max,Ode,s15",
        "Zoe,Li,s16",
    ]
    roster = read_roster(write(tmp_path / "roster.csv", "\n".join(rows)))
    pile = tmp_path / "pile"
    write(pile / (unicodedata.normalize("NFD", "Anna Müller") + "_4711_assignsubmission_file/x.ipynb"))
    write(pile / "S12.ipynb")
    write(pile / "pérezjosé_LATE_48213_991122_exercises.ipynb")
    write(pile / "stranger/x.ipynb")
    write(pile / "my folder/x.ipynb", text(LEAK, student="s14"))  # whose it is, only the notebook knows
    write(pile / "s15/x.ipynb", text(LEAK, student="s11"))
    found, _ = collected(pile, roster)
    assert list(found) == ["s11", "s12", "s13", "s14", "s15", "s16", "stranger"]
    assert {name for name, work in found.items() if work.notebooks} == set(found) - {"s16"}
    assert found["s16"].notes == ["nothing was handed in"]
    assert found["stranger"].notes == ["stranger is not on the roster"]
    assert "its notebooks were released to s14" in found["s14"].notes[0]
    assert (found["s14"].claimed, found["s15"].claimed) == ("", "s11")


def test_a_name_that_two_people_share_is_nobodys(tmp_path):
    roster = read_roster(write(tmp_path / "r.csv", "id,name\ns1,Anna Li\ns2,Anna Li\n"))
    assert (roster.find("Anna Li"), roster.find("S2")) == (None, "s2")
    assert Roster().find("anyone") is None


def test_numbers_hang_on_the_name_and_not_on_its_spelling():
    drawn = [
        Student(name, "a secret of ours").generator("a", "b", "c").random() for name in (COMPOSED, DECOMPOSED, f" {COMPOSED}")
    ]
    assert drawn[0] == drawn[1] == drawn[2]


# -- which notebook ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("blank", "copy"), [(5, 5), (5, 9), (9, 5), (1e9, 5)])
@pytest.mark.parametrize("names", [("exercises.ipynb", "exercises-Copy1.ipynb"), ("exercises (1).ipynb", "exercises.ipynb")])
def test_a_blank_is_never_marked_where_an_answered_copy_lies_beside_it(tmp_path, blank, copy, names):
    write(tmp_path / "pile/anna" / names[0], BLANK, blank)
    write(tmp_path / "pile/anna" / names[1], ANSWERED, copy)
    found, _ = collected(tmp_path / "pile")
    assert where(found["anna"]) == {"leak": names[1], "turn": names[1]}
    assert f"{names[0]} has no answer" in found["anna"].notes[0]


def test_each_exercise_is_taken_where_it_was_answered_last(tmp_path):
    anna = tmp_path / "pile/anna"
    write(anna / "a.ipynb", text(LEAK, TURN), 100)
    write(anna / "b.ipynb", text(TURN + " + 1", STUB.format("leak")), 200)
    write(anna / "c.ipynb", text(LOOP, STUB.format("leak")), 300)
    found, _ = collected(tmp_path / "pile")
    assert where(found["anna"]) == {"leak": "a.ipynb", "turn": "b.ipynb"}
    assert where(found["anna"], "beta") == {"loop": "c.ipynb"}
    write(anna / "b.ipynb", text(TURN + " + 1"), 100)  # at the same time: where more is answered
    assert where(collected(tmp_path / "pile")[0]["anna"]) == {"leak": "a.ipynb", "turn": "a.ipynb"}


def test_exercises_split_over_two_files_are_all_collected(tmp_path):
    for name in ("one", "two"):
        sources = [LEAK, STUB.format("turn")] if name == "one" else [STUB.format("leak"), TURN]
        write(tmp_path / f"pile/anna/{name}.ipynb", text(*sources))
    found, _ = collected(tmp_path / "pile")
    assert where(found["anna"]) == {"leak": "one.ipynb", "turn": "two.ipynb"}
    assert found["anna"].notes == ["there are 2 notebooks for alpha: from one.ipynb leak; from two.ipynb turn"]


def test_two_chapters_in_one_notebook_are_both_found(tmp_path):
    cells = [cell(source, nbgrader={"grade_id": id}) for source, id in ((LEAK, "alpha-leak"), (LOOP, "beta-loop"))]
    write(tmp_path / "pile/anna/x.ipynb", json.dumps({"cells": cells}))
    found, _ = collected(tmp_path / "pile")
    assert set(where(found["anna"])) == {"leak", "turn"}
    assert where(found["anna"], "beta") == {"loop": "x.ipynb"}
    released = {"cells": [cell(STUB.format("loop"), nbgrader={"grade_id": "beta-loop"}), cell(LEAK), cell(TURN)]}  # without ids
    write(tmp_path / "pile/bob/x.ipynb", json.dumps(released))
    assert where(collected(tmp_path / "pile")[0]["bob"]) == {"leak": "x.ipynb", "turn": "x.ipynb"}


def test_the_same_file_twice_is_one(tmp_path):
    write(tmp_path / "pile/anna/x.ipynb")
    archive(tmp_path / "pile/anna/x.zip", {"x.ipynb": ANSWERED})
    found, _ = collected(tmp_path / "pile")
    assert found["anna"].notes == []


@pytest.mark.parametrize("room", rooms(REPO))
def test_every_stub_of_the_book_is_blank_and_every_solution_an_answer(room):
    page = read(REPO / "book" / room / "exercises.ipynb")
    known = graded(page.cells)
    released = read_notebook(nbformat.writes(exercises_for(page, room, {}, [], None)).encode()).cells
    assert set(known) == set(modules(room))
    assert answered(released, list(known)) == set()
    for name, exercise in known.items():
        mine = {"kind": "code", "source": exercise.solution.source, "tags": [], "id": "", "grade": False}
        assert answered([*released, mine], list(known)) == {name}
        kept = to_run([mine, *released], list(known))  # the answer in a cell of its own above the stub that was left
        assert exercise.solution.source in kept
        assert sum(f"def {name}(" in source for source in kept) == 1
        assert len(kept) == len(to_run(released))


@pytest.mark.parametrize(
    ("source", "is_answer"),
    [
        ("leak = lambda x: x", True),
        ("def leak(x):\n    y = x\n    return y\n    raise NotImplementedError()", True),
        ("def leak(x):\n    return x +", True),  # a fault, and written all the same
        ("def leak(x):\n    '''Words.'''\n    raise NotImplementedError", False),
        ("def leak(x):\n    pass", False),
        ("def leak(x): ...", False),
        ("def leak(x)\n    raise NotImplementedError()", False),
        ("# def leak(x): return x", False),
        ("%%time\ndef leak(x):\n    return x", True),
        ("if True:\n    def leak(x):\n        return x", True),
        ("from helper import leak", True),
        ("leaky = 3", False),
    ],
)
def test_what_is_an_answer(source, is_answer):
    assert (answered([{"kind": "code", "source": source}], ["leak"]) == {"leak"}) is is_answer


# -- how it is written ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b'{"cells": [', "broken JSON, line 1"),
        (b"\xff\xfe\x00", "it is neither UTF-8 nor UTF-16"),
        ("{}é".encode("latin-1"), "it is neither UTF-8 nor UTF-16"),
        (b"[]", "it has no cells"),
        (b'{"cells": 3}', "it has no cells"),
        (b"[" * 100_000, "broken JSON"),
        (b'{"nbformat": 3, "worksheets": 3}', "its format, 3, is old and cannot be converted"),
    ],
)
def test_what_is_no_notebook_is_named(raw, says):
    with pytest.raises(ValueError, match=says):
        read_notebook(raw)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_notebook_is_read_in_every_encoding_that_editors_write(encoding):
    found = read_notebook(text("x = 'é'", student=COMPOSED).replace("\\u00e9", "é").encode(encoding))
    assert ([c["source"] for c in found.cells], found.student) == (["x = 'é'"], COMPOSED)


def test_an_old_notebook_is_converted():
    page = nbformat.v3.new_notebook(worksheets=[nbformat.v3.new_worksheet(cells=[nbformat.v3.new_code_cell(LEAK)])])
    assert [c["source"] for c in read_notebook(json.dumps(page).encode()).cells] == [LEAK]


def test_pictures_without_end_cost_no_marks(tmp_path):
    shown = {
        "cell_type": "code",
        "source": LEAK,
        "metadata": {},
        "outputs": [{"output_type": "stream", "text": "x" * 63 * 2**20}],
    }
    write(tmp_path / "pile/anna/x.ipynb", json.dumps({"cells": [shown]}))
    found, _ = collected(tmp_path / "pile")
    (part,) = found["anna"].notebooks["alpha"]
    assert [c["source"] for c in part.cells] == [LEAK]
    assert found["anna"].notes == []


def test_halves_of_characters_can_be_written_again():
    (found,) = read_notebook(b'{"cells": [{"cell_type": "code", "source": "x = \'\\ud800\'"}]}').cells
    assert found["source"] == "x = '?'"


def test_cells_are_read_whatever_an_editor_made_of_them():
    odd = [
        cell(["a\n", "b"]),
        cell(3),
        {"cell_type": "code"},
        7,
        cell("x", tags="check", nbgrader=[]),
        cell("y", nbgrader={"grade": True, "grade_id": 5}),
    ]
    found = read_notebook(b"\xef\xbb\xbf" + json.dumps({"cells": odd, "metadata": 3}).encode()).cells
    assert [c["source"] for c in found] == ["a\nb", "3", "", "x", "y"]
    assert found[4] == {"kind": "code", "source": "y", "tags": [], "id": "5", "grade": True}


def test_a_notebook_belongs_to_the_room_whose_exercises_it_holds():
    def cells(*sources, **more):
        return read_notebook(text(*sources, **more).encode()).cells

    assert rooms_in(cells("def turn(x):\n    pass"), LABELS) == ["alpha"]
    assert rooms_in(cells("def loop(x):\n    pass", "def loops(): pass"), LABELS) == ["beta"]
    assert rooms_in(cells("x = 1", nbgrader={"grade_id": "beta-loop"}), LABELS) == ["beta"]
    assert rooms_in(cells("loop = 3"), LABELS) == []


def test_what_was_released_beside_the_answers_is_not_run():
    cells = [
        cell("# @title Setup {}\nimport x"),
        cell("a = 1"),
        cell("feedback(c, f)", tags=["check"]),
        cell("words", "markdown"),
        cell("test", nbgrader={"grade": True}),
        cell("hand", nbgrader={"grade": True, "solution": True}),
        cell('from dynlib.teaching import hand_in\n\nhand_in("alpha", student="anna")'),
    ]
    assert to_run(read_notebook(json.dumps({"cells": cells}).encode()).cells) == ["a = 1", "hand"]
