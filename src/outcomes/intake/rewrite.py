"""Whole columns of text rewritten as the record writes them, and a list of every rewriting.

Comes in: columns of text under the record's names, and the clinic's choices. Goes out: the same columns, with what
``values.py`` reads in the place of what people wrote, and a :class:`Rewriting` per distinct text: what it became, how,
and in how many cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from outcomes.files.columns import Columns
from outcomes.intake.values import Choices, Reading, read_value
from outcomes.record.columns import COLUMNS, MOVEMENT_COLUMNS, Column
from outcomes.record.measures import MOVEMENTS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rewriting", "rewritten"]

_WITH_MOVEMENT = ("rom_pre", "rom_post", "rom_48h")


@dataclass(frozen=True)
class Rewriting:
    """A text of the file and what it became.

    Attributes
    ----------
    column, theirs : str
    became : str
        Blank where it is missing now.
    how : str
    kind : {"rewritten", "flagged", "not recorded", "unclear"}
    cells : int
    """

    column: str
    theirs: str
    became: str
    how: str
    kind: Literal["rewritten", "flagged", "not recorded", "unclear"]
    cells: int


def rewritten(
    columns: Mapping[str, pd.Series], choices: Choices, units: Mapping[str, str]
) -> tuple[Columns, list[Rewriting]]:
    """Rewrite the columns of the record that are there.

    Parameters
    ----------
    columns : mapping of str to pandas.Series
        Text, blank as missing.
    choices : Choices
    units : mapping of str to str
        Column to what a number without a unit means in it.

    Returns
    -------
    Columns
        With columns that a text also answers: ``side``, ``soreness_free_h``, ``soreness_ongoing``.
    list of Rewriting
    """
    out, said = Columns(columns), list[Rewriting]()
    for c in sorted(
        (*COLUMNS, *MOVEMENT_COLUMNS), key=lambda c: c.name != "followup_h" and c.name != "rom_movement"
    ):
        if c.name in columns:
            own = replace(choices, unit=units.get(c.name))
            for part, choice in _parts(c, out, own):
                said += _rewrite(c, out, part, choice)
    return out, [*said, *_still_sore(out)]


def _parts(c: Column, out: Mapping[str, pd.Series], choices: Choices) -> Iterator[tuple[pd.Series, Choices]]:
    """The cells of a column, by movement where what they may say hangs on it."""
    cells = out[c.name]
    if c.name in _WITH_MOVEMENT and "rom_movement" in out:
        for movement, part in cells.groupby(out["rom_movement"].fillna("")):
            yield part, replace(choices, movement=str(movement) or None)
    else:
        own = c.name.removeprefix("rom_").rpartition("_")[0]
        yield cells, replace(choices, movement=own) if own in MOVEMENTS else choices


def _rewrite(c: Column, out: Columns, cells: pd.Series, choices: Choices) -> list[Rewriting]:
    counts = cells.value_counts()
    texts = map(str, counts.index)
    changed = {text: reading for text in texts if (reading := read_value(c, text, choices)) is not None}
    if not changed:
        return []
    hit = cells.isin(list(changed))
    rewrites = cells[hit]
    for name in dict.fromkeys((c.name, *(name for reading in changed.values() for name in reading.values))):
        values = rewrites.map({text: reading.values.get(name) for text, reading in changed.items()}).astype(
            "str"
        )
        _put(out, name, values, own=name == c.name)
    return [_said(c, text, reading, int(counts[text])) for text, reading in changed.items()]


def _put(out: Columns, name: str, values: pd.Series, *, own: bool) -> None:
    """Put values into a column: its own texts are replaced, another column is filled only where it is blank."""
    import pandas as pd

    if name not in out:
        index = next(iter(out.values())).index
        out[name] = pd.Series(None, index=index, dtype="str")
    now = out[name]
    taken = values if own else values[now.loc[values.index].isna() & values.notna()]
    merged = now.copy()
    merged.loc[taken.index] = taken
    out[name] = merged


def _said(c: Column, text: str, reading: Reading, cells: int) -> Rewriting:
    others = [f"{name} {value}" for name, value in reading.values.items() if name != c.name]
    became = ", ".join([*([reading.values[c.name]] if c.name in reading.values else []), *others])
    return Rewriting(c.name, text, became, reading.how, reading.kind, cells)


def _still_sore(out: Columns) -> list[Rewriting]:
    """Still sore when asked, and no hour given: as sore as long as until the follow-up; unclear where that is blank."""
    if "soreness_ongoing" not in out:
        return []
    import pandas as pd

    ongoing = out["soreness_ongoing"]
    hours = out.get("soreness_h", pd.Series(None, index=ongoing.index, dtype="str"))
    asked = out.get("followup_h", pd.Series(None, index=ongoing.index, dtype="str"))
    unsaid = ongoing.str.casefold().isin(("true", "yes", "1", "y")) & hours.isna()
    known, unknown = unsaid & asked.notna(), unsaid & asked.isna()
    out["soreness_h"] = hours.where(~known, asked)
    out["soreness_ongoing"] = ongoing.mask(unknown)
    found = []
    if known.any():
        how = "sore until the follow-up at least"
        found.append(Rewriting("soreness_h", "still sore", "followup_h", how, "rewritten", int(known.sum())))
    if unknown.any():
        how = "still sore, but not known when that was asked"
        found.append(Rewriting("soreness_h", "still sore", "", how, "unclear", int(unknown.sum())))
    return found
