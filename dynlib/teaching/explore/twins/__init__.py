"""Frames that the page computes itself: a JavaScript function of at most 4 KB, and its twin in Python."""
