"""``python -m outcomes`` is the command line."""

from outcomes.cli import script

if __name__ == "__main__":
    script()
