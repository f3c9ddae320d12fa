"""A figure as PNG: small, and the same bytes each time."""

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from dynlib.teaching.figures.texts import Recorder


def picture(fig, dpi: int) -> tuple[str, dict[str, Any]]:
    """Draw a figure.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    dpi : int
        Pixels an inch.

    Returns
    -------
    tuple of str and dict
        PNG in base64, and what is to be known of the texts in it.
    """
    fig.set_dpi(dpi)
    width, height = (round(float(inches) * dpi) for inches in fig.get_size_inches())
    recorder = Recorder(width, height, dpi)
    fig.draw(recorder)
    png = io.BytesIO()
    _with_palette(np.asarray(recorder.buffer_rgba())[..., :3]).save(png, format="png", optimize=True)
    return base64.b64encode(png.getvalue()).decode(), recorder.report(fig)


def _with_palette(pixels: np.ndarray) -> Image.Image:
    """The picture in the 256 colours that most of its pixels have, a third as large: the others lie between two of them."""
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, place, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], 1).astype(float)
    most = colours[np.argsort(-counts, kind="stable")[:256]]
    nearest = np.argmin((most**2).sum(1) - 2 * colours @ most.T, axis=1)
    picture = Image.fromarray(nearest[place].reshape(packed.shape).astype(np.uint8), "P")
    picture.putpalette(most.astype(np.uint8).tobytes())
    return picture
