"""What this chapter stores: a table of settings over its run functions."""

from dynlib.generalization import agreement, depth_runs, digits, relu_runs
from dynlib.sweep.experiment import Experiment

DATA = agreement.DATA

EXPERIMENTS = (
    Experiment(agreement.errors_over_time, agreement.GRID, range(10), DATA / "agreement.csv", seconds=208),
    Experiment(agreement.errors_at_the_end, agreement.FINITE, range(10), DATA / "finite.csv", seconds=114),
    Experiment(depth_runs.curve, depth_runs.GRID, range(1), DATA / "depth_curves.csv", seconds=9),
    Experiment(depth_runs.lowest_and_last, depth_runs.SOME, range(5), DATA / "depth.csv", seconds=121),
    Experiment(digits.by_width, digits.BY_WIDTH, range(10), DATA / "digits_width.csv", seconds=49),
    Experiment(digits.by_samples, digits.BY_SAMPLES, range(10), DATA / "digits_samples.csv", seconds=9),
    Experiment(relu_runs.overtraining, relu_runs.GRID, range(10), DATA / "relu.csv", seconds=27),
    Experiment(relu_runs.parts, relu_runs.PARTS, range(20), DATA / "parts.csv", seconds=6),
)
