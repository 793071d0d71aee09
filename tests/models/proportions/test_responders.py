"""Responder proportions against R's survey, and how they behave at the edges.

Reference values: ``tests/reference/proportions``. Agreement to 1e-8: svyglm's own iteration leaves R's proportions
right to about 1e-9.
"""

from __future__ import annotations

from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from outcomes.errors import EstimationError, ReductionError
from outcomes.models.chance.null_benchmark import null_benchmark
from outcomes.models.proportions.counts import CountTable, reduce_counts
from outcomes.models.proportions.responders import responders
from outcomes.record.outcomes import ResponderRule

FOLDER = Path(__file__).parents[2] / "reference" / "proportions"
SESSIONS = pd.read_csv(FOLDER / "sessions.csv")
NUMBERS = ["patients", "sessions", "responders", "proportion", "std_error", "conf_low", "conf_high"]
COLUMNS = [*NUMBERS, "null_benchmark", "null_benchmark_flare", "left_out", "note"]


def lazy(frame: pd.DataFrame) -> ibis.Table:
    return ibis.memtable(pa.Table.from_pandas(frame, preserve_index=False))


@pytest.mark.parametrize("case", list(dict.fromkeys(SESSIONS["case"])))
def test_proportions_are_those_of_survey(case):
    theirs = pd.read_csv(FOLDER / "proportions.csv").query("case == @case").set_index("condition")
    ours = responders(SESSIONS[SESSIONS["case"] == case], "flag").set_index("condition").loc[theirs.index]
    np.testing.assert_allclose(ours[NUMBERS], theirs[NUMBERS], rtol=1e-8)


def test_columns_and_groups():
    case = SESSIONS[SESSIONS["case"] == "usual"].assign(sex="f")
    assert responders(case, "flag", None).columns.tolist() == COLUMNS
    assert responders(case, "flag", ["condition", "sex"]).columns.tolist() == ["condition", "sex", *COLUMNS]
    assert responders(case, "flag")["left_out"].sum() == case["flag"].isna().sum()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_or_all_has_the_exact_interval_of_the_patients(share):
    frame = pd.DataFrame({"patient_id": np.repeat(np.arange(12), 5), "flag": share})
    row = responders(frame, "flag", None).iloc[0]
    tail = 1 - 0.025 ** (1 / 12)
    assert (row["proportion"], row["std_error"]) == (share, 0)
    limits = (0, tail) if share == 0 else (1 - tail, 1)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx(limits)
    assert row["note"].startswith("none or all: exact interval")


def test_patients_all_alike_have_the_exact_interval_of_the_patients():
    frame = pd.DataFrame({"patient_id": list("aabbccdd"), "flag": [0, 1] * 4})
    row = responders(frame, "flag", None).iloc[0]
    assert row["note"].startswith("every patient alike: exact interval")
    assert row["conf_low"] == pytest.approx(beta.ppf(0.025, 2, 3))
    assert row["conf_high"] == pytest.approx(beta.ppf(0.975, 3, 2))


def test_one_patient_and_no_flag_are_rows_with_a_reason():
    frame = pd.DataFrame({"patient_id": list("aab"), "condition": list("xxy"), "flag": [0, 1, np.nan]})
    rows = responders(frame, "flag").set_index("condition")
    assert rows.loc["x", "proportion"] == 0.5
    assert rows.loc["x", ["std_error", "conf_low", "conf_high"]].isna().all()
    assert "one patient" in rows.loc["x", "note"]
    assert np.isnan(rows.loc["y", "proportion"])
    assert (rows.loc["y", "sessions"], rows.loc["y", "left_out"]) == (0, 1)


def clustered(seed: int, patients: int, share: float) -> pd.DataFrame:
    """Sessions of patients whose own probability is beta with the given mean."""
    rng = np.random.default_rng(seed)
    own = rng.beta(2 * share, 2 * (1 - share), patients)
    person = np.repeat(np.arange(patients), rng.integers(1, 6, patients))
    return pd.DataFrame({"patient_id": person, "flag": rng.random(len(person)) < own[person]})


def coverage(patients: int, draws: int) -> float:
    rows = [responders(clustered(seed, patients, 0.35), "flag", None).iloc[0] for seed in range(draws)]
    return float(np.mean([row["conf_low"] <= 0.35 <= row["conf_high"] for row in rows]))


def test_interval_covers_the_true_proportion():
    assert 0.92 <= coverage(15, 300) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("patients", [5, 8, 30, 100])
def test_interval_covers_the_true_proportion_at_every_size(patients):
    assert 0.935 <= coverage(patients, 2000) <= 0.98


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("pqrs"), st.sampled_from("xy"), st.sampled_from([0.0, 1.0, None])),
        min_size=1,
        max_size=40,
    )
)
def test_order_parts_json_and_engine_do_not_matter(rows):
    frame = pd.DataFrame(rows, columns=["patient_id", "condition", "flag"]).astype({"flag": float})
    whole = reduce_counts(frame, "flag")
    first = frame["patient_id"] < "r"
    parts = reduce_counts(frame[first], "flag") + reduce_counts(frame[~first], "flag")
    pd.testing.assert_frame_equal(parts.groups, whole.groups)
    pd.testing.assert_frame_equal(reduce_counts(frame[::-1], "flag").groups, whole.groups)
    pd.testing.assert_frame_equal(reduce_counts(lazy(frame), "flag").groups, whole.groups)
    pd.testing.assert_frame_equal(CountTable.from_json(whole.to_json()).groups, whole.groups)
    pd.testing.assert_frame_equal(responders(parts), responders(frame, "flag"))


def test_the_benchmark_stands_beside_the_pain_flags_only(rng):
    pain = rng.integers(2, 10, 300)
    frame = pd.DataFrame(
        {
            "patient_id": np.arange(300) // 3,
            "condition": np.where(np.arange(300) % 2, "neck_pain", "headache"),
            "pain_pre": pain,
            "pain_48h": np.maximum(pain - rng.integers(-1, 4, 300), 0),
            "own_flag": 1.0 * (pain > 5),
        }
    )
    rows = responders(frame, "pain_responder_48h")
    beside = null_benchmark(frame, "pain_responder_48h")
    np.testing.assert_array_equal(rows["null_benchmark"], beside["null_benchmark"])
    assert rows["null_benchmark"].between(0.1, 0.5).all()
    assert (rows["null_benchmark_flare"] > rows["null_benchmark"]).all()
    strict = responders(frame, "pain_responder_48h", rule=ResponderRule(percent=50))
    assert (strict["proportion"] < rows["proportion"]).all()
    assert (strict["null_benchmark"] < rows["null_benchmark"]).all()
    assert responders(frame, "own_flag")["null_benchmark"].isna().all()
    assert responders(reduce_counts(frame, "pain_responder_48h"))["null_benchmark"].isna().all()
    pd.testing.assert_frame_equal(responders(lazy(frame), "pain_responder_48h"), rows, rtol=1e-12)


def test_refusals_say_what_to_do():
    frame = pd.DataFrame({"patient_id": ["a", "b"], "flag": [0, 3], "condition": "x"})
    with pytest.raises(EstimationError, match="neither 0 nor 1 in 1"):
        responders(frame, "flag")
    with pytest.raises(EstimationError, match="derived from pain_pre, pain_48h"):
        responders(frame, "pain_responder_48h")
    with pytest.raises(EstimationError, match="no_such"):
        responders(frame, "no_such")
    with pytest.raises(EstimationError, match="needs a flag"):
        responders(frame)
    with pytest.raises(EstimationError, match="conf_level"):
        responders(frame, "flag", conf_level=95)
    with pytest.raises(ReductionError, match="do not add"):
        reduce_counts(frame.assign(flag=1), "flag", None) + reduce_counts(frame.assign(flag=1), "flag")
    with pytest.raises(ReductionError, match="table of counts"):
        CountTable.from_json('{"format": "outcomes/event-table/1"}')
    with pytest.raises(ReductionError, match="damaged"):
        CountTable.from_json('{"format": "outcomes/count-table/1"}')
