"""The process behind `compiled()`: Triton with a driver for a GPU that is not there. Every launch compiles, and launches nothing.

    python -m dynlib_kernels.check.offline module:function sm_80 gfx942      prints a json list, one entry per kernel and target

The driver below stands in for the class that Triton's launcher asks for device properties; tried with Triton 3.6.0 and 3.7.1.
"""

import collections
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

from dynlib_kernels.engine import torch
from dynlib_kernels.language import triton

GPUTarget, driver = triton.backends.compiler.GPUTarget, triton.runtime.driver

# Bytes of on-chip memory one program may ask for: CUDA programming guide (opt-in maximum); AMD CDNA3 (local data share).
MAX_SHARED = {"sm_75": 65_536, "sm_80": 166_912, "sm_89": 101_376, "sm_90": 232_448, "gfx942": 65_536}

NVIDIA_KINDS = ("FFMA", "DFMA", "MUFU", "HMMA", "HGMMA", "DMMA", "LDG", "STG", "LDS", "STS", "LDL", "STL", "SHFL", "BAR")
AMD_KINDS = ("v_fma", "v_exp", "v_sin", "v_cos", "v_mfma", "global", "buffer", "ds", "scratch")


class OfflineDriver:
    """Answers what a launch asks of a driver, for a target given by name.

    Parameters
    ----------
    name : str
        One of `MAX_SHARED`.
    """

    def __init__(self, name: str):
        self.name = name
        self.target = GPUTarget("cuda", int(name[3:]), 32) if name.startswith("sm_") else GPUTarget("hip", name, 64)
        properties = {"max_shared_mem": MAX_SHARED[name], "multiprocessor_count": 40, "warpSize": self.target.warp_size}
        self.utils = SimpleNamespace(
            get_device_properties=lambda device: properties,
            load_binary=lambda name, binary, shared, device: (None, None, 0, 0, 1024),
            unload_module=lambda module: None,
        )
        self.launcher_cls = lambda source, metadata: lambda *args, **kwargs: None

    def get_current_target(self):
        return self.target

    def get_current_device(self):
        return self.name  # Triton keeps compiled kernels by device: one entry for each target

    def get_current_stream(self, device):
        return 0

    def get_active_torch_device(self):
        return torch.device("cpu")


def tool(name: str, *args: str) -> subprocess.CompletedProcess:
    """Run one of NVIDIA's binary tools that come inside the Triton wheel.

    Parameters
    ----------
    name : str
        The tool.
    *args : str
        Its arguments.

    Returns
    -------
    subprocess.CompletedProcess
        With its output as text.

    Raises
    ------
    subprocess.CalledProcessError
        If the tool fails.
    """
    path = Path(getattr(triton.knobs.nvidia, name).path)
    env = {**os.environ, "PATH": f"{path.parent}{os.pathsep}{os.environ.get('PATH', '')}"}  # there cuobjdump finds nvdisasm
    return subprocess.run([str(path), *args], capture_output=True, text=True, check=True, env=env)


def number(pattern: str, text: str) -> int:
    """Find a number in a report; a tool that words it otherwise is an error, never a zero.

    Parameters
    ----------
    pattern : str
        A regular expression, with the number as its first group.
    text : str
        The report.

    Returns
    -------
    int
        The number.

    Raises
    ------
    RuntimeError
        If the pattern is not found.
    """
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"no match for {pattern!r} in the report:\n{text[:2000]}")
    return int(found.group(1))


def nvidia(files: dict[str, str], target: str) -> dict:
    """Registers, spills and instructions of machine code for an NVIDIA GPU.

    Registers and instructions are those of the very machine code; spills are as ptxas reports them
    when it assembles the same text again.

    Parameters
    ----------
    files : dict of str to str
        Paths by kind: "cubin" and "ptx".
    target : str
        The GPU, "sm_80" for instance.

    Returns
    -------
    dict
        "registers", "spills", "instructions" and "mix", as in `Compiled`.

    Raises
    ------
    RuntimeError
        If a tool words its report otherwise.
    """
    usage = tool("cuobjdump", "-res-usage", files["cubin"]).stdout
    arch = target + "a" * (target == "sm_90")
    with tempfile.TemporaryDirectory() as folder:
        report = tool("ptxas", "-v", f"--gpu-name={arch}", files["ptx"], "-o", f"{folder}/again.cubin").stderr
    code = tool("cuobjdump", "-sass", files["cubin"]).stdout
    opcodes = re.findall(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9]*)", code)
    opcodes = [opcode for opcode in opcodes if opcode != "NOP"]
    counted = collections.Counter(opcodes)
    return {
        "registers": number(r"REG:(\d+)", usage),
        "spills": number(r"(\d+) bytes spill stores", report),
        "instructions": len(opcodes),
        "mix": {kind: counted[kind] for kind in NVIDIA_KINDS if counted[kind]},
    }


def amd(files: dict[str, str]) -> dict:
    """Registers, spills and instructions of machine code for an AMD GPU.

    All of it stands in the assembler text.

    Parameters
    ----------
    files : dict of str to str
        Paths by kind: "amdgcn".

    Returns
    -------
    dict
        "registers", "spills", "instructions" and "mix", as in `Compiled`.

    Raises
    ------
    RuntimeError
        If the compiler words its text otherwise.
    """
    text = Path(files["amdgcn"]).read_text()
    opcodes = re.findall(r"^\t((?:v|s|ds|global|buffer|scratch|flat)_[a-z0-9_]+)", text, re.MULTILINE)
    mix = {kind: sum(opcode.startswith(f"{kind}_") for opcode in opcodes) for kind in AMD_KINDS}
    # an accumulation register (agpr) is a vector register too; a spilled register is 4 bytes of each thread
    spilled = number(r"\.vgpr_spill_count:\s*(\d+)", text) + number(r"\.sgpr_spill_count:\s*(\d+)", text)
    return {
        "registers": number(r"\.vgpr_count:\s*(\d+)", text),
        "spills": 4 * spilled,
        "instructions": len(opcodes),
        "mix": {kind: count for kind, count in mix.items() if count},
    }


def main(launch: str, *targets: str) -> None:
    """Call `launch` once for each target and print what was compiled.

    Parameters
    ----------
    launch : str
        "module:function".
    *targets : str
        Names of GPUs.

    Raises
    ------
    RuntimeError
        If the launch compiles no kernel.
    """
    module, _, function = launch.partition(":")
    run = getattr(importlib.import_module(module), function)
    rows = []

    def listen(*, src, metadata, metadata_group, times, cache_hit):
        files = {name.rsplit(".", 1)[-1]: path for name, path in metadata_group.items()}
        found = amd(files) if target.startswith("gfx") else nvidia(files, target)
        rows.append(
            {
                "kernel": metadata["name"],
                "target": target,
                "num_warps": metadata["num_warps"],
                "shared": metadata["shared"],
                **found,
            }
        )

    triton.knobs.compilation.listener = listen
    for target in targets:
        driver.set_active(OfflineDriver(target))
        before = len(rows)
        run()
        if len(rows) == before:
            raise RuntimeError(f"{launch} launched no kernel for {target}")
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
