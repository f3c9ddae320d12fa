"""What depth and the size of the start do to the error over training, for linear nets with one output and 60 inputs.

``python -m dynlib.generalization.depth_runs`` follows nets of one to three layers from five starts at five loads, and stores the
median error of five draws at 31 times, for each of two seeds, in data/depth.csv.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dynlib.generalization.deep import deep_linear_path
from dynlib.generalization.simulate import sample_teacher_student
from dynlib.scan.arguments import check_count
from dynlib.sweep import sweep

DATA = Path(__file__).parent / "data"
WEIGHTS, SNR = 60, 5.0
TIMES = tuple(float(f"{t:.3g}") for t in np.geomspace(1e-2, 1e4, 31))
DEPTHS, STARTS, ALPHAS = (1, 2, 3), (0.001, 0.1, 0.5, 1.0, 2.0), (0.5, 0.8, 1.0, 1.25, 2.0)
GRID = [{"depth": depth, "start": start, "alpha": alpha} for depth in DEPTHS for start in STARTS for alpha in ALPHAS]


def error_over_time(*, depth: int, start: float, alpha: float, seed: int, draws: int = 5) -> Iterator[dict]:
    """One row a time: the median generalization error of the draws.

    ``start`` is the standard deviation of the product's initial entries; its layers are balanced. The same seed gives every depth
    and start the same data and direction. Raises: ``ValueError`` as ``deep_linear_path``.
    """
    rng, errors = np.random.default_rng(seed), []
    for _ in range(check_count("error_over_time", "draws", draws)):
        X, teacher, direction, y = sample_teacher_student(WEIGHTS, round(alpha * WEIGHTS), SNR, 1.0, rng)
        w = deep_linear_path(X, y, start * direction, np.array(TIMES), depth)
        errors.append(1 + ((w - teacher) ** 2).mean(1))
    for t, error in zip(TIMES, np.median(errors, axis=0), strict=True):
        yield {"t": t, "error": float(f"{error:.5g}")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    args = parser.parse_args()
    seeds = " ".join(map(str, args.seeds))
    sweep(error_over_time, GRID, args.seeds, DATA / "depth.csv", f"python -m dynlib.generalization.depth_runs --seeds {seeds}")


if __name__ == "__main__":
    main()
