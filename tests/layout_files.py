"""Files as twelve tools write them, from the same sessions: what is read is compared with what was entered.

Used by ``intake/test_prepare_layouts.py``. Nobody in them is real: names come from a short list, dates are counted from
a fixed day.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import xlsxwriter

CONDITIONS = {
    "neck_pain": "Neck pain",
    "low_back_pain": "Low back pain",
    "tennis_elbow": "Tennis elbow",
    "plantar_fasciitis": "Plantar fasciitis",
    "headache": "Tension-type headache",
}
ICD = {
    "neck_pain": "M54.2",
    "low_back_pain": "M54.50",
    "tennis_elbow": "M77.11",
    "plantar_fasciitis": "M72.2",
    "headache": "G44.209",
}
MUSCLES = {
    "neck_pain": ("UT", "upper_trapezius"),
    "low_back_pain": ("QL", "quadratus_lumborum"),
    "tennis_elbow": ("ECRB", "extensor_carpi_radialis_brevis"),
    "plantar_fasciitis": ("Soleus", "soleus"),
    "headache": ("SCM", "sternocleidomastoid"),
}
FIRST = ("Maria", "John", "Aisha", "Wei", "Priya", "Carlos", "Emma", "Noah", "Olga", "Kofi", "Lena", "Tom")
LAST = (
    "Garcia",
    "Smith",
    "Khan",
    "Chen",
    "Patel",
    "Lopez",
    "Brown",
    "Miller",
    "Ivanova",
    "Mensah",
    "Weber",
    "Young",
)
START = datetime(2026, 1, 12, 9, 0)


@dataclass(frozen=True)
class Visit:
    """One session as it was."""

    patient: int
    number: int
    day: int
    condition: str
    pain_pre: int
    pain_post: int
    pain_48h: int | None
    soreness_h: float | None
    twitches: int
    sex: str
    age: int
    side: str

    @property
    def when(self) -> datetime:
        return START + timedelta(days=self.day + self.patient, minutes=17 * self.patient + 3 * self.number)

    @property
    def later(self) -> datetime:
        return self.when + timedelta(hours=48)

    @property
    def first(self) -> str:
        return FIRST[self.patient]

    @property
    def last(self) -> str:
        return LAST[self.patient]

    @property
    def born(self) -> datetime:
        return datetime(2026 - self.age - 1, 6, 15)


def visits() -> list[Visit]:
    """36 sessions of 12 patients; every sixth has no follow-up, every fifth of the others was never sore."""
    made = []
    for patient in range(12):
        for number in range(1, 4):
            at = patient * 3 + number
            reached = at % 6 != 0
            made.append(
                Visit(
                    patient,
                    number,
                    7 * (number - 1),
                    list(CONDITIONS)[patient % 5],
                    9 - at % 5,
                    7 - at % 4,
                    (6 - at % 5) if reached else None,
                    (0.0 if at % 5 == 0 else 12.0 * (1 + at % 4)) if reached else None,
                    at % 7,
                    "female" if patient % 2 else "male",
                    24 + 5 * patient,
                    "left" if patient % 3 else "right",
                )
            )
    return made


VISITS = visits()


def _csv(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        ["" if cell is None else cell for cell in row] for row in rows
    )
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def _xlsx(path: Path, rows: Iterable[Sequence[object]]) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as book:
        page = book.add_worksheet("Sheet1")
        for at, row in enumerate(rows):
            page.write_row(at, 0, ["" if cell is None else cell for cell in row])
    return path


def _soreness(hours: float | None, *, words: bool = True) -> str:
    """Hours as people say them."""
    if hours is None:
        return ""
    if not words:
        return f"{hours:g}"
    return {0.0: "none", 24.0: "1 day", 48.0: "2 days"}.get(hours, f"{hours:g} hrs")


def _us(when: datetime) -> str:
    return f"{when.month}/{when.day}/{when.year} {when.hour}:{when:%M:%S}"


# --- online forms -------------------------------------------------------------------------------------------------

QUESTIONS = (
    "What is the patient's code?",
    "What was treated today?",
    "Which side?",
    "Pain before treatment (0-10)",
    "Pain right after treatment (0-10)",
    "How many twitches were there?",
    "Which muscles were needled?",
    "Pain 2 days later (0-10)",
    "How long were you sore?",
)


def _answers(v: Visit) -> list[object]:
    return [
        f"A-{100 + v.patient}",
        CONDITIONS[v.condition],
        v.side.title(),
        f"{v.pain_pre}/10",
        v.pain_post,
        v.twitches,
        MUSCLES[v.condition][0],
        v.pain_48h,
        _soreness(v.soreness_h),
    ]


def google_forms(folder: Path) -> Path:
    rows = [["Timestamp", *QUESTIONS], *([_us(v.when), *_answers(v)] for v in VISITS)]
    return _csv(folder / "Session form (Responses) - Form Responses 1.csv", rows)


def microsoft_forms(folder: Path) -> Path:
    head = ["Id", "Start time", "Completion time", "Email", "Name", *QUESTIONS]
    rows = [
        [at, v.when - timedelta(minutes=4), v.when, "anonymous", "", *_answers(v)]
        for at, v in enumerate(VISITS, 1)
    ]
    return _xlsx(folder / "Session form(1-36).xlsx", [head, *rows])


def qualtrics(folder: Path) -> Path:
    own = [
        "StartDate",
        "EndDate",
        "Status",
        "IPAddress",
        "Progress",
        "Finished",
        "RecordedDate",
        "ResponseId",
    ]
    said = [
        "Start Date",
        "End Date",
        "Response Type",
        "IP Address",
        "Progress",
        "Finished",
        "Recorded Date",
        "Response ID",
    ]
    names = [*own, "DistributionChannel", *(f"Q{at}" for at in range(1, len(QUESTIONS) + 1))]
    imported = [json.dumps({"ImportId": name}) for name in names]
    rows = []
    for at, v in enumerate(VISITS):
        when = v.when.strftime("%Y-%m-%d %H:%M:%S")
        rows.append(
            [when, when, "IP Address", "", 100, "True", when, f"R_{at:015d}", "anonymous", *_answers(v)]
        )
    preview = [*rows[0]]
    preview[2], preview[7], preview[8] = "Survey Preview", "R_preview", "preview"
    test = [*rows[1]]
    test[2], test[7], test[8] = "Survey Test", "R_test", "test"
    return _csv(
        folder / "Session+form_January.csv",
        [names, [*said, "Distribution Channel", *QUESTIONS], imported, preview, *rows, test],
    )


def surveymonkey(folder: Path) -> Path:
    own = ["Respondent ID", "Collector ID", "Date Created", "Date Modified", "IP Address", "Email Address"]
    choices = sorted({names[0] for names in MUSCLES.values()})
    plain = [question for question in QUESTIONS if question != "Which muscles were needled?"]
    first = [*own, *plain, "Which muscles were needled?", *[""] * (len(choices) - 1)]
    second = [*[""] * len(own), *["Open-Ended Response"] * 2, *["Response"] * (len(plain) - 2), *choices]
    rows = []
    for at, v in enumerate(VISITS):
        answers = dict(zip(QUESTIONS, _answers(v), strict=True))
        muscle = answers.pop("Which muscles were needled?")
        when = v.when.strftime("%m/%d/%Y %I:%M:%S %p")
        boxes = [choice if choice == muscle else "" for choice in choices]
        rows.append([11_000_000_000 + at, 400_000_001, when, when, "10.0.0.1", "", *answers.values(), *boxes])
    return _csv(folder / "Session form.csv", [first, second, *rows])


def typeform(folder: Path) -> Path:
    choices = sorted({names[0] for names in MUSCLES.values()})
    at_muscles = QUESTIONS.index("Which muscles were needled?")
    head = [
        "#",
        *QUESTIONS[:at_muscles],
        *choices,
        *QUESTIONS[at_muscles + 1 :],
        "Response Type",
        "Start Date (UTC)",
    ]
    head += ["Stage Date (UTC)", "Submit Date (UTC)", "Network ID", "Tags", "Ending"]
    rows = []
    for at, v in enumerate(VISITS):
        answers = _answers(v)
        boxes = [choice if choice == answers[at_muscles] else "" for choice in choices]
        when = v.when.strftime("%Y-%m-%d %H:%M:%S")
        own = ["completed", when, "", when, f"{at:010x}", "", "default_tys"]
        rows.append([f"k{at:024d}", *answers[:at_muscles], *boxes, *answers[at_muscles + 1 :], *own])
    return _csv(folder / "responses-abc123.csv", [head, *rows])


# --- REDCap -------------------------------------------------------------------------------------------------------

FORMS = ("intake", "needling", "two_day_call")
FIELDS = (
    ("record_id", "intake", "text", "Record ID", ""),
    ("age", "intake", "text", "Age in years", ""),
    ("sex_birth", "intake", "radio", "Sex", "1, Female | 2, Male | 3, Other"),
    ("visit_dt", "needling", "text", "Date of the session", ""),
    (
        "dx",
        "needling",
        "dropdown",
        "Condition treated",
        " | ".join(f"{at}, {w}" for at, w in enumerate(CONDITIONS.values(), 1)),
    ),
    ("side_tx", "needling", "radio", "Side treated", "1, Left | 2, Right | 3, Both"),
    ("nprs_pre", "needling", "text", "Pain before needling (0-10)", ""),
    ("nprs_post", "needling", "text", "Pain right after needling (0-10)", ""),
    ("n_ltr", "needling", "text", "Number of local twitch responses", ""),
    (
        "other_tx",
        "needling",
        "checkbox",
        "What else was done in the session?",
        "1, Exercise | 2, Heat | 3, Taping",
    ),
    ("nprs_48", "two_day_call", "text", "Pain at the 2-day follow-up (0-10)", ""),
    ("sore_hours", "two_day_call", "text", "How many hours were you sore?", ""),
)


def redcap_dictionary(folder: Path) -> Path:
    from outcomes.intake.forms.redcap import INSTRUMENT_COLUMNS

    rows = []
    for name, form, kind, label, choices in FIELDS:
        row = dict.fromkeys(INSTRUMENT_COLUMNS, "")
        row |= {"Variable / Field Name": name, "Form Name": form, "Field Type": kind, "Field Label": label}
        row["Choices, Calculations, OR Slider Labels"] = choices
        rows.append(list(row.values()))
    return _csv(folder / "project_DataDictionary.csv", [INSTRUMENT_COLUMNS, *rows])


def _redcap_rows(labels: bool) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    conditions = list(CONDITIONS)
    for v in VISITS:
        who = {"record_id": v.patient + 1}
        if v.number == 1:
            sex = {"female": "1", "male": "2"}[v.sex]
            rows.append(
                {**who, "age": v.age, "sex_birth": v.sex.title() if labels else sex, "intake_complete": 2}
            )
        rows.append(
            {
                **who,
                "redcap_repeat_instrument": "needling",
                "redcap_repeat_instance": v.number,
                "visit_dt": v.when.strftime("%Y-%m-%d"),
                "dx": CONDITIONS[v.condition] if labels else conditions.index(v.condition) + 1,
                "side_tx": v.side.title() if labels else {"left": 1, "right": 2}[v.side],
                "nprs_pre": v.pain_pre,
                "nprs_post": v.pain_post,
                "n_ltr": v.twitches,
                **{f"other_tx___{at}": int(at == 1) for at in (1, 2, 3)},
                "needling_complete": 2,
            }
        )
        later = {
            "nprs_48": v.pain_48h,
            "sore_hours": _soreness(v.soreness_h, words=False),
            "two_day_call_complete": 2,
        }
        blank = {"nprs_48": "", "sore_hours": "", "two_day_call_complete": 0}
        call = {"redcap_repeat_instrument": "two_day_call", "redcap_repeat_instance": v.number}
        rows.append({**who, **call, **(later if v.pain_48h is not None else blank)})
    return rows


def _redcap(path: Path, *, labels: bool) -> Path:
    head = ["record_id", "redcap_repeat_instrument", "redcap_repeat_instance"]
    for form in FORMS:
        for name, place, kind, *_ in FIELDS:
            if place == form and name != "record_id":
                head += [f"{name}___{at}" for at in (1, 2, 3)] if kind == "checkbox" else [name]
        head.append(f"{form}_complete")
    return _csv(path, [head, *([row.get(name, "") for name in head] for row in _redcap_rows(labels))])


def redcap_with_dictionary(folder: Path) -> Path:
    redcap_dictionary(folder)
    return _redcap(folder / "Project_DATA.csv", labels=False)


def redcap_alone(folder: Path) -> Path:
    return _redcap(folder / "Project_DATA_LABELS.csv", labels=True)


def redcap_ours(folder: Path) -> Path:
    """An export of the instrument that the suite writes, by events."""
    rows: list[Sequence[object]] = []
    for v in VISITS:
        who = f"A-{100 + v.patient}"
        if v.number == 1:
            low = v.age // 10 * 10
            rows.append([who, "baseline_arm_1", "", f"{low}_{low + 9}", v.sex, *[""] * 9])
        session = [v.condition, v.day, v.side, v.pain_pre, v.pain_post, v.twitches]
        rows.append([who, "visit_arm_1", v.number, "", "", *session, "", "", ""])
        status = "reached" if v.pain_48h is not None else "no_answer"
        rows.append(
            [who, "call_arm_1", v.number, *[""] * 8, status, v.pain_48h, _soreness(v.soreness_h, words=False)]
        )
    head = [
        "patient_id",
        "redcap_event_name",
        "redcap_repeat_instance",
        "age_band",
        "sex",
        "condition",
        "day",
        "side",
    ]
    head += ["pain_pre", "pain_post", "twitch_count", "followup_status", "pain_48h", "soreness_h"]
    return _csv(folder / "export.csv", [head, *rows])


# --- practice software --------------------------------------------------------------------------------------------


def cliniko(folder: Path) -> Path:
    """One row per appointment, below a title, with a row of totals."""
    head = [
        "Patient ID",
        "Patient",
        "Date of Birth",
        "Practitioner",
        "Business",
        "Appointment start",
        "Reason for visit",
    ]
    head += ["NPRS before", "NPRS after", "Twitches", "Pain at 48 h", "Soreness (hours)"]
    rows = [
        [
            70_000 + v.patient, f"{v.first} {v.last}", v.born.strftime("%d %b %Y"), "Dr Sam Reed", "Downtown",
            v.when.strftime("%d %b %Y, %I:%M%p"), CONDITIONS[v.condition], v.pain_pre, v.pain_post, v.twitches,
            v.pain_48h, _soreness(v.soreness_h, words=False),
        ]
        for v in VISITS
    ]  # fmt: skip
    total = ["Total", 36, *[""] * 5, sum(v.pain_pre for v in VISITS), *[""] * 4]
    return _csv(
        folder / "appointments.csv",
        [["Appointments report"], ["Generated 1 Feb 2026"], [], head, *rows, total],
    )


def jane(folder: Path) -> Path:
    """One row per appointment, names in two columns."""
    head = [
        "Patient Guid",
        "Patient First Name",
        "Patient Last Name",
        "Birth Date",
        "Sex",
        "Staff Member",
        "Location",
    ]
    head += [
        "Start At",
        "Treatment",
        "Complaint",
        "Pre-treatment pain",
        "Post-treatment pain",
        "LTR count",
        "Pain day 2",
    ]
    head += ["Hours sore"]
    rows = [
        [
            f"{v.patient:08x}-0000-4000-8000-{v.patient:012x}", v.first, v.last, v.born.strftime("%Y-%m-%d"),
            v.sex[0].upper(), "Reed, Sam", "Downtown", v.when.strftime("%Y-%m-%d %H:%M"), "Dry needling",
            ICD[v.condition], v.pain_pre, v.pain_post, v.twitches, v.pain_48h, _soreness(v.soreness_h, words=False),
        ]
        for v in VISITS
    ]  # fmt: skip
    return _xlsx(folder / "jane.xlsx", [head, *rows])


MEASURES: tuple[tuple[str, Callable[[Visit], object]], ...] = (
    ("Pain before (NPRS)", lambda v: v.pain_pre),
    ("Pain after (NPRS)", lambda v: v.pain_post),
    ("Twitch count", lambda v: v.twitches),
    ("Pain 48 h (NPRS)", lambda v: v.pain_48h),
    ("Soreness duration (hours)", lambda v: _soreness(v.soreness_h, words=False) or None),
    ("Blood pressure", lambda v: "120/80"),
)


def webpt(folder: Path) -> Path:
    """One row per measurement; names and record numbers; a remark below."""
    head = [
        "Patient Name",
        "MRN",
        "DOB",
        "Therapist",
        "Case ID",
        "DOS",
        "Visit ID",
        "Dx Code",
        "Side",
        "Measure",
        "Value",
    ]
    rows = [
        [
            f"{v.last}, {v.first}", 500_100 + v.patient, v.born.strftime("%m/%d/%Y"), "Reed PT", 9000 + v.patient,
            v.when.strftime("%m/%d/%Y"), 80_000 + 10 * v.patient + v.number, ICD[v.condition], v.side[0].upper(),
            name, value,
        ]
        for v in VISITS
        for name, of in MEASURES
        if (value := of(v)) is not None
    ]  # fmt: skip
    path = _csv(folder / "outcomes report.csv", [head, *rows])
    path.write_text(path.read_text() + "\nPrinted by the front desk\n")
    return path


def template(folder: Path) -> Path:
    from outcomes.intake.forms.workbook import write_template

    records = [
        {
            "session_id": f"S{at:03d}",
            "patient_id": f"A-{100 + v.patient}",
            "condition": v.condition,
            "session_number": v.number,
            "day": v.day,
            "age_band": f"{v.age // 10 * 10}-{v.age // 10 * 10 + 9}",
            "sex": v.sex,
            "side": v.side,
            "muscles": MUSCLES[v.condition][1],
            "twitch_count": v.twitches,
            "pain_pre": v.pain_pre,
            "pain_post": v.pain_post,
            **({"pain_48h": v.pain_48h, "soreness_h": v.soreness_h} if v.pain_48h is not None else {}),
        }
        for at, v in enumerate(VISITS, start=1)
    ]
    path = folder / "sessions.xlsx"
    write_template(path, sessions=records)
    return path


LAYOUTS: dict[str, tuple[Callable[[Path], Path], str, frozenset[str]]] = {
    "Google Forms": (
        google_forms,
        "Google Forms, 36 answers, one per session",
        frozenset(["sex", "age_band"]),
    ),
    "Microsoft Forms": (
        microsoft_forms,
        "Microsoft Forms, 36 answers, one per session",
        frozenset(["sex", "age_band"]),
    ),
    "Qualtrics": (qualtrics, "Qualtrics, 36 answers, one per session", frozenset(["sex", "age_band"])),
    "SurveyMonkey": (
        surveymonkey,
        "SurveyMonkey, 36 answers, one per session",
        frozenset(["sex", "age_band"]),
    ),
    "Typeform": (typeform, "Typeform, 36 answers, one per session", frozenset(["sex", "age_band"])),
    "REDCap with its dictionary": (
        redcap_with_dictionary,
        "REDCap, one row per form, 36 sessions",
        frozenset(["muscles"]),
    ),
    "REDCap alone": (redcap_alone, "REDCap, one row per form, 36 sessions", frozenset(["muscles"])),
    "REDCap by our instrument": (
        redcap_ours,
        "REDCap, one row per form, 36 sessions",
        frozenset(["muscles"]),
    ),
    "Cliniko": (cliniko, "Cliniko, 36 rows, one per session", frozenset(["muscles", "sex", "side"])),
    "Jane": (jane, "Jane, 36 rows, one per session", frozenset(["muscles", "side"])),
    "WebPT": (
        webpt,
        "WebPT, one row per measurement, 36 sessions",
        frozenset(["muscles", "sex"]),
    ),
    "Our template": (template, "A table, 36 rows, one per session", frozenset()),
}
"""How to make a file, what it must be called, and which columns it does not have."""
