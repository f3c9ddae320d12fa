"""What this chapter stores: settings and seeds for its run functions, as ``python -m dynlib.sweep`` runs them."""

from dynlib.diagonal_ssm import benchmark, digits, turning_runs
from dynlib.diagonal_ssm.digits import USUAL
from dynlib.diagonal_ssm.eye_writing import DATA as RECORDINGS
from dynlib.sweep.experiment import Experiment
from dynlib.sweep.network import Network

STARTS = ("lin", "inv", "legs", "inv2", "quad", "rand", "real", "lin-random-real", "lin-random-imag")
# By data/benchmark_rates.csv: the rate of the best accuracy in validation.
CHOSEN = {"lin": 0.1, "inv": 0.1, "legs": 0.1, "real": 0.1, "convolution": 0.03, "gru": 0.03}

EXPERIMENTS = (
    Experiment(
        digits.train,
        [USUAL | {"init": init} for init in STARTS]
        + [USUAL | {"init": init, "train_modes": False} for init in ("lin", "real")]
        + [USUAL | {"method": method} for method in ("bilinear", "dss")]
        + [USUAL | {"decay": decay} for decay in ("relu", "none")],
        range(3),
        digits.DATA / "digits.csv",
        seconds=2299,
        tolerance=0.01,
    ),
    Experiment(
        turning_runs.train,
        turning_runs.GRID,
        range(3),
        turning_runs.STORE,
        seconds=690,
        tolerance=0.01,
    ),
    Experiment(
        benchmark.train,
        [{"kind": kind, "rate": rate} for kind in benchmark.KINDS for rate in (0.01, 0.03, 0.1, 0.3)],
        [0],
        benchmark.DATA / "benchmark_rates.csv",
        seconds=155,
        tolerance=0.03,
        cheap={"kind": "convolution"},
        reads=(RECORDINGS,),
    ),
    Experiment(
        benchmark.train,
        [{"kind": kind, "rate": rate} for kind, rate in CHOSEN.items()],
        range(1, 6),
        benchmark.DATA / "benchmark.csv",
        seconds=369,
        tolerance=0.03,
        cheap={"kind": "convolution"},
        reads=(RECORDINGS,),
    ),
)

NETWORKS = (Network(digits.store, {}, 0, digits.DATA / "digits_lin.safetensors", seconds=51),)
