"""What this chapter stores: a table of settings over its run functions."""

from dynlib.diagonal_ssm import digits
from dynlib.sweep.experiment import Experiment

EXPERIMENTS = (
    Experiment(digits.train, digits.GRID, range(3), digits.DATA / "digits.csv", seconds=2299, tolerance=0.01),
)
