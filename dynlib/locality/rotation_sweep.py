"""Turn all inputs, in training and test alike, by one secret rotation on its way from none to a random one: who notices?

``python -m dynlib.sweep run locality.rotation`` stores the test errors in data/rotation.csv: three groups of rotations, eleven
angles, three learners.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynlib.locality.rotations import rotate, sample_rotation
from dynlib.locality.samples import sample_dsd
from dynlib.locality.steps import error_rate, gradient_steps

DATA = Path(__file__).parent / "data"
ANGLES = [round(0.1 * step, 1) for step in range(11)]
STEPS = {"shared": 3, "local": 3, "dense": 1}
SETTING = (8, 64, 0.2)  # k, d, sigma
TRAINING, TEST = 600, 3000


def turned_errors(*, group: str, seed: int) -> Iterator[dict]:
    """One row for each angle and learner: 600 samples to learn from, 3,000 to be tested on.

    The signal moves among 8 patches of 64 pixels, σ = 0.2. Shared and local take three steps with
    the quantile threshold, dense one without: a linear net. The samples belong to the seed and the
    rotation to seed and group, so that three learners and eleven angles differ in nothing else.

    Parameters
    ----------
    group : str
        One of ``rotations.GROUPS`` that can be turned by degrees.
    seed : int
        Seed of samples and rotation.

    Yields
    ------
    dict
        {"angle", "kind", "error"}.

    Raises
    ------
    ValueError
        For an unknown group.

    """
    rng = np.random.default_rng(seed)
    k, d, sigma = SETTING
    x, y, _ = sample_dsd(TRAINING, k, d, sigma, rng)
    x_test, y_test, _ = sample_dsd(TEST, k, d, sigma, rng)
    rotation = sample_rotation(group, k, d, rng)
    for angle in ANGLES:
        g = rotation.at(angle)
        seen, asked = rotate(x, g), rotate(x_test, g)
        for kind, steps in STEPS.items():
            filters = gradient_steps(seen, y, kind, steps=steps).filters
            yield {"angle": angle, "kind": kind, "error": round(error_rate(asked, y_test, kind, filters), 5)}
