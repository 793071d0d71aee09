"""What anybody could deduce from printed numbers: bounds by hand, and sums that the truth always meets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outcomes.disclosure.deduced import FAR, Unknowns, _nice, deduced, number
from outcomes.disclosure.printed import rows_of, wholes_in


@pytest.mark.parametrize("width", [11, 22, 44])
def test_a_rounded_count_is_read_as_the_band_its_note_names(width):
    """Groups of 11 patients or more; by each printed number all counts that are printed so, and no others."""
    printed = {}
    for count in range(11, 300):
        low, high = max(count // width * width, 11), count // width * width + width - 1
        printed.setdefault(5 * round((low + high) // 2 / 5), set()).add(count)
    for shown, counts in printed.items():
        rows = pd.DataFrame(
            {"condition": ["all", "headache"], "measure": ["", "x"], "patients": [900, shown]}
        )
        rows["note"] = ["", f"patients rounded to a band of {width}"]
        bounds = deduced([*rows_of("t", rows)], wholes_in([*rows_of("t", rows)]), 11)
        key = next(key for key in bounds.low if key[2])
        assert (bounds.low[key], bounds.high[key]) == (
            min(counts),
            min(counts) // width * width + width - 1,
        ), shown


def learned(table: pd.DataFrame, limit: int = 11) -> Unknowns:
    rows = [*rows_of("t", table)]
    return deduced(rows, wholes_in(rows), limit)


def bounds_of(unknowns: Unknowns, name: str) -> list[tuple[float, float]]:
    return [(unknowns.low[key], unknowns.high[key]) for key in unknowns.low if key[0] == name]


def shares(**row) -> pd.DataFrame:
    """Everybody, and of one condition something that was asked."""
    everybody = {"condition": "all", "patients": 200, "sessions": 400}
    return pd.DataFrame(
        [everybody, {"condition": "headache", "outcome": "better", "patients": 40, "sessions": 90, **row}]
    )


@pytest.mark.parametrize(
    ("note", "bounds"),
    [
        ("fewer than 11 of 90", (0, 10)),
        ("more than 79 of 90", (80, np.inf)),
        ("12 to 20 of 90", (12, 20)),
        ("more than 1,079 of 1,090", (1080, np.inf)),
    ],
)
def test_a_range_is_read_for_what_it_says(note, bounds) -> None:
    assert bounds_of(learned(shares(note=note, proportion=np.nan)), "proportion") == [bounds]


def test_ranges_of_better_and_worse_are_told_apart() -> None:
    found = learned(shares(note="better: 12 to 20 of 90; worse: fewer than 11 of 90"))
    assert bounds_of(found, "better") == [(12, 20)]
    assert bounds_of(found, "worse") == [(0, 10)]


def test_a_share_may_stand_for_every_band_whose_middle_is_printed_so() -> None:
    """Of 90 sessions in bands of 11 with their middles 16, 27, 38: the share of 30% is that of 22 to 32 alone."""
    (found,) = bounds_of(learned(shares(proportion=0.30, conf_low=0.28, conf_high=0.32)), "proportion")
    assert found == (22, 32)
    (rough,) = bounds_of(learned(shares(proportion=0.30, conf_low=0.1, conf_high=0.5)), "proportion")
    assert rough[0] <= 22
    assert rough[1] >= 32


@pytest.mark.parametrize(
    ("most", "step"),
    [(0.07, 0.05), (0.05, 0.05), (0.0499, 0.02), (0.02, 0.02), (1.0, 1.0), (37.0, 20.0), (0.1, 0.1)],
)
def test_what_is_rounded_to_is_one_two_or_five(most, step) -> None:
    assert _nice(most) == pytest.approx(step)


def test_a_share_of_all_says_that_nobody_lacks_it() -> None:
    found = learned(shares(proportion=1.0))
    exact = [terms for terms, low, high in found.sums if (low, high) == (0.0, 0.0)]
    assert [sorted(terms.values()) for terms in exact] == [[-1.0, 1.0]]


def test_a_printed_count_is_itself_and_one_that_is_not_printed_is_no_more_than_all() -> None:
    found = learned(shares(patients=np.nan, sessions=np.nan, note="patients not shown; withheld"))
    assert (200, 200) in bounds_of(found, "patients")
    assert (0, 200) in bounds_of(found, "patients")
    assert number("1,207") == 1207
    nowhere = pd.DataFrame({"condition": ["headache"], "patients": [np.nan], "note": ["patients not shown"]})
    assert bounds_of(learned(nowhere), "patients") == [(0, FAR)]


def test_two_readings_of_one_number_narrow_it_and_two_numbers_do_not_cross() -> None:
    known = Unknowns()
    known.learn(("patients", "a"), 5, 20, "t")
    known.learn(("patients", "a"), 8, 30, "u")
    assert (known.low["patients", "a"], known.high["patients", "a"]) == (8, 20)
    known.learn(("patients", "a"), 25, 30, "v")
    assert (known.low["patients", "a"], known.high["patients", "a"]) == (8, 20)
    assert known.seen_in["patients", "a"] == {"t", "u", "v"}


CONDITIONS = ("headache", "neck_pain", "jaw_pain")


@pytest.mark.parametrize("seed", range(5))
def test_every_bound_and_every_sum_holds_of_the_records_that_were_printed(seed) -> None:
    """Counts and ranges of a clinic whose truth is known: nothing that is deduced may be false of it."""
    rng = np.random.default_rng(seed)
    size = rng.integers(30, 90, 3)
    patients = np.minimum(size, rng.integers(15, 40, 3))
    better = rng.integers(11, size - 5)
    rows, truth = [], {}
    wholes = [
        ("all", patients.sum() - 3, size.sum(), better.sum()),
        *zip(CONDITIONS, patients, size, better, strict=True),
    ]
    for name, people, sessions, met in wholes:
        row = {"condition": name, "patients": people, "sessions": sessions}
        rows.append(row)
        low = 11 * (met // 11)
        rows.append({**row, "outcome": "better", "note": f"{low} to {low + 10} of {sessions}"})
        where = frozenset() if name == "all" else frozenset({("condition", name)})
        about = frozenset({("outcome", "better")})
        for asked in (frozenset(), about):
            truth["patients", "", where, asked, float(people)] = people
            truth["sessions", "", where, asked, float(sessions)] = sessions
        truth["proportion", "sessions", "", where, about, float(sessions)] = met
    found = learned(pd.DataFrame(rows))
    assert found.low.keys() <= truth.keys()
    assert len(found.low) == 20
    for key in found.low:
        assert found.low[key] <= truth[key] <= found.high[key], key
    assert len(found.sums) > 8
    for terms, low, high in found.sums:
        assert low <= sum(weight * truth[key] for key, weight in terms.items()) <= high, terms
    assert found.wanted.keys() >= {"patients in two groups", "second sessions of everybody"}


def test_what_lies_between_two_thresholds_is_asked_for() -> None:
    row = {"condition": "all", "patients": 200, "sessions": 400}
    curve = [
        {**row, "outcome": "x", "threshold": at, "note": f"{n} to {n + 10} of 400"}
        for at, n in ((2.0, 99), (1.0, 132))
    ]
    found = learned(pd.DataFrame([row, *curve]))
    (what,) = (name for name in found.wanted if name.startswith("between"))
    assert "1" in what.partition(" and ")[0]
    assert sorted(found.wanted[what][0].values()) == [-1.0, 1.0]
