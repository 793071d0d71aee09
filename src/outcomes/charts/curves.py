"""Curves: how many respond at every threshold, and how precision grows with patients.

Comes in: protected curves, computed elsewhere. Goes out: the first Axes, one panel per condition. What was withheld
keeps its panel, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, lay_out
from outcomes.charts.panels import columns_that_fit, empty_panel, panel_heading
from outcomes.charts.rows import (
    counts_note,
    known_numbers,
    ordered_conditions,
    rests_on,
    row_label,
    tidy_rows,
    time_labels,
    times_shown,
)
from outcomes.charts.style import BETTER, GREY, INK, house_style, mark_of
from outcomes.words import count_text, number, percent_text, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["precision", "responder_curve"]


@house_style
def responder_curve(
    curve: pd.DataFrame,
    ax: Axes | None = None,
    *,
    times: Mapping[str, str] | None = None,
    unit: str = "points",
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw, for every threshold, the share of sessions with at least that relief: the whole responder curve.

    Parameters
    ----------
    curve : pandas.DataFrame
        ``threshold, proportion``; used where there: ``condition`` (a panel each), ``time``, ``conf_low``,
        ``conf_high``, ``null_benchmark`` (share expected with no effect at all), ``patients``, ``sessions``, ``note``.
    unit : str
        Unit of the threshold: ``"points"`` or ``"percent"``.
    ax, times, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``.
    """
    rows = tidy_rows(curve, ["threshold", "proportion"], chart="responder_curve")
    rows = rows.assign(condition=rows["condition"] if "condition" in rows.columns else "")
    labels = time_labels(curve, times)
    series = {time: labels.get(time, time) for time in times_shown(rows)}
    order = ordered_conditions(rows["condition"]) or [""]
    single = len(order) == 1
    asked = title or "How many sessions were followed by at least so much relief?"
    note = "Every threshold is shown, not one cut. Bands are 95 % intervals."
    by = "time" if single and len(series) > 1 else "condition"
    rests = counts_note(rows, curve) if by == "condition" else _rests(rows, series)
    words = Words(
        asked,
        f"{note} {rests} {source_note}".strip(),
        _responder_alt(rows, order, series, unit, asked),
        _responder_key(rows, series),
    )
    columns = 1 if single else columns_that_fit(len(order), width)
    heights = (min(width * 72 * 0.5, 215.0),) if single else (78.0,) * -(-len(order) // columns)
    shape = Panels(
        heights, len(order), columns, left=44 if single else 29, right=10, above=6 if single else 28, below=32
    )
    panels = lay_out(ax, words, shape, width)
    span = known_numbers(rows, "threshold")
    for panel, name in zip(panels, order, strict=True):
        mine = rows[rows["condition"] == name]
        panel.set_xlim(*((span.min(), span.max()) if span.size and span.min() < span.max() else (0, 1)))
        panel.set_ylim(0, 1.02)
        panel.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        panel.set_xlabel(f"relief of at least ({unit})" if single else f"at least ({unit})", labelpad=2)
        if single:
            panel.set_ylabel("sessions (%)")
        if name:
            panel_heading(panel, row_label(name), rests_on(mine))
        _responder_panel(panel, mine, series)
    return panels[0] if ax is None else ax


def _rests(rows: pd.DataFrame, series: Mapping[str, str]) -> str:
    """Patients and sessions of every reading."""
    return sentence(
        "; ".join(f"{label}: {rests_on(rows[rows['time'] == time])}" for time, label in series.items())
    )


def _responder_panel(panel: Axes, mine: pd.DataFrame, series: Mapping[str, str]) -> None:
    drawn = False
    for place, time in enumerate(series):
        of_time = mine[mine["time"] == time] if "time" in mine.columns else mine
        known = of_time[np.isfinite(of_time["proportion"])].sort_values("threshold")
        if known.empty:
            continue
        drawn, mark = True, mark_of(time, place)
        panel.plot(known["threshold"], known["proportion"], color=mark.colour, ls=mark.line, lw=1.6, zorder=4)
        if {"conf_low", "conf_high"} <= set(known.columns):
            look: dict[str, Any] = {"color": mark.colour, "alpha": 0.15, "linewidth": 0, "zorder": 1}
            panel.fill_between(known["threshold"], known["conf_low"], known["conf_high"], **look)
        if "null_benchmark" in known.columns:
            panel.plot(known["threshold"], known["null_benchmark"], color=mark.colour, ls=":", lw=1, zorder=3)
    if not drawn:
        empty_panel(panel, why_missing(mine["note"].iloc[0]) if len(mine) else "No rows to draw")
    if panel.get_xlim()[0] < 0 < panel.get_xlim()[1]:
        panel.axvline(0, color=INK, lw=0.8, zorder=0)


def _responder_key(rows: pd.DataFrame, series: Mapping[str, str]) -> tuple[tuple[Any, str], ...]:
    from matplotlib.lines import Line2D

    marks = [
        (Line2D([], [], color=mark_of(time, number).colour, ls=mark_of(time, number).line, lw=1.6), label)
        for number, (time, label) in enumerate(series.items())
        if label
    ]
    if "null_benchmark" in rows.columns:
        marks.append(
            (Line2D([], [], color=GREY, ls=":", lw=1), "expected with no effect at all (same colours)")
        )
    return tuple(marks)


def _responder_alt(
    rows: pd.DataFrame, order: Sequence[str], series: Mapping[str, str], unit: str, title: str
) -> str:
    parts = [sentence(title), f"Falling curves of the share of sessions against the threshold in {unit}."]
    for name in order:
        mine = rows[rows["condition"] == name]
        told = [_responder_words(mine, time, label, unit) for time, label in series.items()]
        head = f"{row_label(name)}: " if name else ""
        rests = f", {rests_on(mine)}" if rests_on(mine) and len(series) < 2 else ""
        parts.append(sentence(head + ("; ".join(told) if len(mine) else "no rows") + rests))
    return " ".join(parts)


def _responder_words(mine: pd.DataFrame, time: str, label: str, unit: str) -> str:
    """Say the share at the threshold nearest to 2 points (or 30 %), and what no effect would give."""
    of_time = mine[mine["time"] == time] if "time" in mine.columns else mine
    known = of_time[np.isfinite(of_time["proportion"])]
    if known.empty:
        return f"{label} {why_missing(of_time['note'].iloc[0]) if len(of_time) else 'not recorded'}".strip()
    wanted = 2.0 if unit == "points" else 30.0
    row = known.loc[(known["threshold"] - wanted).abs().idxmin()]
    share, cut = percent_text(float(row["proportion"])), number(float(row["threshold"]), 0)
    told = f"{label} {share} at {cut} {unit}".strip()
    null = float(row.get("null_benchmark", float("nan")))
    told += f" ({percent_text(null)} expected with no effect at all)" if np.isfinite(null) else ""
    return f"{told}, {rests_on(of_time)}" if label and rests_on(of_time) else told


@house_style
def precision(
    plan: pd.DataFrame,
    ax: Axes | None = None,
    *,
    target: float | None = None,
    unit: str = "points",
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw how the half-width of each condition's interval narrows as patients accrue.

    Parameters
    ----------
    plan : pandas.DataFrame
        ``condition, patients, width`` (half-width of the 95 % interval): the row with fewest patients is now, the
        others are planned; ``note`` where there.
    target : float, optional
        Half-width wanted, drawn as a line.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`; ``unit`` is that of the half-width.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``.
    """
    rows = tidy_rows(plan, ["condition", "patients", "width"], chart="precision")
    order = ordered_conditions(rows["condition"])
    asked = title or "How many more patients until we can say?"
    wanted = (
        "" if target is None else f" The dashed line is the precision wanted, ±{number(target, 2)} {unit}."
    )
    note = f"The filled dot is now; hollow dots are what more patients would give, all else equal.{wanted}"
    words = Words(asked, f"{note} {source_note}".strip(), _precision_alt(rows, order, unit, asked))
    columns = columns_that_fit(len(order), width)
    shape = Panels(
        (66.0,) * max(-(-len(order) // columns), 1),
        max(len(order), 1),
        columns,
        left=36,
        right=9,
        above=18,
        below=30,
    )
    panels = lay_out(ax, words, shape, width)
    top = known_numbers(rows, "width").max(initial=0.0) * 1.1 or 1.0
    for panel, name in zip(panels, order, strict=False):
        panel.set_ylim(0, max(top, (target or 0) * 1.2))
        panel.set_xlabel("patients", labelpad=1)
        panel.set_ylabel(f"± {unit}", size=7, labelpad=1)
        panel_heading(panel, row_label(name))
        _precision_panel(panel, rows[rows["condition"] == name], target)
    if not order:
        empty_panel(panels[0], "No rows to draw")
    return panels[0] if ax is None else ax


def _precision_panel(panel: Axes, mine: pd.DataFrame, target: float | None) -> None:
    known = mine[np.isfinite(mine["width"]) & np.isfinite(mine["patients"])].sort_values("patients")
    if known.empty:
        empty_panel(panel, why_missing(mine["note"].iloc[0]))
        panel.set_xticks([])
        return
    panel.plot(
        known["patients"], known["width"], color=BETTER, lw=1.3, marker="o", ms=4, mfc="white", zorder=3
    )
    panel.plot(known["patients"].iloc[:1], known["width"].iloc[:1], color=BETTER, marker="o", ms=5, zorder=4)
    panel.set_xlim(0, float(known["patients"].max()) * 1.08)
    panel.xaxis.set_major_locator(_few_whole_ticks())
    if target is not None:
        panel.axhline(target, color=GREY, lw=1, ls="--", zorder=1)


def _few_whole_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=4, integer=True)


def _precision_alt(rows: pd.DataFrame, order: Sequence[str], unit: str, title: str) -> str:
    parts = [sentence(title), "Small charts of the half-width of the 95 % interval against patients."]
    for name in order:
        mine = rows[rows["condition"] == name].sort_values("patients")
        known = mine[np.isfinite(mine["width"])]
        told = (
            [
                f"±{number(float(row.width), 2)} {unit} with {count_text(float(row.patients), 'patient')}"
                for row in (known.iloc[0], known.iloc[-1])
            ]
            if len(known)
            else [why_missing(mine["note"].iloc[0])]
        )
        parts.append(sentence(f"{row_label(name)}: {', '.join(dict.fromkeys(told))}"))
    return " ".join(parts)
