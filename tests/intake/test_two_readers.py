"""``read_sessions`` and ``scan_sessions`` read the same files alike: headings, blanks, codes, numbers, refusals."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

import outcomes as oc
from outcomes.errors import OutcomesError
from outcomes.record.columns import COLUMNS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

HEAD = "session_id,patient_id,condition,session_number,pain_pre,pain_48h,soreness_ongoing,co_interventions,age_band"
READ_ALIKE = {
    "a cell of one space": f"{HEAD}\ns1,p1,neck_pain,1,6, ,true,heat,40-49\ns2,p2,headache,1,4,3, , , \n",
    "headings and codes in words": (
        "Session ID,Patient ID,Condition,Session Number,Pain Pre\ns1,p1,Neck "
        "pain,1,6\ns2,p2,Low-back  Pain,1,7\n"
    ),
    "headings with blanks around them": (
        " session_id , patient_id,condition ,Session-Number,PAIN_PRE\ns1,p1,headache,1,6\n"
    ),
    "semicolons": f"{HEAD.replace(',', ';')}\ns1;p1;neck_pain;1;6;;yes;heat;40-49\n",
    "tabs": f"{HEAD}\ns1,p1,neck_pain,1,6,2,no,heat,40-49\n".replace(",", "\t"),
    "a byte-order mark": f"\ufeff{HEAD}\ns1,p1,neck_pain,1,6,2,N,heat,40-49\n",
    "blanks in cells": f"{HEAD}\n s1 , p1 , neck_pain , 1 , 6 , 2.5 , TRUE , heat ; Manual therapy ;, 40 – 49 \n",
    "quoted line breaks": f'{HEAD}\n"s\n1",p1,neck_pain,1,6,2,1,heat,90+\n',
    "blank lines": f"{HEAD}\n\ns1,p1,neck_pain,1,6,2,0,heat,90+\n\ns2,p1,neck_pain,2,6,2,0,,\n\n",
    "exponents and signs": f"{HEAD}\ns1,p1,neck_pain,1,6e0,+2.5,,,\n",
    "title lines": f"Outshine PT\nExported 02/03/2026\n\n{HEAD}\ns1,p1,neck_pain,1,6,2,0,,90+\n",
    "a row of totals": f"{HEAD}\ns1,p1,neck_pain,1,6,2,0,,90+\nTotal,1,,,6,,,,\n",
    "a remark below": f"{HEAD}\ns1,p1,neck_pain,1,6,2,0,,90+\n\nPrinted by the front desk\n",
    "decimal commas": f"{HEAD}\ns1,p1,neck_pain,1,6'5,2,0,,90+\n".replace(",", ";").replace("'", ","),
    "a blank heading": f"{HEAD},\ns1,p1,neck_pain,1,6,2,0,,90+,\n",
    "a column beyond the record": (
        "session_id,patient_id,condition,session_number,pain_pre,room\ns1,p1,headache,1,6,3\n"
    ),
}
REFUSED_ALIKE = {
    "not a number": (f"{HEAD}\ns1,p1,neck_pain,1,NaN,,,,\n", {"pain_pre"}),
    "a decimal comma": (f'{HEAD}\ns1,p1,neck_pain,1,"6,5",,,,\n', {"pain_pre"}),
    "neither true nor false": (f"{HEAD}\ns1,p1,neck_pain,1,6,,maybe,,\n", {"soreness_ongoing"}),
    "an unknown code": (f"{HEAD}\ns1,p1,gout,1,6,,,,\n", {"condition"}),
    "a needed cell of one space": (f"{HEAD}\ns1, ,neck_pain,1,6,,,,\n", {"patient_id"}),
    "beyond every scale": (f"{HEAD}\ns1,p1,neck_pain,1,inf,,,,\n", {"pain_pre"}),
    "an unknown tag": (f"{HEAD}\ns1,p1,neck_pain,1,6,,,prayer,\n", {"co_interventions"}),
}


def _both(content: str, folder: Path, name: str = "s.csv") -> list[pd.DataFrame]:
    path = folder / name
    path.write_bytes(gzip.compress(content.encode()) if name.endswith(".gz") else content.encode())
    scanned = oc.scan_sessions(path).to_pyarrow().to_pandas()
    return [_plain(oc.read_sessions(path)), _plain(scanned)]


def _plain(sessions: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for c in COLUMNS:
        numeric = c.kind in ("number", "integer")
        columns[c.name] = (
            sessions[c.name].astype(float) if numeric else sessions[c.name].astype("str").fillna("")
        )
    return pd.DataFrame(columns).sort_values("session_id").reset_index(drop=True)


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz"])
@pytest.mark.parametrize("case", READ_ALIKE)
def test_what_one_reads_the_other_reads(case: str, name: str, tmp_path: Path) -> None:
    read, scanned = _both(READ_ALIKE[case], tmp_path, name)
    assert len(read) >= 1
    pd.testing.assert_frame_equal(read.replace({"True": "true"}), scanned.replace({"True": "true"}))


@pytest.mark.parametrize("case", REFUSED_ALIKE)
def test_what_one_refuses_the_other_refuses(case: str, tmp_path: Path) -> None:
    content, columns = REFUSED_ALIKE[case]
    path = tmp_path / "s.csv"
    path.write_text(content)
    with pytest.raises(oc.SessionErrors) as one:
        oc.read_sessions(path)
    with pytest.raises(oc.SessionErrors) as other:
        oc.scan_sessions(path)
    blamed = [
        set(refusal.value.problems.loc[refusal.value.problems["severity"] == "error", "column"])
        for refusal in (one, other)
    ]
    assert blamed == [columns, columns]


def test_two_headings_of_one_column_are_refused_by_both(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text(
        "session_id,patient_id,condition,session_number,pain_pre,Pain Pre\ns1,p1,headache,1,6,5\n"
    )
    for read in (oc.read_sessions, oc.scan_sessions):
        with pytest.raises(OutcomesError, match="columns 5 and 6 have the same name: pain_pre"):
            read(path)


def test_files_that_write_their_columns_differently_are_scanned_together(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(READ_ALIKE["headings and codes in words"])
    (tmp_path / "b.csv").write_text(f"{HEAD.replace(',', ';')}\ns3;p1;neck_pain;2;6;;yes;heat;40-49\n")
    scanned = oc.scan_sessions(str(tmp_path / "*.csv")).to_pyarrow().to_pandas().set_index("session_id")
    assert scanned["condition"].to_dict() == {"s1": "neck_pain", "s2": "low_back_pain", "s3": "neck_pain"}
    assert scanned["age_band"].dropna().to_dict() == {"s3": "40-49"}
