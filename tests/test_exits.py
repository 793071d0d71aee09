"""What ends a command before its end: one message, an exit code, no traceback, nothing of the records, nothing left."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from outcomes.__main__ import script
from outcomes.cli import main
from outcomes.errors import OutcomesError
from outcomes.exits import Ended, ended_in_order, why_ended
from outcomes.simulate.sessions import simulate_sessions

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data/demo_sessions.csv"
SECRET = "Quinella Vandersnoot"
INSIDE = ["run", "FILE", "--out", "OUT", "--only", "09_claims", "--audience", "clinician"]
"""One page for inside the clinic: it takes the tables of that page alone."""
STAGES = {
    "outcomes.intake.read._checked": ["check", "FILE"],
    "outcomes.intake.problems.grouped": ["check", "FILE"],
    "outcomes.deidentify.run.deidentify_file": ["deidentify", "FILE", "OUT", "--key", "OUT.key"],
    "outcomes.intake.draft.draft_mapping": ["map", "FILE"],
    "outcomes.intake.forms.dictionary.data_dictionary": ["dictionary"],
    "outcomes.intake.forms.workbook.write_template": ["template", "OUT"],
    "outcomes.simulate.sessions.simulate_sessions": ["simulate", "OUT"],
    "outcomes.models.survival.events.reduce_events": ["reduce", "FILE", "OUT", "--soreness"],
    "outcomes.pages.run.notebooks": ["run", "FILE", "--out", "OUT"],
    "outcomes.pages.run.preload": ["run", "FILE", "--out", "OUT"],
    "outcomes.pages.run.check_sessions": ["run", "FILE", "--out", "OUT"],
    "outcomes.pages.run.about_run": ["run", "FILE", "--out", "OUT"],
    "outcomes.pages.run.read_book": ["run", "FILE", "--out", "OUT"],
    "outcomes.pages.run.run_books": ["run", "FILE", "--out", "OUT"],
    "outcomes.pages.protection.protect_all": ["run", "FILE", "--out", "OUT", "--only", "09_claims"],
    "outcomes.pages.protection.attack": ["run", "FILE", "--out", "OUT", "--only", "09_claims"],
    "outcomes.pages.html.page_html": [*INSIDE],
    "outcomes.pages.html.write_estimates": [*INSIDE],
    "outcomes.pages.html.write_manifest": [*INSIDE],
    "outcomes.files.folder._exchange": [*INSIDE],
}


def _raising(error: BaseException):
    def stage(*_: object, **__: object) -> None:
        raise error

    return stage


def _earlier(out: Path) -> None:
    """An earlier export, so that every way of putting the new one in its place is taken."""
    from outcomes.files.folder import whole_folder

    with whole_folder(out) as staging:
        (staging / "index.html").write_text("earlier")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of a clinic so small that a run of it takes little."""
    path = tmp_path_factory.mktemp("records") / "visits.csv"
    simulate_sessions(45, seed=4)[0].to_csv(path, index=False)
    return path


@pytest.mark.parametrize("stage", STAGES)
def test_a_fault_in_any_stage_is_one_message_and_exit_code_3(
    stage, records, only_books, tmp_path, monkeypatch, capsys
) -> None:
    only_books("00_start_here", "09_claims")
    module, _, name = stage.rpartition(".")
    monkeypatch.setattr(
        importlib.import_module(module), name, _raising(RuntimeError(f"{SECRET} in {records}"))
    )
    out = tmp_path / "out"
    arguments = [
        {"FILE": str(records), "OUT": str(out), "OUT.key": f"{out}.key"}.get(a, a) for a in STAGES[stage]
    ]
    if arguments[0] == "run":
        _earlier(out)
    assert main(arguments) == 3
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("A fault of outcomes itself, not of your records: RuntimeError")
    assert "Reporting a fault" in said
    assert not [word for word in (SECRET, "Traceback", str(tmp_path), str(records)) if word in said]
    left = {path.name for path in tmp_path.iterdir()} - {"outcomes-history"}
    assert left == ({"out"} if arguments[0] == "run" else set())
    assert (out / "index.html").read_text() == "earlier" if out.exists() else arguments[0] != "run"


def test_contributing_says_how_to_report_a_fault() -> None:
    assert "## Reporting a fault" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (OutcomesError("Say it."), 2, "Say it."),
        (MemoryError(), 2, "There is not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 2, "There is not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), 2, "There is not enough memory"),
        (RuntimeError("can't start new thread"), 2, "There is not enough memory"),
        (OSError(errno.ENOSPC, "full", "/x"), 2, "There is no room left on the disk of /x."),
        (
            OSError(errno.ENOSPC, "full"),
            2,
            "There is no room left on the disk of the temporary folder (TMPDIR).",
        ),
        (PermissionError(errno.EACCES, "no", "/x"), 2, "This user may not write to /x."),
        (OSError(errno.EMFILE, "Too many open files"), 2, "The system could not open or read"),
        (KeyError(SECRET), 3, "A fault of outcomes itself, not of your records: KeyError"),
        (Ended(15), 143, "Stopped. Nothing was left half done."),
    ],
)
def test_what_people_can_mend_is_told_from_a_fault(error, code, says) -> None:
    message, found = why_ended(error)
    assert (found, message.startswith(says), SECRET in message) == (code, True, False)


def _signalled(number: int) -> None:
    """Be told to end, and again while things are put in order: too late to disturb that."""
    with ended_in_order():
        try:
            os.kill(os.getpid(), number)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def _signals_as_usual():
    """Whoever started the tests may have told them to ignore hangups or interrupts."""
    numbers = (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_DFL) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals_as_usual")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_every_signal_that_ends_a_process_unwinds_it_once(number) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Ended) as ended:
        _signalled(number)
    assert ended.value.code == 128 + number
    assert signal.getsignal(number) is before


@pytest.mark.usefixtures("_signals_as_usual")
def test_a_command_that_was_told_to_ignore_hangups_goes_on() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_in_order():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert before is not signal.SIG_IGN


# --- on the machine as it is --------------------------------------------------------------------------------------


def _outcomes(*arguments: str, before: tuple[str, ...] = (), **environment: str) -> tuple[int, str]:
    command = [*before, sys.executable, "-m", "outcomes", *arguments]
    done = subprocess.run(command, capture_output=True, env={**os.environ, **environment})
    said = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
    assert "Traceback" not in said
    return done.returncode, said


@pytest.mark.skipif(sys.platform != "linux", reason="limits of memory are set by prlimit")
@pytest.mark.parametrize("megabytes", [400, 700, 1000])
def test_little_memory_is_said_so_before_any_work(megabytes, tmp_path) -> None:
    code, said = _outcomes(
        "run", str(DEMO), "--out", str(tmp_path / "out"), before=("prlimit", f"--as={megabytes}000000")
    )
    assert (code, said.count("\n"), "not enough memory" in said) == (2, 1, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_name_that_is_not_utf_8_is_said_so(command, tmp_path) -> None:
    name = os.fsencode(tmp_path) + b"/se\xffssions.csv"
    with open(name, "wb") as file:
        file.write(DEMO.read_bytes())
    out = ("--out", str(tmp_path / "out")) if command == "run" else ()
    code, said = _outcomes(command, os.fsdecode(name), *out)
    assert (code, said.count("\n")) == (2, 1) or command == "run"
    assert "'se\\udcffssions.csv' is not UTF-8 text. Rename the file" in said
    assert not (tmp_path / "out").exists()


POSIX = {"LC_ALL": "POSIX", "LANG": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.skipif(sys.platform != "linux", reason="locales are named so on Linux")
@pytest.mark.parametrize("locale", [{"LC_ALL": "POSIX"}, POSIX], ids=["as Python takes it", "as it is"])
def test_a_path_beyond_ascii_in_a_posix_locale_works_or_is_said_so(locale, tmp_path) -> None:
    folder = tmp_path / "Patienten für März"
    folder.mkdir()
    (folder / "sessions.csv").write_bytes(DEMO.read_bytes())
    code, said = _outcomes("check", str(folder / "sessions.csv"), **locale)
    assert code in (1, 2)
    assert "the records can be used" in said if code == 1 else "or set LANG=C.UTF-8" in said
    assert code == 1 or locale is POSIX
    assert code == 1 or "The name of the folder 'Patienten f" in said, "the part at fault is named"


def test_a_reader_that_has_seen_enough_ends_the_command_quietly() -> None:
    shell = f"{sys.executable} -m outcomes plan | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "141")


def test_an_interrupt_while_the_command_line_loads_is_no_traceback(monkeypatch) -> None:
    heard = []
    stub = ModuleType("outcomes.cli")
    monkeypatch.setattr(stub, "script", lambda: heard.append(signal.getsignal(signal.SIGINT)), raising=False)
    monkeypatch.setitem(sys.modules, "outcomes.cli", stub)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        script()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIG_DFL]
