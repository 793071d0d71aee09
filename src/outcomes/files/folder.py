"""Folders that appear whole or not at all, and destroy nothing of anybody else.

Comes in: a block of work that fills an empty folder. Goes out: that folder in its place in one step, the earlier one
untouched until then; a crash, a full disk or a kill at any moment leaves either the old or the new. A folder made here
is known by the file ``.outcomes-export`` in it, which lists what was written: any other folder that is not empty is
refused, and files that a user added to one of ours are kept. Refuses to write where another run is writing.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from outcomes.errors import ExportError
from outcomes.files.write import cannot_write, write_whole

__all__ = ["FORMAT", "MARKER", "added_files", "whole_folder"]

MARKER = ".outcomes-export"
FORMAT = "outcomes export, format 1"
"""First line of the marker."""
_ABOUT = "The files below are replaced by the next run into this folder; any other file is kept."
_EXCHANGE = 2


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``out`` in one step when the block ends well.

    Parameters
    ----------
    out : Path
        Where the outputs go; a link to a folder stands for that folder. What was written there by an earlier run is
        replaced, what somebody added is kept.

    Raises
    ------
    ExportError
        Where ``out`` is a file or somebody else's folder, may not be written, or another run is writing to it.
    """
    out = Path(os.path.realpath(out))
    if not out.name:
        raise ExportError(f"{out} is the root of the disk. Choose a folder with --out.")
    try:
        _refuse_foreign(out)
        with _parents(out), _held(out):
            _recover(out)
            _refuse_foreign(out)
            staging = _staging(out)
            try:
                yield staging
                _finish(staging, out)
            finally:
                shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise cannot_write(out, error) from None


# --- whose folder it is -----------------------------------------------------------------------------------------


def _written(folder: Path) -> set[str] | None:
    """Files a run wrote to a folder; None where no run made it."""
    marker = folder / MARKER
    if marker.is_symlink() or not marker.is_file():
        return None
    first, _, rest = marker.read_text(encoding="utf-8", errors="replace").partition("\n")
    return {MARKER, *rest.splitlines()[1:]} if first == FORMAT else None


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise ExportError(f"{out} is a file. Choose a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and _written(out) is None:
        raise ExportError(
            f"{out} holds files that no run made, and is left alone: there is no {MARKER} in it that says so. "
            "Choose another --out, or an empty folder."
        )


def added_files(folder: Path) -> list[str]:
    """Files in a folder made by a run that the run did not write, in order; folders only where they are empty."""
    own, found = _written(folder) or set(), []
    for at, folders, files in os.walk(folder):
        here = Path(at).relative_to(folder)
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        empty = [""] if not folders and not files and at != str(folder) else []
        found += [(here / name).as_posix() for name in (*files, *links, *empty)]
    return sorted(name for name in found if name not in own)


# --- one run at a time ------------------------------------------------------------------------------------------


@contextmanager
def _parents(out: Path) -> Iterator[None]:
    """Make the folders above; those that were not there go again where nothing comes of it."""
    missing = [folder for folder in out.parents if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for folder in missing:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def _held(out: Path) -> Iterator[None]:
    """Hold a lock beside the folder, so that it is one for all who write there."""
    import filelock

    lock = filelock.FileLock(out.with_name(f".{out.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ExportError(
            f"Another run is writing to {out}. Wait for it to end, or choose another --out."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(lock.lock_file)
        lock.release()


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.earlier")


def _recover(out: Path) -> None:
    """Put back or take away what a killed run left beside the folder."""
    aside = _aside(out)
    if _is_ours(aside):
        if _written(out) is None:
            os.replace(aside, out)
        else:
            _move_added(aside, out)
            shutil.rmtree(aside)
    for left in out.parent.iterdir():
        if left.name.startswith(_staging_name(out)) and _is_ours(left):
            shutil.rmtree(left, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether a folder beside the outputs is of a run: by its marker, or because nothing is in it yet."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return _written(folder) is not None or not any(folder.iterdir())


def _staging_name(out: Path) -> str:
    return f".{out.name}.partial-"


def _staging(out: Path) -> Path:
    """Empty folder beside ``out`` (same file system), marked as ours."""
    staging = Path(tempfile.mkdtemp(prefix=_staging_name(out), dir=out.parent))
    _mark(staging, [])
    return staging


def _mark(folder: Path, names: Iterable[str]) -> None:
    write_whole(folder / MARKER, "\n".join([FORMAT, _ABOUT, *names]) + "\n")


# --- in its place -----------------------------------------------------------------------------------------------


def _finish(staging: Path, out: Path) -> None:
    """Put the folder in its place, with the files somebody added to the earlier one."""
    _mark(staging, added_files(staging))
    if not out.exists():
        os.chmod(staging, 0o777 & ~_umask())
        os.rename(staging, out)
        return
    shutil.copymode(out, staging)
    _link_added(out, staging)
    if _exchange(staging, out):
        _move_added(staging, out)
        return
    os.rename(
        out, _aside(out)
    )  # two steps where the system has no exchange; the next run mends a kill between them
    try:
        os.rename(staging, out)
    except OSError:
        os.rename(_aside(out), out)
        raise
    _recover(out)


def _umask() -> int:
    held = os.umask(0o077)
    os.umask(held)
    return held


def _link_added(earlier: Path, later: Path) -> None:
    """Give the files somebody added a second name in the later folder, so that both are whole until one goes."""
    for name in added_files(earlier):
        there, here = earlier / name, later / name
        if here.exists() or here.is_symlink():
            raise ExportError(
                f"{there} was not written by a run, and a page needs its name. Move it elsewhere, and run again."
            )
        here.parent.mkdir(parents=True, exist_ok=True)
        if there.is_dir() and not there.is_symlink():
            here.mkdir()
            continue
        try:
            os.link(there, here, follow_symlinks=False)
        except OSError:  # a file system without links
            shutil.copy2(there, here, follow_symlinks=False)


def _move_added(earlier: Path, later: Path) -> None:
    """Move what somebody added to the earlier folder, or changed in it, up to the moment it was replaced."""
    own = _written(later) or set()
    for name in added_files(earlier):
        if name not in own:
            (later / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(earlier / name, later / name)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux ``renameat2``); False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    here = -100  # AT_FDCWD
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0)
