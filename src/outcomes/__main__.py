"""``python -m outcomes`` is the command line."""

from outcomes.cli import script

script()
