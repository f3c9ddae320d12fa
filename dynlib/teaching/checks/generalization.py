"""Checks of the exercises of When more data hurts: ``check_<exercise>(answer)`` names the symptom, not the solution."""
