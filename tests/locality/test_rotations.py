"""Rotations: the uniform law, the path from the identity, what each group moves."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from dynlib.locality import haar_orthogonal, rotate, rotation_path, sample_rotated, sample_rotation
from dynlib.locality.rotations import GROUPS


def rng(seed=0):
    return np.random.default_rng(seed)


@given(D=st.integers(1, 12), seed=st.integers(0, 200))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_columns_are_orthonormal(D, seed):
    Q = haar_orthogonal(D, rng(seed))
    assert np.abs(Q.T @ Q - np.eye(D)).max() < 1e-12


def test_the_law_is_uniform():
    """For the uniform law E tr Q = 0 and E (tr Q)² = 1, E (tr Q)⁴ = 3. Without the signs they are not."""
    generator, D = rng(), 3
    traces = np.array([np.trace(haar_orthogonal(D, generator)) for _ in range(20_000)])
    assert abs(traces.mean()) < 0.022  # three standard errors
    assert abs((traces**2).mean() - 1) < 0.04
    assert abs((traces**4).mean() - 3) < 0.25  # E (tr Q)⁴ = 3 for D ≥ 2
    unsigned = np.array([np.trace(np.linalg.qr(generator.standard_normal((D, D)))[0]) for _ in range(2000)])
    assert unsigned.mean() < -0.3


@given(D=st.integers(1, 9), angle=st.floats(0, 1), seed=st.integers(0, 99))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_the_path_is_the_exponential_of_a_skew_matrix(D, angle, seed):
    A = rng(seed).standard_normal((D, D)) / D
    A = A - A.T
    A *= 3 / max(3, np.abs(np.linalg.eigvals(A)).max())  # no plane turns by more than π: the path back is then this one
    got = rotation_path(scipy.linalg.expm(A), angle)
    assert np.abs(got - scipy.linalg.expm(angle * A)).max() < 1e-9


def test_a_path_through_flipped_axes():
    Q = np.diag([-1.0, 1.0, -1.0, 1.0])
    half = rotation_path(Q, 0.5)
    assert np.abs(half @ half - Q).max() < 1e-12
    assert abs(np.linalg.det(half) - 1) < 1e-12


@pytest.mark.parametrize("group", GROUPS[:3])
def test_ends_and_middle_of_a_drawn_rotation(group):
    rotation, x = sample_rotation(group, 3, 4, rng(5)), rng(1).standard_normal((6, 3, 4))
    np.testing.assert_allclose(rotate(x, rotation.at(0)), x, atol=1e-12)
    np.testing.assert_array_equal(rotation.at(1), rotation.ends)
    third = rotation.at(1 / 3)
    np.testing.assert_allclose(rotate(rotate(rotate(x, third), third), third), rotate(x, rotation.at(1.0)), atol=1e-10)
    np.testing.assert_allclose(np.linalg.norm(rotate(x, third).reshape(6, -1), axis=1), np.linalg.norm(x.reshape(6, -1), axis=1))


def test_each_group_moves_what_it_says():
    x = rng(2).standard_normal((5, 3, 4))
    patches = np.linalg.norm(x, axis=2)
    for group in GROUPS:
        turned, g = sample_rotated(x, group, rng(3))
        np.testing.assert_array_equal(turned, rotate(x, g))
        now = np.linalg.norm(turned, axis=2)
        if group == "patches permuted":
            np.testing.assert_allclose(now, patches[:, g])
        elif group == "whole input":
            assert np.abs(now - patches).max() > 0.1
        else:
            np.testing.assert_allclose(now, patches)
    same, _ = sample_rotated(np.repeat(x[:, :1], 3, axis=1), "all patches alike", rng(3))
    np.testing.assert_allclose(same, np.repeat(same[:, :1], 3, axis=1))


def test_rotations_have_no_reflection_and_one_pixel_stays():
    assert all(abs(np.linalg.det(sample_rotation("all patches alike", 2, 3, rng(s)).ends) - 1) < 1e-12 for s in range(9))
    np.testing.assert_array_equal(sample_rotation("each patch its own", 4, 1, rng()).ends, np.ones((4, 1, 1)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: haar_orthogonal(0, rng()), "D = 0 must be a whole number"),
        (lambda: haar_orthogonal(3, None), "rng is a NoneType"),
        (lambda: sample_rotation("diag", 3, 4, rng()), "group = 'diag' is not known; choose from 'whole input'"),
        (lambda: sample_rotated(np.ones((3, 4)), "whole input", rng()), "x has shape (3, 4); give it the axes (P, k, d)"),
        (lambda: rotate(np.ones((2, 3, 4)), np.eye(5)), "for x (2, 3, 4) it must be (3,), (3, 4, 4), (4, 4) or (12, 12)"),
        (lambda: sample_rotation("whole input", 2, 2, rng()).at(1.5), "angle = 1.5 must be at most 1"),
        (lambda: sample_rotation("whole input", 2, 2, rng()).at(-0.1), "angle = -0.1 must be at least 0"),
        (lambda: sample_rotation("patches permuted", 2, 2, rng()).at(0.5), "a permutation has no way to it"),
        (lambda: rotation_path(np.diag([1.0, -1.0]), 0.5), "determinant -1"),
        (lambda: rotation_path(2 * np.eye(2), 0.5), "not orthogonal"),
    ],
)
def test_refusals(call, words):
    with pytest.raises(ValueError, match=r"\w+: ") as refusal:
        call()
    assert words in str(refusal.value)
