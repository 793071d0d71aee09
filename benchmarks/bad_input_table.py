"""Bad input as `outcomes check` and `outcomes run` answer it: a Markdown table of case, message and exit codes.

.venv/bin/python benchmarks/bad_input_table.py
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from bad_input import ACCEPTED, CASES, Case
from outcomes.cli import main as outcomes


def answer(arguments: list[str]) -> tuple[int, str]:
    """Exit code and everything printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = outcomes(arguments)
    return code, said.getvalue()


def told(said: str, folder: Path) -> str:
    """The message in one line, without what every message has."""
    lines = [line.strip(" -") for line in said.replace(f"{folder}/", "").splitlines()]
    kept = [line for line in lines if line and not line.endswith(("rows read.", "...", "are mended."))]
    return " ".join(kept).replace("|", "\\|").replace("<", "&lt;")


def row(case: Case, folder: Path) -> str:
    path = folder / case.name
    case.make(path)
    code, said = answer(["check", str(path)])
    ran = "" if case in ACCEPTED else answer(["run", str(path), "--out", str(folder / "exports")])[0]
    written = "nothing" if not (folder / "exports").exists() else "SOMETHING"
    return f"| {case.called} | {told(said, folder)} | {code} | {ran} | {written} |"


def main() -> None:
    print("| case | message | check | run | written |\n|---|---|---|---|---|")
    for case in [*CASES, *ACCEPTED]:
        with tempfile.TemporaryDirectory() as folder:
            print(row(case, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
