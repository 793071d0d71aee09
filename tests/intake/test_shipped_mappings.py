"""The shipped mappings read what they are for: REDCap exports, our own template, a flowsheet of measurements."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from outcomes.intake.forms.redcap import redcap_code
from outcomes.intake.forms.workbook import examples, write_template
from outcomes.intake.mapping import Mapping, read_mapping
from outcomes.intake.read import read_sessions
from outcomes.record.columns import COLUMNS, column
from outcomes.simulate.sessions import simulate_sessions
from redcap_mapping import redcap_mapping

FOLDER = files("outcomes").joinpath("mappings")
reshapes = pytest.mark.skipif(
    "spread" not in Mapping.model_fields,
    reason="mappings do not take [spread], [merge] and [boxes] yet",
)


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    """Simulated sessions, numbered 1, 2, ... over all conditions of a patient as REDCap numbers its instances."""
    frame, _ = simulate_sessions(30, seed=5)
    frame = frame.sort_values(["patient_id", "day", "session_id"], kind="stable", ignore_index=True)
    return frame.assign(instance=frame.groupby("patient_id").cumcount() + 1)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    def cell(value: object) -> str | None:
        if value is None or value is pd.NA or value != value:
            return None
        if isinstance(value, bool | np.bool_):
            return "1" if value else "0"
        return f"{value:g}" if isinstance(value, float | int | np.number) else str(value)

    return frame.astype(object).map(cell)


def redcap_export(
    sessions: pd.DataFrame, *, labels: bool = False, label_values: bool = False, events: bool = False
):
    """An export as REDCap writes it: a row for the baseline, one for each session, one for each follow-up."""
    text = as_text(sessions)
    made = ("session_id", "session_number")
    header = {c.name: c.label if labels else c.name for c in COLUMNS}
    system = (
        ["Repeat Instrument", "Repeat Instance"]
        if labels
        else ["redcap_repeat_instrument", "redcap_repeat_instance"]
    )
    event = "Event Name" if labels else "redcap_event_name"
    rows = []
    for _, patient in text.groupby("patient_id", sort=False):
        rows.append(_row(patient.iloc[0], "baseline", header, label_values, made) | {event: "baseline_arm_1"})
        for _, session in patient.iterrows():
            for kind, form in (("session", "session"), ("follow-up", "followup")):
                row = _row(session, kind, header, label_values, made)
                row |= {event: f"{form}_arm_1", system[1]: session["instance"]}
                rows.append(row | ({} if events else {system[0]: form}))
    frame = pd.DataFrame(rows, dtype="str")
    return frame if events else frame.drop(columns=event)


def _row(session: pd.Series, event: str, header: dict, label_values: bool, made: tuple) -> dict:
    row = {header["patient_id"]: session["patient_id"]}
    for c in COLUMNS:
        if c.event != event or c.name in (*made, "patient_id"):
            continue
        value = None if pd.isna(session[c.name]) else session[c.name]
        if c.kind == "tags" and c.values:
            for code in c.values:
                name = (
                    f"{c.label} (choice={c.label_of(code)})"
                    if header["side"] == "Side"
                    else f"{c.name}___{code}"
                )
                ticked = code in str(value).split(";")
                row[name] = ("Checked" if ticked else "Unchecked") if label_values else str(int(ticked))
        elif value is not None and c.values:
            row[header[c.name]] = c.label_of(value) if label_values else redcap_code(value)
        elif value is not None and c.kind == "flag":
            row[header[c.name]] = {"1": "Yes", "0": "No"}[value] if label_values else value
        elif value is not None:
            row[header[c.name]] = value
    return row


def same(read: pd.DataFrame, wanted: pd.DataFrame, leave: tuple[str, ...] = ("session_id",)) -> None:
    ordered = read.sort_values(["patient_id", "day", "session_id"], kind="stable", ignore_index=True)
    for c in COLUMNS:
        if c.name in leave:
            continue
        theirs, ours = as_text(ordered[[c.name]]), as_text(wanted[[c.name]])
        if c.kind == "tags" and c.values:
            theirs, ours = (
                t.map(lambda v: ";".join(sorted(v.split(";"))) if isinstance(v, str) else None)
                for t in (theirs, ours)
            )
        pd.testing.assert_frame_equal(theirs, ours, check_dtype=False)


@pytest.mark.parametrize("name", ["redcap", "redcap_labels", "template", "flowsheet"])
@reshapes
def test_every_shipped_mapping_is_one(name):
    assert read_mapping(FOLDER.joinpath(f"{name}.toml")).title


def test_the_redcap_mappings_are_those_the_columns_make():
    for name, labels in (("redcap", False), ("redcap_labels", True)):
        text = FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")
        assert text == redcap_mapping(labels=labels)
        assert tomllib.loads(text)["title"] == "REDCap export"


@reshapes
@pytest.mark.parametrize("events", [False, True])
@pytest.mark.parametrize(("labels", "label_values"), [(False, False), (False, True), (True, True)])
def test_a_redcap_export_reads_as_the_sessions_it_came_from(tmp_path, sessions, labels, label_values, events):
    path = tmp_path / "export.csv"
    redcap_export(sessions, labels=labels, label_values=label_values, events=events).to_csv(path, index=False)
    read = read_sessions(path, mapping=FOLDER.joinpath("redcap_labels.toml" if labels else "redcap.toml"))
    wanted = sessions.assign(session_id=sessions["patient_id"] + "-" + sessions["instance"].astype("str"))
    counted = wanted.groupby(["patient_id", "condition"], observed=True).cumcount() + 1
    order = ["patient_id", "day", "session_id"]
    wanted = wanted.assign(session_number=counted).sort_values(order, kind="stable", ignore_index=True)
    same(read, wanted, leave=())


@reshapes
def test_a_redcap_project_without_optional_fields_reads_too(tmp_path, sessions):
    path = tmp_path / "export.csv"
    export = redcap_export(sessions).drop(
        columns=["clinic_id", "rom_movement", "rom_pre", "rom_post", "rom_48h"]
    )
    export.to_csv(path, index=False)
    assert read_sessions(path, mapping=FOLDER.joinpath("redcap.toml"))["rom_pre"].isna().all()


@reshapes
def test_a_flowsheet_reads_as_the_sessions_it_came_from(tmp_path, sessions):
    mapping = tomllib.loads(FOLDER.joinpath("flowsheet.toml").read_text(encoding="utf-8"))
    codes = {ours: theirs for theirs, ours in reversed(mapping["values"]["condition"].items())}
    text = as_text(sessions)
    once = pd.DataFrame(
        {
            "patient_id": text["patient_id"],
            "encounter_id": text["session_id"],
            "encounter_day": text["day"],
            "clinician_id": text["clinician_id"],
            "clinic_id": text["clinic_id"],
            "diagnosis": text["condition"].map(lambda name: codes.get(name, name)),
        }
    )
    long = pd.concat(
        [
            once.assign(measure=theirs, value=text[ours])
            for theirs, ours in mapping["long_to_wide"]["visits"].items()
        ]
    ).dropna(subset=["value"])
    path = tmp_path / "flowsheet.csv"
    long.sample(frac=1, random_state=2).to_csv(path, index=False)
    read = read_sessions(path, mapping=FOLDER.joinpath("flowsheet.toml"))
    wanted = sessions.sort_values(["patient_id", "day", "session_id"], kind="stable", ignore_index=True)
    same(read, wanted, leave=("session_number",))


def test_our_own_template_reads(tmp_path):
    write_template(tmp_path / "t.xlsx", sessions=[dict(record) for _, record in examples()])
    read = read_sessions(tmp_path / "t.xlsx", mapping=FOLDER.joinpath("template.toml"))
    assert read["session_id"].tolist() == [record["session_id"] for _, record in examples()]


# --- reshaping --------------------------------------------------------------------------------------------------


def test_codes_of_the_mappings_are_the_records_own():
    for name in ("redcap", "redcap_labels", "flowsheet"):
        recoded = read_mapping(FOLDER.joinpath(f"{name}.toml")).values.recode
        assert recoded
        for ours, codes in recoded.items():
            assert set(codes.values()) <= set(column(ours).values)
