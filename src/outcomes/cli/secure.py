"""`outcomes secure`: the steps of a masked sum, each a small file to send on (docs/privacy.md, "Masked sums")."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from outcomes.cli.arguments import MappingFile, Records

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
    formula: Annotated[str, typer.Option(help="Mixed model to add up for.")],
    out: Out = Path("invitation.json"),
    most_sessions: Annotated[int, typer.Option(help="The most sessions that a patient may have.")] = 60,
) -> None:
    """Whoever adds: begin a round, and say what is added up."""
    from outcomes.models.secure import rounds

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
) -> None:
    """Each clinic: reduce the records and mask the sums, a file to hand in."""
    from outcomes.intake.read import read_sessions
    from outcomes.models.mixed.reduce import reduce_moments
    from outcomes.models.secure import rounds
    from outcomes.models.secure.secret_file import read_secret, spend_secret

    begun, keys = _read(round_file, rounds.Round), read_secret(secret)
    moments = reduce_moments(begun.invitation.layout.formula, read_sessions(file, mapping=mapping))
    masked = rounds.mask(begun, moments, keys, fingerprint=fingerprint)
    spend_secret(secret)
    to = out or Path(f"{masked.name}.masked.json")
    _write(to, masked)
    typer.echo(f"{to}: to hand in. Alone it says nothing.")


@secure.command("add")
def add(
    round_file: RoundFile,
    files: Annotated[list[Path], typer.Argument(metavar="MASKED...", help="What every clinic handed in.")],
    out: Annotated[Path | None, typer.Option(help="Write the pooled reduction here.")] = None,
    i_am_inside: Annotated[
        bool,
        typer.Option("--i-am-inside", help="Write cells of few patients too: not to be passed on openly."),
    ] = False,
) -> None:
    """Whoever adds: add what all clinics handed in, and print the estimates of all records as CSV."""
    from outcomes.disclosure.limits import limits_for
    from outcomes.files.write import csv_text
    from outcomes.models.exchange import estimates_of, refuse_small_cells
    from outcomes.models.secure import rounds

    pooled = rounds.unmask(_read(round_file, rounds.Round), [_read(file, rounds.Masked) for file in files])
    if out is not None:
        if not i_am_inside:
            refuse_small_cells(pooled, limits_for("owner").least_patients)
        pooled.to_json(out)
    typer.echo(csv_text(estimates_of(pooled)), nl=False)


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
