"""Names of earlier versions lead to what they are called now."""

from __future__ import annotations

import pytest

import outcomes as oc

FORMER = {
    "Ledger": "History",
    "foretelling.foretold": "prediction.predicted",
    "foretelling.foretold_sentences": "prediction.predicted_sentences",
    "headlines.course": "pain_course",
    "headlines.relief": "change.relief",
    "headlines.gained_sentences": "change.gained_sentences",
    "twitch_numbers.muscle_twitches": "muscle_twitches",
    "twitch_numbers.sentences": "twitches.count_sentences",
    "twitch_sign.GAIN": "prediction.TWITCHES_ADD",
    "twitch_sign.sentences": "prediction.twitch_value_sentences",
    "twitches.sentences": "twitches.relation_sentences",
}


def named(path: str) -> object:
    found: object = oc
    for part in path.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(("former", "now"), FORMER.items())
def test_a_former_name_is_the_present_thing(former, now):
    assert named(former) is named(now)


def test_other_names_are_unknown():
    with pytest.raises(AttributeError, match="foresight"):
        named("foresight")
    with pytest.raises(AttributeError):
        named("headlines.foresight")
