"""A raw table in, a table of typed session columns out; what will not go in becomes a problem.

Text is trimmed, blank is missing, codes are forgiven their spelling (``Neck pain`` is ``neck_pain``). Nothing is
guessed: ``NA``, ``-`` or ``3,5`` in a number is a problem with a remedy, not a value.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outcomes.files.source import Source
from outcomes.files.text_table import arrow_text
from outcomes.intake.problems import NOTHING, Fault, Problems
from outcomes.record.columns import COLUMNS, KNOWN_NAMES, MOVEMENT_COLUMNS, Column, plain_spelling

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Lines", "typed"]

MISSING_WORDS = {"na", "n/a", "nan", "null", "none", "-", "--", ".", "?", "missing", "unknown", "#n/a"}
TRUE_WORDS = {
    "true": True,
    "yes": True,
    "y": True,
    "1": True,
    "false": False,
    "no": False,
    "n": False,
    "0": False,
}


@dataclass(frozen=True)
class Lines:
    """Table rows to file lines.

    Attributes
    ----------
    source : Source
    rows : array or None
        Source row of each table row; None where they are the same.
    """

    source: Source
    rows: Any

    def of(self, at: Sequence[int]) -> list[int]:
        """File lines of table rows."""
        return self.source.lines(
            [int(self.rows[i]) for i in at] if self.rows is not None else [int(i) for i in at]
        )


def typed(table: Any, problems: Problems, lines: Lines) -> pd.DataFrame:
    """Give every column its type; text that is no number becomes a problem and is missing from here on."""
    import pandas as pd

    columns: dict[str, Any] = {}
    several = [c for c in MOVEMENT_COLUMNS if c.name in table.column_names]
    for c in (*COLUMNS, *several):
        if c.name not in table.column_names:
            columns[c.name] = _absent(c, table.num_rows)
            if c.needed:
                _missing_column(c, lines.source.table.column_names, problems)
        elif c.kind in ("number", "integer"):
            columns[c.name] = _numbers(c, table[c.name], problems, lines)
        elif c.kind == "flag":
            columns[c.name] = _flags(c, table[c.name], problems, lines)
        elif c.kind == "category":
            columns[c.name] = _categories(c, table[c.name])
        else:
            columns[c.name] = _text(c, table[c.name])
    for name in table.column_names:
        if name not in columns:
            columns[name] = _categories(None, table[name])
    return pd.DataFrame(columns, copy=False)


def _absent(c: Column, n: int) -> Any:
    import numpy as np
    import pandas as pd

    if c.kind in ("number", "integer"):
        return np.full(n, np.nan)
    if c.kind == "flag":
        return pd.arrays.BooleanArray(np.zeros(n, bool), np.ones(n, bool))
    if c.kind == "category":
        return pd.Categorical.from_codes(np.full(n, -1, dtype=np.int8), categories=pd.Index([], dtype="str"))
    return pd.array([None], dtype="str").take(np.full(n, 0))


def _missing_column(c: Column, names: list[str], problems: Problems) -> None:
    others = [name for name in names if name not in KNOWN_NAMES]
    near = difflib.get_close_matches(c.name, others, n=1, cutoff=0.6)
    hint = f"; is it the column {near[0]!r}?" if near else ""
    remedy = (
        f"add the column, or name yours in a mapping under [columns] (outcomes prepare FILE drafts one){hint}"
    )
    fault = Fault("missing column", c.name, "every record needs this column", remedy)
    problems.add(fault, [NOTHING], lines=[1])


def _numbers(c: Column, values: Any, problems: Problems, lines: Lines) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_floating(values.type) or pa.types.is_integer(values.type) or pa.types.is_null(values.type):
        numbers = values.cast(pa.float64())
        if pc.any(pc.is_nan(numbers)).as_py() and lines.source.format == "csv":
            bad = np.flatnonzero(pc.fill_null(pc.is_nan(numbers), False).to_numpy())
            _not_numbers(c, bad, ["NaN"] * len(bad), problems, lines)
        return numbers.to_numpy()
    text = arrow_text(values)
    try:
        numbers = pc.cast(text, pa.float64())
        if not pc.any(pc.is_nan(numbers)).as_py():
            return numbers.to_numpy()
    except pa.ArrowInvalid:
        pass
    series = text.to_pandas()
    parsed = pd.to_numeric(series, errors="coerce")
    bad = np.flatnonzero((parsed.isna() & series.notna()).to_numpy())
    _not_numbers(c, bad, series.iloc[bad].tolist(), problems, lines)
    return parsed.to_numpy(dtype=float)


def _not_numbers(c: Column, bad: Any, values: list[str], problems: Problems, lines: Lines) -> None:
    """Text in a number: one problem per kind of text, each with its own remedy."""
    problems.unreadable.setdefault(c.name, set()).update(int(at) for at in bad)
    kinds: dict[str, list[int]] = {}
    for at, value in zip(bad, values, strict=True):
        kinds.setdefault(_number_remedy(value), []).append(int(at))
    words = dict(zip([int(at) for at in bad], values, strict=True))
    for remedy, rows in kinds.items():
        some = rows[:1000]
        fault = Fault("number", c.name, f"allowed {c.allowed}", remedy)
        problems.add(fault, [words[row] for row in some], lines=lines.of(some), count=len(rows))


def _number_remedy(text: str) -> str:
    if text.casefold() in MISSING_WORDS:
        return 'leave the cell blank where nothing was recorded, or list the word in the mapping: missing = ["NA"]'
    if text.replace(",", "", 1).replace("-", "", 1).isdigit():
        return "write decimals with a point (3.5) and thousands without a separator"
    if "," in text and text.replace(",", "").replace(".", "", 1).isdigit():
        return "write thousands without a separator"
    return "enter the number alone, without words or units"


def _flags(c: Column, values: Any, problems: Problems, lines: Lines) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if pa.types.is_boolean(values.type):
        return pd.array(values.to_pandas(), dtype="boolean")
    if pa.types.is_floating(values.type):
        values = values.cast(pa.float64()).cast(pa.int64(), safe=False)
    coded = arrow_text(values).combine_chunks().dictionary_encode()
    known = [TRUE_WORDS.get(str(word).casefold()) for word in coded.dictionary.to_pylist()]
    codes = coded.indices.to_pandas().fillna(-1).to_numpy(dtype=np.int64)
    truth = np.array([bool(value) for value in known] + [False])[codes]
    blank = np.array([value is None for value in known] + [True])[codes]
    bad = np.flatnonzero(blank & (codes >= 0))
    if len(bad):
        words = coded.dictionary.to_pylist()
        fault = Fault(
            "true or false",
            c.name,
            "allowed true or false",
            "write true or false, or leave the cell blank",
        )
        some = bad[:1000].tolist()
        problems.unreadable.setdefault(c.name, set()).update(bad.tolist())
        problems.add(fault, [words[codes[i]] for i in some], lines=lines.of(some), count=len(bad))
    return pd.arrays.BooleanArray(truth, blank)


def _categories(c: Column | None, values: Any) -> Any:
    """Categorical with the categories that occur, in alphabetical order; spelling of codes is forgiven."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    if not pa.types.is_dictionary(values.type):
        values = arrow_text(values).dictionary_encode()
    whole = values.unify_dictionaries().combine_chunks() if hasattr(values, "unify_dictionaries") else values
    whole = whole.combine_chunks() if hasattr(whole, "combine_chunks") else whole
    words = [_code(c, word) for word in whole.dictionary.to_pylist()]
    names = sorted({word for word in words if word})
    place = {name: at for at, name in enumerate(names)}
    remap = np.array([place.get(word, -1) for word in words] + [-1], dtype=np.int32)
    codes = whole.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return pd.Categorical.from_codes(remap[codes], categories=pd.Index(names, dtype="str"))


def _code(c: Column | None, word: Any) -> str:
    """Spell a code as the record does: lower case, underscores; age bands with a plain hyphen."""
    text = str(word or "").strip()
    if c is None:
        return text
    if c.name == "age_band":
        return text.replace("–", "-").replace(" ", "")
    plain = plain_spelling(text)
    return plain if plain in c.values else text


def _text(c: Column, values: Any) -> Any:
    import pyarrow as pa

    if c.kind in ("tag", "tags"):
        coded = values if pa.types.is_dictionary(values.type) else arrow_text(values).dictionary_encode()
        whole = coded.unify_dictionaries().combine_chunks()
        plain = pa.array([_tags(word) for word in whole.dictionary.to_pylist()], pa.large_string())
        return plain.take(whole.indices).to_pandas()
    if pa.types.is_floating(values.type):
        values = values.cast(pa.int64(), safe=False)
    return arrow_text(values).to_pandas()


def _tags(word: Any) -> str | None:
    parts = [part.strip() for part in str(word or "").split(";")]
    plain = ["_".join(part.casefold().split()) if len(part.split()) <= 3 else part for part in parts if part]
    return ";".join(plain) or None
