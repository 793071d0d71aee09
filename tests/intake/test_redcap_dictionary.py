"""What a REDCap project asks, from its data dictionary or from the headings of an export."""

from __future__ import annotations

import pytest

from outcomes.intake.redcap_dictionary import boxes_of, read_dictionary


def test_a_dictionary_gives_labels_choices_and_boxes(tmp_path) -> None:
    path = tmp_path / "dictionary.csv"
    path.write_text(
        'Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels"\n'
        'dx,visit,radio,<b>Condition</b> treated,"1, Neck, upper | 2, Low back"\n'
        "still,call,yesno,Still sore?,\n"
        'other,visit,checkbox,What else?,"a, Heat | b, Taping"\n'
        "score,visit,text,Pain before,\n"
    )
    fields = read_dictionary(path)
    assert fields["dx"].label == "Condition treated"
    assert fields["dx"].choices == {"1": "Neck, upper", "2": "Low back"}
    assert fields["still"].choices == {"1": "Yes", "0": "No"}
    assert boxes_of(["other___a", "other___b", "score"], fields) == {
        "other": {"other___a": ("What else?", "Heat"), "other___b": ("What else?", "Taping")}
    }


@pytest.mark.parametrize("heading", ["other___a", "What else? (choice=Heat)"])
def test_boxes_are_told_from_headings_alone(heading: str) -> None:
    found = boxes_of([heading], {})
    assert list(found.values()) == [
        {heading: (heading.split("___")[0].split(" (")[0], "a" if "___" in heading else "Heat")}
    ]
