"""With as many weights as samples a signal without noise may fit every label: ``advise`` says so, in words and in a field."""

import numpy as np
import pytest

from dynlib.generalization import advise
from dynlib.generalization.evidence import STRONGEST, signal_and_noise

DRAWS = 40


def data(samples, features, seed):
    """Gaussian features of variance 1, a teacher whose signal has the variance 9, and noise of variance 1."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((samples, features))
    return X, X @ rng.standard_normal(features) * 3 / np.sqrt(features) + rng.standard_normal(samples)


@pytest.mark.parametrize(("samples", "features"), [(30, 60), (40, 50), (100, 400)])
def test_an_optimum_at_the_end_of_the_search_is_said(samples, features):
    advice = [advise(*data(samples, features, seed)) for seed in range(DRAWS)]
    at_end = [a for a in advice if not a.determined]
    assert 0 < len(at_end) < DRAWS  # both kinds are there
    for a in at_end:
        assert a.snr == STRONGEST
        assert a.noise < 1e-6  # of a true noise of 1
        assert any("cannot be told apart" in text and "1e+09" in text for text in a.warnings)
        assert "cannot be told apart" in " ".join(str(a).split())
    for a in advice:
        if a.determined:
            assert not any("cannot be told apart" in text for text in a.warnings)
            assert a.noise > 0.03, "an absurd noise goes unsaid"


@pytest.mark.parametrize(("samples", "features"), [(120, 30), (60, 20)])
def test_more_samples_than_weights_tell_them_apart(samples, features):
    for seed in range(10):
        advice = advise(*data(samples, features, seed))
        assert advice.determined
        assert 0.3 < advice.noise < 3


def test_the_likelihood_itself_rises_to_the_end():
    """Labels that are all signal: each coefficient is just as large as its rate makes it."""
    rates = np.geomspace(0.1, 10, 20)
    snr, noise = signal_and_noise(rates, np.sqrt(rates))
    assert snr == STRONGEST
    assert noise == pytest.approx(1 / STRONGEST, rel=1e-6)
    snr, noise = signal_and_noise(rates, np.sqrt(1 + 3 * rates))  # and these are signal of 3 and noise of 1
    assert (snr, noise) == (pytest.approx(3, rel=1e-4), pytest.approx(1, rel=1e-4))
