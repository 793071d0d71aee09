"""Associations: one row per outcome, its slope or ratio in two models side by side, against no relation.

Comes in: protected slopes or ratios. Goes out: the Axes. An outcome without an estimate keeps its row, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.charts.forest import Forest, draw_forest
from outcomes.charts.rows import counts_note, tidy_rows
from outcomes.charts.style import house_style
from outcomes.words import count_text, interval_text, number, sentence

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Scale", "association_forest"]


@dataclass(frozen=True)
class Scale:
    """What an association is measured in: the axis, its value of no relation, what lies on either side.

    ``times`` multiplies estimates for the axis, e.g. 10 for a slope per ten.
    """

    axis: str
    null: float = 0.0
    sides: tuple[str, str, str] = ("less", "no relation", "more")
    times: float = 1.0


POINTS = Scale("Points per ten twitches", times=10.0)
MODELS = {"with insertions": "at an equal number of insertions", "twitches alone": "insertions not regarded"}
"""What the models are called on a chart."""


@house_style
def association_forest(
    relations: pd.DataFrame,
    ax: Axes | None = None,
    *,
    scale: Scale = POINTS,
    labels: Mapping[str, str] | None = None,
    title: str | None = None,
    source_note: str = "",
    width: float = 7.0,
) -> Axes:
    """Draw how outcomes go with a dose, in one or several models.

    Parameters
    ----------
    relations : pandas.DataFrame
        ``outcome`` (the rows), ``estimate`` (or ``ratio``), ``conf_low, conf_high``; used where there: ``model`` (a
        mark each), ``patients``, ``sessions``, ``note``. Protected.
    scale : Scale
        Axis, value of no relation, and the words on its sides.
    labels : mapping, optional
        Plain words for the outcomes.
    ax, title, source_note, width
        As for :func:`outcomes.charts.condition_forest`.

    Returns
    -------
    matplotlib Axes
    """
    named = relations.rename(columns={"ratio": "estimate", "outcome": "condition", "model": "time"})
    rows = tidy_rows(named, ["condition", "estimate", "conf_low", "conf_high"], chart="association_forest")
    words = {
        name: sentence((labels or {}).get(name, name.replace("_", " "))).rstrip(".")
        for name in rows["condition"]
    }
    scaled = {name: scale.times * rows[name] for name in ("estimate", "conf_low", "conf_high")}
    rows = rows.assign(condition=rows["condition"].map(words), **scaled)
    models = list(dict.fromkeys(rows["time"])) if "time" in rows.columns else [""]
    forest = Forest(
        rows=rows,
        series={model: MODELS.get(model, model) for model in models},
        null=scale.null,
        axis=scale.axis,
        sides=scale.sides,
        columns=(("estimate (95 % interval)", _interval), ("patients", _patients)),
        decimals=2,
        groups=tuple(dict.fromkeys(rows["condition"])),
    )
    asked = title or "What goes with more twitches, in the same patient?"
    note = counts_note(rows, relations, by="outcome")
    drawn = draw_forest(forest, ax, asked, f"{note} {source_note}".strip(), width)
    drawn.xaxis.set_major_formatter(lambda value, _: number(value, 2))
    return drawn


def _interval(row: Any) -> str:
    return interval_text(row.estimate, row.conf_low, row.conf_high, decimals=2)


def _patients(row: Any) -> str:
    return count_text(getattr(row, "patients", float("nan")))
