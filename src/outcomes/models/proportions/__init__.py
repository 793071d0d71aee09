"""Shares and rates, from counts per patient."""
