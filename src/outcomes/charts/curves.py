"""Curves: how many respond at every threshold, how precision grows with patients, what the unreached could change.

Comes in: protected curves, computed elsewhere. Goes out: the first Axes, one panel per condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

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
from outcomes.charts.rows import ends_text, known, known_numbers, rests_on
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import EXPECTED, EXPECTED_EDGE, EXPECTED_LABEL, GREY, INK, PLAIN, mark_of
from outcomes.words import interval, interval_text, number, percent_text, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["precision", "responder_curve", "tipping_point"]


@chart("threshold", "proportion")
def responder_curve(sheet: Sheet, *, unit: str = "points") -> None:
    """Draw, for every threshold, the share of sessions with at least that relief: the whole responder curve.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``threshold, proportion``; used where there: ``condition`` (a panel each), ``time``, ``conf_low``,
        ``conf_high``, ``null_benchmark`` (share expected without any effect), ``patients``, ``sessions``, ``note``.
    unit : str
        Unit of the threshold: ``"points"`` or ``"percent"``.
    """
    groups, series = sheet.drawn("proportion"), sheet.series
    single = len(groups) < 2
    counts = _counts_by_reading(sheet) if single and len(series) > 1 else sheet.counts()
    panels = sheet.lay_out(
        f"What share of sessions had at least this much relief{_when(series)}?",
        _one_or_many(len(groups), sheet.width, 0.5, 215.0, 78.0),
        note=f"Shading: 95% CI. {counts}".strip(),
        finding=_responder_findings(sheet.rows, series, unit),
        key=_responder_key(sheet.rows, series),
    )
    span = known_numbers(sheet.rows, "threshold")
    for panel in panels:
        panel.set_xlim(*((span.min(), span.max()) if span.size and span.min() < span.max() else (0, 1)))
        panel.set_ylim(0, 1.02)
        panel.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        panel.set_xlabel(f"relief of at least ({unit})" if single else f"at least ({unit})", labelpad=2)
        if panel.get_xlim()[0] < 0 < panel.get_xlim()[1]:
            panel.axvline(0, color=INK, lw=0.8, zorder=0)
        if single:
            panel.set_ylabel("sessions (%)")
    small_multiples(panels, groups, lambda panel, rows: _responder_panel(panel, rows, series))


def _when(series: Mapping[str, str]) -> str:
    """The reading, as a part of a sentence, where there is one only."""
    return f" {next(iter(series.values()))}" if len(series) == 1 and any(series.values()) else ""


def _one_or_many(count: int, width: float, share: float, tallest: float, height: float) -> Panels:
    """One large panel, ``share`` as high as the page is wide, or many small ones."""
    if count < 2:
        return Panels((min(width * 72 * share, tallest),), left=44, right=10, above=6, below=32)
    return Panels.grid(count, columns_that_fit(count, width), height, left=29, right=10, above=28, below=32)


def _counts_by_reading(sheet: Sheet) -> str:
    """Patients and sessions of every reading."""
    by_time = sheet.groups("time")
    return sentence(
        "; ".join(f"{sheet.labels.get(time, time)}: {rests_on(rows)}" for time, rows in by_time.items())
    )


def _of_time(rows: pd.DataFrame, time: str) -> pd.DataFrame:
    return rows[rows["time"] == time] if "time" in rows.columns else rows


def _responder_panel(panel: Axes, rows: pd.DataFrame, series: Mapping[str, str]) -> None:
    for place, time in enumerate(series):
        curve = known(_of_time(rows, time), "proportion").sort_values("threshold")
        mark = mark_of(time, place)
        x, colour = curve["threshold"], mark.colour
        if curve.empty:
            continue
        panel.plot(x, curve["proportion"], ls=mark.line, lw=1.6, zorder=4, color=colour)
        interval_band(panel, x, curve, color=colour, alpha=0.15, zorder=1)
        if "null_benchmark" in curve.columns:
            expected_line(panel, x, curve["null_benchmark"], edge=colour)


def _responder_key(rows: pd.DataFrame, series: Mapping[str, str]) -> Key:
    from matplotlib.lines import Line2D

    marks = [
        (Line2D([], [], color=mark_of(time, place).colour, ls=mark_of(time, place).line, lw=1.6), label)
        for place, (time, label) in enumerate(series.items())
        if label
    ]
    if "null_benchmark" in rows.columns:
        marks.append((expected_handle(), EXPECTED_LABEL))
    return tuple(marks)


def _responder_findings(rows: pd.DataFrame, series: Mapping[str, str], unit: str) -> list[str]:
    """Say the share at the threshold nearest to 2 points (or 30 %), and what is expected without any effect."""
    wanted = 2.0 if unit == "points" else 30.0
    said = []
    for time, label in series.items():
        curve = known(_of_time(rows, time), "proportion")
        away = (curve["threshold"] - wanted).abs()
        near = curve[away == away.min()]
        if near.empty:
            continue
        cut = f"{label} at least {number(float(near['threshold'].iloc[0]), 0)} {unit}"
        null = known_numbers(near, "null_benchmark")
        ends = (
            " to ".join(dict.fromkeys([percent_text(null.min()), percent_text(null.max())]))
            if null.size
            else ""
        )
        said.append(sentence(f"{cut}: {ends_text(near, 'proportion', percent_text)} of sessions"))
        said.extend([f"{EXPECTED_LABEL.capitalize()}: {ends}."] if ends else [])
    return said


@chart("condition", "patients", "width")
def precision(sheet: Sheet, *, target: float | None = None, unit: str = "points") -> None:
    """Draw how the half-width of each condition's interval narrows as patients accrue.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, patients, width`` (half-width of the 95 % interval): the row with fewest patients is now, the
        others are planned; ``note`` where there.
    target : float, optional
        Half-width wanted, drawn as a line.
    unit : str
        Unit of the half-width.
    """
    groups = sheet.drawn("width", "patients")
    wanted = "" if target is None else f"Dashed: the precision wanted, ±{number(target, 2)} {unit}."
    columns = columns_that_fit(len(groups), sheet.width)
    panels = sheet.lay_out(
        "How many more patients do we need?",
        Panels.grid(len(groups), columns, 66.0, left=36, right=9, above=18, below=30),
        note=f"Filled dot: now. Hollow dots: with more patients, all else equal. {wanted}".strip(),
        finding=_precision_findings(groups, target, unit),
    )
    top = known_numbers(sheet.rows, "width").max(initial=0.0) * 1.1 or 1.0
    for panel in panels:
        panel.set_ylim(0, max(top, (target or 0) * 1.2))
        panel.set_xticks([])
        panel.set_xlabel("patients", labelpad=1)
        panel.set_ylabel(f"± {unit}", size=7, labelpad=1)
    draw = partial(_precision_panel, target=target)
    small_multiples(panels, groups, draw, counts=lambda _: "")


def _precision_panel(panel: Axes, rows: pd.DataFrame, target: float | None) -> None:
    from matplotlib.ticker import MaxNLocator

    curve = known(rows, "width", "patients").sort_values("patients")
    x, y = curve["patients"], curve["width"]
    panel.plot(x, y, color=PLAIN, lw=1.3, marker="o", ms=4, mfc="white", zorder=3)
    panel.plot(x.iloc[:1], y.iloc[:1], color=PLAIN, marker="o", ms=5, zorder=4)
    panel.set_xlim(0, float(x.max()) * 1.08)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    if target is not None:
        panel.axhline(target, color=GREY, lw=1, ls="--", zorder=1)


def _precision_findings(groups: Mapping[str, pd.DataFrame], target: float | None, unit: str) -> list[str]:
    """Say how wide the intervals are now, and in how many conditions that is close enough."""
    if not groups:
        return []
    now = pd.concat([known(rows, "width", "patients").nsmallest(1, "patients") for rows in groups.values()])
    said = [f"Now: {ends_text(now, 'width', lambda width: f'±{number(width, 2)}')} {unit}."]
    if target is not None:
        near = int((now["width"] <= target).sum())
        said.append(f"{near} of {len(now)} conditions are within ±{number(target, 2)}.")
    return said


@chart("delta", "estimate")
def tipping_point(
    sheet: Sheet, *, label: str = "mean relief (points)", expected: tuple[float, float] | None = None
) -> None:
    """Draw mean relief against how much worse unreached patients are supposed to have done.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``delta, estimate``; used where there: ``condition`` (a panel each), ``conf_low``, ``conf_high``, ``patients``,
        ``sessions``, ``note``. Protected.
    label : str
        What the estimate is, for the axis.
    expected : (float, float), optional
        Lowest and highest estimate expected without any effect, drawn as the pale band.
    """
    groups = sheet.drawn("estimate")
    expected = expected if expected is not None and np.isfinite(expected).all() else None
    single = len(groups) < 2
    note = "At 0, unreached patients did as well as similar patients who answered. Shading: 95% CI."
    panels = sheet.lay_out(
        "How much worse must unreached patients have done to change the answer?",
        _one_or_many(len(groups), sheet.width, 0.45, 190.0, 70.0),
        note=f"{note} {sheet.counts()}".strip(),
        finding=_tipping_findings(groups, expected),
        key=((expected_handle(), EXPECTED_LABEL),) if expected else (),
    )
    limits = _tipping_limits(sheet.rows, expected or ())
    for panel in panels:
        panel.set_ylim(*limits)
        if expected:
            panel.axhspan(*expected, facecolor=EXPECTED, edgecolor=EXPECTED_EDGE, linewidth=0.6, zorder=0)
        panel.set_xlabel(
            "unreached patients worse by (points)" if single else "worse by (points)", labelpad=2
        )
        if single:
            panel.set_ylabel(label)
    small_multiples(panels, groups, _tipping_panel)


def _tipping_limits(rows: pd.DataFrame, expected: Sequence[float]) -> tuple[float, float]:
    values = np.append(known_numbers(rows, "estimate", "conf_low", "conf_high"), expected)
    if values.size == 0:
        return -1.0, 1.0
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    reach = 0.08 * max(high - low, 0.5)
    return low - reach, high + reach


def _tipping_panel(panel: Axes, rows: pd.DataFrame) -> None:
    line = known(rows, "estimate").sort_values("delta")
    panel.axhline(0, color=INK, lw=0.8, zorder=0)
    annotate(
        panel,
        "no change",
        (0, 0),
        (3, 3),
        coords=("axes fraction", "data"),
        ha="left",
        size=6.6,
        color=GREY,
    )
    panel.plot(line["delta"], line["estimate"], color=PLAIN, lw=1.6, marker="o", ms=3, zorder=4)
    interval_band(panel, line["delta"], line, color=PLAIN, alpha=0.16, zorder=1)


def _tipping_findings(groups: Mapping[str, pd.DataFrame], expected: tuple[float, float] | None) -> list[str]:
    """Say both ends of the line; of several, in how many it stays on one side of no change."""
    lines = {name: known(rows, "estimate").sort_values("delta") for name, rows in groups.items()}
    if len(lines) > 1:
        stay = sum(
            bool((line["estimate"] > 0).all() or (line["estimate"] < 0).all()) for line in lines.values()
        )
        return [f"In {stay} of {len(lines)} conditions the line never reaches no change."]
    ends = [
        f"{interval_text(row['estimate'], row.get('conf_low', np.nan), row.get('conf_high', np.nan))} "
        f"if unreached patients did {number(row['delta'], 1)} points worse."
        for line in lines.values()
        for row in (line.iloc[0], line.iloc[-1])
    ]
    return [*ends, f"{EXPECTED_LABEL.capitalize()}: {interval(*expected)}."] if expected else ends
