"""What became of a call with an odd argument: its faults, none if it was refused in words that help or answered rightly."""

import copy
import dataclasses
import inspect
import re
import signal
import warnings

import numpy as np
import torch

REMEDY = re.compile(
    r"\b(give|must|use|needs?|expected|choose|keep|make|takes?|leave|move|subtract|rescale|ask|align|set)\b"
    r"|\b(says where|lie between|may be|may stand)\b"
)
PATIENCE = 20  # seconds of processor time; for what hangs


class Hang(BaseException):
    """Raised by the watchdog."""


def outcome(call, arguments: dict):
    """(result, refusal, faults) of call(**arguments): what it returned, or the error, and what was wrong with the call itself."""
    kept = copy.deepcopy({name: x for name, x in arguments.items() if isinstance(x, np.ndarray | torch.Tensor | list | dict)})
    seed()
    signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            result = call(**arguments)
            if inspect.isgenerator(result):
                result = list(result)
        refusal, faults = None, []
    except (ValueError, TypeError) as error:
        result, refusal, faults = None, error, []
    except Hang:
        return None, None, ["hang"]
    except Exception as error:
        result, refusal, faults = None, None, [f"crash: {type(error).__name__}: {str(error)[:150]}"]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    faults += [f"changed: {name}" for name, before in kept.items() if not _alike(before, arguments[name], 0.0)]
    return result, refusal, faults


def seed() -> None:
    """Seed torch's own generator. ``torch.manual_seed`` queues the same for every GPU, with a traceback, which takes longer."""
    torch.default_generator.manual_seed(0)


def _hang(*_):
    raise Hang


def judged(wanted: str, argument: str, thing, result, refusal, good, real=None) -> list[str]:
    """The faults of a refusal, or of a result where the good call gave ``good`` (and the real part alone ``real``)."""
    if refusal is not None:
        said = str(refusal)
        found = []
        if wanted == "same":
            found.append("refused")
        if not re.search(rf"(?<![A-Za-z_]){re.escape(argument)}(?![A-Za-z_])", said):
            found.append("no name")
        if not _shows(said, thing):
            found.append("no value")
        if not REMEDY.search(said):
            found.append("no remedy")
        return [f"{fault}: {said[:150]}" for fault in found]
    if wanted == "refused":
        return ["taken"]
    faults = []
    for x in _numbers(result):
        if np.isnan(x).any():
            faults.append("nan")
        elif np.isinf(x).any() and wanted in ("finite", "complex"):
            faults.append("inf")
    if wanted in ("same", "near") and not _alike(good, result, _precision(thing) if wanted == "near" else 1e-12):
        faults.append("differs")
    if wanted == "complex" and _alike(real, result, 1e-12):
        faults.append("imaginary part dropped")
    return sorted(set(faults))


def _precision(thing) -> float:
    dtype = str(getattr(thing, "dtype", "float64"))
    return {"float16": 2e-2, "float32": 1e-4, "complex64": 1e-4}.get(dtype.removeprefix("torch."), 1e-9)


def _shows(said: str, thing) -> bool:
    if re.search(r"\b(nan|NaN|inf|infinity|None|empty|masked)\b", said) or type(thing).__name__ in said:
        return True
    if isinstance(thing, np.ndarray | np.generic | torch.Tensor | list | tuple | None):
        return repr(thing)[:12] in said or re.search(r"\d|\(\)|float|complex|int|<U|bool|object|holds no|every", said) is not None
    return any(form in said for form in (repr(thing)[:12], str(thing)[:12], f"{thing:g}" if isinstance(thing, float) else "\0"))


def _numbers(result):
    """All arrays of numbers in a result, however it is wrapped."""
    if isinstance(result, torch.nn.Module):
        result = [x for _, x in sorted(result.state_dict().items())]
    if isinstance(result, torch.Tensor):
        result = (
            result.detach().resolve_conj().numpy() if result.dtype not in (torch.bfloat16,) else result.detach().float().numpy()
        )
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        result = [getattr(result, f.name) for f in dataclasses.fields(result)]
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        for part in result:
            yield from _numbers(part)
    elif isinstance(result, np.ndarray | np.generic | int | float | complex) and np.asarray(result).dtype.kind in "fciub":
        yield np.asarray(result)


def _alike(a, b, tolerance: float) -> bool:
    one, other = list(_numbers(a)), list(_numbers(b))
    return len(one) == len(other) and all(
        x.shape == y.shape and np.allclose(x, y, rtol=tolerance, atol=tolerance * _largest(x), equal_nan=True)
        for x, y in zip(one, other, strict=True)
    )


def _largest(x: np.ndarray) -> float:
    finite = np.abs(x[np.isfinite(x)])
    return float(finite.max()) if finite.size else 0.0
