"""What may come in place of a good argument, by the kind of the argument, and what may be said to it.

``odd(value, optional)`` yields (name, wanted, thing). ``wanted`` says what must become of the call:

    same     the result of the good call: only the layout in memory differs
    near     that result to the digits of the thing's precision, or a refusal
    refused  a refusal
    finite   a refusal, or a result without nan and infinity
    complex  a refusal, or another result than for the real part alone
"""

import numpy as np
import torch

HUGE = {"f": 1e300, "c": 1e300, "i": 2**62, "u": 2**62}


def odd(value, optional: bool):
    """All that comes in place of ``value``; None is left out where it is the default."""
    yield from _by_kind(value)
    if not optional:
        yield "None", "refused", None


def _by_kind(value):
    if isinstance(value, bool | torch.dtype) or value is None:
        return
    elif isinstance(value, str):
        yield from (("unknown word", "refused", "no such word"), ("number", "refused", 1), ("list", "refused", [value]))
    elif isinstance(value, int):
        yield from _whole_numbers(value)
    elif isinstance(value, float | complex):
        yield from _numbers(value)
    elif isinstance(value, np.ndarray):
        yield from _arrays(value)
    elif isinstance(value, torch.Tensor):
        yield from _tensors(value)
    elif isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        yield from _sequences(value)
    else:  # generators, callables, networks, results
        yield from (("number", "refused", 1), ("object", "refused", object()), ("text", "refused", "text"))


def _whole_numbers(v: int):
    for name, thing in {
        "nan": float("nan"),
        "inf": float("inf"),
        "text": str(v),
        "list": [v],
        "true": True,
        "fraction": v + 0.5,
        "complex": complex(v),
        "masked": np.ma.masked,
        "object": object(),
    }.items():
        yield name, "refused", thing
    yield from (("zero", "finite", 0), ("negative", "finite", -v), ("one", "finite", 1), ("huge", "finite", 2**62))
    yield from (("numpy scalar", "same", np.int64(v)), ("float", "near", float(v)), ("array", "near", np.array(v)))


def _numbers(v: float):
    for name, thing in {"nan": float("nan"), "text": str(v), "masked": np.ma.masked, "object": object()}.items():
        yield name, "refused", thing
    for name, thing in {"inf": np.inf, "minus inf": -np.inf, "zero": 0.0, "negative": -v, "one": 1, "huge": 1e300}.items():
        yield name, "finite", thing
    yield from (("tiny", "finite", 1e-300), ("empty", "finite", np.array([])), ("list", "finite", [v]))
    yield from (("numpy scalar", "same", np.array(v)[()]), ("array", "near", np.array(v)))
    yield from (
        ("single", "near", np.complex64(v) if isinstance(v, complex) else np.float32(v)),
        ("tensor", "near", torch.tensor(v)),
    )
    yield (
        "requires_grad",
        "near",
        torch.tensor(v, dtype=torch.complex128 if isinstance(v, complex) else torch.float64, requires_grad=True),
    )
    if isinstance(v, float):
        yield "complex", "complex", v + 0.25j


def _one(x, entry):
    x = x.copy() if isinstance(x, np.ndarray) else x.clone()
    x[(0,) * x.ndim] = entry
    return x


def _arrays(x: np.ndarray):
    spread = np.repeat(x, 2, axis=-1)[..., ::2] if x.ndim else x
    frozen = x.copy()
    frozen.flags.writeable = False
    yield from (
        ("Fortran order", "same", np.asfortranarray(x)),
        ("non-contiguous", "same", spread),
        ("read-only", "same", frozen),
    )
    masked = np.ma.masked_array(x, np.zeros(x.shape, bool))
    masked[(0,) * x.ndim] = np.ma.masked
    for name, thing in {"masked": masked, "text": x.astype(str), "one text": "1", "object": object()}.items():
        yield name, "refused", thing
    yield from (("list", "near", x.tolist()), ("empty", "finite", x[:0]), ("scalar", "finite", x.dtype.type(1)))
    yield from (("ones", "finite", np.ones_like(x)), ("zeros", "finite", np.zeros_like(x)), ("negative", "finite", -x))
    yield from _shapes(x)
    yield from (("huge", "finite", _one(x, HUGE[x.dtype.kind])), ("tensor", "near", torch.from_numpy(x.copy())))
    yield "missing", "refused", np.where(np.arange(x.size).reshape(x.shape) == 0, None, x)
    if x.dtype.kind in "fc":
        yield from (
            ("nan", "refused", _one(x, np.nan)),
            ("inf", "finite", _one(x, np.inf)),
            ("minus inf", "finite", _one(x, -np.inf)),
        )
        yield from (("single", "near", x.astype("c8" if x.dtype.kind == "c" else "f4")), ("tiny", "finite", x * 1e-300))
        yield "requires_grad", "near", torch.from_numpy(x.copy()).requires_grad_()
    if x.dtype.kind == "f":
        yield from (("half", "near", x.astype("f2")), ("complex", "complex", x + 0.25j))
    else:
        yield from (("float", "near", x.astype(float)), ("nan", "refused", _one(x.astype(float), np.nan)))


def _tensors(x: torch.Tensor):
    spread = x.repeat_interleave(2, -1)[..., ::2] if x.ndim else x
    turned = x.mT.contiguous().mT if x.ndim > 1 else x.clone()
    yield from (("Fortran order", "same", turned), ("non-contiguous", "same", spread))
    array = x.numpy()
    masked = np.ma.masked_array(array, np.zeros(array.shape, bool))
    for name, thing in {"masked": masked, "text": "1", "object": object()}.items():
        yield name, "refused", thing
    yield from (
        ("list", "near", x.tolist()),
        ("array", "near", array.copy()),
        ("empty", "finite", x[:0] if x.ndim else x[None][:0]),
    )
    yield from _shapes(x)
    if x.dtype == torch.bool:
        yield from (("ones", "finite", torch.ones_like(x)), ("zeros", "finite", torch.zeros_like(x)))
        return
    yield from (("ones", "finite", torch.ones_like(x)), ("zeros", "finite", torch.zeros_like(x)), ("negative", "finite", -x))
    if not (x.is_floating_point() or x.is_complex()):
        yield from (("float", "near", x.double()), ("huge", "finite", _one(x, 2**62)), ("single", "near", x.int()))
        return
    for name, thing in {
        "nan": float("nan"),
        "inf": float("inf"),
        "minus inf": -float("inf"),
        "huge": torch.finfo(x.dtype).max / 100,
    }.items():
        yield name, "refused" if name == "nan" else "finite", _one(x, thing)
    yield "tiny", "finite", x * 1e-300
    yield "single", "near", x.to(torch.complex64 if x.is_complex() else torch.float32)
    yield "requires_grad", "same", x.clone().requires_grad_()
    if not x.is_complex():
        yield from (("half", "near", x.half()), ("complex", "complex", x + 0.25j), ("whole", "finite", (4 * x).long()))


def _shapes(x):
    if x.ndim:
        cat = np.concatenate if isinstance(x, np.ndarray) else torch.cat
        yield from (("an axis less", "finite", x[0]), ("an axis more", "finite", x[None]))
        yield from (("longer", "finite", cat([x, x[:1]], 0)), ("wider", "finite", cat([x, x[..., :1]], -1)))


def _sequences(x):
    kind = type(x)
    yield from (
        ("empty", "refused", kind()),
        ("text", "refused", "12"),
        ("number", "refused", 1),
        ("longer", "finite", x + x[:1]),
    )
    for name, entry in {"None": None, "text": "1", "nan": float("nan")}.items():
        yield f"{name} in it", "refused", kind([entry, *x[1:]])
    if all(isinstance(entry, int) for entry in x):
        yield from (("negative in it", "finite", kind([-1, *x[1:]])), ("fraction in it", "refused", kind([1.5, *x[1:]])))
