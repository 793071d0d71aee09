"""A synthetic cohort of any size as Parquet parts, in bounded memory; the parts appear together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from outcomes.errors import ExportError
from outcomes.files.folder import whole_folder
from outcomes.simulate.record import Block, record_table
from outcomes.simulate.scenarios import SimulationError, scenario_parameters
from outcomes.simulate.sessions import check_seed, checked_patients, drawn_blocks

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["write_registry"]


def write_registry(
    folder: str | Path,
    patients: int,
    *,
    seed: int = 1,
    scenario: str = "registry",
    rows_per_part: int = 500_000,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write a synthetic cohort of any size as Parquet parts, in bounded memory.

    The parts appear together once all are written: an interrupted run leaves the folder as it was. The
    records are those of :func:`simulate_sessions` and do not depend on the size of the parts.

    Parameters
    ----------
    folder : str or pathlib.Path
        Where to write ``sessions-00000.parquet`` and so on; made if absent, refused if it holds anything.
    patients : int
        Number of patients; 1,000 patients have about 4,000 sessions.
    seed : int, default 1
    scenario : str, default "registry"
        One of ``SCENARIOS``.
    rows_per_part : int, default 500_000
        Sessions in every part but the last.
    progress : callable, optional
        Called with the patients done and the patients in all, after each block.

    Returns
    -------
    int
        Number of sessions written.

    Raises
    ------
    SimulationError
        As for :func:`simulate_sessions`, or if ``rows_per_part`` is below 1.
    ExportError
        If the folder is not empty or cannot be written; nothing was written then.
    """
    parameters = scenario_parameters(scenario)
    patients = checked_patients(patients)
    check_seed(seed)
    if rows_per_part < 1:
        raise SimulationError(f"rows_per_part is {rows_per_part}; it must be at least 1.")
    target = Path(folder)
    _refuse_filled(target)
    with whole_folder(target) as staging:
        blocks = _counted(drawn_blocks(patients, seed, parameters), patients, progress)
        return _write_parts((record_table(block) for block in blocks), staging, rows_per_part)


def _counted(
    blocks: Iterator[Block], patients: int, progress: Callable[[int, int], None] | None
) -> Iterator[Block]:
    for block in blocks:
        yield block
        if progress is not None:
            progress(block.first_patient + len(block.people), patients)


def _refuse_filled(target: Path) -> None:
    """Refuse a folder that holds anything."""
    if target.is_dir() and (found := next(target.iterdir(), None)):
        raise ExportError(
            f"{target} is not empty (it holds {found.name}). Name a new or empty folder for the registry."
        )


def _write_parts(tables: Iterator[pa.Table], folder: Path, rows_per_part: int) -> int:
    """Write tables one after the other, cut so that every part but the last has the same number of rows."""
    import pyarrow.parquet as pq

    rows, writer, room = 0, None, 0
    try:
        for table in tables:
            offset = 0
            while offset < len(table):
                if writer is None:
                    path = folder / f"sessions-{rows // rows_per_part:05d}.parquet"
                    writer, room = pq.ParquetWriter(path, table.schema, store_schema=False), rows_per_part
                piece = table.slice(offset, room)
                writer.write_table(piece)
                offset, rows, room = offset + len(piece), rows + len(piece), room - len(piece)
                if room == 0:
                    writer.close()
                    writer = None
    finally:
        if writer is not None:
            writer.close()
    return rows
