"""First of all, ``dynlib_kernels``: it chooses Triton's mode before anything else imports Triton. And the proofs that are kept."""

import dynlib  # noqa: F401  (imports dynlib_kernels, and calls torch's transcendentals once on one thread)

pytest_plugins = ["press.proof_plugin"]
