"""Numbers written as levels: what comes back is within half a level, on every axis and for every gap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.teaching.explore.levels import (
    ALPHABET,
    CELL_TOP,
    MISSING,
    TOP,
    Axis,
    as_double,
    pack,
    pack_cells,
    unpack,
    unpack_cells,
)
from dynlib.teaching.explore.ticks import minor_ticks, number, ticks


def half_a_level(axis):
    low, high = axis.ends
    return 3 * (high - low) / TOP / 2 * 1.00001


def test_the_alphabet_has_64_different_characters_that_need_no_escape_in_json_or_html():
    assert len(set(ALPHABET)) == len(ALPHABET) == 64
    assert not set(ALPHABET) & set("<>&\"'\\")


@settings(deadline=None, derandomize=True)
@given(st.lists(st.integers(0, MISSING), max_size=60))
def test_packing_loses_nothing(levels):
    assert unpack(pack(np.array(levels, dtype=int))).tolist() == levels


def test_a_smooth_curve_takes_little_more_than_one_character_a_number():
    bump = Axis(-0.5, 1.2).levels(np.exp(-0.5 * ((np.arange(256) - 100) / 6) ** 2))
    assert len(pack(bump)) < 1.2 * 256
    rough = np.random.default_rng(0).integers(1365, 2730, 256)
    assert len(pack(rough)) < 2.6 * 256


@pytest.mark.parametrize("axis", [Axis(-0.5, 1.2), Axis(1e3, 1e3 + 1), Axis(-3e8, 5e8)])
def test_linear_round_trip_is_within_half_a_level_from_one_range_below_to_one_above(axis):
    span = axis.high - axis.low
    values = np.random.default_rng(1).uniform(axis.low - span, axis.high + span, 500)
    assert np.abs(axis.values(axis.levels(values)) - values).max() <= half_a_level(axis)


def test_log_round_trip_is_within_half_a_level_of_the_exponent():
    axis = Axis(1e-33, 10.0, log=True)
    exponents = np.random.default_rng(2).uniform(-33, 1, 500)
    back = np.log10(axis.values(axis.levels(10.0**exponents)))
    assert np.abs(back - exponents).max() <= half_a_level(axis)


def test_values_far_outside_stay_outside_and_on_their_side():
    levels = Axis(0, 1).levels(np.array([-1e300, -1.0, 2.0, 1e300]))
    assert levels.tolist() == [0, 0, TOP, TOP]


def test_what_has_no_place_is_missing():
    assert Axis(0, 1).levels(np.array([np.nan, np.inf, -np.inf])).tolist() == [MISSING] * 3
    assert Axis(0.1, 1, log=True).levels(np.array([0.0, -1.0, np.nan])).tolist() == [MISSING] * 3
    assert np.isnan(Axis(0, 1).values(np.array([MISSING]))).all()


def test_the_last_bit_of_a_round_number_does_not_choose_its_level():
    half = np.array([[np.nextafter(0.5, 0), 0.5, np.nextafter(0.5, 1)]])
    for sign in (1, -1):
        assert len(set(pack_cells(sign * half, 1.0))) == 1


def test_table_round_trip_keeps_zero_sign_and_gaps_exactly():
    table = np.random.default_rng(3).uniform(-2, 2, (5, 7))
    table[0, 0], table[1, 1], table[2, 2], table[3, 3] = 0.0, np.nan, 2.0, -2.0
    roots = unpack_cells(pack_cells(table, 2.0), 7)
    assert roots[0, 0] == 0
    assert np.isnan(roots[1, 1])
    assert (roots[2, 2], roots[3, 3]) == (1, -1)
    wanted = np.sign(table) * np.sqrt(np.abs(table) / 2)
    np.testing.assert_allclose(roots, wanted, atol=1 / CELL_TOP / 2 * 1.0001, rtol=0)


def test_a_hundredth_of_the_limit_is_not_rounded_away():
    assert unpack_cells(pack_cells(np.array([[0.01, 0.001, 0.0]]), 1.0), 3).tolist() == [[3 / 31, 1 / 31, 0]]


@pytest.mark.parametrize("dtype", ["float32", "float16", "complex64", "bool", "object"])
def test_anything_less_precise_than_float64_is_refused_by_name(dtype):
    with pytest.raises(ValueError, match=f"series 'echo' is {dtype}"):
        as_double(np.zeros(3, dtype=dtype), "series 'echo'")


def test_torch_tensors_are_taken_in_float64_and_refused_below():
    import torch

    for dtype in (torch.float32, torch.bfloat16):
        with pytest.raises(ValueError, match=str(dtype).removeprefix("torch.")):
            as_double(torch.zeros(3, dtype=dtype), "y")
    assert as_double(torch.ones(3, dtype=torch.float64, requires_grad=True), "y").tolist() == [1, 1, 1]
    assert as_double(torch.arange(3), "y").dtype == np.float64


def test_plain_numbers_are_float64_and_complex_needs_a_plane():
    assert as_double([1, 2.5], "y").dtype == np.float64
    with pytest.raises(ValueError, match="complex128"):
        as_double([1j], "y")
    assert as_double([1, 2], "z", allow_complex=True).dtype == np.complex128


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        (Axis(0, 255), ["0", "50", "100", "150", "200", "250"]),
        (Axis(-0.5, 1.2), ["−0.5", "0.0", "0.5", "1.0"]),
        (Axis(0, 3e6), ["0", "0.5·10⁶", "1.0·10⁶", "1.5·10⁶", "2.0·10⁶", "2.5·10⁶", "3.0·10⁶"]),
        (Axis(0.1, 4, log=True), ["0.1", "0.2", "0.5", "1", "2"]),
        (Axis(1e-2, 1e3, log=True), ["0.01", "0.1", "1", "10", "100", "1000"]),
        (Axis(1e-33, 1e0, log=True), ["10⁻³⁰", "10⁻²⁰", "10⁻¹⁰", "10⁰"]),
    ],
)
def test_ticks_are_at_steps_of_one_two_five_or_at_decades(axis, labels):
    assert [label for _, label in ticks(axis, 6)] == labels


@settings(deadline=None, derandomize=True)
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(5, 8))
def test_ticks_lie_inside_and_say_where_they_are(low, span, count):
    axis = Axis(low, low + span)
    marks = ticks(axis, count)
    assert 2 <= len(marks) <= count + 1
    assert all(low - 1e-6 * span <= value <= low + span * (1 + 1e-6) for value, _ in marks)
    assert len({label for _, label in marks}) == len(marks)


def test_minor_ticks_only_where_they_can_be_seen():
    assert minor_ticks(Axis(1, 10, log=True)) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert minor_ticks(Axis(1e-9, 1, log=True)) == minor_ticks(Axis(0, 1)) == []


def test_numbers_have_a_true_minus_and_no_negative_zero():
    assert (number(-2.5), number(-0.0), number(-0.001, 1), number(1e-10)) == ("−2.5", "0", "0.0", "1e−10")
