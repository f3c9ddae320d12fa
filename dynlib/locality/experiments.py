"""What this chapter stores: settings and seeds for its run functions, as ``python -m dynlib.sweep`` runs them."""

from dynlib.locality import adam, descent, digits, rotation_sweep, thresholding
from dynlib.sweep.experiment import Experiment

DATA = descent.DATA

# Steps in closed form: goal, axis, sigma, sizes (k, d), learners (kind, steps)
PLAN = (
    ("overlap", "k", 0.125, [(k, 512) for k in (2, 4, 8, 16)], (("shared", 1), ("shared", 2), ("local", 2), ("dense", 1))),
    ("overlap", "d", 0.18, [(8, d) for d in (64, 128, 256, 512)], (("shared", 1), ("shared", 2), ("local", 2), ("dense", 1))),
    ("error", "k", 0.25, [(k, 64) for k in (4, 8, 16, 24)], (("shared", 2), ("shared", 5), ("local", 2), ("local", 5))),
    ("error", "d", 0.25, [(8, d) for d in (16, 32, 64, 128)], (("shared", 2), ("local", 2))),
)

EXPERIMENTS = (
    Experiment(
        descent.searched,
        [
            {"axis": "k", "kind": kind, "k": k, "d": 128, "sigma": round(0.6 / k**0.5, 6)}
            for kind in descent.KINDS
            for k in (2, 4, 8, 16)
        ]
        + [{"axis": "d", "kind": kind, "k": 4, "d": d, "sigma": 0.3} for kind in descent.KINDS for d in (32, 64, 128, 256)],
        range(12),
        DATA / "descent.csv",
        seconds=514,
        tolerance=0.02,
        cheap={"kind": "shared"},
    ),
    Experiment(
        thresholding.searched,
        [
            {"goal": goal, "axis": axis, "kind": kind, "steps": steps, "k": k, "d": d, "sigma": sigma}
            for goal, axis, sigma, sizes, learners in PLAN
            for kind, steps in learners
            for k, d in sizes
        ],
        range(4),
        DATA / "thresholding.csv",
        seconds=124,
        tolerance=0.01,
        cheap={"kind": "shared"},
    ),
    Experiment(
        adam.turned_errors,
        [{"signal": signal, "P": P} for P in adam.SIZES for signal in (*adam.ANGLES, "random")],
        range(8),
        DATA / "adam.csv",
        seconds=26,
    ),
    Experiment(
        digits.trained,
        [{"kind": kind, "P": P} for kind in digits.RATE for P in digits.SIZES],
        range(5),
        DATA / "digits.csv",
        seconds=103,
        tolerance=0.01,
    ),
    Experiment(
        rotation_sweep.turned_errors,
        [{"group": group} for group in ("whole input", "each patch its own", "all patches alike")],
        range(20),
        DATA / "rotation.csv",
        seconds=249,
        tolerance=0.002,
    ),
)
