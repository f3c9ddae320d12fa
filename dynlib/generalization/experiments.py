"""What this chapter stores: settings and seeds for its run functions, as ``python -m dynlib.sweep`` runs them."""

from dynlib.generalization import agreement, depth_runs, digits, relu_runs
from dynlib.sweep.experiment import Experiment

DATA = agreement.DATA
DEEP = [
    {"depth": depth, "start": start, "alpha": alpha}
    for depth in depth_runs.DEPTHS
    for start in depth_runs.STARTS
    for alpha in depth_runs.ALPHAS
]

EXPERIMENTS = (
    Experiment(
        agreement.errors_over_time,
        [{"alpha": alpha, "inr": inr} for inr in (0.0, 2.0) for alpha in agreement.ALPHAS],
        range(10),
        DATA / "agreement.csv",
        seconds=208,
    ),
    Experiment(
        agreement.errors_at_the_end,
        [{"samples": samples} for samples in agreement.SAMPLES],
        range(10),
        DATA / "finite.csv",
        seconds=114,
    ),
    Experiment(
        digits.by_width,
        [{"width": width, "noise": noise} for noise in digits.NOISES for width in digits.WIDTHS],
        range(10),
        DATA / "digits_width.csv",
        seconds=49,
    ),
    Experiment(
        digits.by_samples,
        [{"n": n, "noise": noise} for noise in digits.NOISES for n in digits.SAMPLES],
        range(10),
        DATA / "digits_samples.csv",
        seconds=9,
    ),
    Experiment(
        relu_runs.overtraining, [{"width": width} for width in relu_runs.WIDTHS], range(10), DATA / "relu.csv", seconds=27
    ),
    Experiment(relu_runs.parts, [{"width": width} for width in relu_runs.PART_WIDTHS], range(20), DATA / "parts.csv", seconds=6),
    Experiment(depth_runs.curve, DEEP, range(1), DATA / "depth_curves.csv", seconds=9),
    Experiment(
        depth_runs.lowest_and_last,
        [settings for settings in DEEP if settings["start"] in (0.001, 1.0)],
        range(5),
        DATA / "depth.csv",
        seconds=121,
    ),
)
