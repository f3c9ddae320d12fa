"""Values as bytes, between a student's process and the grader: the shape of a value as JSON, its arrays as npz, never pickle.

What comes from a student is read as if an enemy had written it: a length first, nothing compressed, no objects, no text above
``TEXT`` characters. What goes to a student's process is never cut.
"""

import io
import json
import select
import socket
import struct
import zipfile
from typing import Any

import numpy as np

from press.grading.patience import Patience

LARGEST = 64 * 2**20  # bytes of one message
DEEPEST, TEXT = 16, 2000
_LENGTH = struct.Struct(">I")


class BrokenChannelError(Exception):
    """The other side is gone, is too late, or says what cannot be read; the message says which."""


class Opaque:
    """A result that is neither number, text, array nor a list of these; its class has the name of the original's."""


def opaque(name: str) -> Opaque:
    return type(name, (Opaque,), {})()


def encode(value: object) -> bytes:
    """The value as bytes. What has no place in them becomes the name of its type."""
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_pack(value, arrays, 0)).encode()
    buffer = io.BytesIO()
    # numpy's stub takes any keyword for its allow_pickle
    np.savez(buffer, tree=np.frombuffer(tree, np.uint8), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def decode(data: bytes, longest: int | None = None) -> Any:
    """The value that :func:`encode` wrote.

    Parameters
    ----------
    data : bytes
        Any bytes at all.
    longest : int, optional
        Characters that are kept of each text, which is then also one that any file can hold; all of
        them as they are without it.

    Returns
    -------
    object
        Numbers, text, arrays, tensors, lists and so on; :class:`Opaque` for what is none of these.

    Raises
    ------
    BrokenChannelError
        For anything that :func:`encode` did not write.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise BrokenChannelError("what came back is compressed")
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return _unpack(json.loads(found["tree"].tobytes()), found, 0, longest)
    except BrokenChannelError:
        raise
    except Exception as error:  # a student's process may write any bytes at all
        raise BrokenChannelError(f"what came back cannot be read ({type(error).__name__})") from None


def printable(text: str) -> str:
    """The text with a question mark for each half of a character, which no file can hold."""
    return text.encode("utf-8", "replace").decode()


def _pack(value: Any, arrays: dict[str, np.ndarray], depth: int) -> object:
    kind = type(value)
    if depth > DEEPEST:
        return {"opaque": "value that holds itself"}
    if value is None or kind in (bool, float) or (kind is int and abs(value) < 2**200):
        return value
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind is str:
        return {"text": value}
    if kind in (tuple, list):
        return {kind.__name__: [_pack(part, arrays, depth + 1) for part in value]}
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": [[key, _pack(part, arrays, depth + 1)] for key, part in value.items()]}
    tensor = kind.__module__.partition(".")[0] == "torch" and hasattr(value, "detach")
    if tensor or isinstance(value, np.ndarray | np.generic):
        try:
            array = np.asarray(value.detach().cpu().numpy() if tensor else value)
        except (TypeError, RuntimeError):  # a type of numbers that numpy lacks, a sparse tensor
            return {"opaque": kind.__name__}
        if array.dtype.kind not in "biufcSU":
            return {"opaque": f"{kind.__name__} of {array.dtype}"}
        name = f"a{len(arrays)}"
        arrays[name] = np.array(array, copy=True)
        return {"tensor" if tensor else "array": name, "grad": bool(tensor and value.requires_grad)}
    return {"opaque": kind.__name__}


def _unpack(node: object, arrays, depth: int, longest: int | None) -> object:
    if depth > DEEPEST + 1:
        raise BrokenChannelError("what came back is nested too deeply")
    if not isinstance(node, dict):
        return node
    kind = next(iter(node))
    if kind == "complex":
        return complex(*node["complex"])
    if kind == "text":
        return str(node["text"]) if longest is None else printable(str(node["text"])[:longest])
    if kind in ("tuple", "list"):
        parts = [_unpack(part, arrays, depth + 1, longest) for part in node[kind]]
        return tuple(parts) if kind == "tuple" else parts
    if kind == "dict":
        return {printable(str(key)[:longest]): _unpack(part, arrays, depth + 1, longest) for key, part in node["dict"]}
    if kind == "array":
        array = arrays[node["array"]]
        return array if array.ndim else array[()]
    if kind == "tensor":
        from dynlib_kernels.engine import torch

        return torch.from_numpy(arrays[node["tensor"]].copy()).requires_grad_(bool(node["grad"]))
    return opaque(str(node["opaque"])[:80])


def send(channel: socket.socket, value: object, seconds: float = 60.0) -> None:
    """Write one message.

    Parameters
    ----------
    channel : socket
        A stream.
    value : object
        What to send.
    seconds : float
        How long the other side may take to read.

    Raises
    ------
    BrokenChannelError
        Where the message is larger than ``LARGEST`` bytes, or the other side is gone or does not
        read.
    """
    data = encode(value)
    if len(data) > LARGEST:
        raise BrokenChannelError(f"more than {LARGEST // 2**20} MiB")
    channel.settimeout(seconds)
    try:
        channel.sendall(_LENGTH.pack(len(data)) + data)
    except OSError:
        raise BrokenChannelError("gone") from None


def receive(channel: socket.socket, patience: Patience | None = None, longest: int | None = None) -> Any:
    """Read one message.

    Parameters
    ----------
    channel : socket
        A stream.
    patience : Patience, optional
        How long it may take; any time without it. However often something comes, it is not longer.
    longest : int, optional
        Characters that are kept of each text; all of them without it.

    Returns
    -------
    object
        The value that was sent.

    Raises
    ------
    BrokenChannelError
        "gone", "late", or what cannot be read.
    """
    (length,) = _LENGTH.unpack(_read(channel, _LENGTH.size, patience))
    if length > LARGEST:
        raise BrokenChannelError(f"it returns more than {LARGEST // 2**20} MiB")
    return decode(_read(channel, length, patience), longest)


def _read(channel: socket.socket, count: int, patience: Patience | None) -> bytes:
    data = bytearray()
    channel.settimeout(None)
    while len(data) < count:
        if patience:
            if (left := patience.left()) <= 0:
                raise BrokenChannelError("late")
            if not select.select([channel], [], [], left)[0]:
                continue
        try:
            part = channel.recv(min(count - len(data), 2**20))
        except OSError:
            part = b""
        if not part:
            raise BrokenChannelError("gone")
        data += part
    return bytes(data)
