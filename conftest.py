"""First of all, ``kernels``: it chooses Triton's mode before anything else imports Triton."""

import dynlib  # noqa: F401  (imports kernels, and calls torch's transcendentals once on one thread)
