"""``python -m outcomes.cli``."""

from outcomes.cli.commands import script

if __name__ == "__main__":
    script()
