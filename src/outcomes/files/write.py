"""Files that appear whole or not at all.

Comes in: bytes, frames, or what writes them piece by piece. Goes out: a file put in place in one step, the earlier one
untouched until then; a crash, a full disk or a kill at any moment leaves either the old or the new.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from outcomes.errors import ExportError
from outcomes.files.locks import hold

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cannot_write", "csv_text", "json_text", "toml_text", "write_csv", "write_whole"]

_ROWS = 50_000

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
_OLD = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def write_whole(path: Path, content: bytes | str | Callable[[IO[bytes]], object]) -> None:
    """Write a file in one step, or leave what was there; a link that stands there is replaced, not followed.

    Parameters
    ----------
    path : Path
    content : bytes, str or callable
        What to write; or what writes it, where it is too large to be held as a whole.

    Raises
    ------
    ExportError
        Where the place may not be written or is full.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        _sweep(path)
        with ExitStack() as held:
            with os.fdopen(os.open(partial, _NEW, 0o666), "wb") as file:
                if hold(file.fileno()):
                    held.callback(os.close, os.dup(file.fileno()))
                _write(file, content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _write(file: IO[bytes], content: bytes | str | Callable[[IO[bytes]], object]) -> None:
    if callable(content):
        content(file)
    else:
        file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)


def _sweep(path: Path) -> None:
    """Take away what writing this file left behind when it was killed: nobody holds it any more."""
    left = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{16}}\.partial")
    with suppress(OSError):
        for name in filter(left.fullmatch, os.listdir(path.parent)):
            with os.fdopen(os.open(path.with_name(name), _OLD), "rb") as file:
                if hold(file.fileno()):
                    os.unlink(path.with_name(name))


def cannot_write(path: Path, error: OSError) -> ExportError:
    """The error of a place that cannot be written, with what to do about it."""
    why = {
        errno.ENOSPC: "the disk is full. Make room, or choose another place with --out",
        errno.EACCES: "this user may not write there. Choose another place with --out",
        errno.EPERM: "this user may not write there. Choose another place with --out",
        errno.EROFS: "the disk is read-only. Choose another place with --out",
        errno.ENOENT: "the folder above it does not exist. Make it first",
        errno.ENOTDIR: "a file stands where a folder is needed. Choose another place with --out",
        errno.EBUSY: "it is in use, or is a disk of its own. Choose a folder inside it with --out",
        errno.ELOOP: f"{Path(error.filename or path).name} is a link. Remove it, or choose another place with --out",
        errno.EDQUOT: "the disk quota is used up. Make room, or choose another place with --out",
    }.get(error.errno or 0, f"{error.strerror or error}")
    return ExportError(f"{path} cannot be written: {why}. Nothing was changed.")


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
    return "".join(_csv_pieces(frame))


def write_csv(frame: pd.DataFrame, file: IO[bytes]) -> None:
    """Write what :func:`csv_text` gives, piece by piece."""
    for piece in _csv_pieces(frame):
        file.write(piece.encode("utf-8", "backslashreplace"))


def _csv_pieces(frame: pd.DataFrame) -> Iterator[str]:
    for start in range(0, max(len(frame), 1), _ROWS):
        safe = frame.iloc[start : start + _ROWS].rename(columns=_inert)
        for name in safe.columns:
            if not (_is_number(safe[name].dtype)):
                safe[name] = safe[name].map(_inert, na_action="ignore")
        yield safe.to_csv(index=False, float_format="%.10g", lineterminator="\n", header=not start)


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
