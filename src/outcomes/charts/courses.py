"""Courses: average pain before, right after and at two days, per condition.

Comes in: protected means per condition and reading. Goes out: the Axes. A reading without a mean is left out and named
below the chart.
"""

from __future__ import annotations

from outcomes.charts.forest import PATIENTS, Forest, draw_forest
from outcomes.charts.sheet import Sheet, chart
from outcomes.words import listed, number

__all__ = ["pain_course"]


@chart("condition", "time", "mean")
def pain_course(sheet: Sheet) -> None:
    """Draw the average pain of every condition at the three readings, on the whole scale from 0 to 10.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``condition, time`` (pre, post, 48h), ``mean``; used where there: ``patients``, ``sessions``, ``note``. Pain in
        points of 0-10. Protected.
    """
    sheet.rows = sheet.rows.assign(estimate=sheet.rows["mean"])
    series = {time: label for time, label in sheet.series.items() if time}
    forest = Forest(
        rows=sheet.drawn_rows("estimate"),
        series=series,
        axis="Average pain (0–10, lower is better)",
        unit="points",
        columns=(("mean", lambda row: number(row.estimate)), PATIENTS),
        limits=(0.0, 10.0),
    )
    note = f"Fewer patients answered later; they need not be the same ones. {sheet.counts()}".strip()
    draw_forest(sheet, forest, f"Average pain {listed(series.values(), none='')}", note)
