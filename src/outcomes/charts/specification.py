"""Specification curve: one estimate per reasonable analysis, and the choices that make it, below.

Comes in: one row per analysis, the choices as columns. Goes out: the upper Axes. Analyses that could not be done are
counted in the note. (Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Key, Panels
from outcomes.charts.panels import annotate, empty_panel
from outcomes.charts.rows import known, known_numbers, records, tidy_rows
from outcomes.charts.sheet import Sheet, chart
from outcomes.charts.style import FAINT, GREY, INK, PLAIN, STYLE, text_width, wrapped
from outcomes.words import count_text, interval_text, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["specification_curve"]

TINT = "#a9cfce"
"""Intervals of many analyses: a tint of the plain colour."""
UPPER = 150.0
"""Height of the upper panel, points."""
NOT_CHOICES = frozenset(
    {"estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high", "patients", "sessions", "note",
     "measure", "capture_rate", "main"}
)  # fmt: skip


@chart("estimate", "conf_low", "conf_high")
def specification_curve(
    sheet: Sheet,
    *,
    choices: Sequence[str] | None = None,
    label: str = "Pain relief (points)",
    null: float = 0.0,
    at_null: str = "no change",
    share: bool = False,
) -> None:
    """Draw estimates of all analyses in order of size, with the choices behind each marked below it.

    Parameters
    ----------
    estimates : pandas.DataFrame
        ``estimate, conf_low, conf_high`` and one column per choice (text or numbers); ``patients``, ``note`` where
        there. A column ``main`` of true and false marks the analysis planned beforehand.
    choices : sequence of str, optional
        Columns that hold choices; by default every column that is not part of an estimate.
    label, null, at_null : str, float, str
        What the estimate is, its value where nothing happens, and what that is called.
    share : bool
        Whether estimates are shares of 1, shown as percentage points.
    """
    rows = sheet.rows
    by_default = [name for name in sheet.frame.columns if name not in NOT_CHOICES]
    named = by_default if choices is None else list(choices)
    tidy_rows(sheet.frame, named, chart=sheet.chart)
    done = known(rows, "estimate").sort_values("estimate", kind="stable").reset_index(drop=True)
    if share:
        done = done.assign(**{name: 100.0 * done[name] for name in ("estimate", "conf_low", "conf_high")})
    options = [(name, value) for name in named for value in dict.fromkeys(map(_option, rows[name]))]
    counts = [f"{len(done)} {'analysis' if len(done) == 1 else 'analyses'}; lines: 95% CI."]
    counts += _counts(done, len(rows) - len(done))
    height = max((len(options) + len(named)) * 10.0, 20.0)
    texts = [*(value for _, value in options), *(name.replace("_", " ") for name in named)]
    left = 12 + max([text_width(text, 6.8, bold=True) for text in texts] + [40.0])
    panels = sheet.lay_out(
        "Would another reasonable analysis give the same answer?",
        Panels((UPPER, height), 2, 1, left=left, right=8, above=6, below=8),
        note=" ".join(counts),
        finding=_sentences(done, label, null, len(rows) - len(done)),
        key=_key(rows),
    )
    _estimates(panels[0], done, label, (null, at_null))
    _choices(panels[1], done, options)
    if done.empty and len(rows):
        empty_panel(panels[0], "No analysis could be done")


def _option(value: Any) -> str:
    """Show the option of a choice."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if value is None or value is pd.NA or value != value:
        return "none"
    if isinstance(value, float):
        return number(value, 0 if value == round(value) else 1)
    return str(value).replace("_", " ").replace(" %", "%")


def _counts(done: pd.DataFrame, failed: int) -> list[str]:
    """Say on how many patients the analyses rest, and how many could not be done."""
    said = []
    if "patients" in done.columns and np.isfinite(done["patients"]).any():
        low, high = float(done["patients"].min()), float(done["patients"].max())
        said.append(f"They rest on {count_text(low)} to {count_text(high)} patients.")
    if failed:
        said.append(f"{failed} more could not be estimated.")
    return said


def _estimates(panel: Axes, done: pd.DataFrame, label: str, nothing: tuple[float, str]) -> None:
    null, at_null = nothing
    x = np.arange(len(done))
    panel.axhline(null, color=INK, lw=0.9, zorder=1)
    thick = max(min(300 / max(len(done), 1), 3), 0.6)
    panel.vlines(x, done["conf_low"], done["conf_high"], color=TINT, lw=thick, zorder=2)
    planned, estimates = _planned(done), done["estimate"].to_numpy()
    panel.plot(x[~planned], estimates[~planned], ls="", marker="o", ms=3, color=PLAIN, zorder=3)
    special: dict[str, Any] = {"marker": "*", "ms": 10, "color": INK, "mfc": "white", "mew": 1.2}
    panel.plot(x[planned], estimates[planned], ls="", zorder=4, **special)
    spread = known_numbers(done, "estimate", "conf_low", "conf_high")
    low, high = min(spread.min(initial=null), null), max(spread.max(initial=null), null)
    pad = 0.08 * (high - low) or 1.0
    panel.set_ylim(low - pad, high + pad)
    panel.set_xlim(-1, max(len(done), 1))
    panel.set_xticks([])
    panel.set_ylabel("\n".join(wrapped(label, UPPER - 6, STYLE["axes.labelsize"])))
    look: dict[str, Any] = {"coords": ("axes fraction", "data"), "size": 6.8, "color": GREY, "ha": "right"}
    annotate(panel, at_null, (1, null), (-1, 2), va="bottom", **look)


def _planned(done: pd.DataFrame) -> Any:
    if "main" not in done.columns:
        return np.zeros(len(done), dtype=bool)
    return np.array([bool(value) for value in done["main"]], dtype=bool)


def _choices(panel: Axes, done: pd.DataFrame, options: Sequence[tuple[str, str]]) -> None:
    """Mark under every estimate which option of each choice it took."""
    y, ticks, before = 0.0, [], None
    planned = _planned(done)
    for name, value in options:
        if before != name:
            y += 1.0
            ticks.append((y, name.replace("_", " ")))
            panel.axhline(y - 0.5, color=FAINT, lw=0.8)
        y, before = y + 1.0, name
        took = np.array([_option(found) == value for found in done[name]], dtype=bool)
        for chosen, marker, size, colour in (
            (took & ~planned, "|", 6, PLAIN),
            (took & planned, "*", 6, INK),
        ):
            panel.plot(
                np.flatnonzero(chosen), np.full(chosen.sum(), y), ls="", marker=marker, ms=size, color=colour
            )
        ticks.append((y, value))
    panel.set_ylim(y + 0.7, 0.3)
    panel.set_xlim(-1, max(len(done), 1))
    panel.set_xticks([])
    panel.set_yticks([at for at, _ in ticks], [text for _, text in ticks], fontsize=6.8)
    names = {name.replace("_", " ") for name, _ in options}
    for label in panel.get_yticklabels():
        label.set(weight="bold" if label.get_text() in names else "normal", parse_math=False)
    panel.tick_params(axis="y", length=0)
    panel.spines[:].set_visible(False)


def _key(rows: pd.DataFrame) -> Key:
    from matplotlib.lines import Line2D

    if "main" not in rows.columns:
        return ()
    return (
        (
            Line2D([], [], ls="", marker="*", ms=10, color=INK, mfc="white", mew=1.2),
            "the planned analysis",
        ),
        (Line2D([], [], ls="", marker="o", ms=3, color=PLAIN), "other reasonable analyses"),
    )


def _sentences(done: pd.DataFrame, label: str, null: float, failed: int) -> list[str]:
    if done.empty:
        return ["No analysis could be done."]
    estimates = [number(value) for value in done["estimate"].quantile([0, 1, 0.5])]
    above, below = int((done["conf_low"] > null).sum()), int((done["conf_high"] < null).sum())
    said = [
        f"{len(done)} analyses, {label}: {estimates[0]} to {estimates[1]}, median {estimates[2]}.",
        f"{above} intervals lie wholly above {number(null, 0)}, {below} wholly below.",
    ]
    said += [
        f"The planned analysis gives {interval_text(row.estimate, row.conf_low, row.conf_high)}."
        for row in records(done[_planned(done)].head(1))
    ]
    return said + _counts(done, failed)
