"""Two lists made from a seed: columns that hold people's identifiers, and columns that hold none.

Names, addresses and some numbers are Faker's, in thirty locales. The harmless columns (``data/harmless_columns.csv``)
are of a kind that clinics and trials have.
"""

from __future__ import annotations

import csv
import datetime as dt
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from uuid import UUID

import pandas as pd
from faker import Faker

from national_numbers import NUMBERS, SHAPES
from outcomes.deidentify.detect import identifying_columns

LOCALES = [
    "en_US", "en_GB", "es_ES", "es_MX", "fr_FR", "de_DE", "it_IT", "pt_BR", "nl_NL", "sv_SE", "fi_FI",
    "pl_PL", "cs_CZ", "hu_HU", "ro_RO", "tr_TR", "vi_VN", "id_ID", "ru_RU", "uk_UA", "el_GR", "he_IL",
    "ar_SA", "fa_IR", "hi_IN", "bn_BD", "th_TH", "zh_CN", "ja_JP", "ko_KR",
]  # fmt: skip
SESSIONS = 3


@dataclass(frozen=True)
class Planted:
    """A column of a table of sessions, one value a patient.

    Attributes
    ----------
    kind : str
        What is planted ("names"), and which of it (a locale, a country's number).
    """

    kind: str
    which: str
    heading: str
    values: list[object]

    @property
    def table(self) -> pd.DataFrame:
        """Three sessions of each patient; the patients' own ids are pseudonyms unless they are what is planted."""
        repeated = [value for value in self.values for _ in range(SESSIONS)]
        ids = [f"P{n:04d}" for n in range(len(self.values)) for _ in range(SESSIONS)]
        frame = pd.DataFrame({"patient_id": ids, "pain_pre": [n % 11 for n in range(len(repeated))]})
        return frame.assign(**{self.heading: repeated})


@cache
def faker(locale: str) -> Faker:
    return Faker(locale)


def different(make: Callable[[], object], n: int) -> list[object]:
    """Up to n different values."""
    found: dict[object, None] = {}
    for _ in range(20 * n):
        found[make()] = None
        if len(found) == n:
            break
    return list(found)


# --- names ---------------------------------------------------------------------------------------------------------


HEADINGS = ("patient_id", "activity", "x1")


def names(seed: int = 1, *, whole: bool = True) -> Iterator[Planted]:
    """One name for each of 30 patients, in every locale, in five spellings, under three headings or each in turn."""
    for number, locale in enumerate(LOCALES):
        fake = faker(locale)
        Faker.seed(seed)
        spellings: dict[str, Callable[[], object]] = {
            "full": fake.name,
            "last, first": lambda fake=fake: f"{fake.last_name()}, {fake.first_name()}",
            "lower case": lambda fake=fake: f"{fake.first_name()} {fake.last_name()}".lower(),
            "surname": fake.last_name,
            "first name": fake.first_name,
        }
        for at, make in enumerate(spellings.values()):
            for heading in HEADINGS if whole else HEADINGS[(at + number) % 3 :][:1]:
                yield Planted("names", locale, heading, different(make, 30))


def initials(seed: int = 1) -> Iterator[Planted]:
    random = Random(seed)
    for between in ("", "-", "_"):
        for letters in (2, 3):
            values = [
                "".join(random.choices(string.ascii_uppercase, k=letters))
                + between
                + str(random.randint(1935, 2005))
                for _ in range(40)
            ]
            yield Planted("initials and year of birth", f"{letters} letters", "patient_id", list(values))


# --- numbers ----------------------------------------------------------------------------------------------------

FAKED = {
    "it_IT": "Italy (codice fiscale)",
    "nl_NL": "Netherlands (BSN)",
    "no_NO": "Norway (fødselsnummer)",
    "de_CH": "Switzerland (AHV)",
    "nl_BE": "Belgium (national number)",
    "ro_RO": "Romania (CNP)",
    "hr_HR": "Croatia (OIB)",
    "et_EE": "Estonia (isikukood)",
    "tr_TR": "Turkey (T.C. kimlik)",
    "he_IL": "Israel (identity)",
    "th_TH": "Thailand (PIN)",
    "el_GR": "Greece (AMKA)",
    "es_AR": "Argentina (CUIT)",
}


def numbers(seed: int = 1) -> Iterator[Planted]:
    """One number with a check digit for each of 12 and of 60 patients, under two headings."""
    random = Random(seed)
    for which, make in NUMBERS.items():
        yield from _numbers("numbers with a check digit", which, lambda make=make: make(random))
    for locale, which in FAKED.items():
        Faker.seed(seed)
        yield from _numbers("numbers with a check digit", which, faker(locale).ssn)


def shapes(seed: int = 1) -> Iterator[Planted]:
    """Numbers without a check digit, told by the way they are written."""
    random = Random(seed)
    for which, make in SHAPES.items():
        yield from _numbers("other numbers", which, lambda make=make: make(random))


def _numbers(kind: str, which: str, make: Callable[[], object]) -> Iterator[Planted]:
    for heading in ("patient_id", "x1"):
        for n in (12, 60):
            yield Planted(kind, which, heading, different(make, n))


# --- dates, places, ages --------------------------------------------------------------------------------------------

DATES: dict[str, Callable[[dt.date], object]] = {
    "2024-03-05": dt.date.isoformat,
    "20240305": lambda day: f"{day:%Y%m%d}",
    "3/5/2024": lambda day: f"{day.month}/{day.day}/{day.year}",
    "5.3.24": lambda day: f"{day.day}.{day.month}.{day:%y}",
    "5.3.2024": lambda day: f"{day.day}.{day.month}.{day.year}",
    "5 Mar 2024": lambda day: f"{day.day} {day:%b} {day.year}",
    "March 5, 2024": lambda day: f"{day:%B} {day.day}, {day.year}",
    "45356 (a workbook's days)": lambda day: (day - dt.date(1899, 12, 30)).days,
    "1709596800 (seconds)": lambda day: int(
        dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()
    ),
    "1709596800000 (milliseconds)": lambda day: (
        1000 * int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())
    ),
    "2024年3月5日": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "5/3/2567 (Thai year)": lambda day: f"{day.day}/{day.month}/{day.year + 543}",
}


def dates(seed: int = 1) -> Iterator[Planted]:
    """Days of visits, one a patient, under headings that do not say so."""
    random = Random(seed)
    for which, write in DATES.items():
        for heading in ("visit", "x1", "day"):
            days = [dt.date(2022, 1, 3) + dt.timedelta(days=random.randint(0, 900)) for _ in range(40)]
            yield Planted("dates", which, heading, [write(day) for day in days])


def places(seed: int = 1) -> Iterator[Planted]:
    for locale in LOCALES:
        fake = faker(locale)
        Faker.seed(seed)
        yield Planted(
            "addresses", locale, "x1", different(lambda fake=fake: fake.address().replace("\n", ", "), 40)
        )
        yield Planted("streets", locale, "x1", different(fake.street_address, 40))
        yield Planted("towns", locale, "x1", different(fake.city, 40))
    fake = faker("en_US")
    for heading in ("area", "x1"):
        yield Planted("ZIP codes", "5 digits", heading, different(fake.zipcode, 40))
        yield Planted(
            "ZIP codes", "as numbers", heading, [int(str(code)) for code in different(fake.zipcode, 40)]
        )
        yield Planted("ZIP codes", "9 digits", heading, different(fake.zipcode_plus4, 40))


AGE_HEADINGS = [
    "age", "Age (years)", "patientAge", "age_at_visit", "Alter", "Edad", "âge", "Età", "idade", "leeftijd",
    "ålder", "alder", "ikä", "wiek", "věk", "vârsta", "életkor", "yaş", "umur", "tuổi", "ηλικία", "Возраст",
    "вік", "年齢", "年龄", "나이", "العمر", "سن", "גיל", "อายุ", "आयु",
]  # fmt: skip


def ages(seed: int = 1) -> Iterator[Planted]:
    random = Random(seed)
    for heading in AGE_HEADINGS:
        values = [random.randint(20, 80) for _ in range(38)]
        yield Planted("ages over 89", heading, heading, [*values, 91, 97])
        yield Planted("ages over 89", heading, heading, [*map(str, values), "91", "97"])


def slips(seed: int = 1) -> Iterator[Planted]:
    """One full name, in one row of a column of codes."""
    for locale in LOCALES:
        fake = faker(locale)
        Faker.seed(seed)
        for heading, codes in (
            ("patient_id", [f"P{n:03d}" for n in range(39)]),
            ("activity", ["desk_work", "runner", "other"] * 13),
        ):
            for _ in range(5):
                yield Planted(
                    "one name among codes",
                    locale,
                    heading,
                    [*codes, f"{fake.first_name()} {fake.last_name()}"],
                )


# --- columns that identify nobody ---------------------------------------------------------------------------------

ADJECTIVES = [
    "amber", "ancient", "azure", "brave", "bright", "bronze", "calm", "clever", "coral", "cosmic",
    "crimson", "curious", "dapper", "eager", "electric", "fearless", "fuzzy", "gentle", "golden", "happy",
    "humble", "ivory", "jolly", "keen", "lively", "lucky", "mellow", "misty", "noble", "placid", "polite",
    "quiet", "rapid", "rustic", "scarlet", "shiny", "silent", "silver", "sleepy", "snowy", "solar", "spicy",
    "stormy", "swift", "tidy", "velvet", "witty", "zesty", "blue",
]  # fmt: skip
ANIMALS = [
    "alpaca", "antelope", "badger", "bat", "beaver", "bison", "bobcat", "buffalo", "camel", "cheetah",
    "cobra", "condor", "cougar", "coyote", "crane", "dingo", "dolphin", "eagle", "egret", "falcon",
    "ferret", "finch", "fox", "gazelle", "gecko", "gorilla", "hamster", "heron", "ibis", "iguana", "jackal",
    "jaguar", "koala", "lemur", "leopard", "lizard", "llama", "lynx", "macaw", "marmot", "marten", "mink",
    "moose", "newt", "ocelot", "octopus", "orca", "osprey", "otter", "panda",
]  # fmt: skip
PSEUDONYMS: dict[str, Callable[[Random], object]] = {
    "two words": lambda random: f"{random.choice(ADJECTIVES)} {random.choice(ANIMALS)}",
    "two words, capitals": lambda random: f"{random.choice(ADJECTIVES)} {random.choice(ANIMALS)}".title(),
    "two words, joined": lambda random: f"{random.choice(ADJECTIVES)}-{random.choice(ANIMALS)}",
    "two words, joined by capitals": lambda random: (
        f"{random.choice(ADJECTIVES).title()}{random.choice(ANIMALS).title()}"
    ),
    "two words, joined by a line below": lambda random: (
        f"{random.choice(ADJECTIVES)}_{random.choice(ANIMALS)}"
    ),
    "two words, joined by a point": lambda random: f"{random.choice(ADJECTIVES)}.{random.choice(ANIMALS)}",
    "two words, joined, capitals": lambda random: (
        f"{random.choice(ADJECTIVES)}-{random.choice(ANIMALS)}".title()
    ),
    "two words and a number": lambda random: (
        f"{random.choice(ADJECTIVES)}_{random.choice(ANIMALS)}_{random.randint(1, 99)}"
    ),
    "one animal": lambda random: random.choice(ANIMALS).title(),
    "P001": lambda random: f"P{random.randint(1, 9999):04d}",
    "site and number": lambda random: f"{random.randint(1, 5):02d}-{random.randint(1, 999):03d}",
    "four digits": lambda random: random.randint(1000, 9999),
    "six digits": lambda random: random.randint(100_000, 999_999),
    "eight digits": lambda random: random.randint(10_000_000, 99_999_999),
    "nine digits": lambda random: f"{random.randint(0, 999_999_999):09d}",
    "ten digits": lambda random: f"{random.randint(0, 9_999_999_999):010d}",
    "eleven digits": lambda random: f"{random.randint(0, 99_999_999_999):011d}",
    "hexadecimal": lambda random: f"{random.getrandbits(64):016x}",
    "letters and digits": lambda random: "".join(random.choices(string.ascii_uppercase + string.digits, k=8)),
    "letters": lambda random: "".join(random.choices("BCDFGHJKLMNPQRSTVWXZ", k=6)),
    "UUID": lambda random: str(UUID(int=random.getrandbits(128), version=4)),
    "study, site, number": lambda random: f"DN-{random.choice('ABC')}-{random.randint(1, 400):04d}",
    "year and number": lambda random: f"2024-{random.randint(1, 9999):04d}",
    "Patient 12": lambda random: f"Patient {random.randint(1, 400)}",
}


def harmless(seed: int = 1) -> Iterator[Planted]:
    """Pseudonyms, answers and measurements of 60 patients: 200 columns in which nothing should be found."""
    random = Random(seed)
    for which, make in PSEUDONYMS.items():
        yield Planted("pseudonyms", which, "patient_id", different(lambda make=make: make(random), 60))
    with Path(__file__).with_name("data").joinpath("harmless_columns.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            answers = [_answer(row["values"], random) for _ in range(60)]
            yield Planted("answers and measurements", row["heading"], row["heading"], answers)


def _answer(values: str, random: Random) -> object:
    """One of several labels, or a number of a range: least, most, digits."""
    if ".." not in values:
        return random.choice(values.split("|"))
    least, most, digits = values.split("..")
    number = round(random.uniform(float(least), float(most)), int(digits))
    return int(number) if digits == "0" else number


# --- what is found --------------------------------------------------------------------------------------------------


def is_found(planted: Planted) -> bool:
    """Whether anything is found in the planted column."""
    return any(finding.column == planted.heading for finding in identifying_columns(planted.table))


def recall(*, whole: bool = True) -> pd.DataFrame:
    """How many of the planted values stand in a column that was found, by kind and, within it, by locale or number.

    All kinds are counted where ``whole``; else only names, under few headings, and numbers.
    """
    makers = (names, slips, initials, numbers, shapes, dates, ages, places) if whole else (names, numbers)
    rows = [
        (planted.kind, planted.which, len(planted.values) if make is not slips else 1, is_found(planted))
        for make in makers
        for planted in (make(whole=whole) if make is names else make())
    ]
    frame = pd.DataFrame(rows, columns=["kind", "which", "values", "found"])
    frame["found"] = frame["found"] * frame["values"]
    return frame.groupby(["kind", "which"], sort=False)[["values", "found"]].sum().reset_index()


def table_of_recall(by_which: pd.DataFrame, columns: int, alarms: int) -> str:
    """The table of ``docs/privacy.md``: planted, found, and where least was found."""
    lines = ["| planted | values | found | least |", "|---|---|---|---|"]
    for kind, rows in by_which.groupby("kind", sort=False):
        share = rows["found"] / rows["values"]
        worst = rows.loc[share.idxmin()]
        least = "" if share.min() == 1 else f"{worst['which']}: {_percent(share.min())}"
        found = _percent(rows["found"].sum() / rows["values"].sum())
        lines.append(f"| {kind} | {rows['values'].sum():,} | {found} | {least} |")
    return "\n".join(
        [*lines, f"| columns that identify nobody | {columns} | {_percent(alarms / columns)} | |"]
    )


def _percent(share: float) -> str:
    """A share cut off, not rounded, so that 100% is all of them."""
    return f"{int(share * 1000) / 10:.1f}%"


if __name__ == "__main__":  # prints the table for docs/privacy.md
    harmless_columns = list(harmless())
    print(table_of_recall(recall(), len(harmless_columns), sum(map(is_found, harmless_columns))))
