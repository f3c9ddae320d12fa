"""The page's script: each part parses by itself, and reads, draws and says what Python packed."""

import re
import subprocess
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from dynlib.teaching.explore import Lines, Table
from dynlib.teaching.explore.kinds.table import said
from dynlib.teaching.explore.levels import ALPHABET, CELL_TOP, CODE, MISSING, TOP, Axis, pack, pack_cells, unpack_cells
from dynlib.teaching.explore.script import parts, script

HERE = resources.files("dynlib.teaching.explore")
RNG = np.random.default_rng(1)


@pytest.mark.parametrize("part", parts())
def test_a_part_parses_by_itself(part, node):
    done = subprocess.run([node, "--check", str(HERE / part)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_script_is_every_part_and_no_part_brings_numbers_of_the_packing(node, tmp_path):
    files = {f"{folder}/{file.name}" for folder in ("engine", "kinds", "twins") for file in (HERE / folder).iterdir()}
    assert {file for file in files if file.endswith(".js")} == set(parts())
    whole = tmp_path / "all.js"
    whole.write_text(script(), encoding="utf-8")
    assert subprocess.run([node, "--check", str(whole)], timeout=60).returncode == 0
    assert not re.search(rf"\b({TOP}|{MISSING})\b|{ALPHABET[:8]}", script())


def test_every_kind_has_both_files():
    names = {path.stem for path in Path(str(HERE / "kinds")).iterdir() if path.suffix == ".js"}
    assert names >= {"lines", "plane", "table", "points"}
    assert all((HERE / "kinds" / f"{name}.py").is_file() for name in names)


def test_unit_tests_under_node(node):
    files = sorted(str(path) for path in Path(__file__).with_name("explore_js").glob("*.test.js"))
    done = subprocess.run([node, "--test", *files], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_places_on_an_axis_come_back_as_they_were_packed(in_node):
    axis, values = Axis(-0.5, 1.2), RNG.uniform(-2, 2.7, 200)
    values[::17] = np.nan
    got = in_node(["engine/numbers.js"], "return dynlib.fractions(input.text, input.code)",
                  {"text": pack(axis.levels(values)), "code": CODE})  # fmt: skip
    got = np.array(got, dtype=float)
    np.testing.assert_allclose(got, np.clip(axis.fraction(values), -1, 2), atol=1.5 / TOP * 1.01)


def test_cells_come_back_as_they_were_packed(in_node):
    table = RNG.uniform(-1, 1, (4, 5))
    table[1, 1], table[2, 3] = np.nan, 0.0
    got = in_node(["engine/numbers.js"], "return dynlib.cells(input.text, input.code)",
                  {"text": pack_cells(table, 1.0), "code": CODE})  # fmt: skip
    np.testing.assert_allclose(np.array(got, dtype=float).reshape(4, 5), unpack_cells(pack_cells(table, 1.0), 5))
    assert CELL_TOP == 31


def test_a_column_is_said_in_python_s_words(in_node):
    panel = Table(rows=6, cols=8, limit=2.0)
    table = RNG.choice([0.0, 0.2, -0.2, 0.5, 1.234567], (6, 8))
    table[:, 3] = 0
    slots = panel.pack(table, "frame")
    body = """const kind = dynlib.kinds.table, frame = kind.read(input.panel, input.slots, input.code);
    const own = kind.live(input.panel, input.rows);
    return Array.from({ length: 8 }, (_, j) => [kind.words(input.panel, frame, j), kind.words(input.panel, own, j)]);"""
    files = ["engine/numbers.js", "engine/cells.js", "kinds/table.js"]
    got = in_node(files, body, {"panel": panel.data(), "slots": slots, "rows": table.tolist(), "code": CODE})
    wanted = [said(panel.sentences, fact, j) for j, fact in enumerate(slots[1].split(";"))]
    assert got == [[sentence, sentence] for sentence in wanted]
    assert wanted[3] == "No output has a weight on input 3."


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_value_and_its_place_are_python_s(in_node, scale):
    panel = Lines(series=["a"], xlim=(0.1, 10), ylim=(0.1, 10), xscale=scale, yscale=scale)
    values = RNG.uniform(0.05, 20, 50)
    body = """const [axis] = input.axes, at = (v) => dynlib.fraction(v, axis);
    return input.values.map((v) => [at(v), dynlib.value(at(v), axis)]);"""
    got = np.array(in_node(["engine/numbers.js"], body, {"axes": panel.data()["axes"], "values": values.tolist()}))
    np.testing.assert_allclose(got[:, 0], panel.xaxis.fraction(values), atol=1e-12)
    np.testing.assert_allclose(got[:, 1], values, rtol=1e-12)
