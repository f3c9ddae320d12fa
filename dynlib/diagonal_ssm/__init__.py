"""Diagonal state space models: x' = A x + u with a diagonal A, after Gu, Gupta, Goel and Ré (2022)."""

from dynlib.diagonal_ssm.discretize import discretize_zoh
from dynlib.diagonal_ssm.fit import KernelFit, bump, fit_kernel, mode_matrix
from dynlib.diagonal_ssm.inits import s4d_lin, s4d_real

__all__ = ["KernelFit", "bump", "discretize_zoh", "fit_kernel", "mode_matrix", "s4d_lin", "s4d_real"]
