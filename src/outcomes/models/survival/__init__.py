"""Curves and models of hours, from counts of events."""
