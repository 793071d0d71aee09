"""Specification curve: one estimate per reasonable analysis, and the choices that make it, below.

Comes in: one row per analysis, the choices as columns. Goes out: the upper Axes. Analyses that could not be done are
counted in the note. (Simonsohn, Simmons & Nelson 2020, Nat Hum Behav 4:1208.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outcomes.charts.layout import Panels, Words, beside, lay_out
from outcomes.charts.rows import known_numbers, tidy_rows
from outcomes.charts.style import BETTER, FAINT, GREY, INK, PALE, STYLE, house_style, text_width, wrapped
from outcomes.words import count_text, interval_text, number, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["specification_curve"]

UPPER = 150.0
"""Height of the upper panel, points."""
NOT_CHOICES = frozenset(
    {"estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high", "patients", "sessions", "note",
     "measure", "capture_rate", "main"}
)  # fmt: skip


@house_style
def specification_curve(
    specs: pd.DataFrame,
    ax: Axes | None = None,
    *,
    choices: Sequence[str] | None = None,
    label: str = "Pain relief (points)",
    null: float = 0.0,
    at_null: str = "no change",
    share: bool = False,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw estimates of all analyses in order of size, with the choices behind each marked below it.

    Parameters
    ----------
    specs : pandas.DataFrame
        ``estimate, conf_low, conf_high`` and one column per choice (text or numbers); ``patients``, ``note`` where
        there. A column ``main`` of true and false marks the analysis planned beforehand.
    choices : sequence of str, optional
        Columns that hold choices; by default every column that is not part of an estimate.
    label, null, at_null : str, float, str
        What the estimate is, its value where nothing happens, and what that is called.
    share : bool
        Whether estimates are shares of 1, shown as percentage points.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
        The upper panel, or ``ax``.
    """
    rows = tidy_rows(specs, ["estimate", "conf_low", "conf_high"], chart="specification_curve")
    by_default = [name for name in specs.columns if name not in NOT_CHOICES]
    named = by_default if choices is None else list(choices)
    tidy_rows(specs, named, chart="specification_curve")
    done = rows[np.isfinite(rows["estimate"])].sort_values("estimate", kind="stable").reset_index(drop=True)
    if share:
        done = done.assign(**{name: 100.0 * done[name] for name in ("estimate", "conf_low", "conf_high")})
    options = [
        (name, value) for name in named for value in dict.fromkeys(_said(value) for value in rows[name])
    ]
    asked = title or "Would another reasonable analyst conclude the same?"
    failed = len(rows) - len(done)
    undone = f" {failed} more could not be estimated." if failed else ""
    counted = f"{len(done)} {'analysis' if len(done) == 1 else 'analyses'}"
    note = f"{counted}; lines are 95 % intervals.{_patients(done)}{undone}"
    words = Words(asked, f"{note} {source_note}".strip(), _alt(done, label, null, failed, asked), _key(rows))
    marks = max((len(options) + len(named)) * 10.0, 20.0)
    texts = [*(value for _, value in options), *(name.replace("_", " ") for name in named)]
    left = 12 + max([text_width(text, 6.8, bold=True) for text in texts] + [40.0])
    panels = lay_out(ax, words, Panels((UPPER, marks), 2, 1, left=left, right=8, above=6, below=8), width)
    _estimates(panels[0], done, label, (null, at_null))
    _choices(panels[1], done, options)
    return panels[0] if ax is None else ax


def _said(value: Any) -> str:
    """Show the option of a choice."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if value is None or value is pd.NA or value != value:
        return "none"
    if isinstance(value, float):
        return number(value, 0 if value == round(value) else 1)
    return str(value).replace("_", " ")


def _patients(done: pd.DataFrame) -> str:
    if "patients" not in done.columns or not np.isfinite(done["patients"]).any():
        return ""
    low, high = float(done["patients"].min()), float(done["patients"].max())
    return f" They rest on {count_text(low)} to {count_text(high)} patients."


def _estimates(panel: Axes, done: pd.DataFrame, label: str, nothing: tuple[float, str]) -> None:
    null, at_null = nothing
    x = np.arange(len(done))
    panel.axhline(null, color=INK, lw=0.9, zorder=1)
    thick = max(min(300 / max(len(done), 1), 3), 0.6)
    panel.vlines(x, done["conf_low"], done["conf_high"], color=PALE, lw=thick, zorder=2)
    planned, estimates = _planned(done), done["estimate"].to_numpy()
    panel.plot(x[~planned], estimates[~planned], ls="", marker="o", ms=3, color=BETTER, zorder=3)
    special: dict[str, Any] = {"marker": "D", "ms": 6, "color": INK, "mfc": "white", "mew": 1.4}
    panel.plot(x[planned], estimates[planned], ls="", zorder=4, **special)
    spread = known_numbers(done, "estimate", "conf_low", "conf_high")
    low, high = min(spread.min(initial=null), null), max(spread.max(initial=null), null)
    pad = 0.08 * (high - low) or 1.0
    panel.set_ylim(low - pad, high + pad)
    panel.set_xlim(-1, max(len(done), 1))
    panel.set_xticks([])
    panel.set_ylabel("\n".join(wrapped(label, UPPER - 6, STYLE["axes.labelsize"])))
    look: dict[str, Any] = {"coords": ("axes fraction", "data"), "size": 6.8, "color": GREY, "ha": "right"}
    beside(panel, at_null, (1, null), (-1, 2), va="bottom", **look)
    if done.empty:
        panel.text(0.5, 0.5, "No rows to draw", transform=panel.transAxes, ha="center", color=GREY)


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
        took = np.array([_said(found) == value for found in done[name]], dtype=bool)
        for chosen, marker, size, colour in (
            (took & ~planned, "|", 6, BETTER),
            (took & planned, "D", 4, INK),
        ):
            panel.plot(
                np.flatnonzero(chosen), np.full(chosen.sum(), y), ls="", marker=marker, ms=size, color=colour
            )
        ticks.append((y, value))
    panel.set_ylim(y + 0.7, 0.3)
    panel.set_xlim(-1, max(len(done), 1))
    panel.set_xticks([])
    panel.set_yticks([at for at, _ in ticks], [text for _, text in ticks], fontsize=6.8)
    heads = {name.replace("_", " ") for name, _ in options}
    for label in panel.get_yticklabels():
        label.set(weight="bold" if label.get_text() in heads else "normal", parse_math=False)
    panel.tick_params(axis="y", length=0)
    panel.spines[:].set_visible(False)


def _key(rows: pd.DataFrame) -> tuple[tuple[Any, str], ...]:
    from matplotlib.lines import Line2D

    if "main" not in rows.columns:
        return ()
    return (
        (
            Line2D([], [], ls="", marker="D", ms=6, color=INK, mfc="white", mew=1.4),
            "the analysis planned beforehand",
        ),
        (Line2D([], [], ls="", marker="o", ms=3, color=BETTER), "other reasonable analyses"),
    )


def _alt(done: pd.DataFrame, label: str, null: float, failed: int, title: str) -> str:
    if done.empty:
        return f"{sentence(title)} No analysis could be done."
    estimates = done["estimate"].to_numpy()
    above = int((done["conf_low"] > null).sum())
    below = int((done["conf_high"] < null).sum())
    middle = float(np.median(estimates))
    parts = [
        sentence(title),
        f"Specification curve of {len(done)} analyses: {label}.",
        f"Estimates run from {number(float(estimates[0]))} to {number(float(estimates[-1]))}, "
        f"median {number(middle)}.",
        f"{above} intervals lie wholly above {number(null, 0)}, {below} wholly below.",
    ]
    planned = done[_planned(done)]
    if len(planned):
        row = planned.iloc[0]
        told = interval_text(float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"]))
        parts.append(f"The planned analysis gives {told}.")
    parts.append(_patients(done).strip())
    if failed:
        parts.append(f"{failed} more could not be estimated.")
    return " ".join(part for part in parts if part)
