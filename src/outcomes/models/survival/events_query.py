"""An Ibis table of sessions in, the cells of an event table out: the same reduction, where the data live.

Patients are joined with themselves inside the engine; only counts leave it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from outcomes.models.groups import fetched, known, sorted_frame
from outcomes.models.survival.events_frame import Parts

__all__ = ["cells_of_table"]


def cells_of_table(table: Any, by: tuple[str, ...]) -> Parts:
    """Reduce an Ibis table to the groups, cells and pairs of an event table."""
    rows = _with_bounds(table, by)
    usable = rows.filter(rows.usable)
    keys = dict.fromkeys([*by, "patient_id", "lower_h", "upper_h"])
    per_patient = usable.group_by(list(keys)).agg(n=usable.count())
    cells = fetched(per_patient.group_by([*by, "lower_h", "upper_h"]).agg(sessions=per_patient.n.sum()))
    totals = {
        "patients": rows.patient_id.nunique(where=rows.usable),
        "sessions": rows.usable.sum(),
        "left_out": (~rows.usable).sum(),
    }
    grouped = rows.group_by(list(by)) if by else rows
    groups = fetched(grouped.aggregate(**totals))
    return _assemble(by, groups, cells, fetched(_lazy_pairs(per_patient, by)))


def _with_bounds(table: Any, by: tuple[str, ...]) -> Any:
    """Add lower_h, upper_h and usable to an Ibis table, by the rule of ``soreness_bounds``."""
    import ibis

    def hours(name: str) -> Any:
        if name not in table.columns:
            return ibis.null("float64")
        value = table[name].cast("float64")
        return ibis.ifelse(value.isnan(), ibis.null("float64"), value)

    start, free = hours("soreness_h"), hours("soreness_free_h")
    ongoing = ibis.literal(False)
    if "soreness_ongoing" in table.columns:
        ongoing = table.soreness_ongoing.cast("boolean").fill_null(False)
    last = ibis.ifelse(ongoing & known(start), ibis.literal(float("inf")), start)
    lower = ibis.ifelse(~known(start) & known(free), ibis.literal(0.0), start)
    names = list(dict.fromkeys([*by, "patient_id"]))
    bounded = table.select(*names, lower_h=lower, upper_h=ibis.ifelse(known(free), free, last))
    for name in by:
        bounded = bounded.filter(known(bounded[name]))
    return bounded.mutate(usable=known(bounded.patient_id) & known(bounded.lower_h))


def _lazy_pairs(per_patient: Any, by: tuple[str, ...]) -> Any:
    same = list(dict.fromkeys([*by, "patient_id"]))
    other = per_patient.rename(lower_b="lower_h", upper_b="upper_h", n_b="n")
    joined = per_patient.join(other, same)
    first = (joined.lower_h < joined.lower_b) | (
        (joined.lower_h == joined.lower_b) & (joined.upper_h <= joined.upper_b)
    )
    ordered = joined.filter(first)
    return ordered.group_by([*by, "lower_h", "upper_h", "lower_b", "upper_b"]).agg(
        product=(ordered.n * ordered.n_b).sum()
    )


def _assemble(by: tuple[str, ...], groups: pd.DataFrame, cells: pd.DataFrame, pairs: pd.DataFrame) -> Parts:
    """Number groups and cells of frames keyed by their values."""
    groups = sorted_frame(groups, by)
    whole = ["patients", "sessions", "left_out"]
    groups = groups.assign(**{name: groups[name].fillna(0).astype(np.int64) for name in whole})
    number = _numbering(groups, by)
    cells = cells.assign(group=number(cells), lower_h=cells["lower_h"] + 0.0, upper_h=cells["upper_h"] + 0.0)
    cells = cells.sort_values(["group", "lower_h", "upper_h"], ignore_index=True)
    index = pd.MultiIndex.from_frame(cells[["group", "lower_h", "upper_h"]])
    group = number(pairs)
    a = index.get_indexer(pd.MultiIndex.from_arrays([group, pairs["lower_h"] + 0.0, pairs["upper_h"] + 0.0]))
    b = index.get_indexer(pd.MultiIndex.from_arrays([group, pairs["lower_b"] + 0.0, pairs["upper_b"] + 0.0]))
    found = pd.DataFrame({"cell_a": a, "cell_b": b, "product": pairs["product"].to_numpy()}).astype(np.int64)
    return (
        groups[[*by, *whole]],
        cells[["group", "lower_h", "upper_h", "sessions"]].astype({"group": np.int64, "sessions": np.int64}),
        found.sort_values(["cell_a", "cell_b"], ignore_index=True),
    )


def _numbering(groups: pd.DataFrame, by: tuple[str, ...]) -> Any:
    if not by:
        return lambda frame: np.zeros(len(frame), dtype=np.int64)
    index = pd.MultiIndex.from_frame(groups[list(by)])
    return lambda frame: index.get_indexer(pd.MultiIndex.from_frame(frame[list(by)]))
