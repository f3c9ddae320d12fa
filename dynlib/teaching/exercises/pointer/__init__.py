"""The exercises of chapter 6, one module each."""

from dynlib.teaching.exercises import found_in

__all__, __getattr__ = found_in(__name__, __path__)
