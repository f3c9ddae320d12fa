"""What this chapter stores: a table of settings over its run functions."""

from dynlib.locality import adam, descent, digits, rotation_sweep, thresholding
from dynlib.sweep.experiment import Experiment

DATA = descent.DATA

EXPERIMENTS = (
    Experiment(
        descent.searched,
        descent.GRID,
        range(12),
        DATA / "descent.csv",
        seconds=514,
        tolerance=0.02,
        cheap={"kind": "shared"},
    ),
    Experiment(
        thresholding.searched,
        thresholding.GRID,
        range(4),
        DATA / "thresholding.csv",
        seconds=124,
        tolerance=0.01,
        cheap={"kind": "shared"},
    ),
    Experiment(adam.turned_errors, adam.GRID, range(8), DATA / "adam.csv", seconds=26),
    Experiment(digits.trained, digits.GRID, range(5), DATA / "digits.csv", seconds=103, tolerance=0.01),
    Experiment(
        rotation_sweep.turned_errors, rotation_sweep.GRID, range(20), DATA / "rotation.csv", seconds=249, tolerance=0.002
    ),
)
