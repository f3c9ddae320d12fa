"""What a kernel launch moves and computes, as a closed form: the type that every `cost(...)` in this package returns."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cost:
    """Traffic and work of one launch, or of all launches of one direction.

    Attributes
    ----------
    reads, writes : dict of str to int
        Bytes asked of memory, by tensor; a value that is loaded twice counts twice.
    dot_flops : int
        2·m·n·k for every `tl.dot` of an m×k by a k×n tile, padding included.
    calls : dict of str to int
        Values that go through each function (exp, cos, …), padding included.
    """

    reads: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    dot_flops: int = 0
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """All bytes, read and written."""
        return sum(self.reads.values()) + sum(self.writes.values())
