"""Fuzz everything that reads a stranger's file: only our own errors may come out.

    .venv/bin/python tests/fuzz_reading.py [--minutes 10] [--seed 0] [--only csv]

Runs until so many minutes of processor time are used (``make fuzz``; not part of ``make test``), prints each distinct
fault once with its traceback and the smallest example found, and exits 1 if there was one. The file last read stays in
the folder printed first, should a reader bring the whole process down.
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import gzip
import io
import json
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import xlsxwriter
from hypothesis import HealthCheck, Phase, given, seed, settings

import outcomes as oc
from outcomes.deidentify.detect import identifying_columns
from outcomes.errors import OutcomesError
from outcomes.intake.draft import draft_mapping
from outcomes.intake.mapping import Mapping, read_mapping
from outcomes.intake.read import check_sessions, read_sessions
from outcomes.record.columns import COLUMN_NAMES

FOLDER = Path(tempfile.mkdtemp(prefix="outcomes-fuzz-"))
EXAMPLES = 150
SESSIONS = oc.simulate_sessions(10, seed=4)[0].head(6).astype(object)
SESSIONS = SESSIONS.where(SESSIONS.notna(), None)
CSV = SESSIONS.to_csv(index=False).encode()
MAPPINGS = [path.read_text("utf-8") for path in files("outcomes").joinpath("mappings").iterdir()]

NASTY = [
    *("", " ", "NA", "-", "none", "3,5", "1,000", "11", "-1", "six", "1e308", "1e400",
      "nan", "inf", "-inf", "0x1F", "1_0"),
    *("=cmd|' /C calc'!A0", "<script>", '"', "'", "\x00", "\ufeff",
      "\u202e", "\U0001f600", "\ud7ff", "\x85", "\u2028", "x" * 999),
    *("a.b@c.example", "123-45-6789", "2024-03-05", "1;2;;", ";",
      "neck_pain", "TRUE", "9" * 400, "١٢", "½", "1e5", "1e19"),
]  # fmt: skip
cells = st.one_of(st.sampled_from(NASTY), st.text(max_size=8), st.floats().map(str), st.integers().map(str))
values = st.one_of(
    cells,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(max_size=8),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(allow_nan=True),
    st.lists(st.integers(), max_size=2),
    st.just(pd.NA),
    st.just(pd.NaT),
    st.just({"a": 1}),
    st.just(1j),
)
names = st.one_of(st.sampled_from(COLUMN_NAMES), cells)
changes = st.lists(
    st.tuples(
        st.sampled_from(("cut", "set", "insert", "twice")), st.integers(0, 10_000), st.binary(max_size=6)
    ),
    max_size=6,
)


def mangled(data: bytes, edits: list[tuple[str, int, bytes]]) -> bytes:
    """Bytes with a few places cut off, overwritten, filled in or repeated."""
    for how, where, piece in edits:
        at = where % (len(data) + 1)
        if how == "cut" and where % 7 == 0:
            data = data[:at]
        elif how == "cut":
            data = data[:at] + data[at + len(piece) :]
        elif how == "set":
            data = data[:at] + piece + data[at + len(piece) :]
        elif how == "insert":
            data = data[:at] + piece + data[at:]
        else:
            data = data[:at] + data[max(0, at - 40) : at] + data[at:]
    return data


def read_every_way(name: str, data: bytes) -> None:
    """Put the bytes into a file and give it to every reader."""
    path = FOLDER / name
    path.write_bytes(data)
    for reader in (check_sessions, read_sessions, draft_mapping, read_mapping_of_template):
        expect_only_our_errors(reader, path)


def read_mapping_of_template(path: Path) -> None:
    read_sessions(path, mapping=Mapping(missing=("NA",), units={}, keep={"arm": "activity"}))


def expect_only_our_errors(work: Callable[..., Any], *arguments: Any) -> None:
    try:
        result = work(*arguments)
    except OutcomesError as error:
        if not str(error).strip():
            raise RuntimeError("an error without a message") from error
        return
    if hasattr(result, "problems"):
        json.dumps(result.problems.astype(object).where(result.problems.notna(), None).to_dict("records"))


# --- what is fuzzed -----------------------------------------------------------------------------------------------


@given(st.binary(max_size=300), st.sampled_from(["x.csv", "x.xlsx", "x.parquet", "x.gz"]), st.sampled_from(
    [b"", b"PAR1", b"ARROW1\0\0", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xef\xbb\xbf", b"a,b\n"]))  # fmt: skip
def fuzz_bytes(data: bytes, name: str, head: bytes) -> None:
    read_every_way(name, head + data)


@given(
    st.lists(st.tuples(st.integers(0, 5), names, cells), max_size=8),
    st.sampled_from(list(",;\t|")),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    changes,
    st.booleans(),
)
def fuzz_csv(edits, delimiter, encoding, ends, bytes_changed, packed) -> None:
    frame = SESSIONS.copy()
    for row, name, value in edits:
        frame[name] = frame[name].astype(object) if name in frame else None
        frame.loc[row, name] = value
    text = frame.to_csv(index=False, sep=delimiter, lineterminator=ends)
    data = mangled(text.encode(encoding, "replace"), bytes_changed)
    read_every_way("x.csv.gz" if packed else "x.csv", gzip.compress(data) if packed else data)


@given(st.dictionaries(names, st.lists(values, min_size=6, max_size=6), max_size=5), changes, st.booleans())
def fuzz_columnar(columns, bytes_changed, feather) -> None:
    table = arrow_table(columns)
    buffer = io.BytesIO()
    try:
        if feather:
            with pa.ipc.new_file(buffer, table.schema) as writer:
                writer.write_table(table)
        else:
            pyarrow.parquet.write_table(table, buffer)
    except (pa.ArrowException, NotImplementedError):
        return
    read_every_way("x.parquet", mangled(buffer.getvalue(), bytes_changed))


def arrow_table(columns: dict[str, list[Any]]) -> pa.Table:
    """The sessions with some columns of any Arrow type."""
    arrays = {name: pa.array(SESSIONS[name].tolist()) for name in SESSIONS}
    for name, cells_of in columns.items():
        first = next((value for value in cells_of if value is not None and value is not pd.NA), None)
        alike = [value if type(value) is type(first) else None for value in cells_of]
        try:
            arrays[name.encode("utf-8", "replace").decode()] = pa.array(alike)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            continue
    return pa.table(arrays)


@given(
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 40), values), max_size=8),
    changes,
    st.sampled_from(["", "file", "xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml"]),
)
def fuzz_workbook(edits, bytes_changed, part) -> None:
    data = workbook(edits)
    if part == "file":
        data = mangled(data, bytes_changed)
    elif part:
        data = rezipped(data, part, bytes_changed)
    read_every_way("x.xlsx", data)


def workbook(edits: list[tuple[int, int, Any]]) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        page = book.add_worksheet()
        for at, row in enumerate([list(SESSIONS), *SESSIONS.to_numpy().tolist()]):
            for place, value in enumerate(row):
                page.write(at, place, value)
        for row, place, value in edits:
            if isinstance(value, str):
                page.write_string(row, place, value.encode("utf-8", "replace").decode())
            elif isinstance(value, bool | int | float | decimal.Decimal | datetime.timedelta):
                try:
                    page.write(row, place, value)
                except (TypeError, OverflowError, ValueError, decimal.InvalidOperation):
                    continue
            elif isinstance(value, datetime.date) and value.year > 1900:
                page.write_datetime(row, place, value, book.add_format({"num_format": "yyyy-mm-dd"}))
    return buffer.getvalue()


def rezipped(data: bytes, part: str, bytes_changed: list[tuple[str, int, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, mangled(content, bytes_changed) if name == part else content)
    return buffer.getvalue()


SECTIONS = [*Mapping.__dataclass_fields__, "nonsense"]
WORDS = [
    *("within", "columns", "row", "by",
      "visits", "value", "endings", "number", "readings", "order", "differ", "column"),
    *("is", "not", "present", "pre", "mm", "NA", "", "#row", "0.5", "nan", "1e400"),
    *COLUMN_NAMES,
]  # fmt: skip
words = st.one_of(st.sampled_from(WORDS), cells)
leaves = st.one_of(
    words, st.booleans(), st.integers(-9, 99), st.floats(), st.lists(words, max_size=3), st.dates()
)
tables = st.dictionaries(words, st.one_of(leaves, st.dictionaries(words, leaves, max_size=2)), max_size=4)
mapping_data = st.dictionaries(
    st.sampled_from(SECTIONS), st.one_of(tables, leaves, st.lists(tables, max_size=2)), max_size=4
)
plain = st.sampled_from(list(SESSIONS))
fitting = st.fixed_dictionaries(
    {},
    optional={
        "missing": st.lists(cells, max_size=3),
        "rows": st.lists(
            st.fixed_dictionaries(
                {"column": plain}, optional={"is": leaves, "not": leaves, "present": st.booleans()}
            ),
            max_size=2,
        ),
        "spread": st.fixed_dictionaries(
            {
                "within": st.lists(plain, min_size=1, max_size=2),
                "columns": st.lists(plain, min_size=1, max_size=2),
            }
        ),
        "merge": st.fixed_dictionaries({"row": st.lists(plain, min_size=1, max_size=2)}),
        "long_to_wide": st.fixed_dictionaries(
            {
                "row": st.lists(plain, min_size=1, max_size=2),
                "by": plain,
                "visits": st.dictionaries(cells, cells, max_size=2),
            },
            optional={"columns": st.lists(plain, min_size=1, max_size=2), "value": plain},
        ),
        "wide_to_long": st.fixed_dictionaries(
            {
                "columns": st.lists(words, min_size=1, max_size=2),
                "endings": st.dictionaries(cells, st.integers(), max_size=2),
            },
            optional={"number": words},
        ),
        "columns": st.dictionaries(plain, plain, max_size=4),
        "optional": st.dictionaries(plain, words, max_size=2),
        "boxes": st.dictionaries(plain, st.dictionaries(plain, cells, max_size=2), max_size=2),
        "ids": st.dictionaries(plain, st.lists(plain, max_size=2), max_size=2),
        "values": st.dictionaries(plain, st.dictionaries(cells, leaves, max_size=2), max_size=2),
        "units": st.dictionaries(plain, st.sampled_from(["mm", "days", "inch"]), max_size=2),
        "bands": st.dictionaries(plain, plain, max_size=2),
        "soreness": st.fixed_dictionaries({"readings": st.dictionaries(words, plain, max_size=3)}),
        "numbering": st.fixed_dictionaries({"order": plain}),
        "constants": st.dictionaries(plain, leaves, max_size=2),
        "keep": st.dictionaries(words, plain, max_size=2),
    },
)


def toml(data: dict[str, Any]) -> str:
    return "\n".join(f"{json.dumps(key)} = {_toml_value(value)}" for key, value in data.items())


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | int | datetime.date):
        return str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "")


@given(st.one_of(mapping_data, fitting), st.lists(st.tuples(st.integers(0, 5), plain, cells), max_size=4))
def fuzz_mapping(data, edits) -> None:
    apply_mapping(toml(data).encode("utf-8", "replace"), edits)


@given(st.sampled_from(MAPPINGS), changes)
def fuzz_mangled_mapping(text, bytes_changed) -> None:
    apply_mapping(mangled(text.encode(), bytes_changed), [])


def apply_mapping(text: bytes, edits: list[tuple[int, str, str]]) -> None:
    path = FOLDER / "x.toml"
    path.write_bytes(text)
    (FOLDER / "x.csv").write_bytes(CSV)
    frame = SESSIONS.astype("str")
    for row, name, value in edits:
        frame.loc[row, name] = value.encode("utf-8", "replace").decode()
    try:
        mapping = read_mapping(path)
    except OutcomesError:
        return
    expect_only_our_errors(mapping.apply, frame)
    expect_only_our_errors(lambda: read_sessions(FOLDER / "x.csv", mapping=mapping))
    expect_only_our_errors(lambda: check_sessions(frame, mapping=mapping))


@given(
    st.lists(names, min_size=1, max_size=4),
    st.lists(values, min_size=1, max_size=5),
    st.sampled_from([None, "name", 3]),
)
def fuzz_frame(columns, cells_of, index) -> None:
    n = len(columns)
    frame = pd.DataFrame([[cells_of[(at + n) % len(cells_of)] for at in range(n)]] * 3, columns=columns)
    if index is not None:
        frame.index = pd.Index(["a", "b", "c"], name=index)
    identifying_columns(frame)
    expect_only_our_errors(check_sessions, frame)
    whole = SESSIONS.copy()
    for at, name in enumerate(columns):
        whole[name] = [cells_of[(at + row) % len(cells_of)] for row in range(len(whole))]
    identifying_columns(whole)
    expect_only_our_errors(check_sessions, whole)


QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
    print_blob=False,
)
FUZZED = {
    name.removeprefix("fuzz_"): QUIET(work)
    for name, work in list(globals().items())
    if name.startswith("fuzz_")
}


# --- running ------------------------------------------------------------------------------------------------------


def faults_of(work: Callable[[], None], number: int) -> list[BaseException]:
    try:
        seed(number)(work)()
    except BaseExceptionGroup as several:
        return list(several.exceptions)
    except Exception as error:
        return [error]
    return []


def place_of(error: BaseException) -> str:
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "outcomes" in frame.filename]
    at = ours[-1] if ours else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno} {at.name}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="processor minutes to use")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=list(FUZZED), action="append")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"files in {FOLDER}", flush=True)
    seen: dict[str, int] = {}
    rounds: Counter[str] = Counter()
    number = options.seed
    while time.process_time() < options.minutes * 60:
        for name in options.only or FUZZED:
            number += 1
            rounds[name] += 1
            for error in faults_of(FUZZED[name], number):
                place = place_of(error)
                if place not in seen:
                    print(f"\n=== {name}, seed {number}: {place}", flush=True)
                    traceback.print_exception(error, file=sys.stdout)
                seen[place] = seen.get(place, 0) + 1
    ran = ", ".join(f"{name} {count * EXAMPLES:,}" for name, count in rounds.items())
    print(f"\n{time.process_time() / 60:.1f} processor minutes, about so many examples: {ran}")
    print(f"{len(seen)} faults", *(f"  {place} ({count})" for place, count in seen.items()), sep="\n")
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())
