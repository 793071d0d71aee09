"""The same calls on PySpark: equal to DuckDB to 1e-9, with no code of our own for either."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pytest

from conftest import skip_or_fail
from models.mixed.test_reduce import made, same_fit
from outcomes.models.mixed.fit import fit_mixed

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        skip_or_fail("pyspark is not installed")
    if shutil.which("java") is None:
        skip_or_fail("there is no Java to run Spark on")
    folder = tmp_path_factory.mktemp("spark")
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder))
        .config("spark.driver.memory", "1g")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    yield session, folder
    session.stop()


@pytest.fixture(scope="module")
def tables(spark):
    session, folder = spark
    frame = made(11, n=800, patients=90)
    rng = np.random.default_rng(1)
    frame = frame.mask(rng.random(frame.shape) < 0.01)
    frame["n"] = frame["n"].astype("Int64")
    frame["flag"] = frame["flag"].astype("boolean")
    path = folder / "sessions.parquet"
    frame.to_parquet(path, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ibis.pyspark.connect(session).read_parquet(str(path))
    return theirs, ibis.duckdb.connect().read_parquet(path)


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ x + (1 | g)",
        "y ~ a * x + b + (1 | g)",
        "sqrt(z) ~ C(n) + flag + log(z) + I((x - 1) / (z + 2)) + I(x**2) + (1 | g)",
        "y ~ x + a + (1 | c/g)",
    ],
)
def test_mixed_models_on_spark_equal_duckdb(tables, formula):
    spark_table, duckdb_table = tables
    ours, theirs = fit_mixed(formula, duckdb_table), fit_mixed(formula, spark_table)
    same_fit(ours, theirs)
    pd.testing.assert_frame_equal(ours.variance_components, theirs.variance_components, rtol=1e-7)
    assert ours.n_missing == theirs.n_missing > 0


@pytest.fixture(scope="module")
def records(spark):
    """The demo records through `scan_sessions`, on Spark and on DuckDB."""

    import outcomes as oc

    session, folder = spark
    path = folder / "demo.parquet"
    pd.read_csv(Path(__file__).resolve().parents[2] / "data/demo_sessions.csv").to_parquet(path, index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = oc.scan_sessions(ibis.pyspark.connect(session).read_parquet(str(path)))
        ours = oc.scan_sessions(path)
    return theirs, ours


@pytest.mark.parametrize(
    "estimate",
    [
        lambda oc, sessions: oc.soreness_curve(sessions, by="condition"),
        pytest.param(
            lambda oc, sessions: oc.soreness_summary(sessions, by="condition"), marks=pytest.mark.slow
        ),
        lambda oc, sessions: oc.responders(sessions, "pain_responder_48h", by="condition"),
        pytest.param(lambda oc, sessions: oc.condition_estimates(sessions), marks=pytest.mark.slow),
        lambda oc, sessions: (
            oc.fit_mixed("rom_gain_48h ~ sex + rom_pre + (1 | patient_id)", sessions).coefficients
        ),
    ],
    ids=["curve", "summary", "responders", "change", "mixed"],
)
def test_records_give_the_same_estimates_on_both_engines(records, estimate):
    import outcomes as oc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, ours = (estimate(oc, sessions) for sessions in records)
    keys = [name for name in ours.columns if not pd.api.types.is_float_dtype(ours[name])]
    theirs, ours = (frame.sort_values([*keys]).reset_index(drop=True) for frame in (theirs, ours))
    pd.testing.assert_frame_equal(theirs, ours, check_dtype=False, rtol=1e-9, atol=1e-12)


def test_a_spark_table_is_read_and_checked_as_its_file_is(spark):
    import outcomes as oc

    session, folder = spark
    path = folder / "shuffled.parquet"
    demo = pd.read_csv(Path(__file__).resolve().parents[2] / "data/demo_sessions.csv")
    demo.sample(frac=1.0, random_state=2).to_parquet(path, index=False)
    theirs = oc.read_sessions(ibis.pyspark.connect(session).read_parquet(str(path)))
    ours = oc.read_sessions(path).sort_values("session_id", ignore_index=True)
    pd.testing.assert_frame_equal(theirs, ours)
