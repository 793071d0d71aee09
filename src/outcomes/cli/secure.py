"""`outcomes secure`: the steps of a masked sum, each a small file to send on (docs/privacy.md, "Masked sums")."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from outcomes.cli.arguments import MappingFile, PlanFile, Records

__all__ = ["secure"]

secure = typer.Typer(
    help="Add up clinics' sums so that nobody, whoever adds them included, reads one clinic's.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Out = Annotated[Path, typer.Option(help="File to write.")]
RoundFile = Annotated[Path, typer.Argument(metavar="ROUND", help="What `secure start` wrote.")]


@secure.command("invite")
def invite(
    formula: Annotated[
        str | None, typer.Option(help="Mixed model to add up for; everything a study asks for unless given.")
    ] = None,
    out: Out = Path("invitation.json"),
    most_sessions: Annotated[int, typer.Option(help="The most sessions that a patient may have.")] = 60,
    plan: PlanFile = None,
) -> None:
    """Whoever adds: begin a round, and say what is added up."""
    from outcomes.models.secure import rounds

    with _plan(plan):
        _write(out, rounds.invite(formula, most_sessions=most_sessions))
    typer.echo(f"{out}: to send to every clinic.")


@secure.command("join")
def join(
    invitation: Annotated[Path, typer.Argument(metavar="INVITATION", help="What `secure invite` wrote.")],
    name: Annotated[str, typer.Option(help="What the clinic is called in messages.")],
) -> None:
    """Each clinic: accept an invitation, with NAME.public.json to send back and NAME.secret.json to keep."""
    from outcomes.models.secure import rounds
    from outcomes.models.secure.secret_file import write_secret

    keys, member = rounds.join(_read(invitation, rounds.Invitation), name)
    secret, public = Path(f"{name}.secret.json"), Path(f"{name}.public.json")
    write_secret(secret, keys)
    _write(public, member)
    typer.echo(f"{public}: to send back. {secret}: to keep, and to show to nobody.")


@secure.command("start")
def start(
    invitation: Annotated[Path, typer.Argument(metavar="INVITATION", help="What `secure invite` wrote.")],
    members: Annotated[list[Path], typer.Argument(metavar="PUBLIC...", help="What the clinics sent back.")],
    out: Out = Path("round.json"),
) -> None:
    """Whoever adds: put together everybody who joined."""
    from outcomes.models.secure import rounds

    begun = rounds.start(
        _read(invitation, rounds.Invitation), [_read(member, rounds.Member) for member in members]
    )
    _write(out, begun)
    _say_round(begun)
    typer.echo(f"{out}: to send to every clinic.")


@secure.command("look")
def look(round_file: RoundFile) -> None:
    """Each clinic: see who is in a round, and its fingerprint."""
    from outcomes.models.secure import rounds

    _say_round(_read(round_file, rounds.Round))


@secure.command("mask")
def mask(
    round_file: RoundFile,
    file: Records,
    secret: Annotated[Path, typer.Option(help="What joining left here; it serves once.")],
    fingerprint: Annotated[str, typer.Option(help="Of the round, as another clinic read it out.")],
    out: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    mapping: MappingFile = None,
    plan: PlanFile = None,
) -> None:
    """Each clinic: reduce the records and mask the sums, a file to hand in."""
    from outcomes.intake.read import read_sessions
    from outcomes.models.mixed.reduce import reduce_moments
    from outcomes.models.secure import rounds
    from outcomes.models.secure.secret_file import read_secret, spend_secret
    from outcomes.models.secure.study_layout import StudyLayout
    from outcomes.models.study import reduce_study

    begun, keys = _read(round_file, rounds.Round), read_secret(secret)
    layout = begun.invitation.layout
    with _plan(plan):
        sessions = read_sessions(file, mapping=mapping)
        whole = isinstance(layout, StudyLayout)
        reduced: Any = reduce_study(sessions) if whole else reduce_moments(layout.formula, sessions)
        masked = rounds.mask(begun, reduced, keys, fingerprint=fingerprint)
    spend_secret(secret)
    to = out or Path(f"{masked.name}.masked.json")
    _write(to, masked)
    typer.echo(f"{to}: to hand in. Alone it says nothing.")


@secure.command("add")
def add(
    round_file: RoundFile,
    files: Annotated[list[Path], typer.Argument(metavar="MASKED...", help="What every clinic handed in.")],
    out: Annotated[
        Path | None, typer.Option(help="Write the pooled reduction here; of a study, clinics.outcomes.")
    ] = None,
    plan: PlanFile = None,
    i_am_inside: Annotated[
        bool,
        typer.Option("--i-am-inside", help="Write cells of few patients too: not to be passed on openly."),
    ] = False,
) -> None:
    """Whoever adds: add what all clinics handed in; print the estimates of one model, write the file of a study."""
    from outcomes.models.secure import rounds
    from outcomes.models.study import Study

    with _plan(plan):
        begun = _read(round_file, rounds.Round)
        pooled = rounds.unmask(begun, [_read(file, rounds.Masked) for file in files])
        if isinstance(pooled, Study):
            _add_study(pooled, out or Path("clinics.outcomes"), inside=i_am_inside)
        else:
            _add_model(pooled, out, inside=i_am_inside)


def _add_study(pooled: Any, out: Path, *, inside: bool) -> None:
    from outcomes.models.study_file import refuse_small_parts, write_study

    if not inside:
        refuse_small_parts(pooled, _least())
    write_study(pooled, out)
    typer.echo(f"{out}: the sums of {pooled.clinics} clinics. `outcomes pool {out}` makes the page.")


def _add_model(pooled: Any, out: Path | None, *, inside: bool) -> None:
    from outcomes.files.write import csv_text
    from outcomes.models.exchange import estimates_of, refuse_small_cells

    if out is not None:
        if not inside:
            refuse_small_cells(pooled, _least())
        pooled.to_json(out)
    typer.echo(csv_text(estimates_of(pooled)), nl=False)


def _least() -> int:
    from outcomes.disclosure.limits import limits_for

    return limits_for("owner").least_patients


def _plan(plan: Path | None) -> Any:
    """The plan of the round in use."""
    from outcomes.record.plan import active_plan, read_plan, use_plan

    return use_plan(read_plan(plan) if plan else active_plan())


def _say_round(begun: Any) -> None:
    names = ", ".join(member.name for member in begun.members)
    typer.echo(f"{len(begun.members)} clinics: {names}. {begun.invitation.layout.formula}")
    typer.echo(f"Fingerprint, to compare with another clinic over the telephone: {begun.fingerprint}")


def _read(path: Path, kind: type[Any]) -> Any:
    from outcomes.errors import ReductionError
    from outcomes.models.secure.rounds import from_text

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise ReductionError(f"{path} cannot be read. Check the name and the folder.") from None
    try:
        return from_text(text, kind)
    except ReductionError as error:
        raise ReductionError(f"{path}: {error}") from None


def _write(path: Path, what: Any) -> None:
    from outcomes.files.write import write_whole
    from outcomes.models.secure.rounds import as_text

    write_whole(path, as_text(what))
