"""Checked sessions in, memory that the processes of a run share out, and the same sessions again in each of them.

Where the system has files that are nothing but memory (Linux), all processes read the same memory and nothing goes
through a pipe; texts are not even copied. Elsewhere packed bytes go to each process. Nothing is written to a disk.
"""

from __future__ import annotations

import mmap
import os
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import reduction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Held"]


@dataclass(frozen=True)
class Held:
    """Sessions held as Arrow keeps them, ready for any process of this run.

    Attributes
    ----------
    memory : Memory or bytes
    attrs : dict
        What the frame says of itself.
    """

    memory: Memory | bytes
    attrs: dict[Any, Any]

    @classmethod
    def of(cls, sessions: pd.DataFrame) -> Held:
        """Hold sessions; later changes of the frame do not reach them."""
        import pyarrow as pa

        table, memory = pa.Table.from_pandas(sessions), None
        with suppress(AttributeError, OSError):  # not Linux, or a system that refuses it
            memory = Memory(os.memfd_create("sessions"))
        if memory is not None:
            with (
                open(memory.file, "wb", closefd=False) as sink,
                pa.ipc.new_file(sink, table.schema) as writer,
            ):
                writer.write_table(table)
            return cls(memory, dict(sessions.attrs))
        packed, options = pa.BufferOutputStream(), pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_file(packed, table.schema, options=options) as writer:
            writer.write_table(table)
        return cls(packed.getvalue().to_pybytes(), dict(sessions.attrs))

    def sessions(self) -> pd.DataFrame:
        """The sessions, as a frame of this process."""
        import pyarrow as pa

        held = self.memory.read() if isinstance(self.memory, Memory) else self.memory
        frame: pd.DataFrame = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(held))).read_all().to_pandas()
        frame.attrs = dict(self.attrs)
        return frame


class Memory:
    """A file that is memory alone: it has no name, and is gone with the last process that knows it.

    Parameters
    ----------
    file : int
        Its descriptor, closed with this object.
    """

    def __init__(self, file: int) -> None:
        self.file = file

    def read(self) -> mmap.mmap:
        """Everything in it, as it stands in memory."""
        return mmap.mmap(self.file, 0, prot=mmap.PROT_READ)

    def __reduce__(self) -> tuple[Any, ...]:
        """To a process that is being started goes the file, not what is in it."""
        return _arrived, (reduction.DupFd(self.file),)

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self.file)


def _arrived(file: Any) -> Memory:
    return Memory(file.detach())
