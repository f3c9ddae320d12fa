"""Checks of the exercises of Answers that point: ``check_<exercise>(answer)`` names the symptom, not the solution."""
