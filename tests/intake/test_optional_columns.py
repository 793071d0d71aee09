"""A file of the old record reads as it did; new columns are read where they stand, in the units a mapping names."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

import outcomes as oc
from outcomes.errors import SessionErrors
from outcomes.intake.apply import applied
from outcomes.intake.draft_sections import _units
from outcomes.intake.mapping import Mapping
from outcomes.intake.matching import Match, Matches
from outcomes.record.columns import COLUMN_NAMES
from outcomes.record.optional_columns import OPTIONAL_COLUMNS

OLD = pd.DataFrame(
    {
        "session_id": ["s1", "s2", "s3"],
        "patient_id": ["p1", "p1", "p2"],
        "condition": ["jaw_pain", "jaw_pain", "headache"],
        "session_number": [1, 2, 1],
        "pain_pre": [6, 5, 4],
    }
)


def written(folder: Path, **more: object) -> Path:
    path = folder / "sessions.csv"
    OLD.assign(**more).to_csv(path, index=False)
    return path


def test_a_file_without_them_holds_none_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    sessions = oc.read_sessions(written(tmp_path))
    names = [c.name for c in OPTIONAL_COLUMNS]
    assert sessions[names].isna().all(axis=None)
    assert tuple(sessions.columns) == COLUMN_NAMES
    assert sessions["pain_pre"].tolist() == [6.0, 5.0, 4.0]


def test_several_movements_a_session_are_read_and_only_those_there(tmp_path: Path) -> None:
    more = {"ROM mouth opening pre": [38, 40, None], "rom_cervical_rotation_pre": [None, None, 70]}
    path = written(tmp_path, **more)
    sessions = oc.read_sessions(path)
    extra = [name for name in sessions.columns if name not in COLUMN_NAMES]
    assert extra == ["rom_cervical_rotation_pre", "rom_mouth_opening_pre"]
    assert sessions["rom_mouth_opening_pre"].tolist()[:2] == [38.0, 40.0]
    assert len(sessions) == len(OLD), "a session is still one session"
    scanned = oc.scan_sessions(path).execute().sort_values("session_id")
    assert scanned["rom_cervical_rotation_pre"].tolist()[2] == 70.0


def test_a_movement_beyond_its_cap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionErrors) as refused:
        oc.read_sessions(written(tmp_path, rom_mouth_opening_pre=[38, 140, 40]))
    problems = refused.value.problems
    problems = problems[problems["severity"] == "error"]
    assert problems[["column", "value", "line"]].values.tolist() == [["rom_mouth_opening_pre", "140", 3]]


def test_codes_are_forgiven_their_spelling(tmp_path: Path) -> None:
    sessions = oc.read_sessions(
        written(tmp_path, prom=["HIT-6", "hit 6", "VISA-A"], sensation=["Deep ache; cramp", "none", None])
    )
    assert sessions["prom"].tolist() == ["hit_6", "hit_6", "visa_a"]
    assert sessions["sensation"].tolist()[:2] == ["deep_ache;cramp", "none"]


@pytest.mark.parametrize(("unit", "kilopascals"), [("kg/cm2", 196.133), ("N/cm2", 20.0), ("kPa", 2.0)])
def test_pressure_is_kept_in_kilopascals(unit: str, kilopascals: float) -> None:
    raw = OLD.assign(ppt_pre=2).astype("str")
    mapping = Mapping.model_validate({"columns": {}, "units": {"ppt_pre": unit}})
    found = pd.to_numeric(applied(mapping, raw, file="f.csv").frame["ppt_pre"])
    assert found.tolist() == pytest.approx([kilopascals] * 3)  # 1 kgf = 9.80665 N


def test_a_length_is_read_in_the_unit_of_its_movement() -> None:
    raw = OLD.assign(rom_mouth_opening_pre="4.5 cm").astype("str")
    mapping = Mapping.model_validate({"columns": {}, "values": {"rewrite": True}})
    assert set(applied(mapping, raw, file="f.csv").frame["rom_mouth_opening_pre"]) == {"45"}


@pytest.mark.parametrize("units", [{"ppt_pre": "mm"}, {"pain_pre": "kg/cm2"}])
def test_a_unit_of_something_else_is_refused(units: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="no unit of it"):
        Mapping.model_validate({"columns": {}, "units": units})


def test_a_heading_tells_the_unit_of_a_pressure() -> None:
    frame = pd.DataFrame({"PPT before (kg/cm2)": ["2.5"], "PPT after (N/cm2)": ["30"], "PPT later": ["250"]})
    names = dict(zip(("ppt_pre", "ppt_post", "ppt_48h"), frame.columns, strict=True))
    matches = Matches(tuple(Match(ours, theirs, 0.9) for ours, theirs in names.items()))
    assert dict(_units(frame, matches)) == {"ppt_pre": "kg/cm2", "ppt_post": "N/cm2"}


def test_they_survive_de_identification(tmp_path: Path) -> None:
    raw = pd.concat([OLD.assign(patient_id=f"p{n}") for n in range(6)], ignore_index=True)
    raw["session_id"] = [f"s{n}" for n in range(len(raw))]
    raw = raw.assign(onset="stress;posture", advice="ask Jane Smith", rom_mouth_opening_pre=40, ppt_pre=200)
    safe, _ = oc.deidentify(raw.astype("str"), key=b"k" * 32)
    assert set(safe["onset"]) == {"stress;posture"}
    assert safe["rom_mouth_opening_pre"].tolist() == [40.0] * len(raw)
    assert safe["advice"].isna().all()
