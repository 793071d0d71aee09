"""Notebooks run in processes of their own: what they display is kept, what goes wrong is said in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

import outcomes as oc
from outcomes.errors import ExportError, InternalError
from outcomes.files.temporary import temporary_folder
from outcomes.pages import processes
from outcomes.pages.cells import RECORDS, Given
from outcomes.pages.held import Held
from outcomes.pages.notebooks import Book
from outcomes.pages.processes import Run, run_books
from outcomes.record.plan import shipped_plan

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def _book(*cells: str, name: str = "00_notebook", folder: Path = Path("/")) -> Book:
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return Book(folder / f"{name}.ipynb", node)


def _go(*books: Book, records: Held | None = None) -> dict[str, Run]:
    return run_books(books, lambda _: Given(records, shipped_plan()), lambda: None)


def _text(run: Run) -> list[str]:
    """What each cell displayed, as plain text."""
    return [
        "".join(output.get("text") or output["data"]["text/plain"] for output in displayed)
        for displayed in run.outputs
    ]


def test_what_cells_display_print_and_end_with_is_kept() -> None:
    shown = "from IPython.display import display; display({'text/plain': 'a'}, metadata={'b': 1}, raw=True)"
    run = _go(_book(shown, "print('c'); 1 + 1", "d = 4", "d"))["00_notebook"]
    assert _text(run) == ["a", "c\n2", "", "4"]
    assert run.outputs[0][0]["metadata"] == {"b": 1}
    assert run.outputs[1][0] == {"output_type": "stream", "name": "stdout", "text": "c\n"}


def test_pictures_are_kept_as_a_notebook_holds_them() -> None:
    book = _book(
        "from IPython.display import display; display({'image/png': b'\\x89PNG', 'text/plain': ''}, raw=True)"
    )
    assert _go(book)["00_notebook"].outputs[0][0]["data"]["image/png"] == "iVBORw=="


def test_cells_run_in_the_folder_of_their_notebook_and_no_notebook_sees_another(tmp_path) -> None:
    cells = "import os; os.getcwd()", "assert 'seen' not in globals(); seen = 1", "os.write(1, b'to nowhere')"
    runs = _go(*(_book(*cells, name=f"0{i}_x", folder=tmp_path) for i in range(4)))
    assert {name: _text(run)[0] for name, run in runs.items()} == {
        f"0{i}_x": repr(str(tmp_path)) for i in range(4)
    }


def test_sessions_of_a_run_are_read_as_they_were_checked() -> None:
    sessions = oc.read_sessions(oc.simulate_sessions(20, seed=3)[0])
    read = f"import outcomes as oc; found = oc.read_sessions({RECORDS!r})"
    book = _book(read, "print(found.to_json(orient='split'), found.attrs)")
    said = _text(_go(book, records=Held.of(sessions))["00_notebook"])
    assert said == ["", f"{sessions.to_json(orient='split')} {sessions.attrs}\n"]


@pytest.mark.parametrize(
    ("cell", "kind", "says"),
    [
        (
            "import outcomes as oc\nraise oc.OutcomesError('two\\nlines')",
            ExportError,
            "stopped in code cell 2: two$",
        ),
        ("raise ValueError('Jane Doe')", InternalError, "stopped in code cell 2: ValueError"),
        ("1 +", InternalError, "stopped in code cell 2: SyntaxError"),
        ("import sys; sys.exit(3)", InternalError, "stopped in code cell 2: SystemExit"),
        (
            "import outcomes as oc\noc.fit_mixed(1, 2)",
            ExportError,
            "stopped in code cell 2: A formula needs one `~`",
        ),
        ("raise MemoryError", ExportError, "stopped in code cell 2: there was not enough memory"),
        ("import os; os._exit(9)", ExportError, "ran out of memory or was ended from outside"),
        ("import os; os.kill(os.getpid(), 9)", ExportError, "ran out of memory or was ended from outside"),
    ],
)
def test_a_cell_that_fails_is_named_by_its_notebook(cell, kind, says) -> None:
    with pytest.raises(kind, match=f"Notebook 00_notebook {says}") as failure:
        _go(_book("1", cell, "2"))
    assert "Jane" not in str(failure.value)


def test_a_fault_of_ours_is_told_with_its_place() -> None:
    with pytest.raises(InternalError, match=r"TypeError in words[/\\]numbers\.py, line \d+$"):
        _go(_book("from outcomes.words import counted; counted(object(), 'patient')"))


def test_a_cell_that_does_not_end_is_stopped(monkeypatch) -> None:
    monkeypatch.setattr(processes, "CELL_SECONDS", 3)
    with pytest.raises(ExportError, match="took more than 3 s over one cell"):
        _go(_book("import time; time.sleep(60)"))


def test_where_one_notebook_fails_the_others_are_ended(tmp_path) -> None:
    slow = _book(
        f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))", "time.sleep(60)"
    )
    fails = _book(
        f"import os, time\nwhile not os.path.exists({str(tmp_path / 'pid')!r}): time.sleep(0.05)",
        "1 / 0",
        name="01_fails",
    )
    with pytest.raises(InternalError, match="01_fails stopped in code cell 2: ZeroDivisionError"):
        _go(slow, fails)
    pid = int((tmp_path / "pid").read_text())
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    """Whether a process is there and has not ended within twenty seconds (a busy machine takes its time)."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
        except OSError:
            return False
        time.sleep(0.05)
    return True


@LINUX
def test_processes_are_forked_with_the_libraries_loaded() -> None:
    wanted = {"seaborn", "duckdb", "outcomes.models.mixed.fit", "outcomes.charts.forest"}
    loaded = f"import sys; {wanted!r} <= set(sys.modules)"
    runs = _go(*(_book(loaded, "import os; os.getppid()", name=f"0{i}_x") for i in range(3)))
    assert {_text(run)[0] for run in runs.values()} == {"True"}
    assert len({_text(run)[1] for run in runs.values()}) == 1


def test_processes_start_by_themselves_where_there_is_no_forking(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "elsewhere")
    assert _text(_go(_book("1 + 1"))["00_notebook"]) == ["2"]


PROGRAM = """
import nbformat
from pathlib import Path
from outcomes.pages.cells import Given
from outcomes.pages.notebooks import Book
from outcomes.pages.processes import run_books
from outcomes.record.plan import shipped_plan
book = Book(Path("/x.ipynb"), nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]))
print(run_books([book], lambda _: Given(None, shipped_plan()), lambda: None)["x"].outputs[0][0]["data"]["text/plain"])
"""


def _program(file: Path, **environment: str) -> tuple[int, str, str]:
    file.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(file)], capture_output=True, text=True, env={**os.environ, **environment}
    )
    return done.returncode, done.stdout, done.stderr


@LINUX
def test_a_program_that_runs_notebooks_is_not_run_again_and_nothing_is_left(tmp_path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    assert _program(tmp_path / "x.py", HOME=str(home), TMPDIR=str(temporary)) == (0, "2\n", "")
    assert list(temporary.iterdir()) == []
    assert not [path for path in home.iterdir() if path.name in (".ipython", ".jupyter")]


@LINUX
def test_a_temporary_folder_too_deep_for_a_socket_is_no_hindrance(tmp_path) -> None:
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    assert _program(tmp_path / "x.py", TMPDIR=str(deep)) == (0, "2\n", "")
    assert list(deep.iterdir()) == []


@LINUX
def test_notebooks_end_when_the_program_that_runs_them_is_killed(tmp_path) -> None:
    program = (
        "import nbformat, sys; from pathlib import Path; from outcomes.pages.cells import Given\n"
        "from outcomes.pages.notebooks import Book; from outcomes.pages.processes import run_books\n"
        "from outcomes.record.plan import shipped_plan\n"
        "cells = [nbformat.v4.new_code_cell(cell) for cell in sys.argv[1:]]\n"
        "book = Book(Path('/x.ipynb'), nbformat.v4.new_notebook(cells=cells))\n"
        "run_books([book], lambda _: Given(None, shipped_plan()), lambda: None)"
    )
    told = tmp_path / "pids"
    busy = (
        f"import os\nopen({str(told)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}} ')\nwhile True: pass"
    )
    running = subprocess.Popen([sys.executable, "-c", program, busy])
    until = time.monotonic() + 60
    while not (told.is_file() and told.read_text().endswith(" ")) and time.monotonic() < until:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    running.wait()
    pids = [int(pid) for pid in told.read_text().split()]
    assert len(pids) == 2
    assert [pid for pid in pids if _alive(pid)] == []


@LINUX
def test_an_interrupt_is_left_to_the_program_that_started_the_processes() -> None:
    """On a terminal it reaches all of them; the one that loads the libraries said so with a traceback."""
    processes.preload()
    pid = processes.forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    status = Path(f"/proc/{pid}/status").read_text()
    blocked = int(next(line for line in status.splitlines() if line.startswith("SigBlk")).split()[1], 16)
    assert blocked >> signal.SIGINT - 1 & 1
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, set()), "and this one hears it"


@pytest.mark.parametrize("setting", ["XDG_CONFIG_HOME", "XDG_CACHE_HOME"])
def test_where_matplotlib_can_keep_nothing_it_is_given_a_folder_of_the_run(tmp_path, monkeypatch, setting):
    """It made one itself, said so, and failed to take it away when it had gone with the run's."""
    monkeypatch.delenv("MPLCONFIGDIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with processes._environment():
        assert "MPLCONFIGDIR" not in os.environ
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(setting, str(tmp_path / "file"))
    with processes._environment():
        assert Path(os.environ["MPLCONFIGDIR"]).parent == temporary_folder()
    assert "MPLCONFIGDIR" not in os.environ
