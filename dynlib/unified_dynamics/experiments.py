"""What this chapter stores: settings and seeds for its run functions, as ``python -m dynlib.sweep`` runs them."""

from dynlib.sweep.experiment import Experiment
from dynlib.unified_dynamics import mqar

MIXERS = ("softmax", "linear", "generalised", "normalised", "ssd")

EXPERIMENTS = (
    Experiment(
        mqar.train_planned,
        [{"mixer": mixer, "n": n, "L": 64, "kv": 16} for mixer in MIXERS for n in (4, 8, 16, 32, 64)]
        + [{"mixer": mixer, "n": n, "L": 128, "kv": 32} for mixer in MIXERS for n in (8, 16, 32)],
        range(5),
        mqar.DATA / "mqar.csv",
        seconds=2873,
        tolerance=0.03,
        cheap={"L": 64},
    ),
)
