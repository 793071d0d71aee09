"""A clinic's own copy of the notebooks, which JupyterLab opens on the clinic's own file.

Comes in: a file of records and a folder. Goes out: the notebooks in it, each told where the records are, the first run
up to its first chart. Copies that are there already are kept: they may have been changed.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

from outcomes.errors import ExportError
from outcomes.files.write import write_whole
from outcomes.pages.notebooks import notebooks

__all__ = ["FIRST", "jupyter_command", "jupyter_environment", "run_to_first_chart", "working_copy"]

FIRST = "00_start_here"
"""The notebook that opens."""
_PARAMETERS = "parameters"
_READ = "oc.read_sessions(data)"
_CHART = "page.chart("


def working_copy(
    data: Path, folder: Path, mapping: str | Path | None = None, *, only: tuple[str, ...] = ()
) -> list[Path]:
    """Copy the notebooks, each reading the records named; what is there already is kept.

    Parameters
    ----------
    data : Path
        File of records.
    folder : Path
        Made where it is not there.
    mapping : str or Path, optional
        A mapping file, or the name of a shipped one.
    only : tuple of str
        Names of notebooks; all unless given.

    Returns
    -------
    list of Path
        The notebooks copied this time.

    Raises
    ------
    ExportError
        Where the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file. Name a folder for the notebooks with --to.")
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for source in notebooks(only):
        target = folder / source.name
        if not target.exists():
            book = json.loads(source.read_text(encoding="utf-8"))
            write_whole(
                target, json.dumps(_pointed(book, data, mapping), ensure_ascii=False, indent=1) + "\n"
            )
            made.append(target)
    return made


def _pointed(book: dict[str, Any], data: Path, mapping: str | Path | None) -> dict[str, Any]:
    """A notebook whose first cell names the records, read with the mapping where one is given."""
    where = Path(mapping).resolve() if mapping and Path(mapping).is_file() else mapping
    for cell in book["cells"]:
        lines = "".join(cell["source"]).split("\n")
        if _PARAMETERS in cell["metadata"].get("tags", ()):
            lines = [
                f"data = {str(data.resolve())!r}" if line.startswith("data = ") else line for line in lines
            ]
        if cell["cell_type"] == "code" and where:
            lines = [line.replace(_READ, f"oc.read_sessions(data, mapping={str(where)!r})") for line in lines]
        cell["source"] = [f"{line}\n" for line in lines[:-1]] + lines[-1:]
    return book


def run_to_first_chart(path: Path) -> None:
    """Run a notebook up to and with the cell of its first chart, and keep what it shows."""
    import nbformat
    from nbclient import NotebookClient
    from nbformat.sign import NotebookNotary

    book = nbformat.read(path, as_version=4)
    shows = [i for i, cell in enumerate(book.cells) if cell.cell_type == "code" and _CHART in cell.source]
    last = shows[0] + 1 if shows else 0
    part = nbformat.v4.new_notebook(cells=book.cells[:last], metadata=book.metadata)
    where = {"metadata": {"path": str(path.parent)}}
    quiet = ["--IPKernelApp.log_level=40"]  # it warns of its own sockets, which are on this machine
    NotebookClient(part, timeout=600, extra_arguments=quiet, resources=where).execute()
    book.cells[:last] = part.cells
    NotebookNotary().sign(book)  # JupyterLab shows what a notebook it can trust has shown
    write_whole(path, nbformat.writes(book))


def jupyter_command(folder: Path, *, browser: bool = True) -> list[str]:
    """The command that opens JupyterLab on the first notebook of a folder, on this machine alone."""
    return [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={os.fspath(folder.resolve())}"),
        *(
            f"--LabApp.default_url=/lab/tree/{FIRST}.ipynb",
            "--LabApp.news_url=None",
            "--ServerApp.ip=127.0.0.1",
        ),
        *([] if browser else ["--no-browser"]),
    ]


def jupyter_environment() -> dict[str, str]:
    """The environment JupyterLab starts in: as it is, with the news of its makers left out."""
    ours = str(files("outcomes").joinpath("templates", "jupyter"))
    known = os.environ.get("JUPYTER_CONFIG_PATH")
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join([ours, *([known] if known else [])])}
