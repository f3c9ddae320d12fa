"""What a kernel launch moves and computes, as a closed form: the type that every `cost(...)` in this package returns."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cost:
    """Traffic and work of one launch.

    `reads` and `writes`: bytes asked of memory, by tensor; a value that is loaded twice counts twice.
    `dot_flops`: 2·m·n·k for every `tl.dot` of an m×k by a k×n tile, padding included.
    `exponentials`: complex exponentials (one exp, one cos and one sin each), padding included.
    """

    reads: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    dot_flops: int = 0
    exponentials: int = 0

    @property
    def bytes(self) -> int:
        """All bytes, read and written."""
        return sum(self.reads.values()) + sum(self.writes.values())
