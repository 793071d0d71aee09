"""Sums of clinics that do not trust whoever adds them: masked reductions, of which only the sum can be read."""
