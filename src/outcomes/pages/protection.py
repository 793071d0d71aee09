"""Records on their way to an audience: grouped first, protected together, compared with earlier runs.

Comes in: checked sessions, an audience, the folder of the export. Goes out: the sessions as notebooks may read them,
the tables as they may be shown, what the index and the manifest may say, and the history that the next run is held
against. For an audience inside the clinic nothing is changed and nothing is remembered.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.disclosure.attack import attack
from outcomes.disclosure.editions import edited
from outcomes.disclosure.gate import Wholes, protect_all
from outcomes.disclosure.history import History, Release
from outcomes.disclosure.limits import Limits, limits_for
from outcomes.disclosure.partition import wholes_of
from outcomes.disclosure.releases import RECORDS, Renewal, renewal
from outcomes.errors import DisclosureError

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.pages.tables import Gathered

__all__ = ["Protection"]

MAY_PASS = ("format", "made_by", "title", "synthetic", "citation", "times", "options", "seed", "plan")
"""What a manifest may say where it is passed on: of how the pages were made, nothing of the records."""


@dataclass
class Protection:
    """What stands between the records of a run and its pages.

    Attributes
    ----------
    limits : Limits
    sessions : pandas.DataFrame
        As notebooks may read them.
    renewal : Renewal or None
        What may be shown anew, given earlier releases; None for an audience inside the clinic.
    """

    limits: Limits
    sessions: pd.DataFrame
    renewal: Renewal | None = None
    _shown: dict[str, pd.DataFrame] = field(default_factory=dict)
    _release: Release | None = None

    @classmethod
    def of(cls, sessions: pd.DataFrame, audience: str, out: Path, *, new_series: bool = False) -> Protection:
        """Group the records for an audience, given what earlier exports showed.

        Raises
        ------
        DisclosureError
            Where the history of earlier releases is gone or damaged.
        """
        limits = limits_for(audience)
        if not limits.protects:
            return cls(limits, sessions)
        history = History.open(out.absolute().parent, before=_released(out), new_series=new_series)
        shown, found = renewal(sessions, limits, history)
        return cls(limits, shown, found)

    def shown(self, gathered: Gathered) -> dict[str, pd.DataFrame]:
        """What may be shown of every table of a run, all considered together."""
        tables = {key: gathered[key][0] for key in sorted(gathered)}
        reference = [key for key, (_, kind) in gathered.items() if kind == "reference"]
        computed, wholes = {}, None
        if self.renewal is not None:
            wholes = wholes_of(self.sessions)
            computed = edited(
                {key: table for key, table in tables.items() if key not in reference}, self.limits.audience
            )
            computed[RECORDS] = _records(self.sessions, wholes)
        found = protect_all({**tables, **computed}, self.limits.audience, reference=reference, wholes=wholes)
        self._shown = {key: protected.table for key, protected in found.items()}
        if self.renewal is not None:
            renewed, self._release = self.renewal.shown({key: self._shown[key] for key in computed}, computed)
            self._shown |= renewed
        return self._shown

    @property
    def records(self) -> pd.DataFrame | None:
        """Who is in the records, as it may be shown; None for an audience inside the clinic."""
        return self._shown.get(RECORDS)

    def about(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """What the manifest may say: of the records, where it is passed on, no more than the pages."""
        if self.renewal is None:
            return {**about, "for": "inside the clinic"}
        passed_on = {key: about[key] for key in MAY_PASS if key in about}
        release = {"series": self.renewal.history.series, "number": self.renewal.number}
        return {**passed_on, "for": "to pass on", "release": release}

    def attack(self, folder: Path) -> None:
        """Read the finished pages as a stranger would, and stop where that gives a small group away.

        Raises
        ------
        DisclosureError
            Naming the tables; nothing is written then.
        """
        found = attack(folder, self.limits.least_patients) if self.renewal is not None else []
        if found:
            said = "; ".join(str(finding) for finding in found[:5])
            raise DisclosureError(
                f"From these pages a group of fewer than {self.limits.least_patients} could be worked out ({said}), so "
                "nothing was written. Run it for the audience clinician instead, and report this: it is a fault."
            )

    def remember(self) -> None:
        """Write what is shown into the history, before it is shown."""
        if self.renewal is not None and self._release is not None:
            self.renewal.history.saved(self._release)


def _records(sessions: pd.DataFrame, counts: Wholes) -> pd.DataFrame:
    """Everybody and each condition: patients and sessions."""
    import pandas as pd

    from outcomes.questions.answers import in_order

    conditions = in_order(sessions["condition"].dropna().unique())
    rows = [{"condition": "all", **counts[frozenset()]}]
    rows += [{"condition": name, **counts[frozenset([("condition", name)])]} for name in conditions]
    return pd.DataFrame(rows).astype({"patients": "int64", "sessions": "int64"}).assign(note="")


def _released(out: Path) -> tuple[str, int] | None:
    """The series and release of the export that stands at a place; None where there is none."""
    try:
        release = json.loads((out / "manifest.json").read_text("utf-8"))["release"]
        return str(release["series"]), int(release["number"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
