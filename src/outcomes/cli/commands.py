"""The command line as a whole: its commands in the order of its help, and how each of them ends."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from typing import Any

import typer

from outcomes.cli.app import app as serve_app
from outcomes.cli.check import check
from outcomes.cli.deidentify import deidentify
from outcomes.cli.exchange import export_fhir, pool, reduce
from outcomes.cli.forms import dictionary, draft, plan, template
from outcomes.cli.lab import lab
from outcomes.cli.prepare import prepare
from outcomes.cli.run import run
from outcomes.cli.secure import secure
from outcomes.cli.simulate import simulate
from outcomes.exits import Ended, ended_in_order, refuse_little_memory, why_ended

__all__ = ["app", "main", "script"]

app = typer.Typer(
    name="outcomes",
    help="Outcome tracking for dry-needling clinics: from session records to honest pages per condition.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _before_any_command() -> None:
    """Outcome tracking for dry-needling clinics: from session records to honest pages per condition."""
    refuse_little_memory()


_COMMANDS: dict[str, Callable[..., None]] = {
    "run": run,
    "prepare": prepare,
    "check": check,
    "lab": lab,
    "app": serve_app,
    "simulate": simulate,
    "template": template,
    "plan": plan,
    "dictionary": dictionary,
    "map": draft,
    "deidentify": deidentify,
    "reduce": reduce,
    "pool": pool,
    "export-fhir": export_fhir,
}
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(secure, name="secure")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: a message for every mistake, a traceback for none."""
    try:
        with ended_in_order():
            result: Any = app(args=arguments, standalone_mode=False)
    except typer.Exit as stop:  # pragma: no cover - standalone_mode returns the code
        return stop.exit_code
    except typer.Abort:
        return 130
    except (Exception, SystemExit, KeyboardInterrupt, Ended) as error:
        return _failed(error)
    return result if isinstance(result, int) else 0


def _failed(error: BaseException) -> int:
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # wrong arguments
        error.show() if hasattr(error, "show") else typer.echo(error.format_message(), err=True)
        return int(error.exit_code)
    message, code = why_ended(error)
    if message:
        typer.echo(message, err=True)
    return code


def script() -> None:
    """The command `outcomes`: any text can be said on any terminal, and a warning is its words alone."""
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(main())
