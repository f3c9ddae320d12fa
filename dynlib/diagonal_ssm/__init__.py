"""Diagonal state space models: x' = A x + u with a diagonal A, after Gu, Gupta, Goel and Ré (2022).

inits, legs, choose     where the modes start
discretization          from the differential equation to one step
vandermonde, kernel     the convolution kernel, in forms of equal value and different cost
recurrence              the same model step by step and in chunks
layer, classifier       the S4D layer and a small network of them
dplr                    S4's kernel: diagonal plus rank one, by Cauchy sums and an FFT
lru                     a recurrence that begins in discrete time, and its normalisation
legs_limit              what becomes of HiPPO-LegS for many modes, exactly
fit, targets            what a fixed set of modes can do, and kernels to try it on
digits, turning_runs    what the chapter trains and stores

Time is the last axis, modes are the last axis of A and C, and N counts real numbers: a complex mode keeps two.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.diagonal_ssm.choose import INITS, initial_modes
    from dynlib.diagonal_ssm.classifier import SequenceClassifier
    from dynlib.diagonal_ssm.discretization import discretize, discretize_bilinear, discretize_dss, discretize_zoh
    from dynlib.diagonal_ssm.dplr import dplr_kernel, legs_dplr, truncated_weights
    from dynlib.diagonal_ssm.fit import KernelFit, bump, exact_real_error, fit_kernel, mode_matrix
    from dynlib.diagonal_ssm.inits import (
        random_imaginary,
        random_real,
        s4d_inv,
        s4d_inv2,
        s4d_lin,
        s4d_quad,
        s4d_rand,
        s4d_real,
    )
    from dynlib.diagonal_ssm.kernel import dss_kernel, ssm_kernel
    from dynlib.diagonal_ssm.layer import S4D, parameter_groups
    from dynlib.diagonal_ssm.legs import legs_eigen, legs_matrices, s4d_legs, s4d_legs_input
    from dynlib.diagonal_ssm.lru import normalisation, ring
    from dynlib.diagonal_ssm.recurrence import run, run_in_chunks, step
    from dynlib.diagonal_ssm.targets import target_kernels
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = [
    "INITS",
    "S4D",
    "KernelFit",
    "SequenceClassifier",
    "bump",
    "discretize",
    "discretize_bilinear",
    "discretize_dss",
    "discretize_zoh",
    "dplr_kernel",
    "dss_kernel",
    "exact_real_error",
    "fit_kernel",
    "initial_modes",
    "legs_dplr",
    "legs_eigen",
    "legs_matrices",
    "mode_matrix",
    "normalisation",
    "parameter_groups",
    "random_imaginary",
    "random_real",
    "ring",
    "run",
    "run_in_chunks",
    "s4d_inv",
    "s4d_inv2",
    "s4d_legs",
    "s4d_legs_input",
    "s4d_lin",
    "s4d_quad",
    "s4d_rand",
    "s4d_real",
    "ssm_kernel",
    "step",
    "target_kernels",
    "truncated_weights",
]
