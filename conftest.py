"""First of all, ``dynlib_kernels.engine``: it settles Triton's mode before anything else imports Triton."""

import dynlib_kernels.engine  # noqa: F401  (and it calls torch's transcendentals once on one thread)
