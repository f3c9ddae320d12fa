"""What this chapter stores: settings and seeds for its run functions, as ``python -m dynlib.sweep`` runs them."""

from dynlib.head_count import train
from dynlib.sweep.experiment import Experiment

EXPERIMENTS = (
    Experiment(
        train.miss,
        [{"method": method, "H": H} for method in train.METHODS for H in range(1, 7)],
        range(5),
        train.DATA / "heads.csv",
        seconds=137,
    ),
)
