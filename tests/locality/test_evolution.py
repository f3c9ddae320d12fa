"""The closed form of the steps against training on new samples in each step."""

import numpy as np
import pytest

from dynlib.locality import gradient_steps, sample_dsd
from dynlib.locality.evolution import evolve, shares


@pytest.mark.parametrize(
    ("kind", "P", "sigma", "tolerance"),
    [
        ("local", 600, 0.1, 0.01),
        ("local", 600, 0.2, 0.01),
        ("local", 600, 0.3, 0.015),
        ("shared", 128, 0.2, 0.01),
        ("shared", 128, 0.3, 0.02),
        ("local", 2000, 0.4, 0.02),
    ],
)
def test_overlaps_are_those_of_training(kind, P, sigma, tolerance):
    stages = evolve(P, 8, 64, sigma, kind, 3)
    for step, stage in enumerate(stages, 1):
        overlaps = []
        for seed in range(12):
            x, y, _ = sample_dsd(step * P, 8, 64, sigma, np.random.default_rng(seed))
            overlaps.append(gradient_steps(x, y, kind, step, split=True).filters[:, 0].mean())
        assert stage.overlap == pytest.approx(np.mean(overlaps), abs=tolerance)


def test_looks_at_the_ends():
    """Without noise to speak of the threshold is perfect: k more looks. Without a threshold nothing changes after step 1."""
    for kind, before, after in (("shared", 100, 800), ("local", 100 / 8, 100)):
        stages = evolve(800, 8, 64, 0.02, kind, 3)
        assert [stage.looks for stage in stages] == pytest.approx([before, after, after], rel=1e-3)
        assert [stage.looks for stage in evolve(800, 8, 64, 0.3, kind, 3, threshold=False)] == pytest.approx([before] * 3)


def test_one_response_in_k_passes():
    for stage, before in zip((stages := evolve(300, 5, 40, 0.3, "local", 3))[1:], stages[:-1], strict=True):
        signal, noise = shares(before.overlap, 0.3, stage.threshold)
        assert (signal, noise) == (stage.signal, stage.noise)
        assert (signal + 4 * noise) / 5 == pytest.approx(1 / 5, abs=1e-9)


def test_one_patch_needs_no_threshold():
    assert evolve(50, 1, 10, 0.3, "local", 2) == evolve(50, 1, 10, 0.3, "shared", 2)
    assert evolve(50, 1, 10, 0.3, "local", 2)[1].looks == 50


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "dense"}, "has one response for all patches"),
        ({"sigma": 0.0}, "sigma = 0.0 must be above 0"),
        ({"steps": 0}, "steps = 0"),
        ({"P": 0}, "P = 0"),
    ],
)
def test_refusals(change, words):
    with pytest.raises(ValueError, match="evolve: ") as refusal:
        evolve(**({"P": 10, "k": 2, "d": 3, "sigma": 0.1, "kind": "local", "steps": 2} | change))
    assert words in str(refusal.value)
