"""What a reader's notebook carries: all that its chapter needs, nothing of other chapters, in a cell that editors leave alone."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from IPython.core.inputtransformer2 import TransformerManager
from nbformat.v4 import new_code_cell, new_notebook

from press.notebooks import all_notebooks, code_cells, rooms
from press.payload import WIDTH, carried, imports, open_payload, pages_of, reader_files, setup_cell, wrapped

REPOSITORY = Path(__file__).resolve().parents[2]
CHAPTERS = sorted({page.stem if page.parent.name == "book" else page.parent.name for page in all_notebooks(REPOSITORY)})
PAGES = {chapter: pages_of(REPOSITORY, chapter) for chapter in CHAPTERS}
AWKWARD = {
    "a/empty.py": b"",
    "a/données.csv": b"\r\n\x00\xff\n" * 3,
    "a/b/quotes.py": b'"""\\"""' + bytes(range(256)),
    "a/long.csv": b"".join(b"%d," % (k * k) for k in range(9999)),
}


def notebook(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


@pytest.fixture(scope="module")
def books():
    """The files that each chapter of the book carries."""
    files = reader_files(REPOSITORY)
    return {chapter: carried(files, chapter, PAGES[chapter]) for chapter in CHAPTERS}


def test_what_is_packed_comes_back():
    assert open_payload(setup_cell(AWKWARD)) == AWKWARD


def test_the_order_of_files_does_not_matter_and_every_byte_does():
    cell = setup_cell(AWKWARD)
    assert setup_cell(dict(reversed(AWKWARD.items()))) == cell
    for changed in ({"a/empty.py": b" "}, {"a/other.py": b""}, {"a/long.csv": AWKWARD["a/long.csv"] + b"0"}):
        other = setup_cell(AWKWARD | changed)
        names = [re.search(r'open_library\("(\w{16})"', source)[1] for source in (cell, other)]
        assert names[0] != names[1]


@pytest.mark.parametrize("source", ["", "x = 1", 'open_library("0", "payload")', '# @title Setup {display-mode: "form"}\nx = 1'])
def test_another_cell_carries_nothing(source):
    assert open_payload(source) == {}


@pytest.mark.parametrize("sign", [">>>", ">>>a", "%", "%%", "!", "?", "??", "...", "a?", "a>>>"])
@pytest.mark.parametrize("before", range(-4, 5))
def test_a_cut_beside_a_sign_of_ipython_leaves_the_text_as_it_is(sign, before):
    """With a sign on either side of where a line would end: a prompt at a line's beginning would be taken away."""
    text = "a" * (WIDTH + before) + sign + "b" * 3 * WIDTH
    lines = wrapped(text)
    assert "".join(lines.split()) == text
    assert len(lines.splitlines()) > 3
    cell = f'f("""\n{lines}\n""")'
    assert TransformerManager().transform_cell(cell).rstrip("\n") == cell


def test_no_line_of_a_cell_looks_like_a_command_to_an_editor():
    cell = setup_cell(AWKWARD | {f"{k}.csv": str(hash((k, 0.5))).encode() for k in range(3000)})
    payload = cell.partition('"""\n# ')[0].splitlines()
    assert len(cell) > 30_000
    assert not [line for line in payload if re.match(r"\s*[%!?]", line) or line.endswith("?")]
    assert TransformerManager().transform_cell(cell).rstrip("\n") == cell
    assert set(re.findall(r'[\\"]', "".join(cell.split('"""')[-2:]))) == set()


def test_the_code_on_top_is_short_and_the_payload_below():
    top, payload = setup_cell(AWKWARD).split('open_library("', 1)
    assert len(top.splitlines()) < 110
    assert max(map(len, top.splitlines())) <= 130
    assert payload.rstrip().endswith('""")\ndel unpack, hash_of, open_library')


FILES = dict.fromkeys(
    (
        "dynlib/__init__.py",
        "dynlib/modes.py",
        "dynlib/teaching/__init__.py",
        "dynlib/teaching/explore/__init__.py",
        "dynlib/teaching/claims/__init__.py",
        "dynlib/teaching/claims/a.toml",
        "dynlib/teaching/claims/a_run.toml",
        "dynlib/teaching/claims/ab.toml",
        "dynlib/teaching/claims/b.toml",
        "dynlib/a/__init__.py",
        "dynlib/a/one.py",
        "dynlib/a/data/a.csv",
        "dynlib/b/__init__.py",
        "dynlib/b/data/b.csv",
        "dynlib/c/__init__.py",
        "dynlib_kernels/__init__.py",
        "dynlib_kernels/check/__init__.py",
    ),
    b"",
)


def packages(files, chapter, *sources):
    found = carried(FILES | files, chapter, [notebook(*sources)])
    names = {name.removesuffix("/__init__.py") for name in found if name.endswith("/__init__.py")}
    return names - {"dynlib", "dynlib_kernels"}


@pytest.mark.parametrize(
    "source",
    ["from dynlib.a.one import x", "from dynlib import a", "import dynlib.a as z", "def f():\n    from dynlib.a import x"],
)
def test_a_package_is_carried_where_it_is_imported(source):
    found = carried(FILES, "a", [notebook("%matplotlib inline\n!ls", source)])
    assert set(found) == {
        "dynlib/__init__.py",
        "dynlib/modes.py",
        "dynlib/a/__init__.py",
        "dynlib/a/one.py",
        "dynlib/a/data/a.csv",
        "dynlib_kernels/__init__.py",
    }


def test_a_word_is_no_import():
    assert packages({}, "a", "import dynlib\na = dynlib.modes  # from dynlib import a", "'import dynlib.b'") == set()


@pytest.mark.parametrize("text", ["from dynlib.b import x", "def f():\n    import dynlib.b"])
def test_what_is_carried_brings_what_it_imports(text):
    assert packages({"dynlib/a/one.py": text.encode()}, "a", "import dynlib.a") == {"dynlib/a", "dynlib/b"}
    assert packages({"dynlib/c/__init__.py": text.encode()}, "a", "import dynlib.a") == {"dynlib/a"}
    assert packages({"dynlib/a/one.py": b"import dynlib.c", "dynlib/c/__init__.py": text.encode()}, "a", "import dynlib.a") == {
        "dynlib/a",
        "dynlib/b",
        "dynlib/c",
    }


def test_a_lazy_export_brings_its_module():
    text = b"if TYPE_CHECKING:\n    from dynlib.teaching.explore import Slider\n__getattr__, __dir__ = lazy(__name__)"
    assert packages({"dynlib/teaching/__init__.py": text}, "a", "from dynlib.teaching import Slider") == {
        "dynlib/teaching",
        "dynlib/teaching/explore",
    }


def test_only_the_chapters_own_claims_are_carried():
    found = carried(FILES, "a", [notebook("from dynlib.teaching.claims import claim\nimport dynlib.b")])
    assert {name for name in found if name.endswith(".toml")} == {
        "dynlib/teaching/claims/a.toml",
        "dynlib/teaching/claims/a_run.toml",
    }


def test_a_chapter_of_the_book_carries_no_other_chapter_and_no_workbench(books):
    for chapter in CHAPTERS:
        own = "\n".join(cell.source for page in PAGES[chapter] for _, cell in code_cells(page))
        for name in books[chapter]:
            folder = name.split("/")[1]
            assert folder not in rooms(REPOSITORY) or f"dynlib.{folder}" in own, (chapter, name)
        assert ("dynlib_kernels/check/table.py" in books[chapter]) is (chapter == "kernels")


def test_what_belongs_to_a_course_is_carried_nowhere(books):
    names = {name for files in books.values() for name in files}
    endings = {"py", "typed", "js", "css", "json", "csv", "safetensors", "toml", "ttf", "txt"}
    assert {name.rpartition(".")[2] for name in names} == endings
    assert all("/claims/" in name for name in names if name.endswith(".toml"))
    assert not [name for name in names if re.search("^press|^tests|material|lessons|questions|tasks/", name)]


def test_every_file_of_a_carried_package_is_there(books):
    """So a module that opens its data by its own place finds it."""
    everything = reader_files(REPOSITORY)
    for files in books.values():
        folders = {name.removesuffix("__init__.py") for name in files if name.endswith("__init__.py")}
        inside = {
            name
            for name in everything
            for folder in folders
            if name.startswith(folder) and re.fullmatch(r"(data/)?[^/]+", name.removeprefix(folder))
        }
        assert {name for name in inside if "/claims/" not in name} <= set(files)


def test_the_rows_of_all_claims_are_carried(books):
    claimed = 0
    for chapter, pages in PAGES.items():
        rows = [tomllib.loads(data.decode()) for name, data in books[chapter].items() if name.endswith(".toml")]
        for source in (cell.source for page in pages for _, cell in code_cells(page)):
            for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
                if ast.unparse(call.func) == "claim" and isinstance(call.args[0], ast.Constant):
                    claimed += 1
                    assert any(call.args[0].value in table for table in rows), (chapter, call.args[0].value)
    assert claimed > 500


def test_imports_are_found():
    assert imports("import a.b as c, d\nfrom e.f import g as h\n'i.j'") == {"a.b", "d", "e.f.g"}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('"""an error of 5\n% of all"""\nimport a', {"a"}),
        ("half = (\n    7\n    % 2\n)\nimport a", {"a"}),
        ("%matplotlib inline\n!ls\nfiles = !ls\nimport a\nnp.sum?", {"a"}),
        ("%%writefile b.py\nimport c", set()),
        ("this is no code", set()),
    ],
)
def test_a_sign_that_may_begin_a_magic_is_read_as_ipython_reads_it(source, names):
    assert imports(source) == names
