"""The first cell of every notebook."""

import os

import numpy as np

import dynlib_kernels
from dynlib_kernels.engine import torch


def setup() -> int:
    """Fix the seed and one thread, and print the device, the kernel mode and the seed.

    Returns
    -------
    int
        The seed: ``DYNAMICS_SEED`` from the environment, 0 without it.

    Raises
    ------
    ValueError
        If ``DYNAMICS_SEED`` is not a whole number from 0 to 2³²−1.
    """
    text = os.environ.get("DYNAMICS_SEED", "0")
    if not text.isdecimal() or int(text) >= 2**32:
        raise ValueError(f"DYNAMICS_SEED = {text!r} is no seed; set it to a whole number from 0 to 4294967295, or unset it")
    seed = int(text)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)  # scikit-learn draws from the global generator when no state is given
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"device {device} · kernels {dynlib_kernels.MODE} · seed {seed} · torch {torch.__version__}")
    return seed
