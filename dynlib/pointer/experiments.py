"""What this chapter stores: settings and seeds for its run functions, as ``python -m dynlib.sweep run pointer.NAME`` runs them.

plateau     why plain initialisation does not learn: raw or scaled inputs, gain 1 or 3, tours of 6 cities
starts      three rules for the hull's first vertex, n = 7
direction   tours that always run counter-clockwise, or either way at random, n = 6
masks       hulls of 7 points, trained without the mask as in the paper, decoded without and with it
baselines   a fixed dictionary, the same with attention, and a pointer, each trained for one n on the same hulls
lengths     an encoder that reads in order against two that cannot, trained on hulls of 5 to 10 points, tested up to 50
paper_start the LSTM of that comparison with the paper's first vertex, the lowest index
networks    the stored networks on fresh sets (a seed is a set of sets)
decoders    tours of the stored network: greedy, by a beam, by a beam re-ranked by length, beside nearest neighbour and 2-opt
"""

from collections.abc import Sequence
from pathlib import Path

from dynlib.pointer import grid
from dynlib.pointer.comparisons import baselines, direction, lengths, masks, plateau, starts
from dynlib.pointer.scored import METHODS, decoders, networks
from dynlib.pointer.train import RECIPES, train
from dynlib.sweep.experiment import Experiment
from dynlib.sweep.network import Network

DATA = Path(__file__).parent / "data"
STARTS = ("lowest index", "random", "lowest y")
STORED: list[tuple[str, str, Sequence[int]]] = [(task, task, RECIPES[task]["test"]) for task in RECIPES] + [
    ("hull_page", "hull", range(3, 9)),
    ("hull_bytes", "hull", range(3, 11)),
]
# Rounding decides where these 2,000 steps end: six trainings (max, seed 0) whose first weights were moved by 1e-6 had standard
# deviations of 0.0004 in the loss and at most 0.012 in an accuracy (n = 50), 0.0004 in an area and 0.0034 in a share of failures.
# A training that is made again may differ from the stored one by three standard deviations of a difference, 3 √2 of these.
MOVED = {"loss": 0.0016, "accuracy": 0.049, "area": 0.0016, "failures": 0.014}

EXPERIMENTS = (
    Experiment(
        plateau,
        [{"inputs": inputs, "gain": gain, "optimiser": "adam"} for inputs in ("raw", "scaled") for gain in (1, 3)]
        + [{"inputs": "raw", "gain": 1, "optimiser": "sgd"}],
        range(3),
        DATA / "plateau.csv",
        seconds=512,
        tolerance=0.01,
    ),
    Experiment(starts, [{"start": start} for start in STARTS], range(3), DATA / "starts.csv", seconds=227, tolerance=0.01),
    Experiment(
        direction,
        [{"direction": way} for way in ("counter-clockwise", "random")],
        range(3),
        DATA / "direction.csv",
        seconds=91,
        tolerance=0.01,
    ),
    Experiment(masks, [{"start": "lowest index"}], range(3), DATA / "masks.csv", seconds=69, tolerance=0.01),
    Experiment(
        baselines,
        [{"model": model, "n": n} for n in (5, 10) for model in ("dictionary", "attention", "pointer")],
        range(3),
        DATA / "baselines.csv",
        seconds=515,
        tolerance=0.01,
        cheap={"n": 5},
    ),
    Experiment(
        lengths,
        [{"encoder": encoder, "start": "lowest y"} for encoder in ("lstm", "max", "attention")],
        range(3),
        DATA / "lengths.csv",
        seconds=560,
        tolerance=MOVED,
    ),
    Experiment(
        lengths,
        [{"encoder": "lstm", "start": "lowest index"}],
        range(3),
        DATA / "paper_start.csv",
        seconds=137,
        tolerance=0.01,
    ),
    Experiment(
        networks,
        [{"network": name, "task": task, "n": n} for name, task, sizes in STORED for n in sizes],
        range(3),
        DATA / "networks.csv",
        seconds=52,
        tolerance=0.005,
        reads=tuple(DATA / f"{name}.safetensors" for name, _, _ in STORED),
    ),
    Experiment(
        decoders,
        [{"method": method, "n": n} for n in (5, 8, 10, 12) for method in METHODS],
        range(3),
        DATA / "decoders.csv",
        seconds=25,
        tolerance=0.005,
        reads=(DATA / "tsp.safetensors",),
    ),
)

PAGE = {"hidden": 16, "lengths": (3, 8), "batches": 2400, "steps": 12000, "test": tuple(range(3, 9))}

NETWORKS = (
    *(Network(train, {"task": task}, 0, DATA / f"{task}.safetensors") for task in RECIPES),
    Network(train, {"task": "hull"} | PAGE, 0, DATA / "hull_page.safetensors"),
    Network(grid.train, {}, 1, DATA / "hull_bytes.safetensors", reads=(DATA / "hull_page.safetensors",)),
)

__all__ = ["DATA", "EXPERIMENTS", "NETWORKS", "STARTS", "baselines", "direction", "networks", "plateau"]
