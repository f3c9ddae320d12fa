"""First of all, ``dynlib_kernels``: it chooses Triton's mode before anything else imports Triton."""

import dynlib  # noqa: F401  (imports dynlib_kernels, and calls torch's transcendentals once on one thread)

# what was broken on purpose and found is kept, and proven again when it changed
pytest_plugins = ["press.proof_plugin"]
