"""First of all, ``dynlib_kernels.engine``: it settles Triton's mode before anything else imports Triton."""

import dynlib_kernels.engine  # noqa: F401  (and it calls torch's transcendentals once on one thread)

# what was broken on purpose and found is kept, and proven again when it changed
pytest_plugins = ["press.proof_plugin"]
