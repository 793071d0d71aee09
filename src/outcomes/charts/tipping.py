"""How the average moves with what is supposed of the missing: one line, its interval, and where it meets no change.

Comes in: protected rows of ``missing.tipping_point``. Goes out: the first Axes, one panel per condition or one for all.
"""

from __future__ import annotations

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
)
from outcomes.charts.style import BETTER, GREY, INK, house_style
from outcomes.words import interval_text, number, sentence, why_missing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["tipping_point"]


@house_style
def tipping_point(
    steps: pd.DataFrame,
    ax: Axes | None = None,
    *,
    label: str = "mean relief (points)",
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw mean relief against how much worse the missing are supposed to have fared.

    Parameters
    ----------
    steps : pandas.DataFrame
        ``delta, estimate``; used where there: ``condition`` (a panel each), ``conf_low``, ``conf_high``, ``patients``,
        ``sessions``, ``note``. Protected.
    label : str
        What the estimate is, for the axis.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
        The first panel, or ``ax``.
    """
    rows = tidy_rows(steps, ["delta", "estimate"], chart="tipping_point")
    rows = rows.assign(condition=rows["condition"] if "condition" in rows.columns else "")
    order = ordered_conditions(rows["condition"]) or [""]
    single = len(order) == 1
    asked = title or "How much worse must the missing have fared to change the answer?"
    note = "0 takes the missing as like those who answered and were alike in what is known. Bands are 95 % intervals."
    words = Words(asked, f"{note} {counts_note(rows, steps)} {source_note}".strip(), _alt(rows, order, asked))
    columns = 1 if single else columns_that_fit(len(order), width)
    heights = (min(width * 72 * 0.45, 190.0),) if single else (70.0,) * -(-len(order) // columns)
    shape = Panels(
        heights, len(order), columns, left=44 if single else 29, right=10, above=6 if single else 28, below=32
    )
    panels = lay_out(ax, words, shape, width)
    limits = _limits(rows)
    for panel, name in zip(panels, order, strict=True):
        mine = rows[rows["condition"] == name].sort_values("delta")
        panel.set_ylim(*limits)
        panel.set_xlabel("the missing fared worse by (points)" if single else "worse by (points)", labelpad=2)
        if single:
            panel.set_ylabel(label)
        else:
            panel_heading(panel, row_label(name), rests_on(mine))
        _panel(panel, mine)
    return panels[0] if ax is None else ax


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    known = known_numbers(rows, "estimate", "conf_low", "conf_high")
    if known.size == 0:
        return -1.0, 1.0
    low, high = min(float(known.min()), 0.0), max(float(known.max()), 0.0)
    reach = 0.08 * max(high - low, 0.5)
    return low - reach, high + reach


def _panel(panel: Axes, mine: pd.DataFrame) -> None:
    known = mine[np.isfinite(mine["estimate"])]
    if known.empty:
        empty_panel(panel, why_missing(mine["note"].iloc[0]) if len(mine) else "No rows to draw")
        return
    panel.axhline(0, color=INK, lw=0.8, zorder=0)
    panel.annotate(
        "no change", (1, 0), xycoords=("axes fraction", "data"), xytext=(-2, 3), textcoords="offset points",
        ha="right", size=6.6, color=GREY,
    )  # fmt: skip
    panel.plot(known["delta"], known["estimate"], color=BETTER, lw=1.6, marker="o", ms=3, zorder=4)
    if {"conf_low", "conf_high"} <= set(known.columns):
        look: dict[str, Any] = {"color": BETTER, "alpha": 0.16, "linewidth": 0, "zorder": 1}
        panel.fill_between(known["delta"], known["conf_low"], known["conf_high"], **look)


def _alt(rows: pd.DataFrame, order: list[str], title: str) -> str:
    parts = [sentence(title), "Lines of mean relief against how many points worse the missing fared."]
    for name in order:
        mine = rows[rows["condition"] == name].sort_values("delta")
        known = mine[np.isfinite(mine["estimate"])]
        head = f"{row_label(name)}: " if name else ""
        if known.empty:
            parts.append(sentence(head + (why_missing(mine["note"].iloc[0]) if len(mine) else "no rows")))
            continue
        told = [_step(known.iloc[place]) for place in (0, -1)]
        parts.append(sentence(f"{head}{'; '.join(dict.fromkeys(told))}, {rests_on(mine)}"))
    return " ".join(parts)


def _step(row: pd.Series) -> str:
    low, high = float(row.get("conf_low", np.nan)), float(row.get("conf_high", np.nan))
    return (
        f"{interval_text(float(row['estimate']), low, high)} at {number(float(row['delta']), 2)} points worse"
    )
