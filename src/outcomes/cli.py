"""The command line: arguments in, exit codes out.

0 well; 1 warnings only; 2 a mistake or a lack of room, which a message explains; 3 a fault of this package; 128 and
more, ended by a signal. Nothing heavy is imported until a command needs it.
"""

from __future__ import annotations

import io
import shlex
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from outcomes.exits import Ended, ended_in_order, refuse_little_memory, why_ended

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
LARGE = 500_000_000
"""Bytes beyond which `check` counts errors where the file lies instead of reading it."""
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="TOML file that names your columns, or a name of `outcomes map --list`."),
]


@app.callback()
def _before_any_command() -> None:
    """Outcome tracking for dry-needling clinics: from session records to honest pages per condition."""
    refuse_little_memory()


@app.command()
def run(
    file: Records,
    out: Annotated[
        Path, typer.Option(help="Folder to write; what an earlier run wrote there is replaced as a whole.")
    ] = Path("exports"),
    mapping: MappingFile = None,
    audience: Annotated[
        str, typer.Option(help="Who will see the pages: owner, researcher or clinician.")
    ] = "owner",
    only: Annotated[
        list[str] | None, typer.Option(help="A notebook to run, and no other; may be given again.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Changes nothing: every run runs its notebooks.")
    ] = False,
    plan: Annotated[
        Path | None, typer.Option(help="Analysis plan (TOML); `outcomes plan` prints one.")
    ] = None,
    new_series: Annotated[
        bool, typer.Option("--new-series", help="Begin anew, as if nothing had been passed on before.")
    ] = False,
    form: Annotated[
        str, typer.Option("--format", help="html, pdf, pptx, xlsx, docx: one or more, with commas between.")
    ] = "html",
) -> None:
    """Check the records, run the notebooks, write the pages.

    Pages for owners and researchers are to pass on; pages for clinicians stay inside the clinic.
    """
    del fresh  # kept for those who call it: once, unchanged pages were taken over from the earlier run
    from outcomes.disclosure.limits import limits_for
    from outcomes.pages.formats import formats_of
    from outcomes.pages.run import RunOptions
    from outcomes.pages.run import run as run_notebooks

    options = RunOptions(
        str(mapping) if mapping else None,
        audience,
        tuple(only or ()),
        str(plan) if plan else None,
        new_series,
        formats_of(form),
    )
    with _progress() as tell:
        ran = run_notebooks(file, out, options=options, progress=tell)
    _say_what_was_made(file, ran, inside=not limits_for(audience).protects)


def _say_what_was_made(file: Path, ran: Any, *, inside: bool) -> None:
    from outcomes.words import counted

    typer.echo(f"{file.name}: {ran.account}")
    typer.echo(
        f"{counted(ran.n_sessions, 'session')} of {counted(ran.n_patients, 'patient')}; "
        f"{counted(len(ran.executed), 'page')} in {ran.seconds:.0f} s. Open {ran.out / 'index.html'}"
    )
    typer.echo(
        "For inside the clinic: not to be passed on." if inside else "To pass on: the folder as it is."
    )
    if ran.kept:
        typer.echo(f"Kept there, though no run made them: {', '.join(ran.kept)}.", err=True)
    if ran.n_warnings:
        typer.echo(
            f"{counted(ran.n_warnings, 'kind')} of implausible values; `outcomes check {file}` lists them.",
            err=True,
        )


@app.command()
def prepare(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="The clinic's file as it was exported.")],
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path(),
    mapping: MappingFile = None,
    redcap_dictionary: Annotated[
        Path | None, typer.Option(help="Data dictionary (CSV) of the REDCap project.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="File with the clinic's secret; by default clinic.key in the folder.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take what is sure, list the rest.")
    ] = False,
    form: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="Of the sessions: parquet or csv.")
    ] = "parquet",
) -> None:
    """Make safe records of a clinic's file: look at it, propose, ask, rewrite, de-identify, check.

    Writes sessions.parquet (or .csv), clinic.toml (the mapping, to keep) and prepared.html (what was done).
    """
    from outcomes.intake.prepare_files import prepare_file
    from outcomes.intake.prepare_report import report_text

    ask = None if yes or not (sys.stdin.isatty() and sys.stdout.isatty()) else _ask
    written = prepare_file(
        raw, out, mapping=mapping, dictionary=redcap_dictionary, key=key, form=form, ask=ask
    )
    typer.echo(report_text(written.done))
    if written.kept is not None:
        typer.echo(f"\nThe mapping that stood there before is now {written.kept}.")
    typer.echo(f"\nWritten: {written.sessions}, {written.mapping}, {written.report}")
    typer.echo(f"Next month: outcomes prepare NEW_FILE --mapping {written.mapping}")
    typer.echo(f"Now: outcomes run {written.sessions}")


def _ask(question: Any) -> str | None:
    """Ask on the terminal; an empty answer leaves the question open."""
    typer.echo(f"\n{question.asks}")
    answers = list(question.answers)
    for number, answer in enumerate(answers, start=1):
        typer.echo(f"  {number}  {answer}")
    while True:
        said = typer.prompt("Number (Enter: not known)", default="", show_default=False).strip()
        if not said:
            return None
        if said.isdigit() and 1 <= int(said) <= len(answers):
            return str(answers[int(said) - 1])
        typer.echo(f"A number from 1 to {len(answers)}, please.")


@app.command()
def check(
    file: Records,
    mapping: MappingFile = None,
    report: Annotated[
        Path | None, typer.Option(help="Write every problem to this .csv or .html file.")
    ] = None,
) -> None:
    """Check records and report every problem.

    Exit code 0: clean; 1: warnings only; 2: errors.
    """
    from outcomes.intake.left_out import lines_of_left_out
    from outcomes.intake.problems import grouped, write_report

    checked = _checked(file, mapping)
    problems = checked.problems
    typer.echo(f"{file.name}: {checked.account}")
    for line in checked.said:
        typer.echo(f"  {line}")
    for line in lines_of_left_out(checked.ignored, file.name):
        typer.echo(line)
    for line in grouped(problems):
        typer.echo(f"  - {line}")
    if report is not None:
        write_report(problems, report)
    kinds = problems.drop_duplicates(["column", "rule", "remedy"])["severity"]
    errors, warnings = int((kinds == "error").sum()), int((kinds == "warning").sum())
    typer.echo(_verdict(errors, warnings))
    if (problems["rule"] == "missing column").any() and mapping is None:
        typer.echo(
            f"To have a file of another layout looked at and read: outcomes prepare {shlex.quote(str(file))}"
        )
    raise typer.Exit(2 if errors else 1 if warnings else 0)


def _checked(file: Path, mapping: Path | None) -> Any:
    """What came of checking; a very large file is checked where it lies, in bounded memory."""
    from outcomes.intake.read import check_sessions

    if mapping is not None or not file.is_file() or file.stat().st_size <= LARGE:
        return check_sessions(file, mapping=mapping)
    from outcomes.intake.scan import check_scan

    typer.echo(
        f"{file.name} is large: errors are counted in one pass; warnings and lines are left out.",
        err=True,
    )
    with _progress() as tell:
        tell("checking the records", 0, 0)
        return check_scan(file)


def _verdict(errors: int, warnings: int) -> str:
    if errors:
        return f"{errors} kinds of error, {warnings} of warning: the records can be used once the errors are mended."
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
    from outcomes.files.write import csv_text, write_whole
    from outcomes.simulate.registry import write_registry
    from outcomes.simulate.sessions import simulate_sessions

    if scenario == "registry":
        with _progress() as tell:
            count = write_registry(
                out,
                patients or 600,
                seed=seed,
                progress=lambda done, total: tell("simulating patients", done, total),
            )
        typer.echo(f"{count:,} synthetic sessions in {out}")
        return
    sessions, _ = simulate_sessions(patients, seed=seed, scenario=scenario)
    if out.suffix == ".parquet":
        write_whole(out, sessions.to_parquet())
    else:
        write_whole(out, csv_text(sessions))
    typer.echo(
        f"{len(sessions):,} synthetic sessions of {sessions['patient_id'].nunique():,} patients in {out}"
    )


@app.command()
def template(out: Annotated[Path, typer.Argument(metavar="OUT", help="Workbook to write (.xlsx).")]) -> None:
    """Write an Excel workbook to type sessions into."""
    from outcomes.intake.forms.workbook import write_template

    write_template(out)
    typer.echo(f"{out}: type one session per row, then run `outcomes check {out}`.")


@app.command()
def plan() -> None:
    """Print the analysis plan: every threshold, window, model and family, to change and give to `run --plan`."""
    from outcomes.record.plan import shipped_plan_text

    typer.echo(shipped_plan_text(), nl=False)


@app.command()
def dictionary(
    form: Annotated[
        Literal["md", "csv", "redcap", "frictionless"],
        typer.Option("--format", help="md, csv, redcap or frictionless."),
    ] = "md",
    out: Annotated[Path | None, typer.Option(help="File to write; by default the text is printed.")] = None,
) -> None:
    """Print the data dictionary."""
    from outcomes.files.write import write_whole
    from outcomes.intake.forms.dictionary import data_dictionary

    text = data_dictionary(form)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_whole(out, text)


@app.command(name="map")
def draft(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A clinic's file.")] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="List the mappings that come with the suite.")
    ] = False,
) -> None:
    """Print a draft of a column mapping for a file, doubtful columns commented out."""
    from outcomes.intake.draft import draft_mapping
    from outcomes.intake.mapping import shipped_mappings

    if listed:
        for name, path in shipped_mappings().items():
            typer.echo(f"{name:20} {path.read_text(encoding='utf-8').splitlines()[0].lstrip('# ')}")
    elif file is not None:
        typer.echo(draft_mapping(file), nl=False)
    else:
        raise typer.BadParameter("Name a file, or give --list.")


@app.command()
def deidentify(
    raw: Annotated[Path, typer.Argument(metavar="RAW", help="Export with names, dates or record numbers.")],
    safe: Annotated[Path, typer.Argument(metavar="SAFE", help="CSV to write.")],
    key: Annotated[Path, typer.Option(help="File with the clinic's secret; made where there is none.")],
    generalise: Annotated[
        int | None, typer.Option(help="Widen bands until every group has so many patients.", min=2)
    ] = None,
    day_first: Annotated[
        bool | None, typer.Option("--day-first/--month-first", help="How to read a date such as 3/5/2024.")
    ] = None,
) -> None:
    """Make a safe table from a raw export: pseudonyms, days, bands; nothing that identifies a person."""
    from outcomes.deidentify.run import deidentify_file

    typer.echo(str(deidentify_file(raw, safe, key, generalise, day_first=day_first)))


@app.command()
def reduce(
    file: Records,
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="JSON file to write: sums and counts, no records.")
    ],
    formula: Annotated[str | None, typer.Option(help="Mixed model to reduce for.")] = None,
    flag: Annotated[str | None, typer.Option(help="Responder flag to count.")] = None,
    soreness: Annotated[bool, typer.Option("--soreness", help="Count hours of soreness.")] = False,
    by: Annotated[str, typer.Option(help="Groups of the counts.")] = "condition",
    mapping: MappingFile = None,
    i_am_inside: Annotated[
        bool,
        typer.Option("--i-am-inside", help="Write cells of few patients too: not to be passed on openly."),
    ] = False,
) -> None:
    """Reduce records to the sums another clinic may add to its own."""
    from outcomes.disclosure.limits import limits_for
    from outcomes.errors import ReductionError
    from outcomes.intake.read import read_sessions
    from outcomes.models.exchange import contents, refuse_identifiers, refuse_small_cells
    from outcomes.models.mixed.reduce import reduce_moments
    from outcomes.models.proportions.counts import reduce_counts
    from outcomes.models.survival.events import reduce_events

    if [formula is not None, flag is not None, soreness].count(True) != 1:
        raise ReductionError("Say what to reduce for: one of --formula, --flag or --soreness.")
    refuse_identifiers([by])
    sessions = read_sessions(file, mapping=mapping)
    if formula is not None:
        reduced: Any = reduce_moments(formula, sessions)
    elif flag is not None:
        reduced = reduce_counts(sessions, flag, by)
    else:
        reduced = reduce_events(sessions, by)
    least = limits_for("owner").least_patients
    if not i_am_inside:
        refuse_small_cells(reduced, least)
    reduced.to_json(out)
    typer.echo(f"{out}: {contents(reduced, least)}")


@app.command()
def pool(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Reductions of the same kind.")],
    out: Annotated[Path | None, typer.Option(help="Write the pooled reduction here.")] = None,
) -> None:
    """Add the reductions of several clinics and print the estimates of the pooled records as CSV."""
    from outcomes.files.write import csv_text
    from outcomes.models.exchange import estimates_of, pooled

    together = pooled(files)
    if out is not None:
        together.to_json(out)
    typer.echo(csv_text(estimates_of(together)), nl=False)


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


if __name__ == "__main__":
    script()
