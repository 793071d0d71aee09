"""One patient's course on one page: pain, range of motion, twitches and soreness, session by session.

Comes in: one patient's sessions, for the clinician who treats them; such a chart is never passed on. Goes out: the
first Axes. What was not recorded is said, not left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels
from outcomes.charts.panels import annotate, empty_panel
from outcomes.charts.rows import row_label
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import FAINT, GREY, PLAIN, TIME_MARKS
from outcomes.errors import EstimationError
from outcomes.record.measures import MOVEMENTS, movement
from outcomes.words import count_text, listed, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["patient_course"]

READINGS = ("pre", "post", "48h")


@chart("session_number")
def patient_course(sheet: Sheet, *, measurement_error: float | Mapping[str, float] | None = None) -> None:
    """Draw one patient's sessions for one condition: pain, motion, twitches and soreness, one above the other.

    Refuses sessions of several patients or conditions.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Sessions of one patient and condition: ``session_number`` and any of ``pain_*``, ``rom_*``, ``rom_movement``,
        ``twitch_count``, ``soreness_h``, ``soreness_ongoing``.
    measurement_error : float or mapping, optional
        Change in pain within measurement error, points, drawn as a band around the first reading; or a mapping with
        ``"pain"`` and ``"rom"``. The error of the movement is looked up where ``"rom"`` is not given.
    """
    rows = _one_course(sheet.rows)
    errors = _errors(measurement_error, rows)
    who = row_label(str(rows["condition"].iloc[0])) if "condition" in rows.columns and len(rows) else ""
    bands = "Bands are within measurement error of the first reading. " if any(errors.values()) else ""
    panels = sheet.lay_out(
        f"How did this course run, session by session?{f' {who}' if who else ''}",
        Panels((96.0, 70.0, 46.0, 56.0), 4, 1, left=48, right=12, above=14, below=6, last=26),
        note=f"{bands}One patient: for the treating clinician, not to be passed on.",
        finding=_sentences(rows, sheet.labels),
        key=_key(sheet.labels),
    )
    _readings(panels[0], rows, "pain", (0, 10), errors["pain"])
    _readings(panels[1], rows, "rom", None, errors["rom"])
    _twitches(panels[2], rows)
    _soreness(panels[3], rows)
    titles = (
        "Pain (0–10, lower is better)", _motion_title(rows), "Twitches (count)", "Soreness after needling (hours)",
    )  # fmt: skip
    for panel, title in zip(panels, titles, strict=True):
        _session_axis(panel, rows, title, last=panel is panels[-1])


def _one_course(rows: pd.DataFrame) -> pd.DataFrame:
    """Sessions in order; refuse a mixture of patients or conditions."""
    for name in ("patient_id", "condition"):
        seen = list(dict.fromkeys(str(value) for value in rows[name])) if name in rows.columns else []
        if len(seen) > 1:
            raise EstimationError(
                f"patient_course draws one patient and one condition; found {len(seen)} values of {name}. "
                f"Choose first, e.g. sessions[sessions[{name!r}] == {seen[0]!r}]."
            )
    numbers = (
        "twitch_count",
        "soreness_h",
        *(f"{measure}_{time}" for measure in ("pain", "rom") for time in READINGS),
    )
    there = [name for name in numbers if name in rows.columns]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce").astype(float) for name in there})
    return rows.sort_values("session_number").reset_index(drop=True)


def _errors(given: float | Mapping[str, float] | None, rows: pd.DataFrame) -> dict[str, float]:
    given = given if isinstance(given, Mapping) else {} if given is None else {"pain": float(given)}
    named = _movements(rows)
    usual = movement(named[0]).measurement_error if len(named) == 1 and named[0] in MOVEMENTS else 0.0
    return {"pain": float(given.get("pain", 0.0)), "rom": float(given.get("rom", usual))}


def _movements(rows: pd.DataFrame) -> list[str]:
    if "rom_movement" not in rows.columns:
        return []
    return list(dict.fromkeys(str(name) for name in rows["rom_movement"].dropna() if str(name)))


def _motion_title(rows: pd.DataFrame) -> str:
    named = [row_label(name) for name in _movements(rows)]
    return f"Range of motion: {listed(named)}" if named else "Range of motion"


def _readings(
    panel: Axes, rows: pd.DataFrame, measure: str, limits: tuple[float, float] | None, error: float
) -> None:
    """Draw the readings of every session side by side, joined within the session."""
    names = [f"{measure}_{time}" for time in READINGS]
    there = [name for name in names if name in rows.columns and np.isfinite(rows[name]).any()]
    if limits:
        panel.set_ylim(*limits)
        panel.set_yticks([0, 5, 10])
    if not there:
        _never_recorded(panel, rows)
        return
    shifts = {f"{measure}_{time}": shift for time, shift in zip(READINGS, (-0.2, 0.0, 0.2), strict=True)}
    for place in range(len(rows)):
        known = [(place + 1 + shifts[name], rows[name].iloc[place]) for name in there]
        drawn = [(x, y) for x, y in known if np.isfinite(y)]
        panel.plot([x for x, _ in drawn], [y for _, y in drawn], color=GREY, lw=0.8, zorder=2, clip_on=False)
    for name in there:
        mark = TIME_MARKS[name.removeprefix(f"{measure}_")]
        face = mark.colour if mark.filled else "white"
        x = np.arange(1, len(rows) + 1) + shifts[name]
        look: dict[str, Any] = {"color": mark.colour, "mfc": face, "mew": 1.1, "ms": 4.8, "clip_on": False}
        panel.plot(x, rows[name], ls="", marker=mark.marker, zorder=3, **look)
    first = rows[there[0]].dropna()
    if error and len(first):
        panel.axhspan(first.iloc[0] - error, first.iloc[0] + error, color=FAINT, zorder=0)


def _never_recorded(panel: Axes, rows: pd.DataFrame) -> None:
    if len(rows):
        empty_panel(panel, "not recorded")
    panel.set_yticks([])


def _twitches(panel: Axes, rows: pd.DataFrame) -> None:
    if "twitch_count" not in rows.columns or not np.isfinite(rows["twitch_count"]).any():
        _never_recorded(panel, rows)
        return
    panel.bar(np.arange(1, len(rows) + 1), rows["twitch_count"].fillna(0.0), width=0.45, color=PLAIN)
    panel.set_ylim(0, max(float(rows["twitch_count"].max()) * 1.3, 1.0))
    panel.yaxis.set_major_locator(_few_ticks())
    for place, value in enumerate(rows["twitch_count"]):
        known = bool(np.isfinite(value))
        look: dict[str, Any] = {"size": 6.5, "ha": "center", "color": PLAIN if known else GREY}
        annotate(panel, number(float(value), 0), (place + 1, value if known else 0.0), (0, 2), **look)


def _few_ticks() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(nbins=3, integer=True)


def _soreness(panel: Axes, rows: pd.DataFrame) -> None:
    """Draw hours sore; where still sore when last asked, an arrow says "at least"."""
    hours = rows["soreness_h"] if "soreness_h" in rows.columns else pd.Series(dtype=float)
    if not np.isfinite(hours).any():
        _never_recorded(panel, rows)
        return
    flags = rows["soreness_ongoing"] if "soreness_ongoing" in rows.columns else pd.Series([False] * len(rows))
    panel.axhline(48, color=GREY, lw=0.7, ls=":", zorder=0)
    for place, (value, flag) in enumerate(zip(hours, flags, strict=True)):
        if not np.isfinite(value):
            annotate(
                panel, "not asked", (place + 1, 0), (0, 2), size=5.8, ha="center", color=GREY, rotation=90
            )
            continue
        going = flag is not None and flag is not pd.NA and flag == flag and bool(flag)
        panel.plot([place + 1] * 2, [0, value], color=PLAIN, lw=2.2, zorder=2, solid_capstyle="butt")
        panel.plot(place + 1, value, ls="", marker=6 if going else "_", ms=6, color=PLAIN,
                   mfc="white" if going else PLAIN, zorder=3)  # fmt: skip
    panel.set_ylim(0, max(float(hours.max()) * 1.2, 54.0))
    panel.set_yticks([0, 24, 48, *([72] if hours.max() > 60 else [])])


def _session_axis(panel: Axes, rows: pd.DataFrame, title: str, *, last: bool) -> None:
    count = max(len(rows), 1)
    panel.set_xlim(0.4, count + 0.6)
    numbers = [number(float(found), 0) for found in rows["session_number"]]
    step = max(1, -(-count // 20))
    panel.set_xticks(range(1, len(rows) + 1, step), numbers[::step] if last else [""] * len(numbers[::step]))
    panel.set_title(title, size=7.4, ha="left", color=GREY, pad=3)
    panel.title.set_x(0)
    if last:
        panel.set_xlabel("session", labelpad=1)


def _key(labels: Mapping[str, str]) -> Key:
    from matplotlib.lines import Line2D

    def handle(marker: Any, colour: str, *, filled: bool) -> Line2D:
        return Line2D(
            [], [], ls="", marker=marker, ms=5, color=colour, mfc=colour if filled else "white", mew=1.1
        )

    marks = [(handle(TIME_MARKS[time].marker, TIME_MARKS[time].colour, filled=TIME_MARKS[time].filled), labels[time])
             for time in READINGS]  # fmt: skip
    return (*marks, (handle(6, PLAIN, filled=False), "still sore when last asked"))


def _sentences(rows: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Say the first and the last value of every series."""
    series = {f"pain_{time}": f"Pain {labels[time]}" for time in READINGS}
    series |= {"twitch_count": "Twitches", "soreness_h": "Hours sore"}
    columns = {
        label: rows[name].dropna().tolist() if name in rows.columns else [] for name, label in series.items()
    }
    count = count_text(float(len(rows)), "session")
    return [f"{count} of one patient.", *(_first_last(*series) for series in columns.items())]


def _first_last(label: str, values: Sequence[float]) -> str:
    if not values:
        return f"{label}: not recorded."
    return f"{label}: first {number(values[0], 0)}, last {number(values[-1], 0)}."
