"""Soreness curves: the share of sessions still sore against hours since needling, with who was at risk.

Comes in: a protected curve, computed elsewhere. Goes out: the first Axes, one panel per condition (or up to three
groups in one); many curves known at a few hours only become rows of a forest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.forest import INTERVALS, PATIENTS, Forest, draw_forest, interval_column
from outcomes.charts.layout import Panels
from outcomes.charts.panels import annotate, columns_that_fit, end_labels, interval_band, small_multiples
from outcomes.charts.rows import known, row_label
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import GREY, PLAIN, Mark, mark_of, text_width
from outcomes.words import listed, number, percent_text, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["soreness_curve"]

HOURS = (24.0, 48.0, 72.0)
TABLE_TOP = -30.0
"""Height of the table under a large panel, points from its axis."""
TOGETHER = 3
"""Up to so many groups share one panel of soreness."""
LEAST_WIDTH = 170.0
"""Points that a panel of several curves takes without their names."""
FEW_TIMES = 6
"""A curve known at so few hours is drawn as points: where it falls between them is not known."""
DAYS: Mapping[float, str] = {24.0: "24h", 48.0: "48h", 72.0: "72h"}
DAY_LABELS: Mapping[str, str] = {"24h": "after 24 hours", "48h": "after 48 hours", "72h": "after 72 hours"}
COUNTED = "Never sore counts as 0 hours. Patients still sore at last contact count up to that contact."


@chart("time_h", "still_sore")
def soreness_curve(sheet: Sheet, *, until_h: float = 96.0) -> None:
    """Draw the share of sessions still sore against hours since needling, with who was at risk below.

    Parameters
    ----------
    estimates : pandas.DataFrame
        What :func:`outcomes.soreness_curve` returns: ``time_h, still_sore`` and, where there, ``condition`` (or the
        column it was grouped by, renamed), ``at_risk, conf_low, conf_high, patients, sessions, note``. Protected.
    until_h : float
        Last hour drawn.
    """
    groups = sheet.drawn("still_sore", "time_h")
    together = len(groups) <= TOGETHER and _has_room(sheet, groups)
    if not together and all(_coarse(known(rows, "still_sore", "time_h")) for rows in groups.values()):
        _rows_of_hours(sheet)
        return
    coarse = any(_coarse(known(rows, "still_sore", "time_h")) for rows in groups.values())
    panels = sheet.lay_out(
        "How long does soreness last?",
        _shape(sheet, groups, together=together),
        note=f"{COUNTED} {'Lines' if coarse else 'Shading'}: 95% CI. {sheet.counts()}".strip(),
        finding=_findings(groups),
    )
    for panel in panels:
        _hours_axis(panel, until_h)
        panel.set_ylabel("sessions still sore (%)" if together else "still sore (%)")
    if together and len(groups) > 1:
        _panel_of_several(panels[0], groups)
    elif together:
        small_multiples(panels, groups, _panel_of_one, headings=False)
    else:
        for panel in panels:
            panel.yaxis.label.set_fontsize(7)
            panel.yaxis.labelpad = 1
        small_multiples(panels, groups, partial(_panel_of_one, close=True))


def _rows_of_hours(sheet: Sheet) -> None:
    """Draw many curves that are known at a few hours only as rows: a mark for every day."""
    sheet.rows = sheet.rows.assign(
        estimate=sheet.rows["still_sore"].where(sheet.rows["time_h"].isin(DAYS)),
        time=sheet.rows["time_h"].map(DAYS).fillna(""),
    )
    sheet.rows = known(sheet.rows, "estimate")
    rows = sheet.drawn_rows("estimate")
    forest = Forest(
        rows=rows,
        series={key: label for key, label in DAY_LABELS.items() if key in set(rows["time"])},
        axis="Sessions still sore (%)",
        columns=(interval_column("still sore", share=True), PATIENTS),
        share=True,
    )
    note = f"{COUNTED} {INTERVALS} {sheet.counts()}".strip()
    draw_forest(sheet, forest, "How long does soreness last?", note)


def _has_room(sheet: Sheet, groups: Mapping[str, pd.DataFrame]) -> bool:
    """Whether the names of several curves have room beside them, and before their numbers at risk."""
    return len(groups) < 2 or 2 * _longest_name(groups) + LEAST_WIDTH <= sheet.width * 72


def _longest_name(groups: Mapping[str, pd.DataFrame]) -> float:
    """Width of the longest name of several curves, points; one curve is not named."""
    return max(text_width(row_label(name), 7.2) for name in groups) if len(groups) > 1 else 0.0


def _shape(sheet: Sheet, groups: Mapping[str, pd.DataFrame], *, together: bool) -> Panels:
    at_risk = "at_risk" in sheet.rows.columns or (together and len(groups) > 1)
    if together:
        name = _longest_name(groups)
        below = 34.0 + (12 + 10 * max(len(groups), 1) if at_risk else 0)
        left = max(44.0, max(name, text_width("at risk", 7.2)) + 22 if at_risk else 0.0)
        return Panels(
            (min(sheet.width * 72 * 0.5, 215.0),), left=left, right=14 + name, above=14, below=below
        )
    columns = columns_that_fit(len(groups), sheet.width, least=112.0)
    return Panels.grid(len(groups), columns, 74.0, left=36, right=9, above=28, below=39 if at_risk else 26)


def _hours_axis(panel: Axes, until_h: float) -> None:
    panel.set_xlim(0, until_h)
    panel.set_ylim(0, 1.02)
    panel.set_xticks([hour for hour in (0.0, *HOURS, 96.0, 120.0, 144.0, 168.0) if hour <= until_h])
    panel.set_yticks([0, 0.5, 1], ["0", "50", "100"])
    panel.set_xlabel("hours since needling", labelpad=2)
    for hour in HOURS:
        panel.axvline(hour, color=GREY, lw=0.6, ls=":", zorder=0)


def _panel_of_one(panel: Axes, rows: pd.DataFrame, *, close: bool = False) -> None:
    curve = known(rows, "still_sore", "time_h").sort_values("time_h")
    _curve(panel, curve, Mark(PLAIN, "o"))
    _risk_row(panel, "at risk", 0, GREY, curve, close=close)


def _panel_of_several(panel: Axes, groups: Mapping[str, pd.DataFrame]) -> None:
    """Draw a few curves in one panel, each named at its end and with its row in the table below."""
    ends: list[tuple[float, str, str]] = []
    for place, (name, rows) in enumerate(groups.items()):
        curve = known(rows, "still_sore", "time_h").sort_values("time_h")
        mark = mark_of("", place)
        _curve(panel, curve, mark)
        seen = curve[curve["time_h"] <= panel.get_xlim()[1]]
        ends.append((float(seen["still_sore"].iloc[-1]) if len(seen) else 1.0, row_label(name), mark.colour))
        _risk_row(panel, row_label(name), place, mark.colour, curve)
    end_labels(panel, ends)
    look: dict[str, Any] = {"size": 7, "color": GREY, "ha": "right", "va": "center"}
    annotate(panel, "at risk", (0, 0), (-13, TABLE_TOP), coords="axes fraction", **look)


def _curve(panel: Axes, curve: pd.DataFrame, mark: Mark) -> None:
    """Draw a curve as steps, or as points where it is known at a few hours only."""
    hours, share = curve["time_h"].to_numpy(), curve["still_sore"].to_numpy()
    if _coarse(curve):
        if {"conf_low", "conf_high"} <= set(curve.columns):
            panel.vlines(hours, curve["conf_low"], curve["conf_high"], color=mark.colour, lw=1.2, zorder=3)
        panel.plot(hours, share, color=mark.colour, ls=":", lw=1, marker=mark.marker, ms=4.5, zorder=4)
        return
    if hours[0] > 0:
        hours, share = np.append(0.0, hours), np.append(1.0, share)
    panel.step(hours, share, where="post", color=mark.colour, ls=mark.line, lw=1.6, zorder=4)
    interval_band(panel, curve["time_h"], curve, step="post", color=mark.colour, alpha=0.16, zorder=1)


def at_risk_by(curve: pd.DataFrame, hour: float) -> float:
    """Sessions still watched at an hour: just before it, or just after where the curve is known on a grid.

    Parameters
    ----------
    curve : pandas.DataFrame
        A curve's rows in order of time. A row's ``at_risk`` is of its own hour, or of ``from_h`` where the row speaks
        of the hours since.
    hour : float

    Returns
    -------
    float
        Missing where the curve does not say.
    """
    entered = curve["time_h"]
    if "from_h" in curve.columns:
        entered = curve["from_h"].where(curve["from_h"] < curve["time_h"], curve["time_h"])
    if _coarse(curve):
        exact = curve[np.isclose(entered, hour)]
        return float(exact["at_risk"].iloc[0]) if len(exact) else float("nan")
    later = curve[entered >= hour]
    if len(later):
        return float(later["at_risk"].iloc[0])
    last = curve.iloc[-1]
    gone = [float(last[name]) for name in ("resolved", "censored") if name in curve.columns]
    return max(float(last["at_risk"]) - float(np.nansum(gone)), 0.0)


def _coarse(curve: pd.DataFrame) -> bool:
    """Whether a curve is known at a few hours only, so that where it falls between them is not."""
    spans = float((curve["from_h"] < curve["time_h"]).mean()) if "from_h" in curve.columns else 0.0
    return len(curve) <= FEW_TIMES or (spans > 0.5 and len(curve) <= 3 * FEW_TIMES)


def _risk_row(
    panel: Axes, label: str, place: int, colour: str, curve: pd.DataFrame, *, close: bool = False
) -> None:
    """Write who is at risk at each hour, where the curve says so."""
    if "at_risk" in curve.columns:
        risks = {hour: at_risk_by(curve, hour) for hour in (0.0, *HOURS)}
        if np.isfinite(list(risks.values())).any():
            texts = {hour: number(risk, 0) for hour, risk in risks.items()}
            _table_row(panel, label, place, colour, texts, close=close)


def _table_row(
    panel: Axes, label: str, place: int, colour: str, texts: Mapping[float, str], *, close: bool = False
) -> None:
    """Write one line of the table under the axis: who is at risk at each hour."""
    drop = -33.0 if close else TABLE_TOP - 10 * (place + (label != "at risk"))
    look: dict[str, Any] = {"size": 6.4 if close else 7.0, "va": "center", "color": colour}
    annotate(panel, label, (0, 0), (-9 if close else -13, drop), coords="axes fraction", ha="right", **look)
    for hour, text in texts.items():
        if hour <= panel.get_xlim()[1]:
            annotate(panel, text, (hour, 0), (0, drop), coords=("data", "axes fraction"), ha="center", **look)


def _findings(groups: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say how many were still sore after one, two and three days."""
    return [
        sentence(f"{row_label(name)}: {_days(rows)}" if name else _days(rows))
        for name, rows in groups.items()
    ]


def _days(rows: pd.DataFrame) -> str:
    curve = known(rows, "still_sore", "time_h").sort_values("time_h")
    hours = [hour for hour in HOURS if curve["time_h"].min() <= hour <= curve["time_h"].max()]
    shares = [float(curve[curve["time_h"] <= hour]["still_sore"].iloc[-1]) for hour in hours]
    said = [f"{percent_text(share)} at {hour:.0f} hours" for share, hour in zip(shares, hours, strict=True)]
    return f"still sore {listed(said, none='not known at 24, 48 or 72 hours')}"
