"""Forest charts: one row per condition or outcome, an estimate with its interval, and what to hold it against.

Comes in: protected estimates per condition, or slopes and ratios per outcome. Goes out: the Axes. Refuses several
measures on one axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from outcomes.charts.forest import INTERVALS, PATIENTS, Forest, draw_forest, interval_column
from outcomes.charts.rows import kind_of_rows, known_measure, records
from outcomes.charts.sheet import Sheet, chart
from outcomes.record.conditions import condition, is_condition
from outcomes.record.measures import Measure, movement
from outcomes.words import listed, number, percent_text, sentence

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
MODELS = {"with insertions": "adjusted for number of insertions", "twitches alone": "not adjusted"}
"""What the models are called on a chart."""

UNITS = {"degree": "degrees"}
"""Units said of many."""


@chart("condition", "estimate", "conf_low", "conf_high")
def condition_forest(sheet: Sheet) -> None:
    """Draw the change in every condition, right after and at two days, against the smallest change that matters.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``time`` (post, 48h), ``measure``
        (pain_relief unless said), ``patients``, ``sessions``, ``capture_rate``, ``note``, ``movement``, and
        ``expected_change`` and ``null_benchmark_flare`` (what is expected without any effect: with visits booked ahead,
        and if everyone came on a bad day). Protected.
    """
    what = known_measure(sheet.rows, "pain_relief", chart=sheet.chart)
    rows = sheet.drawn_rows("estimate")
    smallest, label = _smallest_change(what, rows)
    unit = _unit(what, rows)
    forest = Forest(
        rows=rows,
        series=sheet.series,
        axis=f"{what.label} ({unit} of 0–10)" if unit == "points" else f"{what.label} ({unit})",
        unit=unit,
        null=0.0 if what.null_value is None else what.null_value,
        sides=("worse", "no change", "better"),
        expected=_expected(rows, "expected_change"),
        smallest=smallest,
        smallest_label=label,
        columns=(interval_column("estimate"), PATIENTS, *_reached(rows)),
    )
    noun = kind_of_rows(rows["condition"])
    note = f"{INTERVALS} Adjusted to each {noun}'s average before the session. {sheet.counts()}".strip()
    draw_forest(sheet, forest, f"How large was the {what.label.lower()}{_when(sheet.series)}?", note)


@chart("condition", "estimate", "conf_low", "conf_high", renamed={"proportion": "estimate"})
def rate_forest(
    sheet: Sheet,
    *,
    label: str = "Share of sessions with relief that matters",
    unit: str = "share",
    of: str = "condition",
) -> None:
    """Draw a rate or proportion per condition, next to what is expected without any effect.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate`` (or ``proportion``), ``conf_low, conf_high``; used where there: ``time``,
        ``null_benchmark``, ``null_benchmark_flare``, ``patients``, ``sessions``, ``capture_rate``, ``note``. Shares are
        between 0 and 1.
    label, unit : str
        What is drawn; ``unit="share"`` shows percentages, any other unit shows numbers in that unit.
    of : str
        What the rows are of: ``condition``, or ``answer`` where all are of the same sessions, which do not add up.
    """
    rows, share = sheet.drawn_rows("estimate"), unit == "share"
    forest = Forest(
        rows=rows,
        series=sheet.series,
        axis=f"{label} ({'%' if share else unit})",
        unit="" if share else unit,
        expected=_expected(rows, "null_benchmark"),
        columns=(interval_column("estimate", share=share), PATIENTS, *_reached(rows)),
        share=share,
    )
    draw_forest(sheet, forest, f"{label}{_when(sheet.series)}", f"{INTERVALS} {sheet.counts(by=of)}".strip())


@chart("condition", "estimate", "conf_low", "conf_high")
def slopes(sheet: Sheet, *, label: str | None = None) -> None:
    """Draw one slope per condition, shrunk towards the common slope, next to what is expected without any effect.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``null_benchmark`` (the slope expected without
        any effect), ``patients``, ``sessions``, ``note``.
    label : str, optional
        What the slope is, for the axis; relief later per point of relief right after unless said.
    """
    rows, first, later = sheet.drawn_rows("estimate"), sheet.labels["post"], sheet.labels["48h"]
    forest = Forest(
        rows=rows,
        series=dict.fromkeys(sheet.series, "this condition (pooled)"),
        axis=label or f"Relief {later} per point of relief {first}",
        null=0.0,
        sides=("opposite", "no relation", "together"),
        expected=_expected(rows, "null_benchmark"),
        columns=(interval_column("slope", decimals=2), PATIENTS),
        decimals=2,
    )
    question = f"Does relief {first} predict relief {later}, in each condition?"
    draw_forest(sheet, forest, question, f"{INTERVALS} {sheet.counts()}".strip())


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
    sheet.rows = sheet.rows.assign(condition=sheet.rows["condition"].map(words), **scaled)
    sheet.labels = {**sheet.labels, **MODELS}
    rows = sheet.drawn_rows("estimate")
    forest = Forest(
        rows=rows,
        series=sheet.series,
        axis=scale.axis,
        null=scale.null,
        sides=scale.sides,
        columns=(interval_column("estimate", decimals=2), PATIENTS),
        decimals=2,
    )
    note = f"{INTERVALS} {sheet.counts(by='outcome')}".strip()
    drawn = draw_forest(sheet, forest, "What goes with more twitches, in the same patient?", note)
    drawn.xaxis.set_major_formatter(lambda value, _: number(value, 2))


def _when(series: Mapping[str, str]) -> str:
    """Readings shown, as a part of a sentence."""
    when = listed([label for label in series.values() if label], none="")
    return f" {when}" if when else ""


def _reached(rows: pd.DataFrame) -> tuple[tuple[str, Callable[[Any], str]], ...]:
    """Column of the share of sessions with the reading, where the table holds it."""
    if "capture_rate" not in rows.columns:
        return ()
    return (("recorded", lambda row: percent_text(row.capture_rate)),)


def _unit(what: Measure, rows: pd.DataFrame) -> str:
    if what.unit != "per movement":
        return what.unit
    named = [movement(name).unit for name in rows.get("movement", pd.Series(dtype=object)) if name]
    units = {UNITS.get(unit, unit) for unit in named}
    return listed(sorted(units), "or", none="unit of each movement")


def _expected(rows: pd.DataFrame, column: str) -> dict[tuple[str, str], tuple[float, float]]:
    """What is expected without any effect: from visits booked ahead to everyone on a bad day, where both are known."""
    ends = {
        (row.condition, getattr(row, "time", "")): [
            value
            for value in (getattr(row, column, np.nan), getattr(row, "null_benchmark_flare", np.nan))
            if np.isfinite(value)
        ]
        for row in records(rows)
    }
    return {key: (min(values), max(values)) for key, values in ends.items() if values}


def _smallest_change(what: Measure, rows: pd.DataFrame) -> tuple[dict[str, float], str]:
    """Smallest change that matters, per condition; for a movement, the error of measuring it."""
    names = list(dict.fromkeys(rows["condition"]))
    if what.name == "rom_gain":
        errors = {name: _movement_error(name, rows) for name in names}
        return {name: error for name, error in errors.items() if error}, "measurement error of the movement"
    if what.name == "pain_relief":
        values = {name: condition(name).smallest_change for name in names if is_condition(name)}
    else:
        values = dict.fromkeys(names, what.smallest_change) if what.smallest_change is not None else {}
    return values, "smallest change that matters"


def _movement_error(name: str, rows: pd.DataFrame) -> float | None:
    mine = rows[rows["condition"] == name]
    named = [found for found in mine["movement"] if found] if "movement" in mine.columns else []
    usual = named[0] if named else (condition(name).usual_movement if is_condition(name) else None)
    return movement(usual).measurement_error if usual else None
