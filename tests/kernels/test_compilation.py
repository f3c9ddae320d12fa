"""Kernels compiled ahead of time, in a process of its own: no GPU and no driver here."""

import importlib.util
import inspect
import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import pytest

from dynlib.sweep.dependencies import closure
from dynlib_kernels import vandermonde
from dynlib_kernels.check import TARGETS, compiled
from dynlib_kernels.check.samples import SAMPLES
from dynlib_kernels.check.table import STORED, counted

REPO = Path(__file__).parents[2]
TRITON = importlib.util.find_spec("triton") is not None
pytestmark = pytest.mark.skipif(not TRITON, reason="no Triton here")


# kernel: what its machine code must hold on NVIDIA, what it must not, and what on AMD
FLOAT32 = {"FFMA", "LDG", "STG"}
TENSOR_CORES = {"HMMA", "HGMMA"}  # they would round float32 factors to tf32; AMD's v_mfma multiplies in full float32
MIX = {
    "vandermonde_forward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "vandermonde_backward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "additive_scores_forward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_fma", "v_exp", "buffer"}),
    "additive_scores_backward_d": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_fma", "v_exp", "buffer"}),
    "additive_scores_backward_e": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_fma", "v_exp", "buffer"}),
    "additive_scores_backward_v": ({"LDG", "STG"}, TENSOR_CORES, {"buffer"}),
    "spectral_forward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp"}),
    "spectral_backward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp"}),
    "linear_attention_forward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "linear_attention_normaliser": ({"LDG", "STG", "MUFU"}, TENSOR_CORES, {"buffer"}),
    "linear_attention_dq": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "linear_attention_dk": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "linear_attention_dv": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "linear_attention_decay": ({"LDG", "STG"}, TENSOR_CORES, {"buffer"}),
    "local_conv_forward": ({"FFMA", "STG"}, TENSOR_CORES, {"v_mfma"}),
    "local_conv_grad_x": ({"FFMA", "STG"}, TENSOR_CORES, {"v_mfma"}),
    "local_conv_grad_w": ({"FFMA", "STG"}, TENSOR_CORES, {"v_mfma"}),
    "local_conv_sum": ({"LDG", "STG"}, TENSOR_CORES, {"buffer"}),
    "scan_forward": (FLOAT32 | {"SHFL"}, TENSOR_CORES | {"STS", "BAR"}, {"v_fma", "buffer"}),  # joins within one warp
    "scan_backward": (FLOAT32 | {"SHFL"}, TENSOR_CORES | {"STS", "BAR"}, {"v_fma", "buffer"}),
    "softmax_attention_forward": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "softmax_attention_backward_queries": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
    "softmax_attention_backward_keys": (FLOAT32 | {"MUFU"}, TENSOR_CORES, {"v_exp", "v_mfma"}),
}


STORED_TABLE = json.loads(STORED.read_text())


def check_budget(row):
    assert row["spills"] <= 64, row
    assert 0 <= row["shared"] <= 48 * 1024, row
    assert 0 < row["registers"] <= 255, row


def check_instructions(row):
    required, forbidden, on_amd = MIX[row["kernel"]]
    if row["target"].startswith("sm_"):
        assert required <= row["mix"].keys(), row
        assert not forbidden & row["mix"].keys(), row
    else:
        assert on_amd <= row["mix"].keys(), row


def test_stored_table_has_every_kernel_for_every_target():
    expected = [(kernel, target) for kernel in sorted(MIX) for target in TARGETS]
    assert [(row["kernel"], row["target"]) for row in STORED_TABLE["compiled"]] == expected
    assert list(STORED_TABLE["counts"]) == sorted(MIX)
    assert sorted(kernel for sample in SAMPLES for kernel in kernels_of(sample)) == sorted(MIX)  # each in one sample


def test_stored_table_keeps_the_budgets():
    for row in STORED_TABLE["compiled"]:
        check_budget(row)
        check_instructions(row)


def kernels_of(sample):
    """A sample launches the kernels that are called after it."""
    return {kernel for kernel in MIX if kernel.startswith(f"{sample}_")}


def stored_of(sample):
    rows = [row for row in STORED_TABLE["compiled"] if row["kernel"] in kernels_of(sample)]
    return {"counts": {kernel: STORED_TABLE["counts"][kernel] for kernel in kernels_of(sample)}, "compiled": rows}


def own(sample):
    """What a sample's rows hang on beside the kernels' sources: its call, the rows, and the compiler."""
    compiler = version("triton") if TRITON else ""
    return [inspect.getsource(SAMPLES[sample]), json.dumps(stored_of(sample), sort_keys=True), compiler]


def sources(sample):
    """The kernels' sources with what they import, and the tools and tests that read them."""
    package = REPO / "kernels/dynlib_kernels"
    starts = [*package.glob(f"{sample}*.py"), package / "check/offline.py", package / "check/sanitizer.py"]
    found = {file for start in starts for file in closure(REPO, start)} | {Path(__file__).relative_to(REPO).as_posix()}
    return sorted(found - {STORED.relative_to(REPO).as_posix()})


@pytest.mark.slow
@pytest.mark.parametrize("sample", [pytest.param(name, marks=pytest.mark.proof(own=own(name))) for name in SAMPLES])
def test_stored_table_is_what_compiler_and_interpreter_make(sample, proof):
    """`python -m dynlib_kernels.check --json > kernels/dynlib_kernels/check/table.json` brings it up to date."""
    rows = [asdict(row) for row in compiled(SAMPLES[sample])]
    rows.sort(key=lambda row: (row["kernel"], TARGETS.index(row["target"])))
    expected = [(kernel, target) for kernel in sorted(kernels_of(sample)) for target in TARGETS]
    assert [(row["kernel"], row["target"]) for row in rows] == expected
    for row in rows:
        check_budget(row)
        check_instructions(row)
    if STORED_TABLE["versions"]["triton"] == version("triton"):
        counts = {kernel: vars(tally) for kernel, tally in counted(SAMPLES[sample]).items()}
        assert json.loads(json.dumps({"counts": counts, "compiled": rows})) == stored_of(sample)
    stored = STORED_TABLE["versions"]["triton"]
    proof.saw(f"{len(rows)} rows of Triton {version('triton')}; those of {stored} are stored", sources(sample))


def write_launch(folder, name, old, new, dtype):
    """A module `name` whose `launch` runs the forward kernel of an altered copy of vandermonde.py."""
    text = Path(vandermonde.__file__).read_text()
    assert old in text
    (folder / f"{name}_kernel.py").write_text(text.replace(old, new))
    (folder / f"{name}.py").write_text(
        f"import torch\nfrom {name}_kernel import forward\n\n\ndef launch():\n"
        f"    z = torch.zeros(1, 16, dtype=torch.{dtype})\n    forward(z, z, 512)\n"
    )


def test_lower_precision_shows_in_the_instructions(tmp_path, monkeypatch):
    """The interpreter ignores input_precision: only the machine code tells."""
    write_launch(tmp_path, "lower", 'input_precision="ieee"', 'input_precision="tf32"', "complex64")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (row,) = compiled("lower:launch", ["sm_80"])
    assert row.mix["HMMA"] > 0


def test_what_does_not_compile_says_why(tmp_path, monkeypatch):
    """The interpreter lets a float32 sum grow into a float64 one without a word; the compiler does not."""
    write_launch(tmp_path, "mixed", "[BA, BJ], K.dtype.element_ty", "[BA, BJ], tl.float32", "complex128")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"(?s)mixed:launch did not compile:.*b_K.*fp32.*fp64"):
        compiled("mixed:launch", ["sm_80"])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="targets is \\['sm_61'\\]; choose some of sm_75"):
        compiled("dynlib_kernels.check.samples:vandermonde", ["sm_61"])
    with pytest.raises(ValueError, match="targets is \\[\\]"):
        compiled("dynlib_kernels.check.samples:vandermonde", [])
    with pytest.raises(ValueError, match="plain function at the top"):
        compiled(lambda: None)
    with pytest.raises(ValueError, match=r"must read 'package\.module:function'"):
        compiled("dynlib_kernels.check.samples")


def test_nothing_launched(tmp_path, monkeypatch):
    (tmp_path / "idle.py").write_text("def launch():\n    pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="idle:launch launched no kernel for sm_75"):
        compiled("idle:launch", ["sm_75"])
