"""Every public function, called rightly but for one argument: the right answer, or words that name argument, value and remedy.

The tables beside this file hold one valid call of each function and class, found by reflection, so that a new one cannot be
forgotten; ``odd`` says what comes in place of an argument, ``judge`` what is a fault. What a function may do all the same stands
under ``[[may]]``, with the reason; a row that nothing needs any more is a fault too. Flags (True, False) are left as they are.
"""

import importlib
import inspect
import pkgutil
import re
import runpy
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch

import dynlib
import dynlib_kernels
from dynlib_kernels.arguments.arrays import check_reals
from dynlib_kernels.arguments.scalars import check_count

HERE = Path(__file__).parent
TABLES = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}
NOTES = ("passed_over", "may")
odd = runpy.run_path(str(HERE / "odd.py"))["odd"]
outcome, judged, seed = (runpy.run_path(str(HERE / "judge.py"))[name] for name in ("outcome", "judged", "seed"))


def _reals(*shape):
    return np.random.default_rng(0).uniform(0.1, 0.9, shape)


def _cplx(*shape):
    return torch.from_numpy(_reals(*shape) + 1j * _reals(*shape)[::-1])


MAKERS = {
    "np": np,
    "torch": torch,
    "reals": _reals,
    "tensor": lambda *shape: torch.from_numpy(_reals(*shape)),
    "single": lambda *shape: torch.from_numpy(_reals(*shape)).float(),
    "cplx": _cplx,
    "modes": lambda *shape: _cplx(*shape) - 1.5,  # real parts below 0
    "signs": lambda n: np.where(np.arange(n) % 2 == 0, 1.0, -1.0),
    "whole": lambda *entries: np.array(entries),
    "longs": lambda *entries: torch.tensor(entries),
    "turn": lambda n: (
        np.linalg.qr(_reals(n, n))[0] * ([1] * (n - 1) + [-1 if np.linalg.det(np.linalg.qr(_reals(n, n))[0]) < 0 else 1])
    ),
    "turned": lambda n: torch.from_numpy(np.linalg.qr(_reals(n, n))[0]),
    "rng": lambda: np.random.default_rng(0),
    "gen": lambda: torch.Generator().manual_seed(0),
}


def public() -> set[str]:
    """Names of all that is public: exports of packages, shared modules, kernels with their plain form, cost and bounds."""
    names = set()
    for package in (dynlib, dynlib_kernels):
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if info.name in ("dynlib.teaching", "dynlib.sweep", "dynlib_kernels.check", "dynlib_kernels.arguments"):
                continue  # widgets and claims, an experiment's runner, tools and the checks themselves have tests of their own
            module = importlib.import_module(info.name)
            if package is dynlib_kernels:
                kernel = info.name.rpartition(".")[2]
                if kernel not in getattr(module, "__all__", ()):
                    continue
                found = [
                    n for n in module.__all__ if n == kernel or n == "cost" or n.endswith("_ref") or n.startswith("error_bound")
                ]
            else:
                found = getattr(module, "__all__", None) or _defined(module)
            names |= {f"{info.name}.{name}" for name in found}
    for table in TABLES.values():  # modules that are imported by their own names: as soon as a table has one, it has all of it
        for name in table.keys() - NOTES:
            module = importlib.import_module(name)
            names |= set() if hasattr(module, "__all__") else {f"{name}.{found}" for found in _defined(module)}
    return names


def _defined(module) -> list[str]:
    return [
        name
        for name, thing in vars(module).items()
        if not name.startswith("_") and callable(thing) and getattr(thing, "__module__", None) == module.__name__
    ]


def test_no_public_function_is_forgotten():
    called = {
        f"{module}.{re.match(r'[A-Za-z_0-9]+', call)[0]}"
        for table in TABLES.values()
        for module in table.keys() - NOTES
        for call in table[module]
    }
    passed = {name for table in TABLES.values() for name in table.get("passed_over", {})}
    assert called | passed == public()
    assert not called & passed


def _arguments(code, names: dict) -> dict:
    seed()
    return eval(code, dict(names))


def drive(function, code, names: dict, may=()):
    """(calls, faults) of one function, each fault a line: argument, what was given, what was wrong."""
    parameters = inspect.signature(function).parameters
    good, refusal, faults = outcome(function, _arguments(code, names))
    assert refusal is None, f"the valid call itself was refused: {refusal}"
    calls, found = 0, [f"the valid call: {fault}" for fault in faults]
    for argument, value in _arguments(code, names).items():
        optional = argument in parameters and parameters[argument].default is None
        for given, wanted, _ in list(odd(value, optional)):
            fresh = _arguments(code, names)
            thing = next(x for name, _, x in odd(fresh[argument], optional) if name == given)
            result, refusal, faults = outcome(function, fresh | {argument: thing})
            calls += 1
            if not faults:
                faults = judged(wanted, argument, thing, result, refusal, good, good)
            for fault in faults:
                rows = [k for k, row in enumerate(may) if _allows(row, argument, given, fault)]
                if not rows:
                    found.append(f"{argument}, {given}: {fault}")
                for k in rows:
                    may[k]["used"] = True
    return calls, found


def _allows(row: dict, argument: str, given: str, fault: str) -> bool:
    return (
        argument in row.get("argument", [argument])
        and given in row.get("given", [given])
        and fault.split(":")[0] in row["faults"]
    )


@pytest.mark.parametrize("table", TABLES)
def test_odd_inputs(table):
    rows = [{"row": row} | row for row in TABLES[table].get("may", [])]
    problems, calls = defaultdict(list), 0
    for module in TABLES[table].keys() - NOTES:
        names = MAKERS | {n: getattr(importlib.import_module(module), n) for n in dir(importlib.import_module(module))}
        for call, arguments in TABLES[table][module].items():
            may = [row for row in rows if call in row["call"] or f"{module}.{call}" in row["call"]]
            seed()
            function = eval(call, dict(names))
            driven, faults = drive(function, compile(f"dict({arguments})", call, "eval"), names, may)
            calls += driven
            if faults:
                problems[f"{module}.{call}"] = faults
    unused = [row["row"] for row in rows if "used" not in row]
    lines = [f"{call}({fault})" for call, faults in problems.items() for fault in faults]
    assert not lines, f"{len(lines)} faults in {calls} calls:\n" + "\n".join(lines)
    assert not unused, f"nothing needs these any more: {unused}"


def well_behaved(x, n: int):
    """x's mean to the n, with its arguments checked."""
    x = check_reals("well_behaved", "x", x)
    n = check_count("well_behaved", "n", n)
    if np.abs(x).max() > 1e100 or n > 3:
        raise ValueError(f"well_behaved: x holds {np.abs(x).max():g} and n = {n}; give smaller ones")
    return (x.mean() ** n).item()


def returns_nan(x, n: int):
    return well_behaved(x, n) if not np.isnan(np.asarray(x, float)).any() else float("nan")


def makes_nan(x, n: int):
    value = np.float64(well_behaved(x, n))
    return value / value * value  # 0/0 at zeros


def changes(x, n: int):
    value = well_behaved(x, n)
    if isinstance(x, np.ndarray) and x.flags.writeable:
        x *= 1.0000001
    return value


def drops(x, n: int):
    return well_behaved(np.real(x) if np.iscomplexobj(x) else x, n)


def names_nothing(x, n: int):
    try:
        return well_behaved(x, n)
    except ValueError:
        raise ValueError("bad input") from None


def names_no_value(x, n: int):
    try:
        return well_behaved(x, n)
    except ValueError:
        raise ValueError("x and n are wrong; give others") from None


def has_no_remedy(x, n: int):
    try:
        return well_behaved(x, n)
    except ValueError:
        raise ValueError(f"x = {x!r} and n = {n!r} are wrong") from None


def crashes(x, n: int):
    return well_behaved(x, n) if isinstance(x, np.ndarray) else x.no_such_attribute


def takes_masks(x, n: int):
    return well_behaved(np.asarray(x), n)


def wants_c_order(x, n: int):
    if isinstance(x, np.ndarray) and not x.flags.c_contiguous:
        raise ValueError(f"wants_c_order: x has strides {x.strides}; give np.ascontiguousarray(x)")
    return well_behaved(x, n)


def depends_on_order(x, n: int):
    return well_behaved(x, n) * (1 if np.asarray(x).flags.c_contiguous else 2)


PLANTED = {
    returns_nan: "taken",
    makes_nan: "nan",
    changes: "changed",
    drops: "imaginary part dropped",
    names_nothing: "no name",
    names_no_value: "no value",
    has_no_remedy: "no remedy",
    crashes: "crash",
    takes_masks: "taken",
    wants_c_order: "refused",
    depends_on_order: "differs",
}
CALL = compile("dict(x=reals(2, 3), n=2)", "planted", "eval")


def test_a_function_that_behaves_has_no_fault():
    calls, faults = drive(well_behaved, CALL, MAKERS)
    assert calls > 30
    assert not faults


@pytest.mark.parametrize("function", PLANTED, ids=lambda function: function.__name__)
def test_a_planted_fault_is_found(function):
    _, faults = drive(function, CALL, MAKERS)
    kinds = {fault.split(": ")[1] for fault in faults}
    assert PLANTED[function] in kinds, faults


def test_what_hangs_is_ended(monkeypatch):
    monkeypatch.setitem(outcome.__globals__, "PATIENCE", 0.2)

    def hangs(x):
        while True:
            pass

    assert outcome(hangs, {"x": 1})[2] == ["hang"]


def test_a_row_of_what_may_be_hides_that_and_nothing_else():
    row = {"argument": ["x"], "given": ["zeros"], "faults": ["nan"]}
    _, faults = drive(makes_nan, CALL, MAKERS, [row])
    assert row["used"]
    assert not any(fault.startswith("x, zeros: nan") for fault in faults)
    row = {"given": ["nan"], "faults": ["nan"]}
    _, faults = drive(makes_nan, CALL, MAKERS, [row])
    assert "used" not in row
    assert any(fault.startswith("x, zeros: nan") for fault in faults)
