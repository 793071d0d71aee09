"""The notebooks with pickers as an app: Voila serves them on a clinic's own file, to this computer's browser alone.

Comes in: a file of records. Goes out: nothing but what the browser shows, until the command is stopped. Copies of the
notebooks, Jupyter's connection files and its settings lie in the private folder of the process and go with it.
"""

from __future__ import annotations

import os
import secrets
import signal
import webbrowser
from collections.abc import Callable
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nbformat

from outcomes.errors import ExportError
from outcomes.files.temporary import temporary_folder
from outcomes.files.write import write_whole
from outcomes.pages.html import BANNER, page_style, rendered, titled
from outcomes.pages.lab import copies
from outcomes.pages.notebooks import Book, notebooks

__all__ = ["APP", "loop_until_signalled", "refuse_without_voila", "serve"]

APP = ("07_one_patient", "15_explore")
"""Notebooks with something to pick, in the order of the start page; those there are."""
WIDGETS = ["@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8"]
"""The extensions of JupyterLab that are loaded: those that show pickers."""
TITLE = "Your patients, one page at a time"
LACKING = (
    "The app needs Voila, which is not installed here. Install it: python -m pip install '.[app]' in the folder of "
    "outcomes. Or open the same notebooks with: outcomes lab {file}"
)
NOTHING_ELSEWHERE = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws://127.0.0.1:*; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What the browser is told of every page: load from this server alone (Content-Security-Policy)."""


def refuse_without_voila(file: Path) -> None:
    """Refuse where the app's server is not installed.

    Raises
    ------
    ExportError
    """
    if find_spec("voila") is None:
        raise ExportError(LACKING.format(file=file))


def serve(
    data: Path,
    mapping: str | Path | None = None,
    *,
    announce: Callable[[str], None],
    browser: bool = True,
) -> None:
    """Serve the app until a signal stops it.

    Parameters
    ----------
    data : Path
        File of records.
    mapping : str or Path, optional
        A mapping file, or the name of a shipped one.
    announce : callable
        Told the app's address, once it answers there.
    browser : bool
        Whether to open the browser.
    """
    private = temporary_folder()
    _own_jupyter(private / "jupyter")
    books = _books(data, mapping, private / "app")
    server = _server(books, _start_page(data, private), data)
    loop = loop_until_signalled()

    def ready() -> None:
        address = f"http://127.0.0.1:{server.port}/?token={server.token}"
        announce(address)
        if browser:
            _open(address, private / "open.html")

    loop.add_callback(ready)
    server.start()


def _books(data: Path, mapping: str | Path | None, folder: Path) -> Path:
    """A folder with the app's notebooks, each titled by its heading and reading the records."""
    folder.mkdir()
    there = {path.stem for path in notebooks()}
    for book in copies(data, folder, mapping, only=tuple(name for name in APP if name in there)):
        book.node.metadata["title"] = titled(book).title
        book.write()
    return folder


def _start_page(data: Path, private: Path) -> Path:
    """A folder of templates with the page that lists the notebooks, in the place of Voila's list of files."""
    pages = []
    for path in sorted((private / "app").glob("*.ipynb")):
        page = titled(Book(path, nbformat.read(path, as_version=4)))
        pages.append(
            {"title": page.title, "question": page.question, "link": f"voila/render/{page.name}.ipynb"}
        )
    around = {"title": TITLE, "banner": BANNER, "style": page_style(), "file": data.name}
    text = rendered("app.html.j2", {**around, "pages": pages})
    (private / "start").mkdir()
    write_whole(private / "start" / "tree-lab.html", f"{{% raw %}}{text}{{% endraw %}}")
    return private / "start"


def _own_jupyter(folder: Path) -> None:
    """Have Jupyter know the settings of this installation alone, and put everything aside in this folder."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "TMPDIR"):
        (made := folder / name.lower()).mkdir(parents=True)
        os.environ[name] = str(made)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    os.environ.pop("JUPYTER_PATH", None)
    os.environ.pop("JUPYTER_CONFIG_PATH", None)


def _server(books: Path, start: Path, data: Path) -> Any:
    """Voila, ready to start: with a token, and with our pages in the place of its own."""
    from traitlets.config import Config
    from voila.app import Voila

    server = Voila(config=Config(_settings(books, start.parent, data)))
    server.initialize([])
    ours = files("outcomes").joinpath("templates", "app")
    server.template_paths = [str(start), str(ours), *server.template_paths]
    return server


def _settings(books: Path, private: Path, data: Path) -> dict[str, dict[str, Any]]:
    """What Voila and Jupyter are told: this computer alone, no file, no code, encryption between server and kernels."""
    headers = {"Content-Security-Policy": NOTHING_ELSEWHERE, "Referrer-Policy": "no-referrer"}
    return {
        "Voila": {
            "ip": "127.0.0.1",
            "token": secrets.token_urlsafe(32),
            "open_browser": False,
            "root_dir": str(books),
            "connection_dir_root": str(private),
            "config_file_paths": [],
            "log_level": "ERROR",
            "tornado_settings": {"headers": headers, "allow_remote_access": False},
        },
        "VoilaConfiguration": {
            "allow_template_override": "NO",
            "allow_theme_override": "NO",
            "file_allowlist": [],
            "file_denylist": [".*"],
            "extension_allowlist": WIDGETS,
            "extension_denylist": [],
            "resources": {"app": {"style": page_style(), "banner": BANNER}},
        },
        "VoilaExecutor": {"cell_error_instruction": f"To see what happened, type: outcomes lab {data}"},
        "KernelManager": {"transport_encryption": "required"},
    }


def loop_until_signalled() -> Any:
    """The loop the server runs in, which ends in order at the first signal that ends a process."""
    from tornado.ioloop import IOLoop

    loop = IOLoop.current()
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: loop.add_callback_from_signal(loop.stop))
    return loop


def _open(address: str, page: Path) -> None:
    """Open the browser by way of a private file: the token would stand in the list of processes."""
    write_whole(
        page, f'<!DOCTYPE html><title>…</title><meta http-equiv="refresh" content="0; url={address}">'
    )
    webbrowser.open(page.as_uri())
