"""Relations: relief at two days against relief right after, and outcomes against dose.

Comes in: protected bins (never single sessions), with the fitted line beside them. Goes out: the first Axes, one
panel per condition or outcome. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels
from outcomes.charts.panels import (
    annotate,
    columns_that_fit,
    expected_handle,
    expected_line,
    interval_band,
    small_multiples,
)
from outcomes.charts.rows import bins_note, known, known_numbers, records, tidy_rows
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import EXPECTED_LABEL, GREY, INK, PLAIN
from outcomes.errors import EstimationError
from outcomes.record.measures import measure
from outcomes.words import count_text, number, uncapitalized

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dose_response", "immediate_to_two_day"]


@chart("relief_post", "estimate", "sessions")
def immediate_to_two_day(sheet: Sheet, *, null_slope: float | Sequence[float] | None = None) -> None:
    """Draw relief at two days against relief right after: binned sessions, their line, and "all relief kept".

    Parameters
    ----------
    estimates : pandas.DataFrame
        One row per bin: ``relief_post`` (points), ``estimate`` (mean relief at two days, points), ``sessions``;
        used where there: ``condition`` (a panel each), ``conf_low``, ``conf_high``, ``line`` (fitted value),
        ``patients``, ``note``. Protected.
    null_slope : float or sequence of float, optional
        Slope expected without any effect, or both ends of it, drawn through the middle of the line.
    """
    nothing = () if null_slope is None else tuple(dict.fromkeys(np.sort(np.atleast_1d(null_slope)).tolist()))
    groups, labels = sheet.drawn("estimate", "relief_post"), sheet.labels
    rows, single = sheet.rows, len(groups) < 2
    panels = sheet.lay_out(
        f"Does relief {labels['post']} predict relief {labels['48h']}?",
        _shape(len(groups), sheet.width, single=single),
        note=f"Each dot: sessions with similar relief, larger for more. Lines: 95% CI. {bins_note(rows)}".strip(),
        finding=_relation_findings(groups, labels, nothing),
        key=_relation_key(rows, expected=bool(nothing)),
    )
    limits = _relation_limits(rows)
    for panel in panels:
        panel.set_xlim(*limits)
        panel.set_ylim(*limits)
        panel.set_xlabel(f"relief {labels['post']}" + (" (points)" if single else ""), labelpad=2)
        panel.set_ylabel(f"relief {labels['48h']}" + (" (points)" if single else ""), labelpad=2)
    draw = partial(_relation_panel, nothing=nothing, single=single)
    small_multiples(panels, groups, draw, counts=_sessions_text)


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
    groups = sheet.drawn("estimate", "dose", by="outcome")
    rows = sheet.rows
    fit = None if line is None else tidy_rows(line, ["dose", "estimate"], chart="dose_response (line)")
    dose = str(rows["dose_label"].iloc[0]) if "dose_label" in rows.columns and len(rows) else "Dose"
    lower = uncapitalized(dose)
    label = partial(_outcome_label, labels=sheet.labels)
    note = "Dots: averages of sessions with a similar dose; an association, not an effect. Lines: 95% CI."
    panels = sheet.lay_out(
        f"Do outcomes go with {lower}?",
        _shape(len(groups), sheet.width, single=len(groups) < 2),
        note=f"{note} {bins_note(rows, by='outcome', disjoint=False)}".strip(),
        finding=[_dose_finding(label(name), group) for name, group in groups.items()],
    )
    for panel in panels:
        panel.set_xlabel(dose, labelpad=2)
    if len(groups) < 2:
        panels[0].set_ylabel(label(next(iter(groups), "")))
    draw = partial(_dose_panel, fit=fit)
    small_multiples(panels, groups, draw, label=label, counts=_sessions_text, headings=len(groups) > 1)


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


def _relation_panel(panel: Axes, rows: pd.DataFrame, nothing: Sequence[float], *, single: bool) -> None:
    bins = known(rows, "estimate", "relief_post").sort_values("relief_post")
    panel.axhline(0, color=GREY, lw=0.7, zorder=0)
    panel.axvline(0, color=GREY, lw=0.7, zorder=0)
    panel.axline((0, 0), slope=1, color=GREY, lw=1, ls=(0, (4, 3)), zorder=1)
    _dots(panel, bins, "relief_post")
    if "line" in bins.columns:
        panel.plot(bins["relief_post"], bins["line"], color=INK, lw=1.6, zorder=2)
    if single:
        _side_words(panel, panel.get_xlim())
    for slope in nothing:
        _null_slope(panel, bins, slope)


def _null_slope(panel: Axes, bins: pd.DataFrame, slope: float) -> None:
    """Draw the slope expected without any effect through the middle of the sessions."""
    weight = bins["sessions"].fillna(1.0).to_numpy()
    height = bins["line"] if "line" in bins.columns else bins["estimate"]
    x, y = (float(np.average(values, weights=weight)) for values in (bins["relief_post"], height))
    ends = np.array([bins["relief_post"].min(), bins["relief_post"].max()])
    expected_line(panel, ends, y + slope * (ends - x))


def _relation_findings(
    groups: Mapping[str, pd.DataFrame], labels: Mapping[str, str], nothing: Sequence[float]
) -> list[str]:
    """Say how steep the line is and what is expected without any effect; without a line, both ends of the dots."""
    slopes = [_rise(known(bins, "line")) for bins in groups.values() if "line" in bins.columns]
    steep = [slope for slope in slopes if np.isfinite(slope)]
    said = []
    if steep:
        ends = " to ".join(dict.fromkeys([number(min(steep), 2), number(max(steep), 2)]))
        said.append(f"The fitted line rises by {ends} per point.")
    elif len(groups) == 1:
        bins = known(next(iter(groups.values())), "estimate", "relief_post").sort_values("relief_post")
        pairs = [
            f"{number(row.relief_post)} then {number(row.estimate)}" for row in records(bins.iloc[[0, -1]])
        ]
        said.append(f"Relief {labels['post']} and {labels['48h']}: {' to '.join(pairs)} points.")
    if nothing:
        ends = " to ".join(dict.fromkeys(number(slope, 2) for slope in nothing))
        said.append(f"{EXPECTED_LABEL.capitalize()}: {ends} per point.")
    return said


def _rise(line: pd.DataFrame) -> float:
    """Slope of a fitted line, from its ends; missing where it is a point."""
    if len(line) < 2:
        return float("nan")
    ends = line.sort_values("relief_post")[["relief_post", "line"]].to_numpy()
    across, up = ends[-1] - ends[0]
    return float(up / across)


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
        panel.vlines(bins[x], bins["conf_low"], bins["conf_high"], color=PLAIN, lw=1.1, zorder=3)
    area = np.full(len(bins), 22.0)
    if "sessions" in bins.columns and np.isfinite(bins["sessions"]).any():
        sessions = bins["sessions"].fillna(bins["sessions"].min())
        area = 10 + 70 * (sessions / sessions.max()).to_numpy()
    panel.scatter(bins[x], bins["estimate"], s=area, color=PLAIN, edgecolor="white", linewidth=0.6, zorder=4)


def _relation_key(rows: pd.DataFrame, *, expected: bool) -> Key:
    from matplotlib.lines import Line2D

    marks: list[tuple[Any, str]] = [
        (Line2D([], [], ls="", marker="o", color=PLAIN, ms=6), "sessions, grouped")
    ]
    if "line" in rows.columns:
        marks.append((Line2D([], [], color=INK, lw=1.6), "fitted line"))
    if expected:
        marks.append((expected_handle(), EXPECTED_LABEL))
    marks.append((Line2D([], [], color=GREY, lw=1, ls=(0, (4, 3))), "all relief kept"))
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
    panel.plot(fit["dose"], fit["estimate"], color=INK, lw=1.6, zorder=2)
    interval_band(panel, fit["dose"], fit, color=INK, alpha=0.12, zorder=0)


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


def _dose_finding(label: str, rows: pd.DataFrame) -> str:
    """Say an outcome at the lowest and at the highest dose."""
    means = known(rows, "estimate", "dose").sort_values("dose")
    ends = [f"{number(row.estimate)} at {number(row.dose, 0)}" for row in records(means.iloc[[0, -1]])]
    return f"{label}: {' to '.join(dict.fromkeys(ends))}."
