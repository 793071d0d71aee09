"""Forest charts: one row per condition, an estimate with its interval, and what to hold it against.

Comes in: protected estimates per condition. Goes out: the Axes. A condition without an estimate keeps its row,
in grey, with the reason. Refuses several measures on one axis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.rows import counts_note, known_measure, tidy_rows, time_labels, times_shown
from outcomes.charts.style import GREY, house_style
from outcomes.questions.literature import bands
from outcomes.record.conditions import CONDITIONS, condition
from outcomes.record.measures import Measure, movement
from outcomes.words import count_text, interval_text, listed, percent_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from outcomes.charts.forest import BAR, CARET, Forest, Reference, draw_forest

__all__ = ["condition_forest", "rate_forest", "slopes"]


@house_style
def condition_forest(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw the change in every condition, right after and at two days, against the smallest change that matters.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``time`` (post, 48h), ``measure``
        (pain_relief unless said), ``patients``, ``sessions``, ``capture_rate``, ``note``, ``movement``, and
        ``expected_change`` and ``null_benchmark_flare`` (what regression to the mean alone would give, with sessions
        booked in advance and if everybody came on a bad day). Protected.
    ax : Axes, optional
        Where to draw; a new figure by default.
    times : mapping, optional
        Labels of the readings, e.g. ``{"48h": "at 2 days"}``.
    title, source_note : str, optional
        In place of the computed title; added to the note under the chart (follow-up window, rule).
    width : float
        Inches; below 4.5 the chart arranges itself for a phone.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(estimates, ["condition", "estimate", "conf_low", "conf_high"], chart="condition_forest")
    what = known_measure(rows, "pain_relief", chart="condition_forest")
    labels = time_labels(estimates, times)
    series = {time: labels.get(time, time) for time in times_shown(rows)}
    forest = Forest(
        rows=rows,
        series=series,
        null=0.0 if what.null_value is None else what.null_value,
        axis=f"{what.label} ({_unit(what, rows)})",
        sides=("worse", "no change", "better"),
        references=_change_references(what, rows),
        bands=bands(what.name, labels) if "time" in rows.columns else {},
        columns=(("estimate (95 % interval)", _interval), ("patients", _patients), *_reached(rows)),
    )
    note = f"Means at each {_head(rows)}'s own mean before the session. {counts_note(rows, estimates)}"
    when = listed([label for label in series.values() if label], none="")
    asked = f"How large was the {what.label.lower()}{f' {when}' if when else ''}, in each condition?"
    return draw_forest(forest, ax, title or asked, note + _space(source_note), width)


@house_style
def rate_forest(
    rates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    label: str = "Share of sessions with relief that matters",
    unit: str = "share",
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw a rate or proportion per condition, next to what would be seen with no effect at all.

    Parameters
    ----------
    rates : pandas.DataFrame
        ``condition, estimate`` (or ``proportion``), ``conf_low, conf_high``; used where there: ``time``,
        ``null_benchmark``, ``null_benchmark_flare``, ``patients``, ``sessions``, ``capture_rate``, ``note``. Shares are
        between 0 and 1.
    label, unit : str
        What is drawn; ``unit="share"`` shows percentages, any other unit shows numbers in that unit.
    ax, times, title, source_note, width
        As for :func:`condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    named = rates.rename(columns={"proportion": "estimate"}) if isinstance(rates, pd.DataFrame) else rates
    rows = tidy_rows(named, ["condition", "estimate", "conf_low", "conf_high"], chart="rate_forest")
    labels = time_labels(rates, times)
    series = {time: labels.get(time, time) for time in times_shown(rows)}
    share = unit == "share"
    forest = Forest(
        rows=rows,
        series=series,
        null=None,
        axis=f"{label} ({'%' if share else unit})",
        references=_without_effect("expected with no effect at all", rows, "null_benchmark"),
        columns=(
            ("estimate (95 % interval)", _share if share else _interval),
            ("patients", _patients),
            *_reached(rows),
        ),
        share=share,
    )
    when = listed([name for name in series.values() if name], none="")
    asked = f"{label}{f' {when}' if when else ''}, in each condition"
    return draw_forest(forest, ax, title or asked, counts_note(rows, rates) + _space(source_note), width)


@house_style
def slopes(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    label: str | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw one slope per condition: shrunk towards the common slope, with the unshrunk one beside it.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, estimate, conf_low, conf_high``; used where there: ``estimate_unshrunk``, ``null_benchmark`` (the
        slope with no effect at all), ``patients``, ``sessions``, ``note``.
    label : str, optional
        What the slope is, for the axis; relief later per point of relief right after unless said.
    ax, times, title, source_note, width
        As for :func:`condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    rows = tidy_rows(estimates, ["condition", "estimate", "conf_low", "conf_high"], chart="slopes")
    labels = time_labels(estimates, times)
    raw = _values(rows, "estimate_unshrunk")
    everyone = frozenset(rows["condition"])
    alone = Reference("condition taken alone, not shrunk", CARET, 6.0, GREY, raw, hollow=everyone)
    nothing = Reference("with no effect at all", BAR, 15.0, GREY, _values(rows, "null_benchmark"))
    forest = Forest(
        rows=rows,
        series=dict.fromkeys(times_shown(rows), "slope, shrunk towards the common one"),
        null=0.0,
        axis=label or f"Relief {labels['48h']} per point of relief {labels['post']}",
        sides=("opposite", "no relation", "together"),
        references=tuple(found for found in (nothing, alone) if found.values),
        decimals=2,
        columns=(("slope (95 % interval)", _slope), ("patients", _patients)),
    )
    asked = f"Does relief {labels['post']} foretell relief {labels['48h']}, in each condition?"
    return draw_forest(forest, ax, title or asked, counts_note(rows, estimates) + _space(source_note), width)


def _interval(row: Any) -> str:
    return interval_text(row.estimate, row.conf_low, row.conf_high)


def _slope(row: Any) -> str:
    return interval_text(row.estimate, row.conf_low, row.conf_high, decimals=2)


def _share(row: Any) -> str:
    return interval_text(row.estimate, row.conf_low, row.conf_high, share=True)


def _patients(row: Any) -> str:
    return count_text(getattr(row, "patients", float("nan")))


def _reached(rows: pd.DataFrame) -> tuple[tuple[str, Callable[[Any], str]], ...]:
    """Column of the share of sessions with the reading, where the table holds it."""
    if "capture_rate" not in rows.columns:
        return ()
    return (("recorded", lambda row: percent_text(row.capture_rate)),)


def _space(text: str) -> str:
    return f" {text}" if text else ""


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


def _head(rows: pd.DataFrame) -> str:
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
