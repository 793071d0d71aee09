"""Soreness curves: the share of sessions still sore against hours since needling, with who was at risk.

Comes in: a protected curve, computed elsewhere. Goes out: the first Axes, one panel per condition (or up to three
groups in one). What was withheld keeps its panel, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, beside, lay_out, size_in_points
from outcomes.charts.panels import columns_that_fit, empty_panel, end_labels, panel_heading
from outcomes.charts.rows import counts_note, ordered_conditions, rests_on, row_label, tidy_rows
from outcomes.charts.style import BETTER, GREY, Mark, house_style, mark_of, one_line, text_width
from outcomes.words import listed, number, percent_text, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["soreness_curve"]

HOURS = (24.0, 48.0, 72.0)
TABLE_TOP = -30.0
"""Height of the table under a large panel, points from its axis."""
TOGETHER = 3
"""Up to so many groups share one panel of soreness."""
FEW_TIMES = 6
"""A curve known at so few hours is drawn as points: where it falls between them is not known."""


@house_style
def soreness_curve(
    curve: pd.DataFrame,
    ax: Axes | None = None,
    *,
    until_h: float = 96.0,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw the share of sessions still sore against hours since needling, with who was at risk below.

    Parameters
    ----------
    curve : pandas.DataFrame
        What :func:`outcomes.soreness_curve` returns: ``time_h, still_sore`` and, where there, ``condition`` (or the
        column it was grouped by, renamed), ``at_risk, conf_low, conf_high, patients, sessions, note``. Protected.
    until_h : float
        Last hour drawn.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``.
    """
    rows = tidy_rows(curve, ["time_h", "still_sore"], chart="soreness_curve")
    rows = rows.assign(condition=rows["condition"] if "condition" in rows.columns else "")
    order = ordered_conditions(rows["condition"]) or [""]
    together = len(order) <= TOGETHER
    asked = title or "How long does soreness last after needling?"
    points = _coarse(rows[rows["condition"] == order[0]])
    marks = "Lines" if points else "Bands"
    told = "Who was never sore counts at 0 h; who was still sore when last asked, until then."
    note = f"{told} {marks} are 95 % intervals."
    words = Words(
        asked, f"{note} {counts_note(rows, curve)} {source_note}".strip(), _soreness_alt(rows, order, asked)
    )
    panels = lay_out(ax, words, _soreness_shape(rows, order, width, together=together), width)
    for place, panel in enumerate(panels):
        names = order if together else order[place : place + 1]
        _hours_axis(panel, until_h)
        _soreness_panel(panel, rows, names, together=together)
        if not together:
            mine = rows[rows["condition"] == names[0]]
            panel_heading(panel, row_label(names[0]), rests_on(mine))
            panel.set_ylabel("still sore (%)", size=7, labelpad=1)
        else:
            panel.set_ylabel("sessions still sore (%)")
    return panels[0] if ax is None else ax


def _soreness_shape(rows: pd.DataFrame, order: Sequence[str], width: float, *, together: bool) -> Panels:
    at_risk = "at_risk" in rows.columns or (together and len(order) > 1)
    if together:
        longest = max([text_width(row_label(name), 7.2) for name in order] + [text_width("at risk", 7.2)])
        below = 34.0 + (12 + 10 * len(order) if at_risk else 0)
        right = 14 + (longest if len(order) > 1 else 0.0)
        left = max(44.0, longest + 22 if at_risk else 0.0)
        return Panels((min(width * 72 * 0.5, 215.0),), left=left, right=right, above=14, below=below)
    columns = columns_that_fit(len(order), width, least=112.0)
    rows_of_panels = -(-len(order) // columns)
    below = 39.0 if at_risk else 26.0
    return Panels((74.0,) * rows_of_panels, len(order), columns, left=36, right=9, above=28, below=below)


def _hours_axis(panel: Axes, until_h: float) -> None:
    panel.set_xlim(0, until_h)
    panel.set_ylim(0, 1.02)
    panel.set_xticks([hour for hour in (0.0, *HOURS, 96.0, 120.0, 144.0, 168.0) if hour <= until_h])
    panel.set_yticks([0, 0.5, 1], ["0", "50", "100"])
    panel.set_xlabel("hours since needling", labelpad=2)
    for hour in HOURS:
        panel.axvline(hour, color=GREY, lw=0.6, ls=":", zorder=0)


def _soreness_panel(panel: Axes, rows: pd.DataFrame, names: Sequence[str], *, together: bool) -> None:
    ends: list[tuple[float, str, str]] = []
    for place, name in enumerate(names):
        mine = rows[rows["condition"] == name]
        known = mine[np.isfinite(mine["still_sore"]) & np.isfinite(mine["time_h"])].sort_values("time_h")
        mark = Mark(BETTER, "o") if len(names) == 1 else mark_of("", place)
        if known.empty:
            reason = why_missing(mine["note"].iloc[0]) if len(mine) else "No rows to draw"
            if len(names) == 1:
                empty_panel(panel, reason)
            else:
                _table_row(
                    panel, row_label(name), place, GREY, {0.0: one_line(reason, size_in_points(panel)[0], 7)}
                )
            continue
        _curve(panel, known, mark)
        seen = known[known["time_h"] <= panel.get_xlim()[1]]
        ends.append((float(seen["still_sore"].iloc[-1]) if len(seen) else 1.0, row_label(name), mark.colour))
        if "at_risk" in known.columns:
            risks = {hour: at_risk_by(known, hour) for hour in (0.0, *HOURS)}
            if np.isfinite(list(risks.values())).any():
                label, colour = (row_label(name), mark.colour) if len(names) > 1 else ("at risk", GREY)
                texts = {hour: number(risk, 0) for hour, risk in risks.items()}
                _table_row(panel, label, place, colour, texts, close=not together)
    if together and len(names) > 1:
        end_labels(panel, ends)
        look: dict[str, Any] = {
            "coords": "axes fraction",
            "size": 7,
            "color": GREY,
            "ha": "right",
            "va": "center",
        }
        beside(panel, "at risk", (0, 0), (-13, TABLE_TOP), **look)


def _curve(panel: Axes, known: pd.DataFrame, mark: Mark) -> None:
    """Draw a curve as steps, or as points where it is known at a few hours only."""
    hours, share = known["time_h"].to_numpy(), known["still_sore"].to_numpy()
    band = {"conf_low", "conf_high"} <= set(known.columns)
    if _coarse(known):
        if band:
            panel.vlines(hours, known["conf_low"], known["conf_high"], color=mark.colour, lw=1.2, zorder=3)
        panel.plot(hours, share, color=mark.colour, ls=":", lw=1, marker=mark.marker, ms=4.5, zorder=4)
        return
    if hours[0] > 0:
        hours, share = np.append(0.0, hours), np.append(1.0, share)
    panel.step(hours, share, where="post", color=mark.colour, ls=mark.line, lw=1.6, zorder=4)
    if band:
        low, high = known["conf_low"], known["conf_high"]
        look: dict[str, Any] = {
            "step": "post",
            "color": mark.colour,
            "alpha": 0.16,
            "linewidth": 0,
            "zorder": 1,
        }
        panel.fill_between(known["time_h"], low, high, **look)


def at_risk_by(known: pd.DataFrame, hour: float) -> float:
    """Sessions still watched at an hour: just before it, or just after where the curve is known on a grid.

    Parameters
    ----------
    known : pandas.DataFrame
        A curve's rows in order of time. A row's ``at_risk`` is of its own hour, or of ``from_h`` where the row speaks
        of the hours since.
    hour : float

    Returns
    -------
    float
        Missing where the curve does not say.
    """
    entered = known["time_h"]
    if "from_h" in known.columns:
        entered = known["from_h"].where(known["from_h"] < known["time_h"], known["time_h"])
    if _coarse(known):
        exact = known[np.isclose(entered, hour)]
        return float(exact["at_risk"].iloc[0]) if len(exact) else float("nan")
    later = known[entered >= hour]
    if len(later):
        return float(later["at_risk"].iloc[0])
    last = known.iloc[-1]
    gone = [float(last[name]) for name in ("resolved", "censored") if name in known.columns]
    return max(float(last["at_risk"]) - float(np.nansum(gone)), 0.0)


def _coarse(known: pd.DataFrame) -> bool:
    """Whether a curve is known at a few hours only, so that where it falls between them is not."""
    spans = float((known["from_h"] < known["time_h"]).mean()) if "from_h" in known.columns else 0.0
    return len(known) <= FEW_TIMES or (spans > 0.5 and len(known) <= 3 * FEW_TIMES)


def _table_row(
    panel: Axes, label: str, number: int, colour: str, texts: Mapping[float, str], *, close: bool = False
) -> None:
    """Write one line of the table under the axis: who is at risk at each hour, or the reason there is no curve."""
    drop = -33.0 if close else TABLE_TOP - 10 * (number + (label != "at risk"))
    look: dict[str, Any] = {"size": 6.4 if close else 7.0, "va": "center", "color": colour}
    beside(panel, label, (0, 0), (-9 if close else -13, drop), coords="axes fraction", ha="right", **look)
    for hour, text in texts.items():
        if hour <= panel.get_xlim()[1]:
            where = "center" if len(texts) > 1 else "left"
            beside(panel, text, (hour, 0), (0, drop), coords=("data", "axes fraction"), ha=where, **look)


def _soreness_alt(rows: pd.DataFrame, order: Sequence[str], title: str) -> str:
    parts = [sentence(title), "Curves of the share of sessions still sore against hours since needling."]
    for name in order:
        mine = rows[rows["condition"] == name]
        known = mine[np.isfinite(mine["still_sore"])].sort_values("time_h")
        head = f"{row_label(name)}: " if name else ""
        if known.empty:
            parts.append(sentence(head + (why_missing(mine["note"].iloc[0]) if len(mine) else "no rows")))
            continue
        told = [
            f"{percent_text(float(known[known['time_h'] <= hour]['still_sore'].iloc[-1]))} at {hour:.0f} h"
            for hour in HOURS
            if known["time_h"].min() <= hour <= known["time_h"].max()
        ]
        rests = f", {rests_on(mine)}" if rests_on(mine) else ""
        parts.append(sentence(f"{head}still sore {listed(told, none='not known at 24, 48 or 72 h')}{rests}"))
    return " ".join(parts)
