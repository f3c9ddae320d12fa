"""Personal numbers: what one student is asked and nobody else, the same at every release and at grading.

A draw depends on the instructor's salt, the student, the room, the exercise and its use, through an HMAC: whoever lacks the
salt can neither foresee the numbers of another student nor the inputs on which answers are graded.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from dynlib.teaching.exercises import Refused, call, close
from press.roster import spelled

HIDDEN_DRAWS = 3


@dataclass(frozen=True)
class Student:
    """Who is asked: the name under which work is handed in, and the instructor's salt."""

    name: str
    salt: str

    def __post_init__(self):
        if not self.name.strip():
            raise ValueError("--seed is empty; it is the student's name or number, under which the work is handed in")
        if len(self.salt) < 8:
            raise ValueError(f"--salt has {len(self.salt)} characters; take a secret of at least 8 and keep it for the grading")

    def generator(self, room: str, exercise: str, use: str) -> np.random.Generator:
        """The same generator for the same student, salt, exercise and use."""
        text = "\n".join((spelled(self.name), room, exercise, use))
        digest = hmac.new(self.salt.encode(), text.encode(), hashlib.sha256).digest()
        return np.random.default_rng(int.from_bytes(digest[:16]))


@dataclass(frozen=True)
class Draw:
    """How inputs of one exercise are drawn, and what of a result counts."""

    room: str
    exercise: str
    arguments: Callable[[np.random.Generator], tuple]
    seen: Callable

    def personal(self, student: Student) -> tuple:
        """The arguments that stand in this student's notebook."""
        return self.arguments(student.generator(self.room, self.exercise, "personal"))

    def hidden(self, student: Student) -> list[tuple]:
        """Arguments that are printed nowhere."""
        rng = student.generator(self.room, self.exercise, "hidden")
        return [self.arguments(rng) for _ in range(HIDDEN_DRAWS)]

    def check(self, answer: Callable, solution: Callable, cases: list[tuple]) -> None:
        """Refuse ``answer`` where it differs from ``solution`` on one of the cases; the message does not say by how much."""
        for arguments in cases:
            want = np.asarray(solution(*arguments))
            whole = want.ndim == 0 and want.dtype.kind in "iu"  # a single whole number may be of any type
            dtype = bool if want.dtype.kind == "b" else np.float64 if whole else want.dtype.type
            got = call(answer, *arguments, shape=want.shape, dtype=dtype)
            got, want = (_numbers(self.seen(part, *arguments)) for part in (got, want))
            if want.size and not close(got, want):
                raise Refused("right on the inputs of the notebook, wrong on others of the same kind, which are printed nowhere")

    def same(self, value: object, solution: Callable, arguments: tuple) -> bool:
        """Say whether ``value`` is the answer to these arguments, to six digits."""
        want = np.asarray(solution(*arguments))
        try:
            got = np.asarray(value)
            if got.dtype.kind not in "biufc":
                return False
            got, want = (_numbers(self.seen(part, *arguments)) for part in (got, want))
        except (TypeError, ValueError):
            return False
        largest = np.abs(want).max(initial=0)
        return got.shape == want.shape and bool((np.abs(got - want) <= 1e-6 * largest).all())


def _numbers(value: object) -> np.ndarray:
    """The value as an array that can be subtracted: yes and no are 1 and 0."""
    array = np.asarray(value)
    return array.astype(np.float64) if array.dtype.kind in "biu" else array


def draws(modules: dict[str, ModuleType], room: str) -> dict[str, Draw]:
    """The draw of each exercise whose module says how: ``hidden(rng)``, with ``seen`` where several results are right."""
    return {
        name: Draw(room, name, module.hidden, getattr(module, "seen", lambda result, *_: result))
        for name, module in modules.items()
        if hasattr(module, "hidden")
    }


def literal(value: object) -> str:
    """Python source that makes the value again: a number, a word, ``np.array(…)``, or a list of such."""
    if isinstance(value, list):
        return f"[{', '.join(map(literal, value))}]"
    return f"np.array({value.tolist()})" if isinstance(value, np.ndarray) else repr(value)
