"""What this chapter stores: a table of settings over its run functions."""

from dynlib.sweep.experiment import Experiment
from dynlib.unified_dynamics import mqar

EXPERIMENTS = (
    Experiment(
        mqar.train_planned,
        mqar.GRID,
        range(5),
        mqar.DATA / "mqar.csv",
        seconds=2873,
        tolerance=0.03,
        cheap={"mixer": "generalised", "L": 64},
    ),
)
