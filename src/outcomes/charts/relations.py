"""Relations: relief at two days against relief right after, and outcomes against dose.

Comes in: protected bins (never single sessions), with the fitted line beside them. Goes out: the first Axes, one
panel per condition or outcome. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels
from outcomes.charts.panels import annotate, columns_that_fit, interval_band, small_multiples
from outcomes.charts.rows import (
    bins_note,
    known,
    known_numbers,
    records,
    sentence_per_group,
    tidy_rows,
    why_empty,
)
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import BETTER, GREY, INK, PALE, WORSE
from outcomes.errors import EstimationError
from outcomes.record.measures import measure
from outcomes.words import count_text, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dose_response", "immediate_to_two_day"]


@chart("relief_post", "estimate", "sessions")
def immediate_to_two_day(sheet: Sheet, *, null_slope: float | None = None) -> None:
    """Draw relief at two days against relief right after: binned sessions, their line, and "all of it kept".

    Parameters
    ----------
    estimates : pandas.DataFrame
        One row per bin: ``relief_post`` (points), ``estimate`` (mean relief at two days, points), ``sessions``;
        used where there: ``condition`` (a panel each), ``conf_low``, ``conf_high``, ``line`` (fitted value),
        ``patients``, ``note``. Protected.
    null_slope : float, optional
        Slope with no effect at all, drawn through the middle of the line.
    """
    groups, labels, rows = sheet.groups(), sheet.labels, sheet.rows
    single = len(groups) < 2
    dots = (
        "One dot is a group of sessions with similar relief; larger dots hold more. Lines are 95 % intervals."
    )
    kind = f"Grouped sessions: relief {labels['48h']} against relief {labels['post']}, points, positive is better."
    panels = sheet.lay_out(
        f"Does relief {labels['post']} foretell relief {labels['48h']}?",
        _shape(len(groups), sheet.width, single=single),
        note=f"{dots} {bins_note(rows)}".strip(),
        alt=[kind, *sentence_per_group(groups, lambda bins: _relation_text(bins, labels), "estimate"),
             *_slope_sentences(rows, null_slope)],
        key=_relation_key(rows, null_slope),
    )  # fmt: skip
    limits = _relation_limits(rows)
    for panel in panels:
        panel.set_xlim(*limits)
        panel.set_ylim(*limits)
        panel.set_xlabel(f"relief {labels['post']}" + (" (points)" if single else ""), labelpad=2)
        panel.set_ylabel(f"relief {labels['48h']}" + (" (points)" if single else ""), labelpad=2)
    draw = partial(_relation_panel, null_slope=null_slope, single=single)
    small_multiples(panels, groups, draw, ["estimate", "relief_post"], counts=_sessions_text)


@chart("dose", "estimate")
def dose_response(sheet: Sheet, *, line: pd.DataFrame | None = None) -> None:
    """Draw outcomes against a dose (twitches, insertions): binned means, and a fitted line where one is given.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``dose, estimate``; used where there: ``dose_label`` (for the axis), ``outcome`` (a panel each),
        ``conf_low``, ``conf_high``, ``patients``, ``sessions``, ``note``. Protected.
    line : pandas.DataFrame, optional
        ``dose, estimate`` with ``outcome``, ``conf_low``, ``conf_high`` where there: the fit, drawn as it is.
    """
    groups, rows = sheet.groups("outcome"), sheet.rows
    fit = None if line is None else tidy_rows(line, ["dose", "estimate"], chart="dose_response (line)")
    dose = str(rows["dose_label"].iloc[0]) if "dose_label" in rows.columns and len(rows) else "Dose"
    lower = f"{dose[:1].lower()}{dose[1:]}"
    label = partial(_outcome_label, labels=sheet.labels)
    note = "Dots are means of sessions with a similar dose; an association, not an effect. Lines are 95 % intervals."
    panels = sheet.lay_out(
        f"Do outcomes go with {lower}?",
        _shape(len(groups), sheet.width, single=len(groups) < 2),
        note=f"{note} {bins_note(rows, by='outcome', disjoint=False)}".strip(),
        alt=[f"Grouped means against {lower}, with 95 % intervals.",
             *sentence_per_group(groups, _dose_text, label=label)],
    )  # fmt: skip
    for panel in panels:
        panel.set_xlabel(dose, labelpad=2)
    if len(groups) < 2:
        panels[0].set_ylabel(label(next(iter(groups), "")))
        groups = dict.fromkeys([""], rows) if groups else {}
    draw = partial(_dose_panel, fit=fit)
    small_multiples(panels, groups, draw, ["estimate", "dose"], label=label, counts=_sessions_text)


def _shape(count: int, width: float, *, single: bool) -> Panels:
    columns = 1 if single else columns_that_fit(count, width, least=150.0)
    inner = width * 72 / columns - 60
    height = min(inner * 0.8, 290.0) if single else min(inner, 105.0)
    return Panels.grid(count, columns, height, left=36, right=10, above=6 if single else 27, below=32)


def _sessions_text(bins: pd.DataFrame) -> str:
    """Sessions behind a panel's bins: sessions add up, patients may be in several bins."""
    if "sessions" not in bins.columns:
        return ""
    some = known(bins, "sessions")
    return count_text(float(some["sessions"].sum()), "session") if len(some) else "sessions withheld"


def _relation_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """One range for both axes, so that the line of equality is at 45 degrees; never narrower than -1 to 3."""
    bins = known(rows, "estimate")
    values = np.append(
        known_numbers(bins, "relief_post", "estimate", "conf_low", "conf_high", "line"), [-1.0, 3.0]
    )
    low, high = float(values.min()), float(values.max())
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _relation_panel(panel: Axes, rows: pd.DataFrame, null_slope: float | None, *, single: bool) -> None:
    bins = known(rows, "estimate", "relief_post").sort_values("relief_post")
    panel.axhline(0, color=GREY, lw=0.7, zorder=0)
    panel.axvline(0, color=GREY, lw=0.7, zorder=0)
    panel.axline((0, 0), slope=1, color=GREY, lw=1, ls=(0, (4, 3)), zorder=1)
    _dots(panel, bins, "relief_post")
    if "line" in bins.columns:
        panel.plot(bins["relief_post"], bins["line"], color=WORSE, lw=1.8, zorder=2)
    if single:
        _side_words(panel, panel.get_xlim())
    if null_slope is not None:
        _null_slope(panel, bins, null_slope)


def _null_slope(panel: Axes, bins: pd.DataFrame, slope: float) -> None:
    """Draw the slope of no effect through the middle of the sessions."""
    weight = bins["sessions"].fillna(1.0).to_numpy()
    height = bins["line"] if "line" in bins.columns else bins["estimate"]
    x, y = (float(np.average(values, weights=weight)) for values in (bins["relief_post"], height))
    ends = np.array([bins["relief_post"].min(), bins["relief_post"].max()])
    panel.plot(ends, y + slope * (ends - x), color=INK, lw=1.3, ls=":", zorder=2)


def _slope_sentences(rows: pd.DataFrame, null_slope: float | None) -> list[str]:
    """Say the slope of the fitted line and that of no effect."""
    if null_slope is None:
        return []
    said = [f"With no effect at all, the line would rise by {number(null_slope, 2)} per point."]
    line = known(rows, "line") if "line" in rows.columns else rows.iloc[:0]
    if len(line) > 1 and len(set(rows.get("condition", [""]))) == 1:
        first, last = line.sort_values("relief_post").iloc[[0, -1]].to_dict("records")
        rise = (last["line"] - first["line"]) / (last["relief_post"] - first["relief_post"])
        said.insert(0, f"The fitted line rises by {number(float(rise), 2)} per point.")
    return said


def _side_words(panel: Axes, limits: tuple[float, float]) -> None:
    """Name the sides of both zero lines, at the edges where no dot is."""
    look: dict[str, Any] = {"size": 6.8, "color": GREY}
    annotate(panel, "better later ↑", (limits[1], 0), (-2, 3), ha="right", va="bottom", **look)
    annotate(panel, "worse later ↓", (limits[1], 0), (-2, -3), ha="right", va="top", **look)
    annotate(panel, "better at first →", (0, limits[0]), (3, 3), ha="left", va="bottom", **look)
    annotate(panel, "← worse at first", (0, limits[0]), (-3, 3), ha="right", va="bottom", **look)


def _dots(panel: Axes, bins: pd.DataFrame, x: str) -> None:
    """Draw bins with their intervals; area goes with sessions."""
    if {"conf_low", "conf_high"} <= set(bins.columns):
        panel.vlines(bins[x], bins["conf_low"], bins["conf_high"], color=BETTER, lw=1.1, zorder=3)
    area = np.full(len(bins), 22.0)
    if "sessions" in bins.columns and np.isfinite(bins["sessions"]).any():
        sessions = bins["sessions"].fillna(bins["sessions"].min())
        area = 10 + 70 * (sessions / sessions.max()).to_numpy()
    panel.scatter(bins[x], bins["estimate"], s=area, color=BETTER, edgecolor="white", linewidth=0.6, zorder=4)


def _relation_key(rows: pd.DataFrame, null_slope: float | None) -> Key:
    from matplotlib.lines import Line2D

    marks: list[tuple[Any, str]] = [
        (Line2D([], [], ls="", marker="o", color=BETTER, ms=6), "sessions, grouped")
    ]
    if "line" in rows.columns:
        marks.append((Line2D([], [], color=WORSE, lw=1.8), "fitted line"))
    if null_slope is not None:
        marks.append((Line2D([], [], color=INK, lw=1.3, ls=":"), "with no effect at all"))
    marks.append((Line2D([], [], color=GREY, lw=1, ls=(0, (4, 3))), "all of it kept"))
    return tuple(marks)


def _dose_panel(panel: Axes, rows: pd.DataFrame, fit: pd.DataFrame | None) -> None:
    null = _null_of(str(rows["outcome"].iloc[0]) if "outcome" in rows.columns else "")
    if null is not None:
        panel.axhline(null, color=INK, lw=0.9, zorder=1)
    if fit is not None and len(fit):
        _fitted(panel, fit[fit["outcome"].isin(rows["outcome"])] if "outcome" in fit.columns else fit)
    _dots(panel, known(rows, "estimate", "dose").sort_values("dose"), "dose")
    panel.margins(x=0.06, y=0.12)
    if null is not None:
        look: dict[str, Any] = {"ha": "right", "size": 6.8, "color": GREY}
        annotate(panel, "no change", (1, null), (-2, 3), coords=("axes fraction", "data"), **look)


def _fitted(panel: Axes, fit: pd.DataFrame) -> None:
    """Draw a line that was fitted elsewhere, and its interval where it has one."""
    fit = fit.sort_values("dose")
    panel.plot(fit["dose"], fit["estimate"], color=WORSE, lw=1.8, zorder=2)
    interval_band(panel, fit["dose"], fit, color=PALE, alpha=0.6, zorder=0)


def _null_of(outcome: str) -> float | None:
    try:
        found = measure(outcome)
    except EstimationError:
        return None
    return found.null_value


def _outcome_label(outcome: str, labels: Mapping[str, str]) -> str:
    """Label of an outcome with its reading and unit; an unknown name as it is."""
    if not outcome:
        return "Outcome"
    try:
        found = measure(outcome)
    except EstimationError:
        return outcome.replace("_", " ")
    stem, _, reading = outcome.rpartition("_")
    when = f" {labels[reading]}" if stem and reading in labels and outcome != found.name else ""
    return f"{found.label}{when} ({found.unit})"


def _relation_text(bins: pd.DataFrame, labels: Mapping[str, str]) -> str:
    ends = known(bins, "estimate").sort_values("relief_post").iloc[[0, -1]]
    texts = [f"{number(row.relief_post)} was followed by {number(row.estimate)}" for row in records(ends)]
    return f"relief {labels['post']} of {' and of '.join(texts)} {labels['48h']}, {_sessions_text(bins)}"


def _dose_text(rows: pd.DataFrame) -> str:
    means = records(known(rows, "estimate").sort_values("dose"))
    texts = [f"{number(row.estimate)} at {number(row.dose, 0)}" for row in means]
    return f"{', '.join(texts) or why_empty(rows)}, {_sessions_text(rows)}".rstrip(", ")
