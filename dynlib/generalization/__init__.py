"""When more data hurts: linear regression while it learns, following Advani, Saxe and Sompolinsky (2020); derivations ours.

spectrum   the Marchenko–Pastur law: how many modes learn how fast; sums over it that stay right where samples equal weights
errors     generalization and training error over time, their ends, the norm of the weights
stopping   the best moment to stop one mode, and all of them at once
ridge      what ridge regression does instead
simulate   one draw of teacher, data and student, and its path by modes
deep       the same for products of layers
features   a random hidden layer that is never trained, and the moments of its units in closed form
decomposition   the error of such a network in three parts
advice     your data under this theory, with the warning where it does not hold

N weights, P samples as the rows of X (P, N), entries of variance 1/N; α = P/N. SNR and INR are variances per weight, of teacher
and start, over the noise variance. Time is that of gradient flow on ½‖y − Xw‖², summed over the samples.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.generalization.advice import Advice, advise
    from dynlib.generalization.decomposition import Decomposition, error_decomposition
    from dynlib.generalization.deep import deep_linear_path, logistic_mode
    from dynlib.generalization.errors import (
        asymptotic_error,
        finite_size_asymptotic_error,
        generalization_error,
        training_error,
        weight_norm,
    )
    from dynlib.generalization.features import arccos_kernel, random_directions, random_relu_features, relu_features
    from dynlib.generalization.ridge import optimal_ridge, ridge_error
    from dynlib.generalization.simulate import gradient_flow_path, sample_teacher_student
    from dynlib.generalization.spectrum import (
        marchenko_pastur_atom,
        marchenko_pastur_density,
        marchenko_pastur_edges,
        marchenko_pastur_quadrature,
        marchenko_pastur_stieltjes,
    )
    from dynlib.generalization.stopping import mode_stopping_time, optimal_stopping_time
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "Advice",
    "Decomposition",
    "advise",
    "arccos_kernel",
    "asymptotic_error",
    "deep_linear_path",
    "error_decomposition",
    "finite_size_asymptotic_error",
    "generalization_error",
    "gradient_flow_path",
    "logistic_mode",
    "marchenko_pastur_atom",
    "marchenko_pastur_density",
    "marchenko_pastur_edges",
    "marchenko_pastur_quadrature",
    "marchenko_pastur_stieltjes",
    "mode_stopping_time",
    "optimal_ridge",
    "optimal_stopping_time",
    "random_directions",
    "random_relu_features",
    "relu_features",
    "ridge_error",
    "sample_teacher_student",
    "training_error",
    "weight_norm",
]
