"""Curves: how many respond at every threshold, how precision grows with patients, what the missing could change.

Comes in: protected curves, computed elsewhere. Goes out: the first Axes, one panel per condition. What was withheld
keeps its panel, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels
from outcomes.charts.panels import annotate, columns_that_fit, interval_band, small_multiples
from outcomes.charts.rows import known, known_numbers, rests_on, sentence_per_group
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import BETTER, GREY, INK, mark_of
from outcomes.words import count_text, interval_text, number, percent_text, sentence, why_missing

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
        ``conf_high``, ``null_benchmark`` (share expected with no effect at all), ``patients``, ``sessions``, ``note``.
    unit : str
        Unit of the threshold: ``"points"`` or ``"percent"``.
    """
    groups, series = sheet.groups(), sheet.series
    single = len(groups) < 2
    counts = _counts_by_reading(sheet) if single and len(series) > 1 else sheet.counts()
    panels = sheet.lay_out(
        "How many sessions were followed by at least so much relief?",
        _one_or_many(len(groups), sheet.width, 0.5, 215.0, 78.0),
        note=f"Every threshold is shown, not one cut. Bands are 95 % intervals. {counts}".strip(),
        alt=[f"Falling curves of the share of sessions against the threshold in {unit}.",
             *sentence_per_group(groups, lambda rows: _responder_text(rows, series, unit))],
        key=_responder_key(sheet.rows, series),
    )  # fmt: skip
    span = known_numbers(sheet.rows, "threshold")
    for panel in panels:
        panel.set_xlim(*((span.min(), span.max()) if span.size and span.min() < span.max() else (0, 1)))
        panel.set_ylim(0, 1.02)
        panel.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        panel.set_xlabel(f"relief of at least ({unit})" if single else f"at least ({unit})", labelpad=2)
        if single:
            panel.set_ylabel("sessions (%)")
    small_multiples(panels, groups, lambda panel, rows: _responder_panel(panel, rows, series), ["proportion"])
    for panel in panels:
        if panel.get_xlim()[0] < 0 < panel.get_xlim()[1]:
            panel.axvline(0, color=INK, lw=0.8, zorder=0)


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
            panel.plot(x, curve["null_benchmark"], ls=":", lw=1, zorder=3, color=colour)


def _responder_key(rows: pd.DataFrame, series: Mapping[str, str]) -> Key:
    from matplotlib.lines import Line2D

    marks = [
        (Line2D([], [], color=mark_of(time, place).colour, ls=mark_of(time, place).line, lw=1.6), label)
        for place, (time, label) in enumerate(series.items())
        if label
    ]
    if "null_benchmark" in rows.columns:
        marks.append(
            (Line2D([], [], color=GREY, ls=":", lw=1), "expected with no effect at all (same colours)")
        )
    return tuple(marks)


def _responder_text(rows: pd.DataFrame, series: Mapping[str, str], unit: str) -> str:
    said = "; ".join(_threshold_text(_of_time(rows, time), label, unit) for time, label in series.items())
    return f"{said}, {rests_on(rows)}" if rests_on(rows) and len(series) < 2 else said


def _threshold_text(rows: pd.DataFrame, label: str, unit: str) -> str:
    """Say the share at the threshold nearest to 2 points (or 30 %), and what no effect would give."""
    curve = known(rows, "proportion")
    if curve.empty:
        return f"{label} {why_missing(rows['note'].iloc[0]) if len(rows) else 'not recorded'}".strip()
    wanted = 2.0 if unit == "points" else 30.0
    row = curve.iloc[int((curve["threshold"] - wanted).abs().argmin())]
    share, cut = percent_text(float(row["proportion"])), number(float(row["threshold"]), 0)
    said = f"{label} {share} at {cut} {unit}".strip()
    null = float(row.get("null_benchmark", float("nan")))
    said += f" ({percent_text(null)} expected with no effect at all)" if np.isfinite(null) else ""
    return f"{said}, {rests_on(rows)}" if label and rests_on(rows) else said


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
    groups = sheet.groups()
    wanted = (
        "" if target is None else f"The dashed line is the precision wanted, ±{number(target, 2)} {unit}."
    )
    columns = columns_that_fit(len(groups), sheet.width)
    panels = sheet.lay_out(
        "How many more patients until we can say?",
        Panels.grid(len(groups), columns, 66.0, left=36, right=9, above=18, below=30),
        note=f"The filled dot is now; hollow dots are what more patients would give, all else equal. {wanted}".strip(),
        alt=["Small charts of the half-width of the 95 % interval against patients.",
             *sentence_per_group(groups, lambda rows: _precision_text(rows, unit), "width")],
    )  # fmt: skip
    top = known_numbers(sheet.rows, "width").max(initial=0.0) * 1.1 or 1.0
    for panel in panels:
        panel.set_ylim(0, max(top, (target or 0) * 1.2))
        panel.set_xticks([])
        panel.set_xlabel("patients", labelpad=1)
        panel.set_ylabel(f"± {unit}", size=7, labelpad=1)
    small_multiples(
        panels,
        groups,
        lambda panel, rows: _precision_panel(panel, rows, target),
        ["width", "patients"],
        counts=lambda _: "",
    )


def _precision_panel(panel: Axes, rows: pd.DataFrame, target: float | None) -> None:
    from matplotlib.ticker import MaxNLocator

    curve = known(rows, "width", "patients").sort_values("patients")
    x, y = curve["patients"], curve["width"]
    panel.plot(x, y, color=BETTER, lw=1.3, marker="o", ms=4, mfc="white", zorder=3)
    panel.plot(x.iloc[:1], y.iloc[:1], color=BETTER, marker="o", ms=5, zorder=4)
    panel.set_xlim(0, float(x.max()) * 1.08)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    if target is not None:
        panel.axhline(target, color=GREY, lw=1, ls="--", zorder=1)


def _precision_text(rows: pd.DataFrame, unit: str) -> str:
    curve = known(rows, "width").sort_values("patients")
    ends = [
        f"±{number(float(row['width']), 2)} {unit} with {count_text(float(row['patients']), 'patient')}"
        for row in (curve.iloc[0], curve.iloc[-1])
    ]
    return ", ".join(dict.fromkeys(ends))


@chart("delta", "estimate")
def tipping_point(sheet: Sheet, *, label: str = "mean relief (points)") -> None:
    """Draw mean relief against how much worse the missing are supposed to have fared.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``delta, estimate``; used where there: ``condition`` (a panel each), ``conf_low``, ``conf_high``, ``patients``,
        ``sessions``, ``note``. Protected.
    label : str
        What the estimate is, for the axis.
    """
    groups = sheet.groups()
    single = len(groups) < 2
    note = "0 takes the missing as like those who answered and were alike in what is known. Bands are 95 % intervals."
    panels = sheet.lay_out(
        "How much worse must the missing have fared to change the answer?",
        _one_or_many(len(groups), sheet.width, 0.45, 190.0, 70.0),
        note=f"{note} {sheet.counts()}".strip(),
        alt=["Lines of mean relief against how many points worse the missing fared.",
             *sentence_per_group(groups, _tipping_text, "estimate")],
    )  # fmt: skip
    limits = _tipping_limits(sheet.rows)
    for panel in panels:
        panel.set_ylim(*limits)
        panel.set_xlabel("the missing fared worse by (points)" if single else "worse by (points)", labelpad=2)
        if single:
            panel.set_ylabel(label)
    small_multiples(panels, groups, _tipping_panel, ["estimate"])


def _tipping_limits(rows: pd.DataFrame) -> tuple[float, float]:
    values = known_numbers(rows, "estimate", "conf_low", "conf_high")
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
        (1, 0),
        (-2, 3),
        coords=("axes fraction", "data"),
        ha="right",
        size=6.6,
        color=GREY,
    )
    panel.plot(line["delta"], line["estimate"], color=BETTER, lw=1.6, marker="o", ms=3, zorder=4)
    interval_band(panel, line["delta"], line, color=BETTER, alpha=0.16, zorder=1)


def _tipping_text(rows: pd.DataFrame) -> str:
    line = known(rows, "estimate").sort_values("delta")
    ends = [
        f"{interval_text(row['estimate'], row.get('conf_low', np.nan), row.get('conf_high', np.nan))} "
        f"at {number(row['delta'], 2)} points worse"
        for row in (line.iloc[0], line.iloc[-1])
    ]
    return f"{'; '.join(dict.fromkeys(ends))}, {rests_on(rows)}"
