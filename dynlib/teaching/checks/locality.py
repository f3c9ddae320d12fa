"""Checks of the exercises of What the grid is worth: ``check_<exercise>(answer)`` names the symptom, not the solution."""
