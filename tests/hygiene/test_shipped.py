"""What is shipped: everything that others made is named with its licence, and stored data is text or safetensors."""

import ast
import os
import re
import socket
from fnmatch import fnmatch
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
SITE = REPO / "book/_build/html"
LISTED = re.findall(r"`((?:book/_vendor|_static|dynlib)/[^`]*)`", (REPO / "LICENCES.md").read_text(encoding="utf-8"))
SHEETS = [f"_static/{path.name}" for path in (REPO / "book/_static").iterdir() if path.suffix in (".css", ".js")]
OURS = (*SHEETS, "_static/icon.svg", "_static/page.png", "_static/explore-*")
PACKAGES = ("dynlib", "kernels", "press")


@pytest.fixture
def static():
    """What the built site ships beside its pages."""
    if not SITE.exists() and not os.environ.get("CI"):
        pytest.skip("the site is not built: make book")
    return [str(path.relative_to(SITE)) for path in (SITE / "_static").rglob("*") if path.is_file()]


def unnamed(files):
    """Those of the files that no pattern names."""
    return [name for name in files if not any(fnmatch(name, pattern) for pattern in (*LISTED, *OURS))]


def test_what_others_made_is_named_with_its_licence(static):
    vendored = [str(path.relative_to(REPO)) for path in (REPO / "book/_vendor").rglob("*") if path.is_file()]
    assert len(static) > 50
    assert unnamed(static + vendored) == []


def test_an_unnamed_file_would_be_seen():
    assert unnamed(["_static/new-thing.js", "_static/basic.css"]) == ["_static/new-thing.js"]


def test_the_list_names_nothing_that_is_gone(static):
    files = static + [str(path.relative_to(REPO)) for folder in ("book/_vendor", "dynlib") for path in (REPO / folder).rglob("*")]
    assert [pattern for pattern in LISTED if not any(fnmatch(name, pattern) for name in files)] == []


def test_stored_data_is_csv_or_safetensors():
    files = [path for path in (REPO / "dynlib").rglob("data/*") if path.is_file()]
    assert len(files) > 20
    assert {path.suffix for path in files} <= {".csv", ".safetensors"}


def unsafe(source):
    """Where a source reads or writes pickles: they run code of whoever made the file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
            found += [name for name in names if name.partition(".")[0] in ("pickle", "cloudpickle", "dill", "shelve", "marshal")]
        elif isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in ("torch.load", "np.load", "joblib.load"):
            safe = {"weights_only=True", "allow_pickle=False"} & {ast.unparse(keyword) for keyword in node.keywords}
            found += [] if safe else [name]
    return found


def test_nothing_reads_pickles():
    sources = [path for folder in PACKAGES for path in (REPO / folder).rglob("*.py")]
    assert unsafe("import pickle\ntorch.load('x')\nnp.load('x', allow_pickle=False)") == ["pickle", "torch.load"]
    assert {
        str(path): unsafe(path.read_text(encoding="utf-8")) for path in sources if unsafe(path.read_text(encoding="utf-8"))
    } == {}


def test_tests_reach_no_network():
    with pytest.raises(OSError, match="tests reach no network"):
        socket.create_connection(("192.0.2.1", 80), 2)
    with pytest.raises(OSError, match="tests reach no network"):
        socket.getaddrinfo("example.org", 80)
    assert socket.getaddrinfo("localhost", 80)
