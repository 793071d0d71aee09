"""Releases after one another, without a model of the attacker: drop one, the union of all that was shown."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from drawn_exports import drawn_again
from outcomes.disclosure import releases
from outcomes.disclosure.gate import protect_all
from outcomes.disclosure.history import History, Release
from outcomes.disclosure.limits import limits_for
from outcomes.disclosure.partition import condition_groups, least_shown, wholes_of
from outcomes.disclosure.releases import RECORDS, renewal
from outcomes.intake.read import read_sessions
from outcomes.simulate.sessions import simulate_sessions

LEAST = limits_for("owner").least_patients
CONDITIONS = ("neck_pain", "headache", "tennis_elbow", "golfers_elbow", "low_back_pain")
READINGS = ("pain_pre", "pain_post", "pain_48h", "soreness_h")


def clinic(size, seed):
    """Patients of one or two conditions, one to three sessions each, of whom most have each reading."""
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.full(len(CONDITIONS), 0.6))
    rows = []
    for patient in range(size):
        for name in rng.choice(CONDITIONS, size=1 + (rng.random() < 0.2), replace=False, p=_spread(shares)):
            for number in range(1, rng.integers(2, 4)):
                values = rng.integers(0, 11, len(READINGS)).astype(float)
                values[1:][rng.random(3) < 0.15] = np.nan
                rows.append((f"P{patient:04d}", str(name), number, *values))
    frame = pd.DataFrame(rows, columns=["patient_id", "condition", "session_number", *READINGS])
    return frame.assign(session_id=[f"S{i}" for i in range(len(frame))])


def _spread(shares):
    return (shares + 0.02) / (shares + 0.02).sum()


def tables_of(sessions):
    """What a page would compute: means and shares by condition and of all, and who is in the records."""
    wholes = wholes_of(sessions)
    tables = {RECORDS: _counts(sessions, wholes)}
    for reading in READINGS[1:]:
        known = sessions[sessions[reading].notna()].assign(all="all")
        parts = [_means(known, key, reading) for key in ("condition", "all")]
        tables[f"page-{reading}"] = pd.concat(parts, ignore_index=True)
    return tables, wholes


def _counts(sessions, wholes):
    keys = sorted(where for where in wholes if not where or next(iter(where))[0] == "condition")
    keys = sorted(keys, key=sorted)
    return pd.DataFrame([{"condition": dict(k).get("condition", "all"), **wholes[k]} for k in keys])


def _means(known, key, reading):
    groups = known.groupby(key)
    found = groups.agg(
        patients=("patient_id", "nunique"),
        sessions=(reading, "size"),
        estimate=(reading, "mean"),
        std_error=(reading, "sem"),
        responders=(reading, lambda values: int((values >= 5).sum())),
    )
    found["conf_low"] = found["estimate"] - 2 * found["std_error"].fillna(1)
    found["conf_high"] = found["estimate"] + 2 * found["std_error"].fillna(1)
    found["proportion"] = found["responders"] / found["sessions"]
    return found.rename_axis("condition").reset_index()


def exported(sessions, history, audience="owner"):
    """One export: what is shown, and the history after it."""
    limits = limits_for(audience)
    shown, found = renewal(sessions, limits, history)
    raw, wholes = tables_of(shown)
    protected = {name: one.table for name, one in protect_all(raw, audience, wholes=wholes).items()}
    tables, release = found.shown(protected, raw)
    return tables, history.saved(release), found


def rows_of(tables):
    """Every row that was shown, by table and group, without saying as of when."""
    found = {}
    for name, table in tables.items():
        for row in table.astype("object").where(table.notna(), None).to_dict("records"):
            note = str(row.pop("note", None) or "").partition("as of release")[0].rstrip("; ")
            found[name, row["condition"]] = (tuple(row.values()), note)
    return found


def dropped_and_back(folder, size, seed, rng):
    """Two worlds that differ in the readings of one patient only, who then goes; with many newcomers or without."""
    here = clinic(size, seed)
    who = str(rng.choice(here["patient_id"].unique()))
    mine = here["patient_id"] == who
    other = here.copy()
    for reading in READINGS:
        there = mine & here[reading].notna()
        other.loc[there, reading] = rng.integers(0, 11, there.sum()).astype(float)
    more = clinic(int(rng.choice([1, 3, 40])), seed + 1)
    more = more.assign(patient_id="N" + more["patient_id"], session_id="N" + more["session_id"])
    worlds = []
    for name, world in (("a", here), ("b", other)):
        (folder / name).mkdir()
        first, history, _ = exported(world, History.open(folder / name))
        later = pd.concat([world[world["patient_id"] != who], more], ignore_index=True)
        second, _, found = exported(later, history)
        worlds.append((rows_of(first), rows_of(second), found))
    return worlds


@pytest.mark.parametrize(
    "seed", [*range(3), *(pytest.param(n, marks=pytest.mark.slow) for n in range(3, 200))]
)
def test_dropping_a_patient_moves_no_figure_by_that_patients_readings(seed, tmp_path):
    """What the second release shows and the first did not is the same, whatever the readings of who went were."""
    rng = np.random.default_rng(seed)
    size = int(12 * (800 / 12) ** rng.random()) if seed >= 5 else int(rng.integers(12, 150))
    (before_a, after_a, found), (before_b, after_b, _) = dropped_and_back(tmp_path, size, seed, rng)
    assert after_a.keys() == after_b.keys()
    for key in after_a:
        moved = after_a[key] != before_a.get(key), after_b[key] != before_b.get(key)
        assert moved == (False, False) or after_a[key] == after_b[key], (key, found.renewed)


# --- exchange ---------------------------------------------------------------------------------------------------------


def exchanged(sessions, rng):
    """The same clinic, one patient with another condition of the same group; None where none is merged."""
    groups = condition_groups(sessions, least_shown(limits_for("owner")))
    have = sessions.groupby("condition")["patient_id"].agg(set)
    pairs = [(a, b) for a in have.index for b in have.index if a != b and groups[a] == groups[b]]
    pairs = [(a, b) for a, b in pairs if len(have[a]) > 1 and have[a] - have[b]]
    if not pairs:
        return None
    here, there = pairs[rng.integers(len(pairs))]
    who = rng.choice(sorted(have[here] - have[there]))
    mine = (sessions["patient_id"] == who) & (sessions["condition"] == here)
    moved = sessions.assign(condition=sessions["condition"].mask(mine, there))
    return moved if condition_groups(moved, least_shown(limits_for("owner"))) == groups else None


@pytest.mark.parametrize(
    "seed", [*range(6), *(pytest.param(n, marks=pytest.mark.slow) for n in range(6, 200))]
)
def test_a_patient_exchanged_between_conditions_shown_together_changes_no_byte(seed, tmp_path):
    rng = np.random.default_rng(seed)
    here = clinic(int(rng.integers(12, 70)), seed)
    there = exchanged(here, rng)
    if there is None:
        pytest.skip("no two conditions are shown together, or each is at the limit")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (exported(x, History.open(tmp_path / name))[0] for x, name in ((here, "a"), (there, "b")))
    assert {name: table.to_csv() for name, table in first.items()} == {
        name: table.to_csv() for name, table in second.items()
    }


# --- the union of all that was shown ----------------------------------------------------------------------------------

Seen = dict[str, frozenset]
"""By group, every session and what it holds, as the figures that are shown of the group have it."""


def changed(sessions, rng, number):
    """The records some weeks later: a few or many patients more, fewer, or with another reading."""
    what, patients = (
        rng.choice(["more", "fewer", "other", "same"], p=[0.4, 0.3, 0.2, 0.1]),
        sessions["patient_id"].unique(),
    )
    many = int(rng.choice([1, 2, 6, 12, 31]))
    if what == "more":
        more = clinic(many, int(rng.integers(1e6))).assign(clinic=number)
        names = {name: f"{number}{more[name].iloc[0][0]}" for name in ("patient_id", "session_id")}
        more = more.assign(**{name: start + more[name] for name, start in names.items()})
        return pd.concat([sessions, more.drop(columns="clinic")], ignore_index=True)
    chosen = sessions["patient_id"].isin(rng.permutation(patients)[:many])
    if what == "fewer" and chosen.sum() < len(sessions):
        return sessions[~chosen].reset_index(drop=True)
    if what == "other":
        return sessions.assign(pain_post=sessions["pain_post"].mask(chosen, 11.0))
    return sessions


def held(sessions):
    """What each group's figures rest on."""
    columns = ["patient_id", "session_id", *READINGS]
    rows = [tuple(map(str, row)) for row in sessions[columns].itertuples(index=False)]
    found = {"all": frozenset(rows)}
    for name in sessions["condition"].unique():
        found[name] = frozenset(
            row for row, of in zip(rows, sessions["condition"], strict=True) if of == name
        )
    return found


def views(size, seed, steps, folder):
    """What is shown after each of a sequence of releases: of each group the records behind it, as of then."""
    rng = np.random.default_rng(seed)
    sessions, shown, found = clinic(size, seed), {"owner": {}, "researcher": {}}, []
    for number in range(steps):
        audience = str(rng.choice(["owner", "owner", "owner", "researcher"]))
        limits = limits_for(audience)
        grouped, now = renewal(sessions, limits, History.open(folder))
        now.history.saved(now.shown({}, {})[1])
        fresh, before = held(grouped), shown[audience]
        kept = {
            name: of for name, of in before.items() if name not in fresh and now.renewed != now.now.keys()
        }
        shown[audience] = {
            **kept,
            **{name: fresh[name] if name in now.renewed else before.get(name) for name in fresh},
        }
        shown[audience] = {name: of for name, of in shown[audience].items() if of is not None}
        found.append((limits.least_patients, dict(shown[audience])))
        sessions = changed(sessions, rng, number)
    return found


def unions(view, least):
    """Every set of sessions whose figures can be had by adding up groups that are shown together."""
    groups = [of for name, of in view.items() if name != "all" and len({row[0] for row in of}) >= least][:7]
    found = {frozenset().union(*some) for n in range(1, len(groups) + 1) for some in combinations(groups, n)}
    return found | {view["all"]} if "all" in view else found


def with_reading(union, at):
    """The sessions that have a reading, and what it is."""
    return frozenset((row[0], row[1], row[at]) for row in union if row[at] != "nan")


def told_apart(one, other):
    """The patients by whom two sets of sessions differ."""
    return {patient for patient, *_ in one ^ other}


def few_told_apart(found):
    """Differences between anything one release shows and anything another one does that are those of a few patients."""
    every = {
        (number, least, at, with_reading(union, at))
        for number, (least, view) in enumerate(found)
        for union in unions(view, least)
        for at in range(1, 2 + len(READINGS))
    }
    return [
        len(who)
        for (first, least, at, one), (second, another, there, other) in combinations(every, 2)
        if first != second and at == there and 0 < len(who := told_apart(one, other)) < min(least, another)
    ]


@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(n, marks=pytest.mark.slow) for n in range(4, 200))]
)
def test_the_union_of_all_releases_tells_no_few_patients_apart(seed, tmp_path):
    size = int(np.random.default_rng(seed + 1000).integers(13, 90))
    assert few_told_apart(views(size, seed, 5, tmp_path)) == []


def test_the_union_attack_can_win():
    """Two populations that differ by three patients are found, alone or as what is left of a sum."""
    people = [(f"P{n}", f"S{n}", "1", "2", "3", "4") for n in range(60)]
    one = {"all": frozenset(people), "headache": frozenset(people[:30])}
    other = {"all": frozenset(people), "jaw_pain": frozenset(people[30:57])}
    assert set(few_told_apart([(LEAST, one), (LEAST, {"all": frozenset(people[3:])})])) == {3}
    assert 3 in few_told_apart([(LEAST, one), (LEAST, {"headache": one["headache"], **other})])


def growing(*sizes):
    """One clinic as it grows."""
    sessions = simulate_sessions(max(sizes) + 30, seed=1)[0]
    patients = sessions["patient_id"].unique()
    return [read_sessions(sessions[sessions["patient_id"].isin(patients[:size])]) for size in sizes]


def test_pages_are_drawn_from_what_a_second_release_shows(tmp_path):
    """With one patient more every claim was withheld, and its page failed."""
    drawn_again(growing(25, 26), tmp_path / "exports", ("09_claims",))


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes", [(12, 13, 60), (25, 26, 31, 56), (60, 61, 66, 91), (110, 111, 100, 142), (310, 316, 347)]
)
def test_every_page_is_drawn_from_what_later_releases_show(sizes, tmp_path):
    drawn_again(growing(*sizes), tmp_path / "exports")


def test_a_release_that_does_not_show_how_many_patients_there_are_is_named_without():
    """A clinic of sixty was stopped by a total that could not be shown."""
    tables = {RECORDS: pd.DataFrame({"condition": ["all"], "patients": [np.nan], "sessions": [np.nan]})}
    assert releases._patients(tables) == 0
    assert releases._patients({RECORDS: tables[RECORDS].fillna(312.0)}) == 312
    known, unknown = (Release(2, "owner", n) for n in (312, 0))
    assert releases._as_of(known) == "as of release 2 (312 patients)"
    assert releases._as_of(unknown) == "as of release 2"


def test_a_condition_that_few_bring_later_is_in_one_of_the_groups_shown(tmp_path):
    """Nobody of sixty had golfer's elbow; one of ninety-one did, stood alone, and could be had by subtraction."""
    limits = limits_for("owner")
    groups = []
    for sessions in growing(60, 61, 66, 91):  # of which the second and third renew nothing
        grouped, now = renewal(sessions, limits, History.open(tmp_path))
        now.history.saved(now.shown({}, {})[1])
        groups.append(set(grouped["condition"].astype("str")))
    assert all(found == groups[0] for found in groups)
    newcomers = sessions["condition"].astype("str").eq("golfers_elbow")
    assert len(sessions.loc[newcomers, "patient_id"].unique()) == 1
    patients = grouped.groupby(grouped["condition"].astype("str"))["patient_id"].nunique()
    assert (patients >= limits.least_patients).all()
    assert all("other" in group.split("+") for group in grouped.loc[newcomers, "condition"].astype("str"))
