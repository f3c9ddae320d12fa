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

from dynlib.pointer.comparisons import baselines, direction, lengths, masks, plateau, starts
from dynlib.pointer.scored import METHODS, decoders, networks
from dynlib.pointer.train import RECIPES
from dynlib.sweep.experiment import Experiment

DATA = Path(__file__).parent / "data"
STARTS = ("lowest index", "random", "lowest y")
STORED: list[tuple[str, str, Sequence[int]]] = [(task, task, RECIPES[task]["test"]) for task in RECIPES] + [
    ("hull_page", "hull", range(3, 9)),
    ("hull_bytes", "hull", range(3, 11)),
]

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
        tolerance=0.01,
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

__all__ = ["DATA", "EXPERIMENTS", "STARTS", "baselines", "direction", "networks", "plateau"]
