"""Synthetic arrays in, the session record out: columns, codes and blanks as a clinic's file has them.

Comes in: one :class:`Block` of patients. Goes out: an Arrow table or pandas frame in exactly the columns and
order of the schema, and beside it the truth, row for row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from outcomes.record.column import Column
from outcomes.record.columns import AGE_BANDS, COLUMNS
from outcomes.record.conditions import CONDITIONS, condition
from outcomes.record.optional_columns import OPTIONAL_COLUMNS
from outcomes.record.synthetic import SYNTHETIC_MARK
from outcomes.simulate.answers import Answers
from outcomes.simulate.followup import ADVERSE_EVENTS, STATUSES, Followup, Function, Motion
from outcomes.simulate.needling import CO_INTERVENTIONS, TECHNIQUES, Needling, Soreness, muscle_sets
from outcomes.simulate.pain import Pain
from outcomes.simulate.people import SEXES, SIDES, Ints, People, Visits
from outcomes.simulate.scenarios import Floats, Parameters

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Block", "record_frame", "record_table", "truth_frame"]


@dataclass(frozen=True)
class Block:
    """Patients drawn together, and everything that happened to them."""

    first_patient: int
    all_patients: int
    parameters: Parameters
    people: People
    visits: Visits
    needling: Needling
    soreness: Soreness
    pain: Pain
    followup: Followup
    motion: Motion
    function: Function
    pain_reported: tuple[Floats, Floats]
    soreness_reported: tuple[Floats, Floats, Floats, Floats]
    global_impression: Floats
    adverse_event: Ints
    uncounted: Floats
    answers: tuple[Answers, ...]


def record_table(block: Block) -> pa.Table:
    """Return the session record of a block as an Arrow table; texts are dictionary-encoded."""
    import pyarrow as pa

    recorded = {name: values for part in block.answers for name, values in part.recorded.items()}
    optional = {c.name: _answers(c, recorded[c.name]) for c in OPTIONAL_COLUMNS}
    columns = {**_who_and_what(block), **_done(block), **_seen(block), **_followed_up(block), **optional}
    return pa.table({c.name: columns[c.name] for c in COLUMNS})


def record_frame(tables: Iterable[pa.Table]) -> pd.DataFrame:
    """Return record tables, one below the other, as a pandas frame with plain types."""
    import pyarrow as pa

    table = pa.concat_tables(tables, promote_options="none").unify_dictionaries()
    plain = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in table.itercolumns()
    ]
    frame: pd.DataFrame = pa.table(dict(zip(table.column_names, plain, strict=True))).to_pandas()
    return frame.astype({c.name: "boolean" for c in COLUMNS if c.kind == "flag"})


def truth_frame(block: Block) -> pd.DataFrame:
    """Return what really happened in every session, in the order of the record."""
    pain, soreness, visits = block.pain, block.soreness, block.visits
    return pd.DataFrame(
        {
            "usual_pain": pain.usual,
            "flare_pre": pain.flare_pre,
            "flare_48h": pain.flare_48h,
            "relief_post": pain.relief_post,
            "relief_48h": pain.relief_48h,
            "twitch_relief_post": pain.twitch_relief_post,
            "twitch_relief_48h": pain.twitch_relief_48h,
            "clinician_relief": visits.clinician_relief,
            "soreness_leak": pain.leak,
            "rom_gain_post": block.motion.gain_post,
            "rom_gain_48h": block.motion.gain_48h,
            "function_gain_post": block.function.gain_post,
            "function_gain_48h": block.function.gain_48h,
            "soreness_h": soreness.hours,
            "soreness_peak": soreness.peak,
            "soreness_half_life_h": soreness.half_life,
            "twitch_count": block.needling.twitches,
            "insertion_count": block.needling.insertions,
            "pain_post_complete": pain.post.astype(np.int64),
            "pain_48h_complete": pain.later.astype(np.int64),
            "followed_up": block.followup.reached,
            "missing_not_at_random": block.followup.missing_not_at_random,
            **{name: values for part in block.answers for name, values in part.truth.items()},
        }
    )


# ------------------------------------------------------------------------------------------------- columns


def _who_and_what(block: Block) -> dict[str, Any]:
    people, visits = block.people, block.visits
    who = visits.patient
    activities = (*block.parameters.activities, "retired")
    return {
        "session_id": _session_ids(block),
        "patient_id": _coded(who, _patient_ids(block)),
        "clinic_id": _coded(people.clinic[who], _clinic_ids(block)),
        "clinician_id": _coded(visits.clinician, _clinician_ids(block)),
        "condition": _coded(visits.condition, CONDITIONS),
        "session_number": _whole(visits.number),
        "day": _whole(visits.day),
        "age_band": _coded(np.minimum(people.age // 10, len(AGE_BANDS) - 1)[who], AGE_BANDS),
        "sex": _coded(people.sex[who], SEXES),
        "activity": _coded(people.activity[who], activities),
        "side": _coded(visits.side, SIDES),
    }


def _done(block: Block) -> dict[str, Any]:
    p, needling = block.parameters, block.needling
    counted = block.uncounted[0] >= p["needling_count_missing"]
    twitches_counted = block.uncounted[1] >= p["twitch_count_missing"]
    muscles, first = _muscle_texts(
        tuple(zip(p.conditions["muscles"], p.conditions["muscles_mean"], strict=True))
    )
    return {
        "muscles": _coded(first[block.visits.condition] + needling.muscles, muscles),
        "needle_count": _whole(np.where(counted, needling.needles, np.nan)),
        "insertion_count": _whole(np.where(counted, needling.insertions, np.nan)),
        "twitch_count": _whole(np.where(twitches_counted, needling.twitches, np.nan)),
        "technique": _coded(needling.technique, TECHNIQUES),
        "co_interventions": _coded(needling.co_interventions, _co_intervention_texts()),
    }


def _seen(block: Block) -> dict[str, Any]:
    motion, function = block.motion, block.function
    post, later = block.pain_reported
    movements = [condition(name).usual_movement or "" for name in CONDITIONS]
    return {
        "pain_pre": _whole(block.pain.pre),
        "pain_post": _whole(post),
        "pain_48h": _whole(later),
        "rom_movement": _coded(block.visits.condition, movements, missing=np.isnan(motion.pre)),
        "rom_pre": _number(motion.pre),
        "rom_post": _number(motion.post),
        "rom_48h": _number(motion.later),
        "function_pre": _whole(function.pre),
        "function_post": _whole(function.post),
        "function_48h": _whole(function.later),
    }


def _followed_up(block: Block) -> dict[str, Any]:
    import pyarrow as pa

    hours, ongoing, free, peak = block.soreness_reported
    blank = np.isnan(ongoing)
    return {
        "soreness_h": _number(hours),
        "soreness_ongoing": pa.array(ongoing == 1, mask=blank),
        "soreness_free_h": _number(free),
        "soreness_peak": _whole(peak),
        "pgic_48h": _whole(block.global_impression),
        "followup_status": _coded(block.followup.status, STATUSES),
        "followup_h": _number(block.followup.hours),
        "adverse_event": _coded(block.adverse_event, ADVERSE_EVENTS),
    }


def _answers(c: Column, values: Floats) -> pa.Array:
    """An optional column from its numbers: codes and tags as text, flags, whole numbers."""
    import pyarrow as pa

    missing = np.isnan(values)
    whole = np.where(missing, 0, values).astype(np.int64)
    if c.kind == "category":
        return _coded(whole, c.values, missing=missing)
    if c.kind == "tags":
        texts = _tag_texts(c.values)
        return _coded(whole, texts, missing=missing | np.array([not text for text in texts])[whole])
    if c.kind == "flag":
        return pa.array(whole == 1, mask=missing)
    return _whole(values)


@cache
def _tag_texts(values: tuple[str, ...]) -> tuple[str, ...]:
    """Every set of tags, the set written as bits; of none, the word for it where the column has one."""
    empty = values[-1] if values[-1] in ("none", "unknown") else ""
    tags = values[:-1] if empty else values
    sets = range(2 ** len(tags))
    return tuple(";".join(t for i, t in enumerate(tags) if bits >> i & 1) or empty for bits in sets)


def _coded(codes: Ints, values: Sequence[str], *, missing: npt.NDArray[np.bool_] | None = None) -> pa.Array:
    """Return text as a dictionary array."""
    import pyarrow as pa

    indices = pa.array(codes.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(list(values), type=pa.string()))


def _whole(values: Ints | Floats) -> pa.Array:
    """Return whole numbers; NaN is missing."""
    import pyarrow as pa

    if values.dtype.kind != "f":
        return pa.array(values)
    missing = np.isnan(values)
    return pa.array(np.where(missing, 0, values).astype(np.int64), mask=missing)


def _number(values: Floats) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, mask=np.isnan(values))


# --------------------------------------------------------------------------------------------------- texts


def _patient_ids(block: Block) -> list[str]:
    width = max(4, len(str(block.all_patients)))
    first = block.first_patient + 1
    return [f"P{number:0{width}d}" for number in range(first, first + len(block.people))]


def _clinic_ids(block: Block) -> list[str]:
    per_clinic = block.parameters["patients_per_clinic"]
    width = max(2, len(str(round(block.all_patients / per_clinic))))
    first = round(block.first_patient / per_clinic) + 1
    return [f"C{number:0{width}d}" for number in range(first, first + block.people.clinics)]


def _clinician_ids(block: Block) -> list[str]:
    clinicians = range(1, int(block.parameters["clinicians_per_clinic"]) + 1)
    return [f"{clinic}-T{number}" for clinic in _clinic_ids(block) for number in clinicians]


def _session_ids(block: Block) -> pa.Array:
    """The mark of synthetic records, patient and number of the session: ``synthetic-P0012-03``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    patient = pa.array([SYNTHETIC_MARK + who for who in _patient_ids(block)]).take(
        pa.array(block.visits.patient)
    )
    most = int(block.visits.sequence.max())
    number = pa.array([f"{i:02d}" for i in range(1, most + 1)]).take(pa.array(block.visits.sequence - 1))
    return pc.binary_join_element_wise(patient, number, "-")


@cache
def _muscle_texts(muscles: tuple[tuple[str, float], ...]) -> tuple[tuple[str, ...], Ints]:
    """Every set of muscles of every condition, and where each condition's begin."""
    tables = [muscle_sets(names, mean)[0] for names, mean in muscles]
    sizes = np.array([len(table) for table in tables], dtype=np.int64)
    return tuple(text for table in tables for text in table), np.cumsum(sizes) - sizes


@cache
def _co_intervention_texts() -> tuple[str, ...]:
    """Every set of co-interventions, the set written as bits."""
    sets = range(2 ** len(CO_INTERVENTIONS))
    texts = (";".join(c for i, c in enumerate(CO_INTERVENTIONS) if bits >> i & 1) for bits in sets)
    return tuple(text or "none" for text in texts)
