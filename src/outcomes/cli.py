"""The command line: arguments in, exit codes out (0 well, 1 warnings only, 2 a mistake that a message explains).

Nothing heavy is imported until a command needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["app", "main"]

app = typer.Typer(
    name="outcomes",
    help="Outcome tracking for dry-needling clinics: from session records to honest pages per condition.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Records = Annotated[
    Path, typer.Argument(metavar="FILE", help="Session records: CSV, Excel, Parquet or Feather.")
]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="TOML file that names your columns.")]


@app.command()
def run(
    file: Records,
    out: Annotated[Path, typer.Option(help="Folder to write; replaced as a whole.")] = Path("exports"),
    mapping: MappingFile = None,
    audience: Annotated[
        str, typer.Option(help="Who will see the pages: owner, researcher or clinician.")
    ] = "owner",
    only: Annotated[list[str] | None, typer.Option(help="A notebook to run; may be given again.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run unchanged notebooks again.")] = False,
) -> None:
    """Check the records, run the notebooks, write the pages."""
    from outcomes.suite import RunOptions
    from outcomes.suite import run as run_suite

    options = RunOptions(str(mapping) if mapping else None, audience, tuple(only or ()), seed, fresh)
    with _progress() as tell:
        ran = run_suite(file, out, options=options, progress=tell)
    again = f" ({len(ran.unchanged)} unchanged)" if ran.unchanged else ""
    typer.echo(
        f"{ran.n_sessions:,} sessions of {ran.n_patients:,} patients; {len(ran.executed) + len(ran.unchanged)} pages"
        f"{again} in {ran.seconds:.0f} s. Open {ran.out / 'index.html'}"
    )
    if ran.n_warnings:
        typer.echo(
            f"{ran.n_warnings} kinds of implausible values; `outcomes check {file}` lists them.", err=True
        )


@app.command()
def check(
    file: Records,
    mapping: MappingFile = None,
    report: Annotated[
        Path | None, typer.Option(help="Write every problem to this .csv or .html file.")
    ] = None,
) -> None:
    """Check records and report every problem: exit 0 clean, 1 warnings only, 2 errors."""
    from outcomes.problems import grouped, write_report
    from outcomes.records import check_sessions

    checked = check_sessions(file, mapping=mapping)
    typer.echo(f"{file.name}: {checked.n_rows:,} rows read.")
    if checked.ignored:
        typer.echo(f"Not part of the record, and left out: {', '.join(checked.ignored)}.")
    for line in grouped(checked.problems):
        typer.echo(f"  - {line}")
    if report is not None:
        write_report(checked.problems, report)
    typer.echo(_verdict(checked.n_errors, checked.n_warnings))
    raise typer.Exit(2 if checked.n_errors else 1 if checked.n_warnings else 0)


def _verdict(errors: int, warnings: int) -> str:
    if errors:
        return f"{errors} kinds of error and {warnings} of warning: the records cannot be used until the errors are mended."
    if warnings:
        return f"No errors; {warnings} kinds of warning: the records can be used."
    return "No problems found."


@app.command()
def simulate(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="CSV or Parquet file; a folder for `registry`.")],
    patients: Annotated[
        int | None, typer.Option(help="How many patients (600; small_clinic 40).", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed.", min=0)] = 1,
    scenario: Annotated[str, typer.Option(help="What is true of the synthetic clinic.")] = "literature",
) -> None:
    """Write synthetic sessions whose truth is known."""
    from outcomes import simulate as simulated
    from outcomes.folder import csv_text, write_whole

    if scenario == "registry":
        with _progress() as tell:
            count = simulated.write_registry(
                out,
                patients or 600,
                seed=seed,
                progress=lambda done, total: tell("simulating patients", done, total),
            )
        typer.echo(f"{count:,} synthetic sessions in {out}")
        return
    sessions, _ = simulated.simulate_sessions(patients, seed=seed, scenario=scenario)
    if out.suffix == ".parquet":
        write_whole(out, sessions.to_parquet())
    else:
        write_whole(out, csv_text(sessions))
    typer.echo(
        f"{len(sessions):,} synthetic sessions of {sessions['patient_id'].nunique():,} patients in {out}"
    )


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on a terminal; on anything else a line when the work changes."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    seen: set[str] = set()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=1)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)
            if not console.is_terminal and what not in seen:
                seen.add(what)
                typer.echo(f"{what} ...", err=True)

        yield tell


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; a user's mistake is a message, never a traceback."""
    from outcomes.errors import OutcomesError

    try:
        result: Any = app(args=arguments, standalone_mode=False)
    except typer.Exit as stop:  # pragma: no cover - standalone_mode returns the code
        return stop.exit_code
    except typer.Abort:
        typer.echo("Stopped.", err=True)
        return 130
    except KeyboardInterrupt:
        typer.echo("Stopped; nothing was changed.", err=True)
        return 130
    except OutcomesError as error:
        typer.echo(str(error), err=True)
        return 2
    except BrokenPipeError:
        return 141
    except Exception as error:
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # wrong arguments
            error.show() if hasattr(error, "show") else typer.echo(error.format_message(), err=True)
            return int(error.exit_code)
        raise
    return result if isinstance(result, int) else 0


def script() -> None:
    sys.exit(main())


if __name__ == "__main__":
    script()
