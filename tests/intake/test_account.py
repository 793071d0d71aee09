"""Every row read is a session, merged into one, or left out with its reason: in check and in the manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

import outcomes as oc
from outcomes.files.origin import origin_of
from outcomes.intake.account import Account, Moved
from outcomes.intake.read import check_sessions
from outcomes.pages.manifest import rows_shown
from outcomes.pages.run import RunOptions, _read

HEAD = "session_id,patient_id,condition,session_number,pain_pre"
VISITS = """id,who,part,number,when,pain,state
1,p1,neck_pain,1,before,6,kept
1,p1,neck_pain,1,after,4,kept
2,p2,neck_pain,1,before,7,kept
2,p2,neck_pain,1,after,5,kept
3,p3,neck_pain,1,before,5,no-show
4,p4,neck_pain,1,phone call,3,kept
4,p4,neck_pain,1,before,8,kept
Total,4,,,,38,
"""
MAPPING = """
[columns]
session_id = "id"
patient_id = "who"
condition = "part"
session_number = "number"
pain_pre = "pain_pre"
pain_post = "pain_post"
[[rows]]
column = "state"
is = ["kept"]
why = "nobody came"
[long_to_wide]
row = ["id", "who", "part", "number"]
by = "when"
columns = ["pain"]
visits = { before = "pre", after = "post" }
"""


@pytest.fixture
def visits(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "visits.csv").write_text(VISITS)
    (tmp_path / "visits.toml").write_text(MAPPING)
    return tmp_path / "visits.csv", tmp_path / "visits.toml"


def test_a_sum_that_does_not_come_out_is_a_fault_of_ours() -> None:
    with pytest.raises(RuntimeError, match="rows unaccounted for"):
        Account(3, 1, (Moved("left out", "a total", 1),))


def test_reasons_that_recur_are_counted_together_and_those_of_no_row_dropped() -> None:
    moved = [Moved("left out", "a total", 1), Moved("merged", "visits", 0), Moved("left out", "a total", 2)]
    assert Account.of(5, 2, moved).moved == (Moved("left out", "a total", 3),)


def test_check_accounts_for_every_row_with_its_reason(visits: tuple[Path, Path]) -> None:
    """Eight rows by hand: three sessions, two readings after, a no-show, a phone call, a total."""
    account = check_sessions(visits[0], mapping=visits[1]).account
    found = {(one.how, one.why): one.rows for one in account.moved}
    assert (account.read, account.sessions) == (8, 3)
    assert found == {
        ("left out", "nobody came"): 1,
        ("left out", "visits the mapping does not name"): 1,
        ("merged", "visits of one session"): 2,
        ("left out", "1 row of totals"): 1,
    }
    assert account.read == account.sessions + sum(found.values())


@pytest.mark.parametrize("audience", ["owner", "researcher", "clinician"])
def test_a_run_puts_the_same_account_into_its_manifest(audience: str, visits: tuple[Path, Path]) -> None:
    options = RunOptions(mapping=str(visits[1]), audience=audience)
    _, sessions, checked, about = _read(origin_of(visits[0]), options)
    assert len(sessions) == checked.account.sessions == about["rows"]["sessions"] == 3
    whole = checked.account.as_dict()
    assert (about["rows"] == whole) == (audience == "clinician")
    assert ("read" in about["rows"]) == (audience == "clinician"), (
        "a small count must not be had by subtraction"
    )


@pytest.mark.parametrize(
    ("rows", "shown"), [(1, "fewer than 11"), (10, "fewer than 11"), (11, 11), (400, 400)]
)
def test_small_counts_of_rows_leave_the_clinic_as_ranges(rows: int, shown: object) -> None:
    account = Account(40 + rows, 40, (Moved("left out", "a total", rows),))
    found = rows_shown(account.as_dict(), "owner")
    assert found["moved"] == [{"how": "left out", "why": "a total", "rows": shown}]
    assert found.get("read") == (40 + rows if shown == rows else None)


def test_a_file_that_lies_where_it_is_checked_is_accounted_for_too(tmp_path: Path) -> None:
    from outcomes.intake.scan import check_scan

    oc.simulate_sessions(6, seed=3)[0].to_csv(tmp_path / "s.csv", index=False)
    read = check_sessions(tmp_path / "s.csv").account
    assert check_scan(tmp_path / "s.csv").account == read
    assert read.read == read.sessions > 6
