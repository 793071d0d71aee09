"""``python -m outcomes``, and the command ``outcomes``: quiet where it is interrupted while it loads."""

import signal

__all__ = ["script"]


def script() -> None:
    """Load and run the command line."""
    # Until a command hears it there is nothing to put in order.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from outcomes.cli import script as command

    command()


if __name__ == "__main__":
    script()
