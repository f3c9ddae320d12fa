"""An answer whose values are whole may have any integer dtype, and one that cuts values off is wrong."""

from pathlib import Path

import numpy as np
import pytest

from dynlib.teaching.exercises import Refused, call
from press.exercises import exercises, modules
from press.notebooks import rooms
from press.personal import Student, draws

ROOT = Path(__file__).parents[2]
ROOMS = {room: exercises(ROOT, room) for room in rooms(ROOT)}
EACH = [(room, name) for room, page in ROOMS.items() for name in page.mistakes]
WHOLE = [
    ("unified_dynamics", "gate"),
    ("head_count", "lengths"),
    ("head_count", "lift"),
    ("locality", "overlap"),
    ("pointer", "judge"),
]


def whole_where_it_can_be(solution, dtype, seen):
    """The solution, with an integer dtype wherever all of a result is whole; ``seen`` counts those results."""

    def answer(*arguments):
        got = np.asarray(solution(*arguments))
        if got.dtype.kind == "b" or got.dtype.kind == "c" or not (got == np.round(got)).all() or np.abs(got).max(initial=0) > 100:
            return got
        seen.append(got.shape)
        return got.astype(dtype)

    return answer


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.int16])
@pytest.mark.parametrize(("room", "name"), EACH)
def test_a_whole_answer_may_have_any_integer_dtype(room, name, dtype):
    module, seen = modules(room)[name], []
    answer = whole_where_it_can_be(ROOMS[room].solution(name), dtype, seen)
    assert "accepted" in getattr(module, f"check_{name}")(answer)
    draw, student = draws({name: module}, room)[name], Student("one", "a secret of ours")
    draw.check(answer, ROOMS[room].solution(name), draw.hidden(student))
    assert draw.same(answer(*draw.personal(student)), ROOMS[room].solution(name), draw.personal(student))
    if (room, name) in WHOLE:
        assert seen


@pytest.mark.parametrize(("room", "name"), EACH)
def test_a_value_that_was_cut_off_is_wrong(room, name):
    solution, module = ROOMS[room].solution(name), modules(room)[name]
    draw, student = draws({name: module}, room)[name], Student("one", "a secret of ours")
    mine = draw.personal(student)
    right = np.asarray(solution(*mine))
    if right.dtype.kind in "biu":  # beside it by less than one, so that cutting off would mend it
        assert not draw.same(right + 0.25, solution, mine)
        return
    if name not in ("gate", "lengths"):  # whose answers may be whole altogether
        with pytest.raises(Refused):
            getattr(module, f"check_{name}")(lambda *arguments: np.asarray(solution(*arguments)).real.astype(np.int64))
    assert not draw.same(np.where(right == 0, 0.25, 1.25 * right), solution, mine)


@pytest.mark.parametrize(
    ("got", "dtype", "taken"),
    [
        (np.array([1, 2], np.int32), np.float64, True),
        (np.array([1, 2], np.uint8), np.complex128, True),
        ([1, 2], np.float64, True),
        (np.array([1, 2], np.int32), np.int64, True),
        (np.array([1, 0]), bool, False),
        (np.array([True, False]), np.float64, False),
        (np.array([1.0, 2.0], np.float32), np.float64, False),
        (np.array([1.0, 2.0]), np.int64, False),
    ],
)
def test_what_stands_for_what(got, dtype, taken):
    if taken:
        back = call(lambda: got, shape=(2,), dtype=dtype)
        assert back.dtype == dtype
        assert back.tolist() == [1, 2]
    else:
        with pytest.raises(Refused, match="dtype"):
            call(lambda: got, shape=(2,), dtype=dtype)
