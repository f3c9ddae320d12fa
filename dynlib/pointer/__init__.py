"""Answers that point. After Vinyals, Fortunato, Jaitly, "Pointer networks", 2015, arXiv:1506.03134.

scores        the additive score, its softmax under a mask, and the same scores as weights of an average (baseline B)
encoders      an LSTM, and three encoders that cannot tell the order of the points
network       the pointer network; place 0 is the end of an answer, places 1 … n are the points
decode        the likeliest place at each step; beams, and their tours re-ranked by length
baselines     answers from a dictionary of fixed size, with attention and without
geometry      hulls and triangulations as sequences, and when two polygons are the same
tours         lengths, the exact tour (Held and Karp), nearest neighbour, 2-opt
metrics       accuracy, area, coverage, gap: always with the share of answers that are none
examples      labelled examples of the four tasks
training      one recipe for all of them, that goes on after an interruption
checkpoint    trained networks as safetensors; the book's own by name
evaluate      scores on fresh sets, at any length
experiments   the chapter's comparisons
geography     real places, projected
train         a network for a task, trained and stored

Points are (n, 2) or (B, n, 2), uniform in the unit square where nothing else is said; P names them, and T the places of a target.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.pointer.baselines import DictionaryNetwork
    from dynlib.pointer.checkpoint import describe_network, load_network, save_network
    from dynlib.pointer.decode import Beam, beam, greedy, shortest
    from dynlib.pointer.evaluate import score
    from dynlib.pointer.examples import Examples, fresh, pool, sample_examples
    from dynlib.pointer.geography import cities, equirectangular, great_circle, unit_square
    from dynlib.pointer.geometry import convex_hull_order, delaunay_order, polygon_equal
    from dynlib.pointer.metrics import delaunay_metrics, hull_metrics, simple_area, tour_metrics, triangle_coverage
    from dynlib.pointer.network import PointerNetwork
    from dynlib.pointer.scores import (
        additive_scores,
        additive_scores_backward,
        content_attention,
        masked_log_softmax,
        visited_mask,
    )
    from dynlib.pointer.tours import held_karp, nearest_neighbour, orient_tour, tour_length, two_opt
    from dynlib.pointer.training import Trainer
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "Beam",
    "DictionaryNetwork",
    "Examples",
    "PointerNetwork",
    "Trainer",
    "additive_scores",
    "additive_scores_backward",
    "beam",
    "cities",
    "content_attention",
    "convex_hull_order",
    "delaunay_metrics",
    "delaunay_order",
    "describe_network",
    "equirectangular",
    "fresh",
    "great_circle",
    "greedy",
    "held_karp",
    "hull_metrics",
    "load_network",
    "masked_log_softmax",
    "nearest_neighbour",
    "orient_tour",
    "polygon_equal",
    "pool",
    "sample_examples",
    "save_network",
    "score",
    "shortest",
    "simple_area",
    "tour_length",
    "tour_metrics",
    "triangle_coverage",
    "two_opt",
    "unit_square",
    "visited_mask",
]
