"""The command line: exit codes, messages without tracebacks, and nothing heavy before it is needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.cli import main

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data/demo_sessions.csv"


def _outcomes(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "outcomes", *arguments], capture_output=True, text=True)


def test_help_lists_every_command() -> None:
    done = _outcomes("--help")
    assert done.returncode == 0
    for command in (
        "run",
        "check",
        "template",
        "dictionary",
        "simulate",
        "deidentify",
        "reduce",
        "pool",
        "map",
    ):
        assert f"\n  {command} " in done.stdout, command


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"session_id,pain_pre\n", "no rows"),
        (b"session_id,pain_pre\nJos\x81\x8d,3\n", "line 2: is neither UTF-8"),
        (b"session_id,pain_pre\ns,3,4\n", "line 2: has 3 cells"),
        (b"session_id,patient_id,condition,session_number,pain_pre\ns,p,neck_pain,1,11\n", "11; allowed 0"),
        (b"session_id,patient_id,condition,session_number,pain_pre\ns,p,neck_pain,1,six\n", "six; allowed 0"),
        (b"\x7fELF\x00\x01" * 100, "is not a table"),
    ],
)
@pytest.mark.parametrize("command", ["check", "run"])
def test_bad_input_ends_in_a_message_and_exit_code_2(command, content, says, tmp_path, capsys) -> None:
    file = tmp_path / "bad ü file.csv"
    file.write_bytes(content)
    out = ["--out", str(tmp_path / "exports")] if command == "run" else []
    assert main([command, str(file), *out]) == 2
    shown = capsys.readouterr()
    assert says in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err
    assert [path.name for path in tmp_path.iterdir()] == [file.name], "nothing was written"


def test_exit_codes_of_check(tmp_path, capsys) -> None:
    sessions, _ = oc.simulate_sessions(40, seed=2)
    needed = sessions[["session_id", "patient_id", "condition", "session_number", "pain_pre"]]
    needed.to_csv(tmp_path / "clean.csv", index=False)
    assert main(["check", str(tmp_path / "clean.csv")]) == 0
    assert main(["check", str(DEMO)]) == 1
    assert "the records can be used" in capsys.readouterr().out


def test_check_writes_a_report(tmp_path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text(
        "session_id,patient_id,condition,session_number,pain_pre\ns1,p,neck_pain,1,11\ns2,p,<script>,2,3\n"
    )
    assert main(["check", str(file), "--report", str(tmp_path / "r.csv")]) == 2
    assert set(pd.read_csv(tmp_path / "r.csv")["rule"]) == {"range", "code"}
    assert main(["check", str(file), "--report", str(tmp_path / "r.html")]) == 2
    assert "<script>" not in (tmp_path / "r.html").read_text()
    assert main(["check", str(file), "--report", str(tmp_path / "r.txt")]) == 2


def test_wrong_arguments_are_exit_code_2(capsys) -> None:
    assert main(["check"]) == 2
    assert main(["nonsense"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_simulate_is_the_library_function(tmp_path) -> None:
    file = tmp_path / "s.csv"
    assert main(["simulate", str(file), "--patients", "30", "--seed", "5", "--scenario", "null"]) == 0
    expected, _ = oc.simulate_sessions(30, seed=5, scenario="null")
    pd.testing.assert_frame_equal(oc.read_sessions(file), oc.read_sessions(expected))
    assert main(["simulate", str(file), "--scenario", "wishful"]) == 2


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
    pooled = pd.read_csv(__import__("io").StringIO(capsys.readouterr().out))
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


def test_template_and_dictionary_and_map(tmp_path, capsys) -> None:
    assert main(["template", str(tmp_path / "t.xlsx")]) == 0
    assert main(["check", str(tmp_path / "t.xlsx")]) == 2, "an empty template has no rows yet"
    capsys.readouterr()
    assert main(["dictionary"]) == 0
    assert "| `pain_48h` |" in capsys.readouterr().out
    assert main(["map", str(DEMO)]) == 0
    assert "pain_pre" in capsys.readouterr().out


def test_deidentify_makes_a_file_that_can_be_read(tmp_path, capsys) -> None:
    raw = tmp_path / "raw.csv"
    rows = [f"Jane Doe{i},2024-0{1 + i % 9}-15,1980-02-2{i % 9},neck_pain,{i % 9},r{i}" for i in range(30)]
    raw.write_text(
        "patient_name,visit_date,date_of_birth,condition,pain_pre,record\n" + "\n".join(rows) + "\n"
    )
    safe = tmp_path / "safe.csv"
    assert main(["deidentify", str(raw), str(safe), "--key", str(tmp_path / "k")]) == 0
    text = safe.read_text() + capsys.readouterr().out
    assert "Jane" not in text
    assert "1980" not in text
    assert (tmp_path / "k").stat().st_mode & 0o077 == 0
