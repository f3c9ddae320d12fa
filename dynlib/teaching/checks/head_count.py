"""Checks of the exercises of How many heads?: ``check_<exercise>(answer)`` names the symptom, not the solution."""
