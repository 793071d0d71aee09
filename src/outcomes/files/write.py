"""Files and folders that appear whole or not at all.

Comes in: bytes, frames, or a block of work. Goes out: a file or a folder put in place in one step, the earlier one
untouched until then; a crash, a full disk or a kill at any moment leaves either the old or the new. Refuses to replace
a folder it did not make, and to write where another run is writing.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import ExportError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MANIFEST", "csv_text", "json_text", "toml_text", "whole_folder", "write_whole"]

MANIFEST = "manifest.json"
_EXCHANGE = 2


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file in one step, or leave what was there.

    Raises
    ------
    ExportError
        Where the place may not be written or is full.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise _cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> ExportError:
    why = {
        errno.ENOSPC: "the disk is full. Make room, or choose another place with --out",
        errno.EACCES: "this user may not write there. Choose another place with --out",
        errno.EPERM: "this user may not write there. Choose another place with --out",
        errno.EROFS: "the disk is read-only. Choose another place with --out",
        errno.ENOENT: "the folder above it does not exist. Make it first",
        errno.ENOTDIR: "a file stands where a folder is needed. Choose another place with --out",
        errno.EDQUOT: "the disk quota is used up. Make room, or choose another place with --out",
    }.get(error.errno or 0, f"{error.strerror or error}")
    return ExportError(f"{path} cannot be written: {why}. Nothing was changed.")


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes ``out`` in one step when the block ends well.

    Parameters
    ----------
    out : Path
        Where the outputs go. What stands there is replaced if a run made it.

    Raises
    ------
    ExportError
        Where ``out`` holds something else, may not be written, or another run is writing to it.
    """
    import filelock

    out = out.absolute()
    _refuse_foreign(out)
    lock = filelock.FileLock(_lock_path(out), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ExportError(
            f"Another run is writing to {out}. Wait for it to end, or choose another --out."
        ) from None
    try:
        staging = _staging(out)
        try:
            yield staging
            _put_in_place(staging, out)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise _cannot_write(out, error) from None
    finally:
        lock.release()


def _lock_path(out: Path) -> str:
    key = hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:16]
    user = os.getuid() if hasattr(os, "getuid") else 0
    return str(Path(tempfile.gettempdir()) / f"outcomes-{user}-{key}.lock")


def _refuse_foreign(out: Path) -> None:
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir():
        raise ExportError(f"{out} is a file. Choose a folder with --out.")
    try:
        foreign = any(out.iterdir()) and not (out / MANIFEST).is_file()
    except OSError as error:
        raise _cannot_write(out, error) from None
    if foreign:
        raise ExportError(
            f"{out} holds files `outcomes run` did not make, and is left alone. Choose another --out."
        )


def _staging(out: Path) -> Path:
    """Empty folder beside ``out`` (same file system); what a killed run left behind goes first."""
    out.parent.mkdir(parents=True, exist_ok=True)
    for stale in out.parent.glob(f".{out.name}.partial-*"):
        shutil.rmtree(stale, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f".{out.name}.partial-", dir=out.parent))


def _put_in_place(staging: Path, out: Path) -> None:
    os.chmod(staging, 0o755)
    if not out.exists():
        os.rename(staging, out)
    elif _exchange(staging, out):
        shutil.rmtree(staging, ignore_errors=True)
    else:  # two steps where the system has no exchange; a kill between them leaves the old folder beside
        old = staging.with_name(staging.name + ".old")
        os.rename(out, old)
        try:
            os.rename(staging, out)
        except OSError:
            os.rename(old, out)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux ``renameat2``); False where the system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    here = -100  # AT_FDCWD
    return bool(rename(here, os.fsencode(one), here, os.fsencode(other), _EXCHANGE) == 0)


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV: ten digits, no index, and no cell that a spreadsheet would run as a formula.

    Examples
    --------
    >>> import pandas as pd
    >>> print(csv_text(pd.DataFrame({"x": [1 / 3], "note": ["=1+1"]})))
    x,note
    0.3333333333,'=1+1
    <BLANKLINE>
    """
    safe = frame.rename(columns=_inert)
    for name in safe.columns:
        if not (_is_number(safe[name].dtype)):
            safe[name] = safe[name].map(_inert, na_action="ignore")
    return safe.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def _is_number(dtype: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype))


def _inert(cell: Any) -> Any:
    """Neutralise what a spreadsheet would take for a formula (CWE-1236); control characters become spaces."""
    if not isinstance(cell, str):
        return cell
    mark = "'" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else ""
    return mark + cell.translate(_SPACES)


_SPACES = dict.fromkeys(range(32), " ")


def json_text(content: Any) -> str:
    """JSON with sorted keys and an end of line, so that equal contents are equal bytes."""
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, default=str) + "\n"


def toml_text(text: str) -> str:
    """A text as TOML writes it, on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
