"""A clinic's own copy of the notebooks, which JupyterLab opens on the clinic's own file.

Comes in: a file of records and a folder. Goes out: the notebooks in it, each told where the records are, the first run
up to its first chart, and JupyterLab in the browser. Copies that are there already are kept: they may have been
changed.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from outcomes.errors import ExportError
from outcomes.intake.read import already_checked, read_sessions
from outcomes.pages.cells import Failure, displayed
from outcomes.pages.notebooks import Book, notebooks
from outcomes.pages.waiting import FIRST, SECONDS

__all__ = ["copies", "open_lab"]

_PARAMETERS = "parameters"
_READ = "oc.read_sessions(data)"
_CHART = "page.chart("


def open_lab(
    data: Path,
    folder: Path,
    mapping: str | Path | None = None,
    *,
    announce: Callable[[str], None],
    browser: bool = True,
) -> int:
    """Open the notebooks on a clinic's records in JupyterLab, the first of them run up to its first chart.

    JupyterLab starts while the records are checked, and loads in the browser while that chart is drawn.

    Parameters
    ----------
    data : Path
        File of records.
    folder : Path
        Made where it is not there.
    mapping : str or Path, optional
        A mapping file, or the name of a shipped one.
    announce : callable
        Told what there is to say.
    browser : bool
        Whether to open it.

    Returns
    -------
    int
        The exit code of JupyterLab.

    Raises
    ------
    OutcomesError
        Where the records cannot be read, or the folder is a file; JupyterLab is ended then.
    """
    with _started(folder) as server:
        sessions = read_sessions(data, mapping=mapping)
        books = copies(data, folder, mapping)
        announce(
            f"{len(books)} notebooks in {folder}, reading {data}. They are yours to change."
            if books
            else f"Your notebooks in {folder} are opened as you left them."
        )
        announce("JupyterLab is for this computer alone. To end it, press Ctrl-C here.")
        if browser:
            threading.Thread(target=_open_browser, args=(server,), daemon=True).start()
        for book in books:
            if book.name == FIRST:
                with already_checked(str(data.resolve()), sessions.copy):
                    _run_to_first_chart(book)
            book.write()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # JupyterLab asks whether it shall stop
        return server.wait()


def copies(
    data: Path, folder: Path, mapping: str | Path | None = None, *, only: tuple[str, ...] = ()
) -> list[Book]:
    """The notebooks that are not yet in a folder, each reading the records named.

    Parameters
    ----------
    data : Path
        File of records.
    folder : Path
    mapping : str or Path, optional
        A mapping file, or the name of a shipped one.
    only : tuple of str
        Names of notebooks; all unless given.

    Returns
    -------
    list of Book
        Each where it is to be written.
    """
    import nbformat

    where = str(Path(mapping).resolve() if Path(mapping).is_file() else mapping) if mapping else ""
    found = []
    for source in notebooks(only):
        if not (folder / source.name).exists():
            node = nbformat.read(source, as_version=4)
            for cell in node.cells:
                cell.source = _pointed(cell, str(data.resolve()), where)
            found.append(Book(folder / source.name, node))
    return found


def _pointed(cell: Any, data: str, mapping: str) -> str:
    """The source of a cell, which reads the records named, with the mapping where one is given."""
    source = str(cell.source)
    if _PARAMETERS in cell.metadata.get("tags", ()):
        source = re.sub("^data = .*$", lambda _: f"data = {data!r}", source, flags=re.MULTILINE)
    if cell.cell_type == "code" and mapping:
        source = source.replace(_READ, f"oc.read_sessions(data, mapping={mapping!r})")
    return source


def _run_to_first_chart(book: Book) -> None:
    """Run a notebook up to and with the cell of its first chart, in this process, and keep what it shows."""
    import matplotlib
    from nbformat.sign import NotebookNotary

    matplotlib.use("agg")  # a chart is to be kept, not to be opened in a window
    last = next((at for at, cell in enumerate(book.code, start=1) if _CHART in cell.source), 0)
    outputs: list[list[dict[str, Any]]] = []
    with chdir(book.path.parent):
        for said in displayed(cell.source for cell in book.code[:last]):
            if isinstance(said, Failure):
                raise said.error(book.name, len(outputs) + 1)
            outputs.append(said)
    book.keep([*outputs, *[[] for _ in book.code[last:]]])
    NotebookNotary().sign(book.node)  # JupyterLab shows what a notebook it can trust has shown


@contextmanager
def _started(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """JupyterLab on a folder; where the block fails it is ended, and a folder that was made for it is taken away."""
    is_new = not folder.exists()
    if not is_new and not folder.is_dir():
        raise ExportError(f"{folder} is a file. Name a folder for the notebooks with --to.")
    folder.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(_command(folder), env=_environment())
    try:
        yield server
    finally:
        if server.poll() is None:
            server.terminate()
            server.wait()
        if is_new:
            with suppress(OSError):  # there is something in it
                folder.rmdir()


def _open_browser(server: subprocess.Popen[bytes]) -> None:
    """Open the page with which JupyterLab lets a browser in, once it is there."""
    import webbrowser

    from jupyter_core.paths import jupyter_runtime_dir

    page = Path(jupyter_runtime_dir(), f"jpserver-{server.pid}-open.html")
    until = time.monotonic() + SECONDS
    while not page.exists() and server.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    if page.exists():
        webbrowser.open(page.as_uri())


def _command(folder: Path) -> list[str]:
    """The command that serves JupyterLab with the first notebook of a folder, to this machine alone."""
    return [
        *(sys.executable, "-W", "ignore::DeprecationWarning", "-m", "jupyterlab"),
        *(
            f"--ServerApp.root_dir={os.fspath(folder.resolve())}",
            f"--LabApp.default_url=/lab/tree/{FIRST}.ipynb",
            "--LabApp.news_url=None",
        ),
        *("--ServerApp.ip=127.0.0.1", "--no-browser", "--Application.log_level=ERROR"),
        "--ServerApp.contents_manager_class=outcomes.pages.waiting.WaitingFiles",
    ]


def _environment() -> dict[str, str]:
    """The environment JupyterLab starts in: as it is, with the news of its makers left out."""
    ours = str(files("outcomes").joinpath("templates", "jupyter"))
    known = os.environ.get("JUPYTER_CONFIG_PATH")
    return {**os.environ, "JUPYTER_CONFIG_PATH": os.pathsep.join([ours, *([known] if known else [])])}
