"""How `dynlib_kernels` settles its mode, each time in a process that has imported torch and nothing else, or nothing at all."""

import importlib
import json
import os
import subprocess
import sys
import types

import pytest

import dynlib_kernels

# Importing torch takes most of such a process's time: one process imports it and forks a child for each case.
FORK = """
import json, os, sys, torch, traceback, warnings
printed = {}
for name, (interpret, script) in json.load(sys.stdin).items():
    out, into = os.pipe()
    if os.fork() == 0:
        os.dup2(into, 1)
        os.dup2(into, 2)
        if interpret is not None:
            os.environ["TRITON_INTERPRET"] = interpret
        try:
            exec(script, {"os": os, "sys": sys, "torch": torch, "warnings": warnings})
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(0)
    os.close(into)
    with os.fdopen(out) as lines:
        printed[name] = lines.read().splitlines()
    os.wait()
json.dump(printed, sys.stdout)
"""

# What every process does at its end: say the mode, and show that vandermonde works in it (in mode "gpu", that it wants a GPU).
REPORT = """
import sys
assert triton_was_there or sys.modules.get("triton") is None, "settling the mode imported triton"
print(dynlib_kernels.MODE, dynlib_kernels.DEVICE, os.environ.get("TRITON_INTERPRET"), len(caught))
from dynlib_kernels.vandermonde import cost, error_bound, vandermonde, vandermonde_ref
L = 20_000
z, c = torch.tensor([[-1e-6 + 2.9j, -0.2 + 2j]]).requires_grad_(), torch.tensor([[1, 1j]])
try:
    K = vandermonde(z, c, L)
except ValueError as error:
    print(error)
else:
    K[:, :70].sum().backward()
    exact_z = z.detach().to(torch.complex128).requires_grad_()
    exact = vandermonde_ref(exact_z, c.to(torch.complex128), L)
    exact[:, :70].sum().backward()
    within = ((K - exact).abs() <= error_bound(z, c, L)).all().item()
    print(K.dtype, within, torch.allclose(z.grad.to(torch.complex128), exact_z.grad, atol=1e-4), cost(1, 2, 70)["forward"].bytes)
"""


IMPORT = """
triton_was_there = sys.modules.get("triton") is not None
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import dynlib_kernels
    dynlib_kernels.MODE
"""

NO_TRITON = """
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "triton":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocker())
"""
NO_GPU = "torch.cuda.is_available = lambda: False\n"
GPU = "torch.cuda.is_available = lambda: True\n"
OPTIMIZER = "torch.optim.SGD([torch.zeros(2, requires_grad=True)])\nassert 'triton' in sys.modules\n"
WORKS = f"torch.float32 True True {2 * 2 * 8 + 70 * 4}"
WANTS_GPU = "z is on cpu, but kernels run on 'cuda' here: z.to(dynlib_kernels.DEVICE)"

# name: (what runs before kernels is imported, TRITON_INTERPRET before; and then: mode, device, TRITON_INTERPRET and number of
# warnings, what vandermonde does)
CASES = {
    "no GPU": (NO_GPU, None, "interpret cpu 1 0", WORKS),
    "GPU": (GPU, None, "gpu cuda None 0", WANTS_GPU),
    "forced to interpret": (GPU, "1", "interpret cpu 1 0", WORKS),
    "forced to compile": (NO_GPU, "0", "gpu cuda 0 0", WANTS_GPU),
    "Triton too early": (NO_GPU + "import triton", None, "torch cpu None 1", WORKS),
    "Triton early, in the right mode": (NO_GPU + "import triton", "1", "interpret cpu 1 0", WORKS),
    "no Triton": (NO_TRITON, None, "torch cpu None 0", WORKS),
    "no Triton, GPU": (NO_TRITON + GPU, None, "torch cpu None 0", WORKS),
    "Triton taken out": ("sys.modules['triton'] = None", None, "torch cpu None 0", WORKS),
    "torch, then dynlib, then an optimizer": (NO_GPU + "import dynlib\n" + OPTIMIZER, None, "interpret cpu 1 0", WORKS),
    "torch, then dynlib, then Triton, GPU": (GPU + "import dynlib, triton", None, "gpu cuda None 0", WANTS_GPU),
    "an optimizer, then dynlib": (NO_GPU + OPTIMIZER + "import dynlib\n", None, "torch cpu None 1", WORKS),
}
DYNLIB_ALONE = "import os, sys, warnings, dynlib\nassert 'torch' not in sys.modules\nimport torch\n"
ENV = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}


@pytest.fixture(scope="module")
def printed():
    """Lines that each case prints."""
    scripts = {name: (interpret, before + IMPORT + REPORT) for name, (before, interpret, *_) in CASES.items()}
    done = subprocess.run(
        [sys.executable, "-c", FORK], env=ENV, input=json.dumps(scripts), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(dynlib_kernels.MODE == "torch", reason="most of these modes need Triton")
@pytest.mark.parametrize("case", CASES)
def test_mode(case, printed):
    assert printed[case] == [*CASES[case][2:]]


@pytest.mark.slow
@pytest.mark.skipif(dynlib_kernels.MODE == "torch", reason="without Triton there is nothing to settle")
def test_mode_where_dynlib_comes_first():
    """dynlib, then torch, then an optimizer."""
    script = DYNLIB_ALONE + NO_GPU + OPTIMIZER + IMPORT + REPORT
    done = subprocess.run([sys.executable, "-c", script], env=ENV, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.stdout.splitlines() == ["interpret cpu 1 0", WORKS]


@pytest.mark.parametrize(
    ("name", "torch_is", "settles"),
    [
        ("triton", "there", True),
        ("triton", "being imported", False),
        ("triton", "not there", False),
        ("math", "there", False),
    ],
)
def test_the_mode_is_settled_before_triton_where_torch_can_say(monkeypatch, name, torch_is, settles):
    found = []
    (finder,) = [finder for finder in sys.meta_path if type(finder).__module__ == "dynlib_kernels"]
    torch = types.ModuleType("torch")
    torch.__spec__ = types.SimpleNamespace(_initializing=torch_is == "being imported")
    monkeypatch.setitem(sys.modules, "torch", None if torch_is == "not there" else torch)
    monkeypatch.setattr(importlib, "import_module", found.append)
    assert finder.find_spec(name) is None
    assert found == ["dynlib_kernels.engine"] * settles


def test_no_name_that_other_packages_look_for():
    assert not hasattr(dynlib_kernels, "__version__")
