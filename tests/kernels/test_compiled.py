"""Kernels compiled ahead of time, in a process of its own: no GPU and no driver here."""
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kernels import vandermonde
from kernels.check import TARGETS, compiled

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="no Triton here")


@pytest.fixture(scope="module")
def table():
    """What `python -m kernels.check --json` prints."""
    done = subprocess.run([sys.executable, "-m", "kernels.check", "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["rows"]


@pytest.mark.slow
def test_every_kernel_for_every_target(table):
    expected = {(f"vandermonde_{direction}", target) for direction in ("forward", "backward") for target in TARGETS}
    assert {(row["kernel"], row["target"]) for row in table} == expected
    assert len(table) == len(expected)


@pytest.mark.slow
def test_budgets(table):
    for row in table:
        assert row["spills"] <= 64, row
        assert 0 < row["shared"] <= 48 * 1024, row
        assert 0 < row["registers"] <= 255, row


@pytest.mark.slow
def test_full_float32_products_and_few_exponentials(table):
    for row in table:
        if row["target"].startswith("sm_"):
            assert {"FFMA", "MUFU", "LDG", "STG"} <= row["mix"].keys(), row
            assert not {"HMMA", "HGMMA"} & row["mix"].keys(), f"a tensor core would round the tables to tf32: {row}"
        else:
            assert {"v_exp", "v_mfma"} <= row["mix"].keys(), row      # AMD's matrix cores multiply in full float32


def write_launch(folder, name, old, new, dtype):
    """A module `name` whose `launch` runs the forward kernel of an altered copy of vandermonde.py."""
    text = Path(vandermonde.__file__).read_text()
    assert old in text
    (folder / f"{name}_kernel.py").write_text(text.replace(old, new))
    (folder / f"{name}.py").write_text(f"import torch\nfrom {name}_kernel import forward\n\n\ndef launch():\n"
                                       f"    z = torch.zeros(1, 16, dtype=torch.{dtype})\n    forward(z, z, 512)\n")


def test_lower_precision_shows_in_the_instructions(tmp_path, monkeypatch):
    """The interpreter ignores input_precision: only the machine code tells."""
    write_launch(tmp_path, "lower", 'input_precision="ieee"', 'input_precision="tf32"', "complex64")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    row, = compiled("lower:launch", ["sm_80"])
    assert row.mix["HMMA"] > 0


def test_what_does_not_compile_says_why(tmp_path, monkeypatch):
    """The interpreter lets a float32 sum grow into a float64 one without a word; the compiler does not."""
    write_launch(tmp_path, "mixed", "[BA, BJ], K.dtype.element_ty", "[BA, BJ], tl.float32", "complex128")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"(?s)mixed:launch did not compile:.*b_K.*fp32.*fp64"):
        compiled("mixed:launch", ["sm_80"])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="targets is \\['sm_61'\\]; choose some of sm_75"):
        compiled("kernels.check.samples:vandermonde", ["sm_61"])
    with pytest.raises(ValueError, match="targets is \\[\\]"):
        compiled("kernels.check.samples:vandermonde", [])
    with pytest.raises(ValueError, match="plain function at the top"):
        compiled(lambda: None)
    with pytest.raises(ValueError, match=r"must read 'package\.module:function'"):
        compiled("kernels.check.samples")


def test_nothing_launched(tmp_path, monkeypatch):
    (tmp_path / "idle.py").write_text("def launch():\n    pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="idle:launch launched no kernel for sm_75"):
        compiled("idle:launch", ["sm_75"])
