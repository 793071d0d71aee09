"""What every chart does the same: its signature, its page, its words, and what it refuses."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from chart_frames import (
    CHARTS,
    WITH_TIMES,
    assert_nothing_overlaps,
    texts,
)
from outcomes import charts
from outcomes.charts.sheet import short_alt
from outcomes.charts.style import (
    NOTE_SIZE,
    PAGE,
    PHONE,
)
from outcomes.errors import EstimationError


@pytest.mark.parametrize("name", CHARTS)
def test_chart_changes_neither_its_frame_nor_matplotlib(name):
    chart, make = CHARTS[name]
    frame = make()
    before, settings = frame.copy(deep=True), dict(mpl.rcParams)
    mpl.rcParams["font.size"] = settings["font.size"]
    chart(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize("width", [PAGE, PHONE])
@pytest.mark.parametrize("name", CHARTS)
def test_no_text_overlaps_another_or_leaves_the_page(name, width):
    chart, make = CHARTS[name]
    times = {"post": "right after treatment", "48h": "at the 1-year follow-up"}
    ax = chart(make(), width=width, **({"times": times} if name in WITH_TIMES else {}))
    assert_nothing_overlaps(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_chart_draws_in_the_axes_it_is_given(name):
    chart, make = CHARTS[name]
    _, (left, right) = plt.subplots(1, 2, figsize=(14, 8))
    assert chart(make(), ax=right) is right
    assert not left.lines
    assert charts.alt_text(right)


@pytest.mark.parametrize("name", CHARTS)
def test_an_empty_frame_is_a_chart_that_says_so(name):
    chart, make = CHARTS[name]
    ax = chart(make().iloc[:0])
    assert "No rows to draw" in texts(ax)


def test_all_charts_are_tried():
    drawn = {name for name in charts.__all__ if name.islower() and callable(getattr(charts, name))}
    assert drawn - {"alt_text"} == CHARTS.keys()


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_is_called_alike_and_documents_each_option(name):
    chart, _ = CHARTS[name]
    options = list(inspect.signature(chart).parameters)
    assert options[:2] == ["estimates", "ax"]
    assert options[-4:] == ["times", "title", "source_note", "width"]
    documented = re.findall(r"^([a-z_, ]+) : ", inspect.getdoc(chart), flags=re.M)
    assert ", ".join(documented).split(", ") == [*options[:1], *options[2:-4], "ax", *options[-4:]]


def test_an_unknown_option_is_refused_by_its_name():
    with pytest.raises(TypeError, match="colour"):
        charts.capture(CHARTS["capture"][1](), colour="red")


def test_a_card_is_as_wide_as_a_phone_and_other_charts_as_a_page():
    widths = {name: chart(make()).figure.get_figwidth() for name, (chart, make) in CHARTS.items()}
    assert widths.pop("expectation_card") == PHONE
    assert set(widths.values()) == {PAGE}


@pytest.mark.parametrize("name", CHARTS)
def test_absent_columns_are_named(name):
    chart, _ = CHARTS[name]
    with pytest.raises(EstimationError, match="needs the column"):
        chart(pd.DataFrame({"something": [1.0]}))


@pytest.mark.parametrize("name", WITH_TIMES)
def test_labels_of_the_readings_come_from_the_mapping(name):
    chart, make = CHARTS[name]
    frame = make()
    frame.attrs["outcomes"] = {"times": {"pre": "before", "post": "after treatment", "48h": "at one year"}}
    ax = chart(frame)
    assert "at one year" in charts.alt_text(ax).lower()
    assert "at one year" in texts(ax).replace("\n", " ")
    assert "2 days" not in texts(ax) + charts.alt_text(ax)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_has_a_title_an_alt_text_and_a_note(name):
    chart, make = CHARTS[name]
    ax = chart(make(), title="How is it?", source_note="Follow-up 36 to 72 h.")
    assert "How is it?" in (ax.figure.get_suptitle(), ax.get_title())
    assert "Follow-up 36 to 72 h." in texts(ax).replace("\n", " ")
    told = charts.alt_text(ax)
    assert told.startswith("How is it?")
    assert charts.alt_text(ax.figure) == told
    assert "nan" not in told.lower().replace("no answer", "")


# For the others the order of rows, or of first appearance, is what is drawn.
IN_ANY_ORDER = sorted(
    CHARTS.keys()
    - {
        "association_forest",
        "dose_response",
        "expectation_card",
        "flow",
        "missingness",
        "specification_curve",
    }
)


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_says_little_and_closes_percent_signs_up(name):
    chart, make = CHARTS[name]
    ax = chart(make())
    told = charts.alt_text(ax)
    assert len(told) < 250
    assert told.count(". ") + told.count("? ") >= 1  # the title and at least one finding
    assert " %" not in told + texts(ax)


def test_an_alt_text_drops_whole_sentences_that_do_not_fit():
    long = "x" * 200
    assert short_alt(["Title.", f"{long}.", f"{long}!", "End."]) == f"Title. {long}. End."
    assert short_alt([f"word {long * 2}", "End."]) == "word… End."


@pytest.mark.parametrize("name", sorted(CHARTS.keys() - {"expectation_card"}))
def test_a_note_takes_two_lines_of_a_page(name):
    chart, make = CHARTS[name]
    page = chart(make()).figure
    notes = [text.get_text() for text in page.texts if text.get_size() == NOTE_SIZE]
    assert all(note.count("\n") < 2 for note in notes)
    assert len(notes) == (name != "flow")


@pytest.mark.parametrize("name", IN_ANY_ORDER)
def test_shuffled_rows_draw_the_same_chart(name):
    chart, make = CHARTS[name]
    frame = make()
    told = charts.alt_text(chart(frame))
    shuffled = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    assert charts.alt_text(chart(shuffled)) == told


def test_importing_charts_and_tables_loads_neither_matplotlib_nor_great_tables():
    heavy = "{'matplotlib', 'great_tables', 'seaborn'}"
    code = f"import sys, outcomes.charts, outcomes.charts.tables; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
