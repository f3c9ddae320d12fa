"""Checks of the exercises of One loop behind attention and RNNs: ``check_<exercise>(answer)`` names the symptom, not the solution."""
