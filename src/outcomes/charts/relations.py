"""Relations: relief at two days against relief right after, and outcomes against dose.

Comes in: protected bins (never single sessions), with the fitted line beside them. Goes out: the first Axes, one
panel per condition or outcome. Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, beside, lay_out
from outcomes.charts.panels import columns_that_fit, empty_panel, panel_heading
from outcomes.charts.rows import bins_note, ordered_conditions, records, row_label, tidy_rows, time_labels
from outcomes.charts.style import BETTER, GREY, INK, PALE, WORSE, house_style
from outcomes.errors import EstimationError
from outcomes.record.measures import measure
from outcomes.words import count_text, number, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["dose_response", "immediate_to_two_day"]


@house_style
def immediate_to_two_day(
    binned: pd.DataFrame,
    ax: Axes | None = None,
    *,
    null_slope: float | None = None,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw relief at two days against relief right after: binned sessions, their line, and "all of it kept".

    Parameters
    ----------
    binned : pandas.DataFrame
        One row per bin: ``relief_post`` (points), ``estimate`` (mean relief at two days, points), ``sessions``;
        used where there: ``condition`` (a panel each), ``conf_low``, ``conf_high``, ``line`` (fitted value),
        ``patients``, ``note``. Protected.
    null_slope : float, optional
        Slope with no effect at all, drawn through the middle of the line.
    ax, times, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``.
    """
    rows = tidy_rows(binned, ["relief_post", "estimate", "sessions"], chart="immediate_to_two_day")
    rows = rows.assign(condition=rows["condition"] if "condition" in rows.columns else "")
    labels = time_labels(binned, times)
    order = ordered_conditions(rows["condition"]) or [""]
    single = len(order) == 1
    asked = title or f"Does relief {labels['post']} foretell relief {labels['48h']}?"
    note = (
        "One dot is a group of sessions with similar relief; larger dots hold more. Lines are 95 % intervals."
    )
    words = Words(
        asked, f"{note} {bins_note(rows)} {source_note}".strip(),
        " ".join([_relation_alt(rows, order, labels, asked), *_slopes_told(rows, null_slope)]),
        _relation_key(rows, null_slope),
    )  # fmt: skip
    panels = lay_out(ax, words, _shape(len(order), width, single=single), width)
    limits = _relation_limits(rows)
    for panel, name in zip(panels, order, strict=True):
        mine = rows[rows["condition"] == name]
        _relation_panel(panel, mine, limits, single=single)
        _null_slope(panel, mine, null_slope)
        panel.set_xlabel(f"relief {labels['post']}" + (" (points)" if single else ""), labelpad=2)
        panel.set_ylabel(f"relief {labels['48h']}" + (" (points)" if single else ""), labelpad=2)
        if name:
            panel_heading(panel, row_label(name), _rests_on(mine))
    return panels[0] if ax is None else ax


@house_style
def dose_response(
    binned: pd.DataFrame,
    ax: Axes | None = None,
    *,
    line: pd.DataFrame | None = None,
    times: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw outcomes against a dose (twitches, insertions): binned means, and a fitted line where one is given.

    Parameters
    ----------
    binned : pandas.DataFrame
        ``dose, estimate``; used where there: ``dose_label`` (for the axis), ``outcome`` (a panel each),
        ``conf_low``, ``conf_high``, ``patients``, ``sessions``, ``note``. Protected.
    line : pandas.DataFrame, optional
        ``dose, estimate`` with ``outcome``, ``conf_low``, ``conf_high`` where there: the fit, drawn as it is.
    ax, times, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``.
    """
    labels = time_labels(binned, times)
    rows = tidy_rows(binned, ["dose", "estimate"], chart="dose_response")
    rows = rows.assign(outcome=rows["outcome"] if "outcome" in rows.columns else "")
    fit = None if line is None else tidy_rows(line, ["dose", "estimate"], chart="dose_response (line)")
    label = str(rows["dose_label"].iloc[0]) if "dose_label" in rows.columns and len(rows) else "Dose"
    outcomes = list(dict.fromkeys(rows["outcome"])) or [""]
    single = len(outcomes) == 1
    asked = title or f"Do outcomes go with {label[:1].lower()}{label[1:]}?"
    note = "Dots are means of sessions with a similar dose; an association, not an effect. Lines are 95 % intervals."
    words = Words(
        asked,
        f"{note} {bins_note(rows, by='outcome', disjoint=False)} {source_note}".strip(),
        _dose_alt(rows, label, labels, asked),
    )
    panels = lay_out(ax, words, _shape(len(outcomes), width, single=single), width)
    for panel, name in zip(panels, outcomes, strict=True):
        mine = rows[rows["outcome"] == name]
        theirs = fit if fit is None or "outcome" not in fit.columns else fit[fit["outcome"] == name]
        _dose_panel(panel, mine, theirs, _null_of(name))
        panel.set_xlabel(label, labelpad=2)
        panel.set_ylabel(_outcome_label(name, labels))
        if not single:
            panel_heading(panel, _outcome_label(name, labels), _rests_on(mine))
            panel.set_ylabel("")
    return panels[0] if ax is None else ax


def _shape(count: int, width: float, *, single: bool) -> Panels:
    columns = 1 if single else columns_that_fit(count, width, least=150.0)
    inner = width * 72 / columns - 60
    height = min(inner * 0.8, 290.0) if single else min(inner, 105.0)
    rows = -(-count // columns)
    return Panels((height,) * rows, count, columns, left=36, right=10, above=6 if single else 27, below=32)


def _rests_on(mine: pd.DataFrame) -> str:
    """Patients and sessions behind a panel's bins: sessions add up, patients may be in several bins."""
    if "sessions" not in mine.columns:
        return ""
    known = mine["sessions"][np.isfinite(mine["sessions"])]
    return count_text(float(known.sum()), "session") if len(known) else "sessions withheld"


def _relation_limits(rows: pd.DataFrame) -> tuple[float, float]:
    """One range for both axes, so that the line of equality is at 45 degrees; never narrower than -1 to 3."""
    names = [
        name for name in ("relief_post", "estimate", "conf_low", "conf_high", "line") if name in rows.columns
    ]
    values = rows.loc[np.isfinite(rows["estimate"]), names].to_numpy(dtype=float).ravel()
    known = np.append(values[np.isfinite(values)], [-1.0, 3.0])
    low, high = float(known.min()), float(known.max())
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _relation_panel(panel: Axes, mine: pd.DataFrame, limits: tuple[float, float], *, single: bool) -> None:
    panel.set_xlim(*limits)
    panel.set_ylim(*limits)
    known = mine[np.isfinite(mine["estimate"]) & np.isfinite(mine["relief_post"])].sort_values("relief_post")
    if known.empty:
        empty_panel(panel, why_missing(mine["note"].iloc[0]) if len(mine) else "No rows to draw")
        return
    panel.axhline(0, color=GREY, lw=0.7, zorder=0)
    panel.axvline(0, color=GREY, lw=0.7, zorder=0)
    panel.axline((0, 0), slope=1, color=GREY, lw=1, ls=(0, (4, 3)), zorder=1)
    _dots(panel, known, "relief_post")
    if "line" in known.columns:
        panel.plot(known["relief_post"], known["line"], color=WORSE, lw=1.8, zorder=2)
    if single:
        _side_words(panel, limits)


def _null_slope(panel: Axes, mine: pd.DataFrame, slope: float | None) -> None:
    """Draw the slope of no effect through the middle of the sessions."""
    known = mine[np.isfinite(mine["estimate"]) & np.isfinite(mine["relief_post"])]
    if slope is None or known.empty:
        return
    weight = known["sessions"].fillna(1.0).to_numpy()
    height = known["line"] if "line" in known.columns else known["estimate"]
    x, y = (float(np.average(values, weights=weight)) for values in (known["relief_post"], height))
    ends = np.array([known["relief_post"].min(), known["relief_post"].max()])
    panel.plot(ends, y + slope * (ends - x), color=INK, lw=1.3, ls=":", zorder=2)


def _slopes_told(rows: pd.DataFrame, null_slope: float | None) -> list[str]:
    """Say the slope of the fitted line and that of no effect."""
    if null_slope is None:
        return []
    told = [f"With no effect at all, the line would rise by {number(null_slope, 2)} per point."]
    known = rows[np.isfinite(rows["line"])] if "line" in rows.columns else rows.iloc[:0]
    if len(known) > 1 and len(set(rows["condition"])) == 1:
        first, last = known.sort_values("relief_post").iloc[[0, -1]].to_dict("records")
        rise = (last["line"] - first["line"]) / (last["relief_post"] - first["relief_post"])
        told.insert(0, f"The fitted line rises by {number(float(rise), 2)} per point.")
    return told


def _side_words(panel: Axes, limits: tuple[float, float]) -> None:
    """Name the sides of both zero lines, at the edges where no dot is."""
    look: dict[str, Any] = {"size": 6.8, "color": GREY}
    beside(panel, "better later ↑", (limits[1], 0), (-2, 3), ha="right", va="bottom", **look)
    beside(panel, "worse later ↓", (limits[1], 0), (-2, -3), ha="right", va="top", **look)
    beside(panel, "better at first →", (0, limits[0]), (3, 3), ha="left", va="bottom", **look)
    beside(panel, "← worse at first", (0, limits[0]), (-3, 3), ha="right", va="bottom", **look)


def _dots(panel: Axes, known: pd.DataFrame, x: str) -> None:
    """Draw bins with their intervals; area goes with sessions."""
    if {"conf_low", "conf_high"} <= set(known.columns):
        panel.vlines(known[x], known["conf_low"], known["conf_high"], color=BETTER, lw=1.1, zorder=3)
    area = np.full(len(known), 22.0)
    if "sessions" in known.columns and np.isfinite(known["sessions"]).any():
        sessions = known["sessions"].fillna(known["sessions"].min())
        area = 10 + 70 * (sessions / sessions.max()).to_numpy()
    panel.scatter(
        known[x], known["estimate"], s=area, color=BETTER, edgecolor="white", linewidth=0.6, zorder=4
    )


def _relation_key(rows: pd.DataFrame, null_slope: float | None) -> tuple[tuple[Any, str], ...]:
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


def _dose_panel(panel: Axes, mine: pd.DataFrame, fit: pd.DataFrame | None, null: float | None) -> None:
    if null is not None:
        panel.axhline(null, color=INK, lw=0.9, zorder=1)
    known = mine[np.isfinite(mine["estimate"]) & np.isfinite(mine["dose"])].sort_values("dose")
    if known.empty:
        empty_panel(panel, why_missing(mine["note"].iloc[0]) if len(mine) else "No rows to draw")
        return
    if fit is not None and len(fit):
        fit = fit.sort_values("dose")
        panel.plot(fit["dose"], fit["estimate"], color=WORSE, lw=1.8, zorder=2)
        if {"conf_low", "conf_high"} <= set(fit.columns):
            band: dict[str, Any] = {"color": PALE, "alpha": 0.6, "linewidth": 0, "zorder": 0}
            panel.fill_between(fit["dose"], fit["conf_low"], fit["conf_high"], **band)
    _dots(panel, known, "dose")
    panel.margins(x=0.06, y=0.12)
    if null is not None:
        beside(
            panel,
            "no change",
            (1, null),
            (-2, 3),
            coords=("axes fraction", "data"),
            ha="right",
            size=6.8,
            color=GREY,
        )


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


def _relation_alt(rows: pd.DataFrame, order: Sequence[str], labels: Mapping[str, str], title: str) -> str:
    kind = f"Grouped sessions: relief {labels['48h']} against relief {labels['post']}, points, positive is better."
    parts = [sentence(title), kind]
    for name in order:
        mine = rows[rows["condition"] == name]
        known = mine[np.isfinite(mine["estimate"])].sort_values("relief_post")
        head = f"{row_label(name)}: " if name else ""
        if known.empty:
            parts.append(sentence(head + (why_missing(mine["note"].iloc[0]) if len(mine) else "no rows")))
            continue
        ends = [known.iloc[0], known.iloc[-1]]
        texts = [f"{number(end['relief_post'])} was followed by {number(end['estimate'])}" for end in ends]
        parts.append(
            sentence(
                f"{head}relief {labels['post']} of {' and of '.join(texts)} {labels['48h']}, {_rests_on(mine)}"
            )
        )
    return " ".join(parts)


def _dose_alt(rows: pd.DataFrame, label: str, labels: Mapping[str, str], title: str) -> str:
    parts = [sentence(title), f"Grouped means against {label[:1].lower()}{label[1:]}, with 95 % intervals."]
    for name in dict.fromkeys(rows["outcome"]):
        mine = rows[rows["outcome"] == name].sort_values("dose")
        texts = [
            f"{number(row.estimate)} at {number(row.dose, 0)}"
            for row in records(mine)
            if np.isfinite(row.estimate)
        ]
        shown = ", ".join(texts) or (why_missing(mine["note"].iloc[0]) if len(mine) else "no rows")
        parts.append(sentence(f"{_outcome_label(name, labels)}: {shown}, {_rests_on(mine)}".rstrip(", ")))
    return " ".join(parts)
