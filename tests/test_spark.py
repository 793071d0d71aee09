"""The same calls on PySpark: equal to DuckDB to 1e-9, with no code of our own for either."""

from __future__ import annotations

import os
import shutil
import warnings

import ibis
import numpy as np
import pandas as pd
import pytest

from conftest import skip_or_fail
from outcomes.mixed import fit_mixed
from test_moments import made, same_fit

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
