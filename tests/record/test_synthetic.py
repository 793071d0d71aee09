"""The mark of synthetic records: it survives files, filters and de-identification, and no clinic's record has it."""

from __future__ import annotations

import pandas as pd
import pytest

import outcomes as oc
from outcomes.record.synthetic import SYNTHETIC, SYNTHETIC_MARK, how_synthetic


@pytest.fixture(scope="module")
def sessions() -> pd.DataFrame:
    return oc.simulate_sessions(8, seed=3)[0]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_every_kind_of_file_keeps_the_mark(sessions, ending, tmp_path) -> None:
    path = tmp_path / f"records.{ending}"
    needed = sessions[["session_id", "patient_id", "condition", "session_number", "pain_pre"]].iloc[::2]
    write = {"csv": needed.to_csv, "xlsx": needed.to_excel, "parquet": needed.to_parquet}[ending]
    write(path, index=False, **({"engine": "xlsxwriter"} if ending == "xlsx" else {}))
    read = oc.read_sessions(path)
    assert len(read) == len(needed)
    assert how_synthetic(read["session_id"]) == "all"


def test_records_merged_with_a_clinics_own_are_partly_synthetic(sessions) -> None:
    own = sessions["session_id"].str.removeprefix(SYNTHETIC_MARK)
    assert how_synthetic(own) == ""
    assert how_synthetic(pd.concat([own, sessions["session_id"].str.upper()])) == "some"


def test_de_identified_records_are_still_marked(sessions) -> None:
    safe, _ = oc.deidentify(sessions.astype("str"), key=b"not a secret, but long enough")
    assert how_synthetic(safe["session_id"]) == "all"
    assert not set(safe["session_id"]) & set(sessions["session_id"])
    assert not safe["patient_id"].str.startswith(SYNTHETIC_MARK).any()


def test_the_words_deny_evidence_in_short_sentences() -> None:
    assert set(SYNTHETIC) == {"all", "some"}
    assert all("synthetic" in text.lower() and "evidence" in text for text in SYNTHETIC.values())
    assert max(len(part.split()) for text in SYNTHETIC.values() for part in text.split(". ")) <= 20
