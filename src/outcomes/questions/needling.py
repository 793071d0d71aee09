"""Sessions in, what needling felt like out: its pain, whether the needle was felt, and what a first-timer may expect.

Pain of the needling is asked apart from the usual pain. Who has less or more of it differs in other ways too, so none
of this says what would change it.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from outcomes.questions.answers import (
    fit_or_why,
    is_recorded,
    needed_columns,
    only_condition,
    size_of,
    why_none,
)
from outcomes.questions.levels import (
    ASKED,
    MEAN,
    MILD,
    SHARE,
    STRONG,
    answer_shares,
    by_variable,
    coded,
    everyone,
    flag_of,
    reading_means,
    tag_flags,
)
from outcomes.questions.sentences.needling import (
    answer_line,
    area_sentences,
    felt_sentences,
    first_timer_sentences,
    link_sentences,
    pain_sentences,
)
from outcomes.record.plan import active_plan
from outcomes.words import NOT_RECORDED

__all__ = [
    "answer_line",
    "area_sentences",
    "felt_sentences",
    "first_time_card",
    "first_timer_sentences",
    "first_timers",
    "link_sentences",
    "needle_felt",
    "needling_areas",
    "needling_groups",
    "needling_links",
    "needling_pain",
    "pain_sentences",
    "what_it_felt_like",
]

PAIN = "pain_during"
LITTLE, MUCH = "Little pain of the needling (3 or less)", "Strong pain of the needling (7 or more)"
NOT_FELT, CLEARLY_FELT = "Needle not felt going in", "Needle clearly felt going in"
NEVER = "never"
LONG_LASTING = ("3_to_12_months", "over_a_year")
TERMS = {
    "first_time": "first time, against later",
    "long_lasting": "lasting 3 months or more",
    "pain_tolerance": "each point of tolerance",
}
"""What the model compares, in words."""
_TESTED = ["estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high"]
_LINKS = ["quantity", "patients", "sessions", *_TESTED, "note"]
_NEEDED = (PAIN, "needled_before", "chronicity", "pain_tolerance")


def needling_pain(sessions: Any, *, overall: bool = False, conf_level: float = 0.95) -> pd.DataFrame:
    """Pain of the needling per condition, points of 0-10.

    Parameters
    ----------
    sessions : pandas.DataFrame or ibis.Table
    overall : bool
        One row over all conditions, named ``all``.
    conf_level : float

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, sessions_eligible, capture_rate, estimate, std_error, df, conf_low, conf_high,
        note``; ``capture_rate`` is the share of sessions that were asked.
    """
    frame = needed_columns(sessions, PAIN, by="condition")
    grouped = everyone(frame) if overall else frame
    return reading_means(grouped, PAIN, "condition", conf_level=conf_level)


def needling_groups(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Pain of the needling by experience, tolerance and how long the complaint has lasted, nothing held equal.

    Returns
    -------
    pandas.DataFrame
        ``variable, value`` and the columns of :func:`needling_pain`, one variable at a time.
    """
    frame = needed_columns(sessions, *_NEEDED)
    bands = pd.cut(frame["pain_tolerance"].astype("float64"), [-1, 3, 6, 10], labels=["0-3", "4-6", "7-10"])
    frame = frame.assign(pain_tolerance=bands)
    found = by_variable(
        frame,
        ("needled_before", "pain_tolerance", "chronicity"),
        lambda of, name: reading_means(of, PAIN, name, conf_level=conf_level),
    )
    return found.reindex(columns=["variable", "value", *ASKED, *MEAN, "note"])


def needling_links(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """What pain of the needling goes with, all at once and with conditions held equal.

    Returns
    -------
    pandas.DataFrame
        ``quantity, patients, sessions, estimate, std_error, df, statistic, p_value, conf_low, conf_high, note``:
        of pain of the needling. What was not recorded, or rests on too few, says so.

    Notes
    -----
    ``pain of the needling ~ condition + first time + long-lasting + tolerance + (1 | patient)``, by REML. Sessions
    without one of these answers are left out; a question that nobody was asked is not in the model.
    """
    fit, terms, why = _model(sessions, conf_level)
    frame = needed_columns(sessions, *_NEEDED)
    rows = []
    for term, quantity in TERMS.items():
        source = _SOURCE[term]
        if term in terms and fit is not None:
            row = fit.coefficients.set_index("term").reindex([term]).iloc[0]
            size = {"patients": fit.n_patients, "sessions": fit.n_sessions}
            note = _ALIKE if pd.isna(row["estimate"]) else str(row.get("note") or "")
            found = {**{key: row[key] for key in _TESTED}, "note": note}
        else:
            there = is_recorded(frame, PAIN) and is_recorded(frame, source)
            size = size_of(frame[frame[[PAIN, source]].notna().all(axis=1)])
            found = {"note": why_none(size["patients"], recorded=there) or why or _ALIKE}
        rows.append({"quantity": quantity, **size, **found})
    return pd.DataFrame(rows).reindex(columns=_LINKS)


def needling_areas(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Pain of the needling of each condition against the average of all, at equal experience, tolerance and duration.

    Returns
    -------
    pandas.DataFrame
        ``condition, patients, sessions, estimate, std_error, df, statistic, p_value, conf_low, conf_high, note``:
        points above the average of the conditions. ``p_value`` is Holm-adjusted over conditions; intervals are not.
    """
    columns = ["condition", "patients", "sessions", *_TESTED, "note"]
    fit, _, why = _model(sessions, conf_level)
    pain = needling_pain(sessions)
    if fit is None or "condition" not in fit.moments.categorical:
        few = [
            why_none(n, recorded=bool(pain["patients"].sum())) or why or ONE_AREA for n in pain["patients"]
        ]
        return pain[["condition", "patients", "sessions"]].assign(note=few).reindex(columns=columns)
    means = fit.marginal_means("condition").astype({"condition": "str"})
    found = fit.contrasts("condition", against="grand_mean", adjust="holm")
    rows = means[["condition", "patients", "sessions"]].join(found[_TESTED])
    few = rows["patients"].map(why_none)
    rows[_TESTED] = rows[_TESTED].where(few == "")
    rows = pain[["condition"]].merge(rows.assign(note=few), on="condition", how="left")
    return rows.fillna({"patients": 0, "sessions": 0, "note": NOT_RECORDED}).reindex(columns=columns)


ONE_AREA = "only one condition: nothing to compare"
_ALIKE = "the same in every session: nothing to compare"
_SOURCE = {"first_time": "needled_before", "long_lasting": "chronicity", "pain_tolerance": "pain_tolerance"}


def _model(sessions: Any, conf_level: float) -> tuple[Any, list[str], str]:
    """The fitted model, the terms it holds besides condition, and why there is none."""
    from outcomes.models.mixed.fit import fit_mixed

    frame = needed_columns(sessions, *_NEEDED, "condition")
    frame = frame.assign(
        condition=frame["condition"].astype("category"),
        first_time=coded(frame["needled_before"], NEVER),
        long_lasting=coded(frame["chronicity"], *LONG_LASTING),
        pain_tolerance=frame["pain_tolerance"].astype("float64"),
    )
    known = frame[frame[PAIN].notna() & frame["condition"].notna() & frame["patient_id"].notna()]
    terms = [term for term in TERMS if _varies(known[term])]
    used = known[known[terms].notna().all(axis=1)]
    used = used.assign(condition=used["condition"].cat.remove_unused_categories())
    without = [*only_condition(used), *(term for term in TERMS if term not in terms)]
    formula = active_plan().model("needling_pain", without=without)
    patients = used["patient_id"].nunique()
    fit, why = fit_or_why(
        lambda: fit_mixed(formula, used, conf_level=conf_level), why_none(patients, recorded=len(known) > 0)
    )
    return fit, terms, why


def _varies(values: pd.Series[Any]) -> bool:
    """Whether at least half of the sessions have an answer, and not all the same."""
    there = values.dropna()
    return 2 * len(there) >= len(values) > 0 and len(there.unique()) > 1


# --- what it felt like ------------------------------------------------------------------------------------------------


def what_it_felt_like(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """How often the needle was felt, how strong the pain was, and how often each sensation was named.

    Returns
    -------
    pandas.DataFrame
        ``condition`` (``all``), ``variable, label, patients, sessions, sessions_eligible, capture_rate, proportion,
        conf_low, conf_high, note``. A session may have several sensations.
    """
    frame = needed_columns(sessions, "needle_felt", "sensation", PAIN)
    parts = [
        answer_shares(frame, flags, conf_level=conf_level).assign(variable=variable)
        for variable, flags in (
            ("needle", _needle(frame)),
            ("pain of the needling", _strength(frame)),
            ("sensation", tag_flags(frame, "sensation")),
        )
    ]
    columns = ["condition", "variable", "label", *ASKED, *SHARE, "note"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def needle_felt(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """Share of sessions in which the needle was not felt going in, per condition: as :func:`what_it_felt_like`."""
    frame = needed_columns(sessions, "needle_felt", by="condition")
    flags = {NOT_FELT: _needle(frame)[NOT_FELT]}
    return answer_shares(frame, flags, "condition", conf_level=conf_level)


def _needle(frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    return {name: coded(frame["needle_felt"], code) for name, code in _FELT.items()}


_FELT = {NOT_FELT: "no", CLEARLY_FELT: "yes"}


def _strength(frame: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    pain = frame[PAIN].astype("float64")
    return {LITTLE: flag_of(pain, pain <= MILD), MUCH: flag_of(pain, pain >= STRONG)}


# --- the first time ---------------------------------------------------------------------------------------------------


def first_timers(sessions: Any, *, conf_level: float = 0.95) -> pd.DataFrame:
    """What patients never needled before told of their first session, one row per line of a card.

    Returns
    -------
    pandas.DataFrame
        ``condition`` (``all``), ``label, patients, sessions, sessions_eligible, capture_rate, proportion, conf_low,
        conf_high, note``.
    """
    from outcomes.questions.soreness import NEEDED, everyone_sore

    names = ("needled_before", "needle_felt", "sensation", PAIN, "activity_limited", "adverse_event", *NEEDED)
    frame = needed_columns(sessions, *names)
    frame = frame[frame["needled_before"].astype("object").eq(NEVER)]
    ache = {
        f"A {name.lower()}": flag for name, flag in tag_flags(frame, "sensation").items() if "ache" in name
    }
    after = {
        "Activity limited in the days after": 1.0 - coded(frame["activity_limited"], "none"),
        "Anything unwanted, such as a bruise": 1.0 - coded(frame["adverse_event"], "none"),
    }
    flags = {NOT_FELT: _needle(frame)[NOT_FELT], **ache, **_strength(frame)}
    nobody = pd.DataFrame([{"threshold": 48, "patients": 0, "sessions": 0, "note": NOT_RECORDED}])
    sore = everyone_sore(frame, conf_level=conf_level) if len(frame) else nobody
    sore = sore[sore["threshold"] == 48].assign(label="Sore for more than two days", condition="all")
    parts = [
        answer_shares(frame, flags, conf_level=conf_level),
        sore,
        answer_shares(frame, after, conf_level=conf_level),
    ]
    columns = ["condition", "label", *ASKED, *SHARE, "note"]
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def first_time_card(first: pd.DataFrame) -> pd.DataFrame:
    """The lines of the first-timer's card, as :func:`outcomes.charts.expectation_card` draws them."""
    rows = first.rename(columns={"proportion": "estimate"})
    rows.attrs = dict(first.attrs)
    return rows
