"""How `kernels` settles its mode, each time in a fresh process."""
import os
import subprocess
import sys
import textwrap

import pytest

import kernels

# What every process does at its end: say the mode, and show that vandermonde works in it (in mode "gpu", that it wants a GPU).
REPORT = """
import sys
assert triton_was_there or sys.modules.get("triton") is None, "importing kernels imported triton"
print(kernels.MODE, kernels.DEVICE, os.environ.get("TRITON_INTERPRET"), len(caught))
from kernels.vandermonde import cost, error_bound, vandermonde, vandermonde_ref
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


def run(before="", interpret=None):
    """Lines that a process prints which runs `before`, imports kernels with every warning caught, and reports."""
    script = "import os, sys, torch, warnings\n" + textwrap.dedent(before) + textwrap.dedent("""
        triton_was_there = sys.modules.get("triton") is not None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import kernels
        """) + REPORT
    env = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    if interpret is not None:
        env["TRITON_INTERPRET"] = interpret
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


NO_TRITON = """
    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] == "triton":
                raise ModuleNotFoundError(name)
    sys.meta_path.insert(0, Blocker())
    """
NO_GPU = "torch.cuda.is_available = lambda: False\n"
GPU = "torch.cuda.is_available = lambda: True\n"
WORKS = f"torch.float32 True True {2 * 2 * 8 + 70 * 4}"
needs_triton = pytest.mark.skipif(kernels.MODE == "torch", reason="no Triton here")


@needs_triton
def test_no_gpu_interprets():
    assert run(NO_GPU) == ["interpret cpu 1 0", WORKS]


@needs_triton
def test_gpu_compiles():
    lines = run(GPU)
    assert lines[0] == "gpu cuda None 0"
    assert lines[1].startswith("z is on cpu, but kernels run on 'cuda' here")


@needs_triton
def test_forced_to_interpret():
    assert run(GPU, interpret="1") == ["interpret cpu 1 0", WORKS]


@needs_triton
def test_forced_to_compile():
    assert run(NO_GPU, interpret="0")[0] == "gpu cuda 0 0"


@needs_triton
def test_triton_imported_too_early():
    assert run(NO_GPU + "import triton") == ["torch cpu None 1", WORKS]


@needs_triton
def test_triton_imported_early_in_the_right_mode():
    assert run(NO_GPU + "import triton", interpret="1") == ["interpret cpu 1 0", WORKS]


@pytest.mark.parametrize("absent", [NO_TRITON, "sys.modules['triton'] = None"])
def test_no_triton(absent):
    assert run(absent) == ["torch cpu None 0", WORKS]


def test_no_name_that_other_packages_look_for():
    assert not hasattr(kernels, "__version__")

