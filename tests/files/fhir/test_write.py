"""What is written is FHIR R4, and reads back as the same records."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import outcomes as oc
from outcomes.cli import main
from outcomes.files.fhir.write import fhir_text

CANONICAL = "https://outcomes.example/fhir"


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    """Simulated sessions, with what a follow-up came to, several movements, and values hard to write."""
    frame, _ = oc.simulate_sessions(40, seed=3)
    frame = frame.head(60).assign(rom_cervical_rotation_pre=61.5, rom_cervical_rotation_post=64.0)
    for at, status in enumerate(("no_answer", "declined", "not_attempted", "reached")):
        frame.loc[at, ["pain_48h", "followup_status"]] = [None, status]
    frame.loc[4, ["pain_48h", "followup_status"]] = [0.0, None]
    frame.loc[5, ["soreness_h", "pain_pre"]] = [0.1 + 0.2, 10.0]
    frame.loc[6, "rom_cervical_rotation_post"] = None
    return oc.read_sessions(frame)


def _resources(sessions: pd.DataFrame) -> list[dict[str, Any]]:
    return [json.loads(line) for line in fhir_text(sessions, lines=True).splitlines()]


@pytest.mark.parametrize("name", ["bundle.json", "resources.ndjson"])
def test_what_is_written_reads_back_as_the_same_records(name: str, sessions, tmp_path: Path) -> None:
    raw = tmp_path / "sessions.parquet"
    sessions.to_parquet(raw)
    assert main(["export-fhir", str(raw), "--out", str(tmp_path / name)]) == 0
    back = oc.read_sessions(tmp_path / name)
    pd.testing.assert_frame_equal(back, sessions)
    assert back["followup_status"].tolist()[:4] == ["no_answer", "declined", "not_attempted", "reached"]
    assert pd.isna(back["followup_status"][4])
    assert back["pain_48h"][4] == 0


def test_every_resource_is_one_of_hl7s(sessions: pd.DataFrame) -> None:
    pytest.importorskip("fhir.resources", reason="fhir.resources is not installed")
    from fhir.resources.R4B.bundle import Bundle

    bundle = Bundle.model_validate_json(fhir_text(sessions))
    kinds = [type(entry.resource).__name__ for entry in bundle.entry]
    assert kinds.count("Procedure") == len(sessions)
    assert kinds.count("Patient") == sessions["patient_id"].nunique()
    assert kinds.count("Observation") > 10 * len(sessions)
    assert len({entry.fullUrl for entry in bundle.entry}) == len(bundle.entry)


def test_rules_of_fhir_that_a_schema_does_not_hold(sessions: pd.DataFrame) -> None:
    """Ids as FHIR allows them, every reference leads somewhere, and a reason only where no value is (obs-6)."""
    resources = _resources(sessions)
    there = {f"{one['resourceType']}/{one['id']}" for one in resources}
    assert len(there) == len(resources)
    for one in resources:
        assert len(one["id"]) <= 64
        assert one["id"].replace("-", "").isalnum()
        for held in (one.get("subject"), *one.get("partOf", [])):
            assert held is None or held["reference"] in there
        if one["resourceType"] == "Observation":
            values = [key for key in one if key.startswith("value")]
            assert len(values) + ("dataAbsentReason" in one) == 1


def test_codes_of_others_where_there_are_some(sessions: pd.DataFrame) -> None:
    resources = _resources(sessions)
    muscles = sessions["muscles"].fillna("").str.split(";").map(len).where(sessions["muscles"].notna(), 0)
    procedures = [one for one in resources if one["resourceType"] == "Procedure"]
    for one, count in zip(procedures, muscles, strict=True):
        codes = [coding["code"] for coding in one["code"]["coding"] if "ama-assn" in coding["system"]]
        assert codes == ([] if not count else ["20560"] if count <= 2 else ["20561"])
    for name in ("pain_pre", "pain_post", "pain_48h"):
        found = [one for one in resources if one["resourceType"] == "Observation" and _is(one, name)]
        assert all(
            {"http://loinc.org", f"{CANONICAL}/CodeSystem/session-record"} == _systems(one) for one in found
        )
        written = sessions["followup_status"].notna() & (name == "pain_48h")
        assert len(found) == (sessions[name].notna() | written).sum()


def test_a_follow_up_without_a_reading_says_why(sessions: pd.DataFrame) -> None:
    absent = [one for one in _resources(sessions) if "dataAbsentReason" in one]
    assert all(_is(one, "pain_48h") for one in absent)
    hl7 = {
        reason["coding"][1]["code"]: reason["coding"][0]["code"]
        for one in absent
        for reason in [one["dataAbsentReason"]]
    }
    assert hl7 == {
        "no_answer": "unknown",
        "declined": "asked-declined",
        "not_attempted": "not-asked",
        "reached": "unknown",
    }


def test_no_date_and_nobody_is_written(sessions: pd.DataFrame) -> None:
    resources = _resources(sessions)
    assert {key for one in resources if one["resourceType"] == "Patient" for key in one} == {
        "resourceType",
        "id",
        "identifier",
    }
    assert not [key for one in resources for key in one if key.endswith(("DateTime", "Period", "Instant"))]


def _is(one: dict[str, Any], name: str) -> bool:
    return any(coding["code"] == name for coding in one.get("code", {}).get("coding", []))


def _systems(one: dict[str, Any]) -> set[str]:
    return {coding["system"] for coding in one["code"]["coding"]}
