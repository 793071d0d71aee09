"""What the sections of a mapping hold, each entry with the words a message uses for it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__all__ = [
    "Dates",
    "Lists",
    "LongToWide",
    "Merge",
    "Numbering",
    "Redcap",
    "Rows",
    "Section",
    "Soreness",
    "Spread",
    "Tables",
    "Text",
    "Texts",
    "Values",
    "WideToLong",
    "Words",
]


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names or len(set(names)) < len(names):
        raise ValueError("the same name twice, or none")
    return names


def _filled(entries: dict[str, Any]) -> dict[str, Any]:
    if not entries:
        raise ValueError("none")
    return entries


def _one_or_many(words: Any) -> Any:
    return words if isinstance(words, list | tuple) else [words]


Text = Annotated[str, Field(description="a text")]
Name = Annotated[str, Field(min_length=1, description="a column name")]
Names = Annotated[
    tuple[str, ...], AfterValidator(_different), Field(description="a list of different column names")
]
OneOrMore = Annotated[
    tuple[Name, ...],
    BeforeValidator(_one_or_many),
    AfterValidator(_different),
    Field(description="a column name, or a list of them"),
]
Words = Annotated[tuple[Any, ...], BeforeValidator(_one_or_many), Field(description="a list")]
Texts = Annotated[dict[str, str], Field(description="a table of texts")]
SomeTexts = Annotated[dict[str, str], AfterValidator(_filled), Field(description="a table of texts")]
SomeNumbers = Annotated[dict[str, int], AfterValidator(_filled), Field(description="a table of numbers")]
Lists = Annotated[dict[str, Names], Field(description="a table of lists")]
Tables = Annotated[dict[str, dict[str, Any]], Field(description="a table of tables")]


class Section(BaseModel):
    """A section of a mapping: nothing in it but what it names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rows(Section):
    """Which rows to keep, by the cells of one column."""

    column: Name
    is_: Words | None = Field(None, alias="is")
    not_: Words | None = Field(None, alias="not")
    present: bool = False
    why: str = ""


class Spread(Section):
    """What is recorded once per group."""

    within: Names
    columns: Names


class Merge(Section):
    """Rows that are one session."""

    row: Names
    differ: tuple[str, ...] = Field((), description="a list of different column names")


class LongToWide(Section):
    """One row per visit, or per measurement."""

    row: Names
    by: OneOrMore
    visits: SomeTexts
    columns: Names | None = Field(None, description="a list of different column names")
    value: Name | None = Field(None, description="a column name")


class WideToLong(Section):
    """One row per patient."""

    columns: Names
    endings: SomeNumbers
    number: Name = "session_number"


class Redcap(Section):
    """A REDCap export: the column that names the patient, the fields of a session and those of its follow-up."""

    record: Name
    session: Names
    followup: tuple[str, ...] = Field((), description="a list of different column names")


class Dates(Section):
    """Columns of dates, none of which goes into a record."""

    session: Name | None = Field(None, description="a column name")
    followup: Name | None = Field(None, description="a column name")
    birth: Name | None = Field(None, description="a column name")
    day_first: bool | None = Field(None, description="true or false")


class Soreness(Section):
    """Repeated readings of soreness: hours to column."""

    readings: SomeTexts


class Numbering(Section):
    """What sessions are counted in the order of."""

    order: Name


class Values(Section):
    """How texts become values: whether to rewrite them as ``values.py`` reads them, and what to recode."""

    rewrite: bool = False
    ranges: Literal["middle", "missing"] = "middle"
    bounds: Literal["missing", "bound"] = "missing"
    recode: Tables = {}

    @model_validator(mode="before")
    @classmethod
    def _options_apart(cls, data: Any) -> Any:
        """[values] holds options, and [values.COLUMN] what to recode in it."""
        if not isinstance(data, dict) or "recode" in data:
            return data
        options = {name: value for name, value in data.items() if name in cls.model_fields}
        return {**options, "recode": {name: value for name, value in data.items() if name not in options}}
