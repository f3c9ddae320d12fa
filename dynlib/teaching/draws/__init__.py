"""Inputs for marked exercises that are printed nowhere, and personal ones: ``draw_<exercise>(rng)`` in the module of each room.

A draw is a tuple of arguments for the exercise's function, rounded so that it can be printed. Where several results are right,
``seen_<exercise>(result, *arguments)`` says what of a result counts.
"""
