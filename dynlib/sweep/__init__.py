"""Grids of runs: every combination of settings and seeds, stored as one csv that says how it was made.

experiment   a table row: what runs, on which settings and seeds, into which file
engine       runs what is missing of an experiment on joblib, and resumes
journal      what has been made so far, beside the file that is not there yet
stored       the csv and its header; ``read_runs``
verify       one run is made again and compared with what is stored; ``verified``
code         the hash of the code that makes an experiment's numbers
registry     the experiments of the six rooms, by name

``python -m dynlib.sweep`` lists, runs, resumes and checks them. Importing this package brings neither NumPy nor joblib.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib.sweep.engine import UnfinishedError, sweep
    from dynlib.sweep.experiment import Experiment
    from dynlib.sweep.registry import experiments
    from dynlib.sweep.stored import read_header, read_runs
    from dynlib.sweep.verify import verified
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = ["Experiment", "UnfinishedError", "experiments", "read_header", "read_runs", "sweep", "verified"]
