"""One round of a masked sum, from its invitation to the pooled reduction.

    invitation ──► each clinic joins: public keys ──► the round, with everybody's ──► each clinic masks ──► the sum

Whoever adds sees masked files, of which one alone, or all but one, say nothing, and the sum. A clinic's keys serve one
round. Refused: fewer than three clinics, files of another round, files that were changed, and a sum that a clinic is
missing from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from outcomes.errors import ReductionError
from outcomes.models.mixed.moments import Moments
from outcomes.models.secure.fixed_point import MOST_PARTS, WIDTH, added, decoded, encoded
from outcomes.models.secure.keys import ClinicKeys, signed_by
from outcomes.models.secure.layout import Layout, layout_of
from outcomes.models.secure.study_layout import StudyLayout, study_layout
from outcomes.models.study import Study

__all__ = [
    "Invitation",
    "Masked",
    "Member",
    "Round",
    "as_text",
    "from_text",
    "invite",
    "join",
    "mask",
    "start",
    "unmask",
]

LEAST_CLINICS = 3
"""With two, each would read the other's sums by taking its own from the total."""


@dataclass(frozen=True)
class Invitation:
    """What is to be added, and a number that no other round has.

    Attributes
    ----------
    layout : Layout or StudyLayout
    nonce : str
    """

    layout: Layout | StudyLayout
    nonce: str


@dataclass(frozen=True)
class Member:
    """A clinic as the others know it.

    Attributes
    ----------
    name : str
    nonce : str
        Of the invitation it accepts.
    agreement, signature : bytes
        Its public keys.
    """

    name: str
    nonce: str
    agreement: bytes
    signature: bytes


@dataclass(frozen=True)
class Round:
    """An invitation and everybody who accepted it.

    Attributes
    ----------
    invitation : Invitation
    members : tuple of Member
        By name.
    """

    invitation: Invitation
    members: tuple[Member, ...]

    @cached_property
    def digest(self) -> bytes:
        """A hash of all there is to the round; masks and signatures are bound to it."""
        members = [[m.name, m.agreement.hex(), m.signature.hex()] for m in self.members]
        whole = {"layout": asdict(self.invitation.layout), "nonce": self.invitation.nonce, "members": members}
        return hashlib.sha256(json.dumps(whole, sort_keys=True, allow_nan=False).encode()).digest()

    @property
    def fingerprint(self) -> str:
        """Eight groups of four, to be read out over the telephone: the same for all, or somebody was put in between."""
        text = self.digest.hex()[:32]
        return "-".join(text[at : at + 4] for at in range(0, 32, 4))


@dataclass(frozen=True)
class Masked:
    """What a clinic hands in.

    Attributes
    ----------
    name : str
    digest : bytes
        Of the round.
    numbers : bytes
        Its numbers and all its masks.
    signature : bytes
    """

    name: str
    digest: bytes
    numbers: bytes
    signature: bytes

    @property
    def message(self) -> bytes:
        """What is signed."""
        return self.digest + self.name.encode() + b"\0" + self.numbers


def invite(formula: str | None = None, **options: Any) -> Invitation:
    """Begin a round.

    Parameters
    ----------
    formula : str, optional
        Of one mixed model; everything a study asks for unless given.
    **options
        As :func:`outcomes.models.secure.layout.layout_of` takes them: ``levels``, ``most_sessions``, ``centres``; or
        as :func:`outcomes.models.secure.study_layout.study_layout` does.
    """
    layout = study_layout(**options) if formula is None else layout_of(formula, **options)
    return Invitation(layout, secrets.token_hex(16))


def join(invitation: Invitation, name: str) -> tuple[ClinicKeys, Member]:
    """Accept an invitation: new keys, of which the private ones stay, and what the others may know.

    Parameters
    ----------
    invitation : Invitation
    name : str
        What the clinic is called in messages.
    """
    keys = ClinicKeys.fresh()
    return keys, Member(name, invitation.nonce, *keys.public)


def start(invitation: Invitation, members: Sequence[Member]) -> Round:
    """Put together everybody who joined.

    Raises
    ------
    ReductionError
        Where they are fewer than three, too many, accepted another invitation, or have a name or a key in common.
    """
    if not LEAST_CLINICS <= len(members) <= MOST_PARTS:
        raise ReductionError(
            f"A masked sum is of {LEAST_CLINICS} to {MOST_PARTS} clinics, found {len(members)}: of two, each could "
            "take its own sums from the total and read the other's."
        )
    for what, of in _DISTINCT.items():
        if len({of(m) for m in members}) < len(members):
            raise ReductionError(
                f"Two clinics have the same {what}. Each joins once, under a name of its own."
            )
    others = [m.name for m in members if m.nonce != invitation.nonce]
    if others:
        raise ReductionError(f"{others[0]} joined another round. Ask it to join this one.")
    return Round(invitation, tuple(sorted(members, key=lambda m: m.name)))


_DISTINCT: dict[str, Callable[[Member], Any]] = {
    "name": lambda m: m.name,
    "key": lambda m: m.agreement,
    "signature key": lambda m: m.signature,
}


def mask(of: Round, reduction: Moments | Study, keys: ClinicKeys, *, fingerprint: str) -> Masked:
    """Add to a clinic's numbers the masks it shares with every other clinic.

    Parameters
    ----------
    of : Round
    reduction : Moments or Study
        The clinic's.
    keys : ClinicKeys
        To be thrown away then: two files of one round under the same keys differ by what their numbers differ by.
    fingerprint : str
        Of the round, as another clinic read it out: whoever adds could otherwise have put keys of its own in the round.

    Raises
    ------
    ReductionError
        Where the fingerprint is another, the keys are not in the round, or the reduction does not fit.
    """
    if _plain(fingerprint) != _plain(of.fingerprint):
        raise ReductionError(
            "The fingerprint is not that of this round. Compare with another clinic, over the telephone: if theirs "
            "is another, whoever adds did not give everybody the same round. Nothing was masked."
        )
    agreement, signature = keys.public
    own = [m for m in of.members if (m.agreement, m.signature) == (agreement, signature)]
    if not own:
        raise ReductionError("These keys are not in the round. Join again, and ask for a new round.")
    layout = of.invitation.layout
    numbers = [encoded(_values(layout, reduction))]
    numbers += [
        keys.mask(m.agreement, of.digest, layout.length) for m in of.members if m.agreement != agreement
    ]
    unsigned = Masked(own[0].name, of.digest, added(numbers), b"")
    return Masked(unsigned.name, unsigned.digest, unsigned.numbers, keys.sign(unsigned.message))


def _values(layout: Any, reduction: Any) -> Iterator[float]:
    """A layout's numbers; a reduction of another kind is refused by the layout."""
    found: Iterator[float] = layout.values(reduction)
    return found


def _plain(fingerprint: str) -> str:
    return "".join(fingerprint.casefold().replace("-", " ").split())


def unmask(of: Round, parts: Sequence[Masked]) -> Moments | Study:
    """Add what all clinics handed in: their masks cancel, and the sum is the reduction of all records.

    Raises
    ------
    ReductionError
        Where a file is missing, there twice, of another round, or not as its clinic signed it.
    """
    members = {m.name: m for m in of.members}
    for part in parts:
        member = members.get(part.name)
        if member is None or part.digest != of.digest:
            raise ReductionError(
                f"The file of {part.name!r} is of another round. Ask for that of this round."
            )
        if len(part.numbers) != WIDTH * of.invitation.layout.length or not signed_by(
            member.signature, part.signature, part.message
        ):
            raise ReductionError(
                f"The file of {part.name} is not as that clinic signed it. Ask for it again."
            )
    names = [part.name for part in parts]
    twice = [name for name in members if names.count(name) > 1]
    if twice:
        raise ReductionError(f"The file of {twice[0]} is there twice. Name each once.")
    missing = [name for name in members if name not in names]
    if missing:
        raise ReductionError(
            f"Without {', '.join(missing)} nothing can be read: the masks of the others do not cancel. Wait for it, or "
            "begin a new round without it, and then never add a file of this one."
        )
    return of.invitation.layout.reduction(decoded(added([part.numbers for part in parts])))


# --- files --------------------------------------------------------------------------------------------------------


def as_text(what: Invitation | Member | Round | Masked | ClinicKeys) -> str:
    """As JSON text; bytes in base 64."""
    body = {"format": _FORMATS[type(what)], **asdict(what)}
    return json.dumps(body, default=lambda raw: base64.b64encode(raw).decode(), allow_nan=False) + "\n"


def from_text(text: str, kind: type[Any]) -> Any:
    """Read what :func:`as_text` wrote.

    Raises
    ------
    ReductionError
        Where it is something else, or damaged.
    """
    try:
        body = json.loads(text)
        if body.pop("format") != _FORMATS[kind]:
            raise ValueError(kind)
        return _READERS[kind](body)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ReductionError(
            f"This is not {_NOUNS[kind]}, or it was damaged on its way. Ask for it again."
        ) from None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _invitation(body: dict[str, Any]) -> Invitation:
    layout = body["layout"]
    if "formula" not in layout:
        of_study = StudyLayout(int(layout["most_sessions"]), str(layout["plan"]))
        return Invitation(of_study, str(body["nonce"]))
    levels = {str(name): tuple(those) for name, those in layout["levels"].items()}
    centres = {str(name): float(value) for name, value in layout["centres"].items()}
    most = int(layout["most_sessions"])
    return Invitation(
        Layout(str(layout["formula"]), levels, most, centres, str(layout["plan"])), str(body["nonce"])
    )


def _member(body: dict[str, Any]) -> Member:
    return Member(str(body["name"]), str(body["nonce"]), _bytes(body["agreement"]), _bytes(body["signature"]))


_FORMATS = {
    kind: f"outcomes-secure-{kind.__name__.lower()}/1"
    for kind in (Invitation, Member, Round, Masked, ClinicKeys)
}
_NOUNS = {
    Invitation: "an invitation", Member: "a clinic's public keys", Round: "a round", Masked: "a masked file",
    ClinicKeys: "a clinic's private keys",
}  # fmt: skip
_READERS: dict[type[Any], Callable[[dict[str, Any]], Any]] = {
    Invitation: _invitation,
    Member: _member,
    Round: lambda body: start(_invitation(body["invitation"]), [_member(m) for m in body["members"]]),
    Masked: lambda body: Masked(
        str(body["name"]), _bytes(body["digest"]), _bytes(body["numbers"]), _bytes(body["signature"])
    ),
    ClinicKeys: lambda body: ClinicKeys(_bytes(body["agreement"]), _bytes(body["signature"])),
}
