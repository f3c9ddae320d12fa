"""What ``call`` and ``compare`` refuse of an answer, whatever the exercise; what importing one check brings along."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from dynlib.teaching.exercises import Refused, call, compare, pointer

RAGGED = r"^the result does not make an array of the shape \(2, 3\): "


@pytest.mark.parametrize(
    "result",
    [
        [[1.0, 2.0], [3.0]],
        (0.5, np.ones(3)),
        [[1.0, [2.0, 3.0], 4.0], [5.0, 6.0, 7.0]],
        torch.ones(2, 3, requires_grad=True),
    ],
)
def test_what_makes_no_array_is_refused(result):
    with pytest.raises(Refused, match=RAGGED):
        call(lambda: result, shape=(2, 3))


def test_what_makes_an_array_is_returned():
    for result in ([[1.0, 2.0, 3.0], np.ones(3)], torch.ones(2, 3, dtype=torch.float64)):
        got = call(lambda result=result: result, shape=(2, 3))
        assert isinstance(got, np.ndarray)
        np.testing.assert_array_equal(got, np.asarray(result))


def test_an_answer_writes_into_a_copy():
    given = np.zeros(3)

    def spoils(x):
        x += 1
        return x

    assert (call(spoils, given, shape=(3,)) == 1).all()
    assert (given == 0).all()


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, "it returns None"),
        ((x for x in range(3)), "the result is a generator, which makes no array of numbers"),
        (np.ones((3, 2)), r"shape \(3, 2\), expected \(2, 3\)"),
        (np.ones((2, 3)) + 0j, "complex"),
        (np.ones((2, 3), np.float32), "dtype float32, expected float64"),
        (np.full((2, 3), np.inf), "holds inf"),
    ],
)
def test_other_results_are_refused_by_name(result, message):
    with pytest.raises(Refused, match=message):
        call(lambda: result, shape=(2, 3))


HINTS = {"half": "too small by half", "negative": "below zero", "never": "never seen"}


@pytest.mark.parametrize(
    ("got", "symptoms", "says"),
    [
        (1.0, {"never": None, "half": 1.0}, "case 3: too small by half"),
        (-5.0, {"half": 1.0, "negative": True}, "case 3: below zero"),
        (-5.0, {"negative": np.bool_(False)}, "case 3: it is -5, expected 2"),
        (np.array([2.0, 1.0]), {"half": np.array([1.0, 1.0])}, r"case 3: entry \[1\] is 1, expected 2"),
    ],
)
def test_a_refusal_names_the_case_and_the_first_symptom_that_fits(got, symptoms, says):
    want = np.full(np.shape(got), 2.0)
    compare(want, want, {"negative": True}, HINTS, "case 3")
    with pytest.raises(Refused, match=f"^{says}$"):
        compare(got, want, symptoms, HINTS, "case 3")


def test_a_check_is_imported_with_its_own_module_alone():
    assert pointer.check_least.__module__ == "dynlib.teaching.exercises.pointer.least"
    with pytest.raises(AttributeError, match="has no attribute 'check_most'"):
        pointer.check_most  # noqa: B018
    program = (
        "import sys; from dynlib.teaching.exercises.pointer import check_least; name = 'dynlib.teaching.exercises.'; "
        "print(*sorted(m.removeprefix(name) for m in sys.modules if m.startswith(name)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pointer", "pointer.least"]
