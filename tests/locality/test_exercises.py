"""What the checks of this room say of answers that no list of mistakes foresees; the worked numbers; the library's answers."""

from pathlib import Path

import numpy as np
import pytest

import dynlib.locality as library
from dynlib.teaching.exercises import Refused, locality
from press.exercises import exercises

solution = exercises(Path(__file__).parents[2], "locality").solution


def at_length_two(filters):
    """The filters made longer at right angles to the direction along which the check looks at large ones."""
    along = np.cos(np.arange(filters.shape[1]) + 0.5)
    across = np.eye(filters.shape[1])[0] - along * along[0] / (along @ along)
    aside = filters @ across / np.linalg.norm(across)
    return filters + ((-aside + np.sqrt(aside**2 + 3)) / np.linalg.norm(across))[:, None] * across


@pytest.mark.parametrize(
    ("name", "answer", "symptom"),
    [
        ("overlap", lambda m, sigma, noise: np.zeros(len(noise)), r"16 looks with noise 1 in 64 dimensions: entry \[0\] is 0"),
        ("overlap", lambda m, sigma, noise: noise, r"shape \(5, 64\), expected \(5,\)"),
        ("bound", lambda P, k, d, sigma: 0.4, "P = 2, k = 8, d = 64, σ = 0.5: it is 0.4, expected 0.483"),
        ("bound", lambda P, k, d, sigma: np.nan, "nan"),
        ("unseen", lambda P, k, kind: 0.25, "local, 4 samples, 16 patches: it is 0.25, expected 0.386"),
        (
            "start",
            lambda kind, W, g: W[::-1].copy(),
            r"dense, 3 patches of 4 pixels, in the answers to pictures with one bright pixel: entry \[0, 0\] is",
        ),
        ("gradient", lambda x, y, w, b: w, r"shape \(4,\), expected \(5,\)"),
        ("steps", lambda x, y: x.mean(0), r"60 pictures, 4 patches of 6 pixels: entry \[0, 0\] is"),
        (
            "steps",
            lambda x, y: solution("steps")(x, y)[:, :: -1 if len(x) == 100 else 1].copy(),
            r"100 pictures, 8 patches of 64 pixels, in each filter's product with a fixed direction: entry \[0\] is",
        ),
        (
            "steps",
            lambda x, y: at_length_two(solution("steps")(x, y)) if len(x) == 100 else solution("steps")(x, y),
            r"100 pictures, 8 patches of 64 pixels, in each filter's length: entry \[0\] is 2, expected 1",
        ),
        ("steps", lambda x, y: 1 / 0, "it stops with ZeroDivisionError"),
        ("sparse", lambda x, y, sigma: np.eye(1, x.shape[1])[0], r"21 samples of 512 pixels: entry \[0\] is 1, expected"),
    ],
)
def test_what_fits_no_known_mistake_is_named(name, answer, symptom):
    with pytest.raises(Refused, match=symptom):
        getattr(locality, f"check_{name}")(answer)


def test_a_known_mistake_in_the_steps_is_told_its_test_error():
    def unlabelled_first(x, y):
        W = x.sum(0) / np.linalg.norm(x.sum(0), axis=1, keepdims=True)
        for _ in range(2):
            z = np.abs(np.einsum("Pkd,kd->Pk", x, W))
            W = np.einsum("P,Pk,Pkd->kd", y, z >= np.sort(z, axis=None)[-len(y)], x)
            W = W / np.linalg.norm(W, axis=1, keepdims=True)
        return W

    with pytest.raises(Refused, match=r"test error 0\.\d+, expected 0\.0\d+: the first step averages the pictures without"):
        locality.check_steps(unlabelled_first)


def test_the_worked_numbers_of_the_statements():
    noise = np.random.default_rng(0).standard_normal((40_000, 64))
    assert (solution("overlap")(16, 1.0, noise) ** 2).mean() == pytest.approx(0.2086, abs=0.002)
    assert set(solution("overlap")(3, 0.7, noise[:9, :1])) <= {-1.0, 1.0}
    assert [round(solution("bound")(P, 8, 64, 0.5), 4) for P in (2, 64)] == [0.4831, 0.3166]
    assert library.oracle_error(2 / 8, 0.5, 505) == pytest.approx(0.4647, abs=1e-4)
    assert library.equivariant_lower_bound(2, 8, 64, 0.5, "dense") < 0.5
    assert solution("unseen")(4, 16, "local") == pytest.approx(0.386, abs=5e-4)
    assert 16 * sum(1 / j for j in range(1, 17)) == pytest.approx(54.1, abs=0.1)
    assert solution("gradient")(np.array([[[2.0], [-3.0]]]), np.ones(1), np.ones(1), 1.0).tolist() == [1, 0]
    errors = []
    for P in (100, 200):
        runs = []
        for seed in range(8):
            rng = np.random.default_rng(seed)
            x, y, _ = library.sample_dsd(P, 8, 64, 0.2, rng)
            x_test, y_test, _ = library.sample_dsd(1000, 8, 64, 0.2, rng)
            runs.append(library.error_rate(x_test, y_test, "local", solution("steps")(x, y)))
        errors.append(np.mean(runs))
    assert errors == pytest.approx([0.032, 0.016], abs=0.006)


def test_the_library_gives_the_same_answers():
    assert "accepted" in locality.check_bound(lambda P, k, d, sigma: library.equivariant_lower_bound(P, k, d, sigma, "dense"))
    assert "accepted" in locality.check_steps(lambda x, y: library.gradient_steps(x, y, "local", 3).filters)

    def of_the_library(x, y, w, b):
        _, z = library.forward("shared", x, w, b)
        return np.append(*library.backward("shared", x, z, b, -y / len(y)))

    assert "accepted" in locality.check_gradient(of_the_library)
