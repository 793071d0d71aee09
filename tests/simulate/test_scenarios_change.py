"""Whole notebooks on cohorts whose truth is known, read sentence by sentence: what they say and never say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from outcomes.pages.page import Page
from outcomes.words import causal_claims
from pages.said import TRUE_ANYWAY, directional

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHANGE = (
    "00_start_here",
    "01_data_quality",
    "02_immediate",
    "03_two_day",
    "04_immediate_to_two_day",
    "10_sensitivity",
    "11_planning",
)
QUICK = ("00_start_here", "03_two_day")
"""Read at every test run; the others, which take longer together, with the slow ones."""
ALL = [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CHANGE]


@dataclass
class Read:
    """What one notebook showed: its page, its sentences and alt texts, its prose."""

    page: Page
    said: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


Reader = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Run a notebook's cells here, in this process, on given sessions; charts are drawn, but no picture is made."""
    shown: list[str] = []
    monkeypatch.setattr(Page, "_display", staticmethod(lambda data, _: shown.append(data["text/plain"])))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda *_, **__: None)

    def run(name: str, sessions: pd.DataFrame, audience: str = "owner") -> Read:
        data = tmp_path / "sessions.parquet"
        sessions.to_parquet(data)
        shown.clear()
        space: dict[str, Any] = {}
        prose = []
        for cell in json.loads((NOTEBOOKS / f"{name}.ipynb").read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                prose.append(source)
            elif "parameters" in cell["metadata"].get("tags", []):
                space |= {"data": str(data), "audience": audience, "out": None}
            else:
                exec(compile(source, f"{name}:{cell['id']}", "exec"), space)
        return Read(space["page"], list(shown), prose)

    return run


def _cohort(scenario: str, patients: int | None, seed: int) -> pd.DataFrame:
    return oc.read_sessions(oc.simulate_sessions(patients, seed=seed, scenario=scenario)[0])


@pytest.mark.parametrize("name", ALL)
def test_with_no_effect_no_sentence_claims_a_cause(read, name):
    """How often one names a direction all the same is counted over clinics: ``tests/pages/test_directional.py``."""
    page = read(name, _cohort("null", 250, 21))
    assert causal_claims(page.text) == []
    assert causal_claims(" ".join(page.prose)) == []


def test_with_no_effect_and_booking_on_bad_days_chance_could_account_for_all(read):
    page = read("03_two_day", _cohort("null_flare", 250, 22))
    assert directional(page.said, but=TRUE_ANYWAY) == []
    assert (
        "(bad days). That is no more than expected." in page.text or "these records can't tell" in page.text
    )


def test_relief_masked_by_soreness_is_said_to_be_larger_later(read):
    page = read("03_two_day", _cohort("soreness_masks", 250, 23))
    assert "Compared with right after, pain at 2 days was" in page.text
    gained = page.page.tables["gained_overall"].iloc[0]
    assert gained["conf_low"] > 0.3


def test_what_is_missing_not_at_random_shows_in_the_tipping_table(read):
    simulated, truth = oc.simulate_sessions(800, seed=24, scenario="mnar")
    complete = truth.sessions.loc[simulated["session_id"], "pain_48h_complete"].to_numpy(float)
    relief = float((simulated["pain_pre"].to_numpy(float) - complete).mean())
    page = read("03_two_day", oc.read_sessions(simulated), audience="clinician")
    steps = page.page.tables["tipping_overall"]
    assert steps["conf_low"].iloc[0] > relief
    assert ((steps["conf_low"] <= relief) & (relief <= steps["conf_high"])).any()
    assert "If they did 2 points worse" in page.text


@pytest.mark.parametrize("name", ALL)
def test_a_small_clinic_says_too_few_and_shows_owners_nobody(read, name):
    page = read(name, _cohort("small_clinic", None, 1))
    for table in page.page.tables.values():
        if "patients" in table.columns:
            told_exactly = ~table.get("note", pd.Series("", index=table.index)).astype("str").str.contains(
                "rounded"
            )
            counts = pd.to_numeric(table.loc[told_exactly, "patients"], errors="coerce").dropna()
            assert not counts.between(1, 10).any()
    assert causal_claims(page.text) == []
    assert not re.search(r"\b(?:[1-9]|10) patients?\b", page.text)


def test_a_small_clinic_reads_too_few_for_most_conditions(read):
    page = read("00_start_here", _cohort("small_clinic", None, 1), audience="clinician")
    rows = page.page.tables["relief"]
    later = rows[rows["time"] == "48h"]
    assert (later["note"] == "too few patients to say").mean() > 0.5
    assert "too few patients to say: " in page.text


@pytest.mark.parametrize("name", CHANGE)
def test_the_real_trial_runs_in_its_own_words(read, shared_real, name):
    trial = shared_real / "ashar_backpain" / "ashar_backpain.csv"
    sessions = oc.read_sessions(trial, mapping=Path(__file__).parents[1] / "data" / "ashar_backpain.toml")
    page = read(name, sessions)
    assert "2 days" not in page.text
    assert causal_claims(page.text) == []
    if name != "11_planning":
        assert "not recorded" in page.text
    if name != "02_immediate":
        assert "after treatment (about 4 weeks)" in page.text.lower()


def test_the_trials_published_mean_is_the_one_shown(read, shared_real):
    trial = shared_real / "ashar_backpain" / "ashar_backpain.csv"
    sessions = oc.read_sessions(trial, mapping=Path(__file__).parents[1] / "data" / "ashar_backpain.toml")
    page = read("03_two_day", sessions, audience="clinician")
    later = page.page.tables["course"].set_index("time").loc["48h"]
    published = np.array([1.18, 2.84, 3.13])
    assert published.min() < later["mean"] < published.max()
    assert later["mean"] == pytest.approx(sessions["pain_48h"].mean())
