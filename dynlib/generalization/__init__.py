"""When more data hurts: linear regression while it learns, following Advani, Saxe and Sompolinsky (2020); derivations ours.

spectrum   the Marchenko–Pastur law: how many modes learn how fast; sums over it that stay right where samples equal weights
errors     generalization and training error over time, their ends, the norm of the weights
stopping   the best moment to stop one mode, and all of them at once
ridge      what ridge regression does instead
simulate   one draw of teacher, data and student, and its path by modes
deep       the same for products of layers

N weights, P samples as the COLUMNS of X, entries of variance 1/N; α = P/N. SNR and INR are variances per weight, of teacher and
start, over the noise variance. Time is that of gradient flow on ½‖y − wX‖², summed over the samples.
"""

from dynlib.generalization.deep import deep_linear_path, logistic_mode
from dynlib.generalization.errors import (
    asymptotic_error,
    finite_size_asymptotic_error,
    generalization_error,
    training_error,
    weight_norm,
)
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

__all__ = [
    "asymptotic_error",
    "deep_linear_path",
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
    "ridge_error",
    "sample_teacher_student",
    "training_error",
    "weight_norm",
]
