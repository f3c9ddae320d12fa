"""What the grid is worth: shared, local and dense networks look for one pattern in any place, after Lahoti et al. (2024).

samples              the task: a signal of length 1 in one of k noisy patches
rotations            of the whole input, of each patch, of all patches alike, and the way to them
threshold, networks  the soft threshold; the three networks and their gradients
steps                a few equivariant steps of gradient descent, and the error they reach
overlap, bounds      the overlap law; what no learner of a kind can beat
evolution            how sharp a filter is after each step, in closed form
bayes                how well one can do who knows the signal and not its place

P samples, k patches of d pixels, noise σ a pixel, signal w* of length 1. NumPy, float64; every draw comes from a generator.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.locality.bayes import bayes_error_known_signal
    from dynlib.locality.bounds import equivariant_lower_bound, leading_order, samples_needed, squared_loss_bound
    from dynlib.locality.networks import backward, dense_forward, forward, local_forward, shared_forward
    from dynlib.locality.overlap import oracle_error, overlap_cdf, overlap_square
    from dynlib.locality.rotations import Rotation, haar_orthogonal, rotate, rotation_path, sample_rotated, sample_rotation
    from dynlib.locality.samples import sample_dsd
    from dynlib.locality.steps import Steps, error_rate, gradient_steps
    from dynlib.locality.threshold import soft_threshold, soft_threshold_grad
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "Rotation",
    "Steps",
    "backward",
    "bayes_error_known_signal",
    "dense_forward",
    "equivariant_lower_bound",
    "error_rate",
    "forward",
    "gradient_steps",
    "haar_orthogonal",
    "leading_order",
    "local_forward",
    "oracle_error",
    "overlap_cdf",
    "overlap_square",
    "rotate",
    "rotation_path",
    "sample_dsd",
    "sample_rotated",
    "sample_rotation",
    "samples_needed",
    "shared_forward",
    "soft_threshold",
    "soft_threshold_grad",
    "squared_loss_bound",
]
