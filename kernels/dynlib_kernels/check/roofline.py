"""The roofline reading of a launch: what it is short of on a given GPU, from counts and published peak figures alone.

A launch cannot end before its bytes have moved, its arithmetic is done and its functions (exp, sin, …) are evaluated. Each of the
three takes at least its count divided by the GPU's peak rate; the longest of them is the roof. No clock is read anywhere: this
says what a kernel is bounded by, never how fast it is. Bytes are those that the programs ask for; caches may spare some of them.

Williams, Waterman and Patterson, "Roofline: an insightful visual performance model for multicore architectures", 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dynlib_kernels.check.sanitizer import Tally

__all__ = ["GPU", "GPUS", "Roof", "roof"]


@dataclass(frozen=True)
class GPU:
    """Published peaks.

    Attributes
    ----------
    name : str
        The GPU.
    flops : float
        Float32 a second outside of tensor cores.
    bandwidth : float
        Bytes a second.
    lanes : int
        Float32 units in one multiprocessor. Each does a multiply-add (two flops) a clock, where 16
        special-function units give one exp2, sin or cos each (CUDA C++ programming guide, table of
        arithmetic throughput).
    """

    name: str
    flops: float
    bandwidth: float
    lanes: int

    @property
    def functions(self) -> float:
        """Evaluations of a special function a second."""
        return self.flops / 2 * 16 / self.lanes


# NVIDIA's data sheets: T4 (2019), L4 (2023), A100 40 GB (2020), H100 SXM (2023)
GPUS = (
    GPU("T4", 8.1e12, 320e9, 64),
    GPU("L4", 30.3e12, 300e9, 128),
    GPU("A100", 19.5e12, 1555e9, 64),
    GPU("H100", 67e12, 3350e9, 128),
)


@dataclass(frozen=True)
class Roof:
    """What bounds a launch.

    Attributes
    ----------
    limit : {"memory", "arithmetic", "functions"}
        The one that takes longest.
    share : dict of str to float
        How long each takes, as a part of the longest.
    """

    limit: str
    share: dict[str, float]


def roof(tally: Tally, gpu: GPU) -> Roof:
    """What a launch with these counts is bounded by on this GPU.

    Parameters
    ----------
    tally : Tally
        The counts; `watch` makes them.
    gpu : GPU
        One of `GPUS`, or another.

    Returns
    -------
    Roof
        The longest of the three times, and the shares.

    Raises
    ------
    ValueError
        For a tally that counts nothing.
    """
    times = {
        "memory": tally.bytes / gpu.bandwidth,
        "arithmetic": tally.flops / gpu.flops,
        "functions": sum(tally.calls.values()) / gpu.functions,
    }
    limit = max(times, key=times.__getitem__)
    if times[limit] == 0:
        raise ValueError(f"tally is {tally!r}; it must count at least one byte, flop or call: watch() makes it")
    return Roof(limit, {name: time / times[limit] for name, time in times.items()})
