"""Sessions chosen by a few lists that work with the keyboard, and what they show, redrawn with every choice.

Comes in: a page and the sessions. Goes out: charts and a table of the sessions chosen, with the choice written on each.
On a page that is exported, or for anybody outside the clinic, there are no lists: many choices together could show a
single patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from outcomes.questions.answers import why_none
from outcomes.questions.change import relief
from outcomes.questions.explore import (
    answers_to,
    choice_in_words,
    chosen,
    figures_in_words,
    label_of,
    twitches_counted,
)
from outcomes.questions.sentences.explore import question_label
from outcomes.questions.soreness import as_curve, everyone_sore
from outcomes.words import counted, sentence

if TYPE_CHECKING:
    from outcomes.pages.page import Page

__all__ = ["IN_JUPYTER", "pick_sessions", "show_choice"]

ANY = "all"
IN_JUPYTER = (
    "Exported pages have no lists: those are for inside the clinic. One question at a time stands below."
)
ONE_OF_MANY = (
    "Every choice is another look at the same records. Of many looks, some differ by luck alone. What is more than "
    "expected stands on pages 02 to 06."
)


def pick_sessions(page: Page, sessions: pd.DataFrame, choice: Mapping[str, str] | None = None) -> None:
    """Show the sessions chosen, and where the notebook is open let others be chosen.

    Parameters
    ----------
    page : Page
    sessions : pandas.DataFrame
    choice : mapping of str to str, optional
        What to begin with, for example ``{"condition": "neck_pain"}``; by default all sessions.
    """
    if page.audience != "clinician" or page.out is not None:
        page.say(IN_JUPYTER)
        return
    _with_pickers(page, chosen(sessions, {}), dict(choice or {}))


def _with_pickers(page: Page, sessions: pd.DataFrame, choice: dict[str, str]) -> None:
    """Put a list a question (tab to it, arrows or first letters to choose) above what the choice shows."""
    from ipywidgets import Layout, VBox

    from outcomes.pages.redrawn import redrawn

    pickers = {
        name: _picker(name, answers, choice.get(name, "")) for name, answers in answers_to(sessions).items()
    }

    def show() -> None:
        picked = {name: picker.value for name, picker in pickers.items() if picker.value}
        show_choice(page, sessions, picked)

    lists = VBox([*pickers.values()], layout=Layout(flex_flow="row wrap", display="flex"))
    redrawn(pickers.values(), lists, show)


def _picker(name: str, answers: list[str], picked: str) -> Any:
    """The list of one question: its answers, and all of them first."""
    from ipywidgets import Dropdown, Layout

    question = question_label(name)
    options = [(ANY, ""), *((label_of(name, answer), answer) for answer in answers)]
    return Dropdown(
        options=options, value=picked if picked in answers else "", description=question, tooltip=question,
        style={"description_width": "initial"}, layout=Layout(width="20em"),
    )  # fmt: skip


def show_choice(page: Page, sessions: pd.DataFrame, choice: Mapping[str, str]) -> None:
    """Show relief, soreness and twitches of the sessions chosen, with the choice on every figure.

    Parameters
    ----------
    page : Page
    sessions : pandas.DataFrame
    choice : mapping of str to str
        See :func:`outcomes.explore.chosen`.
    """
    frame, said = chosen(sessions, choice), choice_in_words(choice)
    patients = int(frame["patient_id"].nunique())
    who = f"{counted(patients, 'patient')}, {counted(len(frame), 'session')}"
    few = why_none(patients)
    page.say(sentence(f"{said}: {who}{f'; {few}' if few else ''}"))
    if few:
        return
    change = page.estimate(relief, frame, name="chosen_relief", overall=True)
    soreness = page.estimate(everyone_sore, frame, name="chosen_soreness")
    twitches = page.estimate(twitches_counted, frame, name="chosen_twitches")
    table = figures_in_words(change, soreness, twitches, page.times)
    page.table(table, title=sentence(said).removesuffix("."), labels=LABELS)
    from outcomes.charts import condition_forest, soreness_curve

    named = change.assign(condition="Sessions chosen")
    named.attrs = change.attrs
    page.chart(
        condition_forest,
        named,
        name="chosen_relief",
        times=page.times,
        title=f"How large was the relief? {sentence(said)}",
    )
    curve = as_curve(soreness).drop(columns="condition")
    page.chart(
        soreness_curve, curve, name="chosen_soreness", title=f"How long does soreness last? {sentence(said)}"
    )
    page.say(ONE_OF_MANY)


LABELS = {"figure": "Figure", "found": "Found (95% CI)", "expected": "Expected without any effect"}
