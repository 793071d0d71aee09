"""Who is still at work: a lock on an open file or folder, which ends with its process however that ends.

Nothing is written: what a process left behind is recognized by nobody holding its lock.
"""

from __future__ import annotations

from contextlib import suppress

__all__ = ["hold"]


def hold(descriptor: int) -> bool:
    """Hold an open file or folder until it is closed: False where another process does, or where there are no locks."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
