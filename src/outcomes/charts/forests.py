"""Forest charts: one row per condition or outcome, an estimate with its interval, and what to hold it against.

Comes in: protected estimates per condition, or slopes and ratios per outcome. Goes out: the Axes. A row without an
estimate is kept, in grey, with the reason. Refuses several measures on one axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.charts.forest import BAR, CARET, Forest, Reference, draw_forest
from outcomes.charts.rows import known_measure
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import GREY
from outcomes.questions.literature import bands
from outcomes.record.conditions import CONDITIONS, condition
from outcomes.record.measures import Measure, movement
from outcomes.words import count_text, interval_text, listed, number, percent_text, sentence

__all__ = ["Scale", "association_forest", "condition_forest", "rate_forest", "slopes"]


@dataclass(frozen=True)
class Scale:
    """What an association is measured in: the axis, its value of no relation, what lies on either side.

    ``times`` multiplies estimates for the axis, e.g. 10 for a slope per ten.
    """

    axis: str
    null: float = 0.0
    sides: tuple[str, str, str] = ("less", "no relation", "more")
    times: float = 1.0


POINTS = Scale("Points per ten twitches", times=10.0)
MODELS = {"with insertions": "at an equal number of insertions", "twitches alone": "insertions not regarded"}
"""What the models are called on a chart."""


@chart("condition", "estimate", "conf_low", "conf_high")
def condition_forest(sheet: Sheet) -> None:
    """Draw the change in every condition, right after and at two days, against the smallest change that matters.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``time`` (post, 48h), ``measure``
        (pain_relief unless said), ``patients``, ``sessions``, ``capture_rate``, ``note``, ``movement``, and
        ``expected_change`` and ``null_benchmark_flare`` (what regression to the mean alone would give, with sessions
        booked in advance and if everybody came on a bad day). Protected.
    """
    rows, series = sheet.rows, sheet.series
    what = known_measure(rows, "pain_relief", chart=sheet.chart)
    forest = Forest(
        rows=rows,
        series=series,
        null=0.0 if what.null_value is None else what.null_value,
        axis=f"{what.label} ({_unit(what, rows)})",
        sides=("worse", "no change", "better"),
        references=_change_references(what, rows),
        bands=bands(what.name, sheet.labels) if "time" in rows.columns else {},
        columns=(("estimate (95 % interval)", _interval()), ("patients", _patients), *_reached(rows)),
    )
    question = f"How large was the {what.label.lower()}{_when(series)}, in each condition?"
    note = f"Means at each {_row_noun(rows)}'s own mean before the session. {sheet.counts()}".strip()
    draw_forest(sheet, forest, question, note)


@chart("condition", "estimate", "conf_low", "conf_high", renamed={"proportion": "estimate"})
def rate_forest(
    sheet: Sheet, *, label: str = "Share of sessions with relief that matters", unit: str = "share"
) -> None:
    """Draw a rate or proportion per condition, next to what would be seen with no effect at all.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate`` (or ``proportion``), ``conf_low, conf_high``; used where there: ``time``,
        ``null_benchmark``, ``null_benchmark_flare``, ``patients``, ``sessions``, ``capture_rate``, ``note``. Shares are
        between 0 and 1.
    label, unit : str
        What is drawn; ``unit="share"`` shows percentages, any other unit shows numbers in that unit.
    """
    rows, share = sheet.rows, unit == "share"
    estimate = ("estimate (95 % interval)", _interval(share=share))
    forest = Forest(
        rows=rows,
        series=sheet.series,
        null=None,
        axis=f"{label} ({'%' if share else unit})",
        references=_without_effect("expected with no effect at all", rows, "null_benchmark"),
        columns=(estimate, ("patients", _patients), *_reached(rows)),
        share=share,
    )
    draw_forest(sheet, forest, f"{label}{_when(sheet.series)}, in each condition", sheet.counts())


@chart("condition", "estimate", "conf_low", "conf_high")
def slopes(sheet: Sheet, *, label: str | None = None) -> None:
    """Draw one slope per condition: shrunk towards the common slope, and the unshrunk one.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``estimate_unshrunk``, ``null_benchmark`` (the
        slope with no effect at all), ``patients``, ``sessions``, ``note``.
    label : str, optional
        What the slope is, for the axis; relief later per point of relief right after unless said.
    """
    rows, first, later = sheet.rows, sheet.labels["post"], sheet.labels["48h"]
    everyone = frozenset(rows["condition"])
    alone = Reference(
        "condition taken alone, not shrunk",
        CARET,
        6.0,
        GREY,
        _values(rows, "estimate_unshrunk"),
        hollow=everyone,
    )
    nothing = Reference("with no effect at all", BAR, 15.0, GREY, _values(rows, "null_benchmark"))
    forest = Forest(
        rows=rows,
        series=dict.fromkeys(sheet.series, "slope, shrunk towards the common one"),
        null=0.0,
        axis=label or f"Relief {later} per point of relief {first}",
        sides=("opposite", "no relation", "together"),
        references=tuple(found for found in (nothing, alone) if found.values),
        decimals=2,
        columns=(("slope (95 % interval)", _interval(decimals=2)), ("patients", _patients)),
    )
    draw_forest(
        sheet, forest, f"Does relief {first} foretell relief {later}, in each condition?", sheet.counts()
    )


@chart(
    "condition", "estimate", "conf_low", "conf_high",
    renamed={"ratio": "estimate", "outcome": "condition", "model": "time"},
)  # fmt: skip
def association_forest(
    sheet: Sheet, *, scale: Scale = POINTS, labels: Mapping[str, str] | None = None
) -> None:
    """Draw how outcomes go with a dose, in one or several models.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``outcome`` (the rows), ``estimate`` (or ``ratio``), ``conf_low, conf_high``; used where there: ``model`` (a
        mark each), ``patients``, ``sessions``, ``note``. Protected.
    scale : Scale
        Axis, value of no relation, and the words on its sides.
    labels : mapping, optional
        Plain words for the outcomes.
    """
    words = {
        name: sentence((labels or {}).get(name, name.replace("_", " "))).rstrip(".")
        for name in sheet.rows["condition"]
    }
    scaled = {name: scale.times * sheet.rows[name] for name in ("estimate", "conf_low", "conf_high")}
    rows = sheet.rows.assign(condition=sheet.rows["condition"].map(words), **scaled)
    forest = Forest(
        rows=rows,
        series={model: MODELS.get(model, model) for model in dict.fromkeys(rows.get("time", [""]))},
        null=scale.null,
        axis=scale.axis,
        sides=scale.sides,
        columns=(("estimate (95 % interval)", _interval(decimals=2)), ("patients", _patients)),
        decimals=2,
        groups=tuple(dict.fromkeys(rows["condition"])),
    )
    drawn = draw_forest(
        sheet, forest, "What goes with more twitches, in the same patient?", sheet.counts(by="outcome")
    )
    drawn.xaxis.set_major_formatter(lambda value, _: number(value, 2))


def _when(series: Mapping[str, str]) -> str:
    """Readings shown, as a part of a sentence."""
    when = listed([label for label in series.values() if label], none="")
    return f" {when}" if when else ""


def _interval(**form: Any) -> Callable[[Any], str]:
    return lambda row: interval_text(row.estimate, row.conf_low, row.conf_high, **form)


def _patients(row: Any) -> str:
    return count_text(getattr(row, "patients", float("nan")))


def _reached(rows: pd.DataFrame) -> tuple[tuple[str, Callable[[Any], str]], ...]:
    """Column of the share of sessions with the reading, where the table holds it."""
    if "capture_rate" not in rows.columns:
        return ()
    return (("recorded", lambda row: percent_text(row.capture_rate)),)


def _unit(what: Measure, rows: pd.DataFrame) -> str:
    if what.unit != "per movement":
        return f"{what.unit} of 0–10" if what.unit == "points" else what.unit
    units = {movement(name).unit for name in rows.get("movement", pd.Series(dtype=object)) if name}
    return listed(sorted(units), "or", none="unit of each movement")


def _values(rows: pd.DataFrame, column: str) -> dict[tuple[str, str], float]:
    """Values of a column by condition and series, where there are any."""
    if column not in rows.columns:
        return {}
    series = rows["time"] if "time" in rows.columns else [""] * len(rows)
    found = zip(rows["condition"], series, rows[column].astype(float), strict=True)
    return {(name, time): value for name, time, value in found if np.isfinite(value)}


def _change_references(what: Measure, rows: pd.DataFrame) -> tuple[Reference, ...]:
    smallest = _smallest_change(what, rows)
    regression = _without_effect("regression to the mean alone", rows, "expected_change")
    return (*((smallest,) if smallest else ()), *regression)


def _without_effect(label: str, rows: pd.DataFrame, column: str) -> tuple[Reference, ...]:
    """What no effect would show: booked in advance (filled), and if all came on a bad day (open) where that differs."""
    calm, flare = _values(rows, column), _values(rows, "null_benchmark_flare")
    bad = {key: value for key, value in flare.items() if abs(value - calm.get(key, np.inf)) > 0.005}
    found = (
        Reference(label, CARET, 6.0, GREY, calm),
        Reference("the same, if all came on a bad day", CARET, 6.0, GREY, bad, frozenset(rows["condition"])),
    )
    return tuple(reference for reference in found if reference.values)


def _row_noun(rows: pd.DataFrame) -> str:
    return "movement" if "movement" in rows.columns and rows["movement"].ne("").all() else "condition"


def _smallest_change(what: Measure, rows: pd.DataFrame) -> Reference | None:
    """Smallest change that matters, per condition; hollow where no study of that condition gave a value."""
    names = list(dict.fromkeys(rows["condition"]))
    if what.name == "rom_gain":
        errors = {(name, ""): error for name in names if (error := _movement_error(name, rows)) is not None}
        return Reference("measurement error of the movement", BAR, 15.0, GREY, errors) if errors else None
    if what.name == "pain_relief":
        known = {name: condition(name) for name in names if name in CONDITIONS}
        values = {(name, ""): found.smallest_change for name, found in known.items()}
        borrowed = frozenset(name for name, found in known.items() if found.smallest_change_borrowed)
        label = "smallest change that matters" + (" (hollow: borrowed)" if borrowed else "")
        return Reference(label, BAR, 15.0, GREY, values, borrowed) if values else None
    if what.smallest_change is None:
        return None
    values = {(name, ""): what.smallest_change for name in names}
    return Reference("smallest change that matters", BAR, 15.0, GREY, values)


def _movement_error(name: str, rows: pd.DataFrame) -> float | None:
    mine = rows[rows["condition"] == name]
    named = [found for found in mine["movement"] if found] if "movement" in mine.columns else []
    usual = named[0] if named else (condition(name).usual_movement if name in CONDITIONS else None)
    return movement(usual).measurement_error if usual else None
