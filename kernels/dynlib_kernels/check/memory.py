"""The memory of a watched launch: which bytes a pointer may touch, and which program touched them."""

import numpy as np

from dynlib_kernels.engine import torch

__all__ = ["ATOMIC", "READ", "WRITE", "Region", "Storage"]

READ, WRITE, ATOMIC = range(3)
RACES_WITH = {READ: (WRITE, ATOMIC), WRITE: (READ, WRITE, ATOMIC), ATOMIC: (READ, WRITE)}


class Storage:
    """Who touched each cell of one piece of memory during one launch.

    By kind of access it keeps the first program and one other.

    Parameters
    ----------
    tensor : tensor
        Its storage is watched.
    cell : int
        Bytes of a cell.
    """

    def __init__(self, tensor: torch.Tensor, cell: int):
        storage = tensor.untyped_storage()
        self.start, self.cell = storage.data_ptr(), cell
        self.seen = np.full((3, 2, storage.nbytes() // cell + 1), -1, dtype=np.int32)

    def touch(self, addresses: np.ndarray, size: int, kind: int, program: int) -> tuple[int, int] | None:
        """Note an access, and tell what it races with.

        Parameters
        ----------
        addresses : (values,) int64 array
            Where each value begins.
        size : int
            Bytes of a value.
        kind : int
            READ, WRITE or ATOMIC.
        program : int
            The program's number.

        Returns
        -------
        (int, int) or None
            (kind, program) of an earlier access that this one races with.
        """
        cells = (addresses[:, None] + np.arange(0, size, self.cell) - self.start).reshape(-1) // self.cell
        conflict = None
        for other_kind in RACES_WITH[kind]:
            before = self.seen[other_kind][:, cells]
            foreign = before[(before >= 0) & (before != program)]
            if foreign.size:
                conflict = (other_kind, int(foreign[0]))
        if kind == WRITE and len(np.unique(cells)) < cells.size:
            conflict = (WRITE, program)
        first, other = self.seen[kind]
        other[cells] = np.where((first[cells] >= 0) & (first[cells] != program), program, other[cells])
        first[cells] = np.where(first[cells] < 0, program, first[cells])
        return conflict


class Region:
    """The bytes that a kernel may touch through one of its pointer arguments.

    They are exactly the elements of that tensor.

    Parameters
    ----------
    name : str
        How reports call it.
    tensor : tensor
        The argument.
    storage : Storage
        The memory in which it lies.
    """

    def __init__(self, name: str, tensor: torch.Tensor, storage: Storage):
        self.name, self.start, self.itemsize, self.storage = name, tensor.data_ptr(), tensor.element_size(), storage
        self.layout = (self.start, tensor.shape, tensor.stride())
        offsets = np.zeros(1, dtype=np.int64)
        for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
            offsets = (offsets[:, None] + np.arange(size) * stride).reshape(-1)
        self.element = np.zeros(int(offsets.max(initial=-1)) + 1, dtype=bool)
        self.element[offsets] = True

    def inside(self, addresses: np.ndarray) -> np.ndarray:
        """Whether each address is that of an element.

        Parameters
        ----------
        addresses : (values,) int64 array
            Addresses of memory.

        Returns
        -------
        (values,) bool array
            True where an element begins.
        """
        index, rest = np.divmod(addresses - self.start, self.itemsize)
        within = (index >= 0) & (index < self.element.size) & (rest == 0)
        return within & self.element[np.where(within, index, 0)] if self.element.size else within
