"""What this chapter stores: a table of settings over its run functions."""

from dynlib.head_count import train
from dynlib.sweep.experiment import Experiment

EXPERIMENTS = (Experiment(train.miss, train.GRID, range(5), train.DATA / "heads.csv", seconds=137),)
