"""`outcomes reduce` and `outcomes pool`: sums that add to the fit of all records, and none of few patients."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.cli import main

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data/demo_sessions.csv"


def test_clinics_pool_reductions_to_the_fit_of_all_records(tmp_path, capsys) -> None:
    sessions = oc.read_sessions(DEMO)
    formula = "pain_relief_48h ~ condition + pain_pre + (1 | patient_id)"
    halves = sessions["patient_id"].factorize()[0] % 2
    for half in (0, 1):
        sessions[halves == half].to_csv(tmp_path / f"{half}.csv", index=False)
        assert (
            main(
                [
                    "reduce",
                    str(tmp_path / f"{half}.csv"),
                    str(tmp_path / f"{half}.json"),
                    "--formula",
                    formula,
                    "--i-am-inside",
                ]
            )
            == 0
        )
    capsys.readouterr()
    assert main(["pool", str(tmp_path / "0.json"), str(tmp_path / "1.json")]) == 0
    pooled = pd.read_csv(StringIO(capsys.readouterr().out))
    whole = oc.fit_mixed(formula, sessions).coefficients
    assert pooled["term"].tolist() == whole["term"].tolist()
    assert pooled["estimate"].to_numpy() == pytest.approx(whole["estimate"].to_numpy(), rel=1e-8)
    assert pooled["df"].to_numpy() == pytest.approx(whole["df"].to_numpy(), rel=1e-6)


def test_a_reduction_of_few_patients_is_written_only_for_inside_the_clinic(tmp_path, capsys) -> None:
    out = tmp_path / "x.json"
    assert main(["reduce", str(DEMO), str(out), "--soreness"]) == 2
    assert "fewer than 11 (sessions by hours of soreness)" in capsys.readouterr().err
    assert not out.exists()
    assert main(["reduce", str(DEMO), str(out), "--soreness", "--i-am-inside"]) == 0
    assert "for inside the clinic, or under an agreement" in capsys.readouterr().out
    assert main(["reduce", str(DEMO), str(out), "--flag", "pain_responder_48h", "--by", "sex"]) == 2


@pytest.mark.parametrize("name", ["session_id", "patient_id"])
def test_a_reduction_is_never_grouped_by_what_identifies(name, tmp_path, capsys) -> None:
    asked = ["reduce", str(DEMO), str(tmp_path / "x.json"), "--flag", "pain_responder_48h", "--by", name]
    assert main([*asked, "--i-am-inside"]) == 2
    assert f"Grouped by {name}" in capsys.readouterr().err


def test_the_same_sums_do_not_add_to_themselves(tmp_path, capsys) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    assert main(["reduce", str(DEMO), str(first), "--soreness", "--i-am-inside"]) == 0
    second.write_bytes(first.read_bytes())
    assert main(["pool", str(first), str(second)]) == 2
    assert "hold the same sums" in capsys.readouterr().err


def test_sums_under_different_plans_do_not_add(tmp_path, capsys) -> None:
    sessions = oc.read_sessions(DEMO)
    halves = sessions["patient_id"].factorize()[0] % 2
    oc.reduce_counts(sessions[halves == 0], "pain_responder_48h").to_json(tmp_path / "a.json")
    oc.reduce_counts(sessions[halves == 1], "pain_responder_48h").to_json(tmp_path / "b.json")
    other = json.loads((tmp_path / "b.json").read_text("utf-8"))
    (tmp_path / "b.json").write_text(json.dumps({**other, "plan": "0" * 16}), "utf-8")
    assert main(["pool", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 2
    assert "different plans" in capsys.readouterr().err


def test_reduce_needs_one_thing_to_reduce_for(tmp_path, capsys) -> None:
    assert main(["reduce", str(DEMO), str(tmp_path / "x.json")]) == 2
    assert "one of --formula, --flag or --soreness" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked", [["--soreness", "--flag", "pain_responder_48h"], ["--formula", "pain_post ~ 1", "--soreness"]]
)
def test_reduce_refuses_two_things_at_once(asked, tmp_path, capsys) -> None:
    assert main(["reduce", "records.csv", str(tmp_path / "x.json"), *asked]) == 2
    assert "one of --formula, --flag or --soreness" in capsys.readouterr().err


def test_what_was_pooled_is_written_where_it_is_wanted(tmp_path, capsys) -> None:
    """Twelve patients here, of whom nine have less pain; twelve there, of whom three do."""
    for clinic, better in (("here", 9), ("there", 3)):
        frame = pd.DataFrame({"patient_id": [f"{clinic}{n}" for n in range(12)], "condition": "headache"})
        frame = frame.assign(pain_pre=8.0, pain_post=[2.0] * better + [8.0] * (12 - better))
        oc.reduce_counts(frame, "pain_responder_post").to_json(tmp_path / f"{clinic}.json")
    files = [str(tmp_path / f"{clinic}.json") for clinic in ("here", "there")]
    assert main(["pool", *files, "--out", str(tmp_path / "all.json")]) == 0
    printed = capsys.readouterr().out
    assert main(["pool", str(tmp_path / "all.json")]) == 0
    assert capsys.readouterr().out == printed
    assert pd.read_csv(StringIO(printed))[["patients", "responders"]].to_numpy().tolist() == [[24, 12]]


@pytest.mark.parametrize(
    "formula",
    [
        "pain_post ~ pain_pre + (1 | patient_id/condition)",
        "pain_post ~ patient_id + (1 | condition)",
        "pain_post ~ C(session_id) + (1 | patient_id)",
    ],
)
def test_a_model_is_not_reduced_where_it_would_hold_every_patient(formula, tmp_path, capsys) -> None:
    out = tmp_path / "x.json"
    assert main(["reduce", str(DEMO), str(out), "--formula", formula, "--i-am-inside"]) == 2
    assert "a reduction would hold every" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    "asked",
    [
        [],
        ["x.json"],
        ["x.json", "--out", "x.outcomes"],
        ["--out", "x.outcomes", "--soreness"],
        ["x.json", "--soreness", "--flag", "pain_responder_48h"],
    ],
)
def test_what_to_reduce_for_is_one_thing(asked, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["reduce", str(DEMO), *asked]) == 2
    assert "Say what to reduce for" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_study_of_few_patients_is_written_only_under_an_agreement(tmp_path, capsys) -> None:
    out = tmp_path / "clinic.outcomes"
    assert main(["reduce", str(DEMO), "--out", str(out)]) == 2
    assert "cells of fewer than 11" in capsys.readouterr().err
    assert not out.exists()
    (tmp_path / "key").write_bytes(bytes(16))
    asked = ["reduce", str(DEMO), "--out", str(out), "--study-key", str(tmp_path / "key"), "--i-am-inside"]
    assert main(asked) == 0
    assert "600 patients, no record of any" in capsys.readouterr().out
    assert len(oc.read_study(out).people) == 600
