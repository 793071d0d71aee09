"""A masked sum is the plain pool; a masked file alone is nothing; and what an attacker may try."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import outcomes as oc
from models.secure.conftest import FORMULA, Table
from outcomes.errors import ReductionError
from outcomes.models.secure import rounds
from outcomes.models.secure.fixed_point import WIDTH, added, decoded, encoded, negated
from outcomes.models.secure.rounds import as_text, from_text, invite, join, mask, start, unmask


def numbers(data: bytes) -> np.ndarray:
    return np.array(decoded(data))


def test_the_sum_is_the_plain_pool_to_the_bit(table: Table, reductions) -> None:
    """Pain scores are whole numbers, which fixed-point numbers hold exactly."""
    layout = table.invitation.layout
    pooled = unmask(table.round, table.masked)
    plain = reduce(add, [each.moved(layout.centres) for each in reductions])
    total, patients, classes = plain.spread(pooled.keys, pooled.sizes)
    assert np.array_equal(pooled.total, total)
    assert np.array_equal(pooled.classes, classes)
    assert pooled.patients.tolist() == patients.tolist()
    assert (pooled.n_missing, pooled.n_sessions) == (plain.n_missing, plain.n_sessions)
    assert pooled.level_patients == {
        k: {v: n for v, n in of.items() if n} for k, of in plain.level_patients.items()
    }
    columns = ["estimate", "std_error", "df", "conf_low", "conf_high"]
    whole = plain.fit().coefficients
    pd.testing.assert_frame_equal(pooled.fit().coefficients[columns], whole[columns], rtol=1e-9)
    assert pooled.fit().coefficients["term"].tolist() == whole["term"].tolist()


def test_decimals_add_to_the_sum_of_their_rounded_selves(reductions) -> None:
    odd = [
        replace(each, total=each.total / 3, means={k: v / 7 for k, v in each.means.items()})
        for each in reductions
    ]
    table = Table(odd)
    layout = table.invitation.layout
    plain = added([encoded(layout.values(each)) for each in odd])
    assert added([part.numbers for part in table.masked]) == plain
    assert np.allclose(numbers(plain), sum(np.array(list(layout.values(each))) for each in odd), rtol=1e-14)


# --- what a masked file tells --------------------------------------------------------------------------------------


def _uniform(data: bytes) -> bool:
    values = np.frombuffer(data, dtype=np.uint8)
    by_place = values.reshape(-1, WIDTH)
    return stats.chisquare(np.bincount(values, minlength=256)).pvalue > 1e-6 and all(
        stats.chisquare(np.bincount(by_place[:, place] // 16, minlength=16)).pvalue > 1e-7
        for place in range(WIDTH)
    )


def test_one_file_and_all_but_one_are_uniform_and_the_sum_is_not(table: Table) -> None:
    files = [part.numbers for part in table.masked]
    for some in (files[:1], files[1:2], files[:2], files[1:]):
        assert _uniform(added(some))
    assert not _uniform(added(files))


def test_a_file_does_not_go_with_what_it_hides(table: Table, reductions) -> None:
    layout = table.invitation.layout
    plain = np.array(list(layout.values(reductions[0])))
    hidden = numbers(table.masked[0].numbers)
    assert abs(stats.spearmanr(plain, hidden).statistic) < 5 / np.sqrt(len(plain))


def test_an_empty_clinic_cannot_be_told_from_a_full_one(reductions) -> None:
    empty = replace(reductions[0], total=0 * reductions[0].total, classes=0 * reductions[0].classes)
    found = Table([empty, reductions[1], reductions[2]])
    assert _uniform(found.masked[0].numbers)
    assert len(found.masked[0].numbers) == len(found.masked[1].numbers)


# --- attacks -------------------------------------------------------------------------------------------------------


def test_the_same_keys_twice_in_one_round_would_tell_the_difference(table: Table, reductions) -> None:
    """Why keys serve once: the difference of two files of one clinic is that of its sums. (Files see to it.)"""
    again = mask(table.round, reductions[1], table.keys[0], fingerprint=table.round.fingerprint)
    layout = table.invitation.layout
    leak = added([again.numbers, negated(table.masked[0].numbers)])
    told = added([encoded(layout.values(reductions[1])), negated(encoded(layout.values(reductions[0])))])
    assert leak == told
    with pytest.raises(ReductionError, match="there twice"):
        unmask(table.round, [again, *table.masked])


def test_the_same_clinics_in_another_round_have_other_masks(table: Table, reductions) -> None:
    """A replay: the file of an earlier round is of no use in a later one, and the two tell nothing together."""
    other = start(
        invitation := replace(table.invitation, nonce="0" * 32),
        [replace(member, nonce=invitation.nonce) for member in table.members],
    )
    later = [
        mask(other, each, keys, fingerprint=other.fingerprint)
        for each, keys in zip(reductions, table.keys, strict=True)
    ]
    assert _uniform(added([later[0].numbers, negated(table.masked[0].numbers)]))
    with pytest.raises(ReductionError, match="of another round"):
        unmask(other, [table.masked[0], *later[1:]])


def test_two_clinics_of_the_same_sums_hand_in_different_files(reductions) -> None:
    found = Table([reductions[0]] * 3)
    assert len({part.numbers for part in found.masked}) == 3
    assert _uniform(added([found.masked[0].numbers, negated(found.masked[1].numbers)]))


def test_a_clinic_that_drops_out_is_named_and_nothing_is_read(table: Table) -> None:
    with pytest.raises(ReductionError, match=r"Without clinic_b nothing can be read"):
        unmask(table.round, [table.masked[0], table.masked[2]])


def test_a_round_without_those_who_dropped_out_goes_through(reductions, table: Table) -> None:
    four = [*reductions, reductions[0]]
    second = Table(four[:3])
    assert unmask(second.round, second.masked).n_sessions == sum(each.n_sessions for each in reductions)
    assert second.round.fingerprint != table.round.fingerprint


@pytest.mark.parametrize(
    "tamper",
    [
        lambda part: replace(part, numbers=bytes([part.numbers[0] ^ 1]) + part.numbers[1:]),
        lambda part: replace(part, numbers=part.numbers[:-WIDTH]),
        lambda part: replace(part, signature=bytes(64)),
        lambda part: replace(
            part, numbers=added([part.numbers, encoded([1.0] * (len(part.numbers) // WIDTH))])
        ),
    ],
)
def test_a_file_that_was_changed_on_its_way_is_refused(table: Table, tamper) -> None:
    with pytest.raises(ReductionError, match="clinic_a is not as that clinic signed it"):
        unmask(table.round, [tamper(table.masked[0]), *table.masked[1:]])


def test_one_clinics_file_does_not_pass_as_anothers(table: Table) -> None:
    with pytest.raises(ReductionError, match="clinic_b is not as that clinic signed it"):
        unmask(table.round, [table.masked[0], replace(table.masked[0], name="clinic_b"), table.masked[2]])


def test_a_round_with_keys_put_in_between_has_another_fingerprint(table: Table, reductions) -> None:
    """Whoever adds puts keys of its own in the place of the others', to know all masks of clinic_a."""
    spies = [join(table.invitation, member.name)[1] for member in table.members[1:]]
    false = start(table.invitation, [table.members[0], *spies])
    with pytest.raises(ReductionError, match="over the telephone"):
        mask(false, reductions[0], table.keys[0], fingerprint=table.round.fingerprint)


def test_a_fingerprint_may_be_typed_as_it_was_heard(table: Table, reductions) -> None:
    heard = table.round.fingerprint.upper().replace("-", " ")
    assert mask(table.round, reductions[0], table.keys[0], fingerprint=heard) == table.masked[0]
    assert len(heard.replace(" ", "")) == 32


def test_who_did_not_join_cannot_mask(table: Table, reductions) -> None:
    keys, _ = join(table.invitation, "clinic_a")
    with pytest.raises(ReductionError, match="not in the round"):
        mask(table.round, reductions[0], keys, fingerprint=table.round.fingerprint)


def test_a_round_is_of_three_or_more_who_joined_it(table: Table) -> None:
    a, b, c = table.members
    stranger = join(invite(FORMULA), "d")[1]
    for members, says in (
        ([a, b], "of two, each could take"),
        ([a, b, replace(c, name=a.name)], "same name"),
        ([a, b, replace(c, agreement=a.agreement)], "same key"),
        ([a, b, replace(c, signature=a.signature)], "same signature key"),
        ([a, b, stranger], "d joined another round"),
    ):
        with pytest.raises(ReductionError, match=says):
            start(table.invitation, members)


def test_a_clinic_that_lies_about_its_masks_gives_no_reduction(table: Table) -> None:
    """Signed, of the round, but not masked as agreed: the sum is no sum of counts."""
    unsigned = replace(table.masked[0], numbers=encoded([3.0] * table.invitation.layout.length))
    lie = replace(unsigned, signature=table.keys[0].sign(unsigned.message))
    with pytest.raises(ReductionError, match="do not add up"):
        unmask(table.round, [lie, *table.masked[1:]])


# --- files ---------------------------------------------------------------------------------------------------------


def test_everything_travels_as_text(table: Table) -> None:
    for each in (table.invitation, table.members[0], table.round, table.masked[0], table.keys[0]):
        assert from_text(as_text(each), type(each)) == each
    again = from_text(as_text(table.round), rounds.Round)
    assert again.digest == table.round.digest


def test_a_text_of_another_kind_or_damaged_is_refused(table: Table) -> None:
    body = json.loads(as_text(table.masked[0]))
    for text in (
        "",
        "[]",
        as_text(table.round),
        json.dumps(body | {"numbers": "?"}),
        json.dumps(body | {"numbers": 3}),
    ):
        with pytest.raises(ReductionError, match="This is not a masked file"):
            from_text(text, rounds.Masked)


def test_no_public_text_holds_a_private_key(table: Table) -> None:
    import base64

    public = "".join(as_text(each) for each in (table.invitation, *table.members, table.round, *table.masked))
    for keys in table.keys:
        for key in (keys.agreement, keys.signature):
            assert base64.b64encode(key).decode() not in public


def test_of_other_reductions_only_moments_are_masked(table: Table, clinics) -> None:
    with pytest.raises(ReductionError, match="Only the moments"):
        mask(table.round, oc.reduce_events(clinics[0]), table.keys[0], fingerprint=table.round.fingerprint)
