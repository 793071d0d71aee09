"""The file of a study: read back, read without this library, refused where changed, and naming nobody."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

import outcomes as oc
from outcomes.errors import ReductionError
from outcomes.models.json_file import plan_hash
from outcomes.models.study import reduce_study
from outcomes.models.study_file import (
    hashed,
    is_study,
    read_studies,
    read_study,
    refuse_small_parts,
    write_study,
)
from several_clinics_data import clinics, same_sums

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def each():
    return clinics(40, 60)


@pytest.fixture(scope="module")
def files(each, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    for at, sessions in enumerate(each):
        write_study(reduce_study(sessions), folder / f"{at}.outcomes")
    return [folder / "0.outcomes", folder / "1.outcomes"]


def rewritten(path: Path, out: Path, change) -> Path:
    """The file with its texts changed."""
    with zipfile.ZipFile(path) as whole:
        texts = {name: whole.read(name).decode() for name in whole.namelist()}
    with zipfile.ZipFile(out, "w") as whole:
        for name, text in change(texts).items():
            whole.writestr(name, text)
    return out


def test_a_file_gives_back_what_was_written_and_is_written_alike(each, files, tmp_path):
    study, back = reduce_study(each[0]), read_study(files[0])
    assert (back.patients, back.sessions, back.plan, back.synthetic) == (40, len(each[0]), plan_hash(), "all")
    same_sums(back, study)
    write_study(study, tmp_path / "again.outcomes")
    assert (tmp_path / "again.outcomes").read_bytes() == files[0].read_bytes()
    assert is_study(files[0])
    assert not is_study(Path(__file__))


def test_plain_python_reads_a_mean_and_a_share_of_it(each, files):
    with zipfile.ZipFile(files[0]) as whole:  # from here the standard library alone
        contents = json.loads(whole.read("study.json"))
        texts = {name: whole.read(name) for name in contents["files"]}
    assert all(hashlib.sha256(texts[name]).hexdigest() == mark for name, mark in contents["files"].items())
    sums = json.loads(texts["parts/totals-pain_relief_post-all.json"])
    rows = [
        dict(zip(sums["classes"], row, strict=True)) for row in zip(*sums["classes"].values(), strict=True)
    ]
    sessions = sum(row["n"] * row["patients"] for row in rows)
    mean = sums["centre"] + sum(row["total"] for row in rows) / sessions
    groups = json.loads(texts["parts/counts-pain_responder_post-all.json"])["groups"]
    share = groups["responders"][0] / groups["sessions"][0]

    known = oc.clustered_means(each[0], "pain_relief_post", by=None).iloc[0]
    assert (sessions, mean) == (known["sessions"], pytest.approx(known["estimate"], rel=1e-12))
    assert share == pytest.approx(oc.responders(each[0], "pain_responder_post", by=None)["proportion"][0])


@pytest.mark.parametrize(
    "change",
    [
        lambda texts: {
            **texts,
            "study.json": texts["study.json"].replace('"patients": 40', '"patients": 41'),
        },
        lambda texts: {
            name: text.replace('"total": [', '"total": [1,') if "totals" in name else text
            for name, text in texts.items()
        },
        lambda texts: {name: text for name, text in texts.items() if "events" not in name},
        lambda texts: {**texts, "parts/more.json": "{}"},
    ],
    ids=["a count", "a sum", "a part taken out", "a part put in"],
)
def test_what_was_changed_is_refused(files, tmp_path, change):
    changed = rewritten(files[0], tmp_path / "x.outcomes", change)
    with pytest.raises(ReductionError, match=r"x\.outcomes was changed since it was written"):
        read_study(changed)


def test_what_is_no_study_is_refused(tmp_path, files):
    (tmp_path / "x.outcomes").write_bytes(b"\x00junk")
    with pytest.raises(ReductionError, match="is not a study's file"):
        read_study(tmp_path / "x.outcomes")
    with pytest.raises(ReductionError, match="is not a study's file"):
        read_study(tmp_path / "absent.outcomes")
    old = rewritten(
        files[0],
        tmp_path / "old.outcomes",
        lambda texts: {**texts, "study.json": texts["study.json"].replace('"version": 1', '"version": 7')},
    )
    with pytest.raises(ReductionError, match="of version 7"):
        read_study(old)


def test_a_part_of_a_kind_that_is_not_known_is_refused(files, tmp_path):
    """Whole and signed by its hashes, but made by something else."""

    def with_another_part(texts):
        texts = {**texts, "parts/slopes-pain-all.json": "{}"}
        said = json.loads(texts.pop("study.json"))
        said["files"] = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
        del said["checksum"]
        said["checksum"] = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return {"study.json": json.dumps(said), **texts}

    other = rewritten(files[0], tmp_path / "x.outcomes", with_another_part)
    with pytest.raises(ReductionError, match="parts that this release does not know"):
        read_study(other)


def test_the_same_sums_twice_and_other_plans_are_refused(files, tmp_path):
    copy = tmp_path / "copy.outcomes"
    copy.write_bytes(files[0].read_bytes())
    with pytest.raises(ReductionError, match=r"0\.outcomes and copy\.outcomes hold the same sums"):
        read_studies([files[0], files[1], copy], plan_hash())
    with pytest.raises(ReductionError, match=r"0\.outcomes was reduced under another plan"):
        read_studies(files, "another")


def test_patients_of_two_clinics_are_seen_where_the_clinics_share_a_key(each, tmp_path):
    visitor = each[1].assign(
        patient_id=each[1]["patient_id"].mask(each[1]["patient_id"] == "C1-P0001", "C0-P0001")
    )
    for at, sessions in enumerate((each[0], visitor, each[1])):
        people = hashed(sessions["patient_id"], KEY)
        assert len(people) == sessions["patient_id"].nunique()
        write_study(reduce_study(sessions, people=people), tmp_path / f"{at}.outcomes")
    with pytest.raises(ReductionError, match=r"0\.outcomes and 1\.outcomes have patients in common"):
        read_studies([tmp_path / "0.outcomes", tmp_path / "1.outcomes"], plan_hash())
    assert len(read_studies([tmp_path / "0.outcomes", tmp_path / "2.outcomes"], plan_hash())) == 2
    with pytest.raises(ReductionError, match="has 3 bytes"):
        hashed(["a"], b"abc")


def test_a_file_names_no_patient_session_or_clinician(each, files):
    with zipfile.ZipFile(files[0]) as whole:
        held = "".join(whole.read(name).decode() for name in whole.namelist())
    for name in ("patient_id", "session_id", "clinician_id", "clinic_id"):
        assert not [value for value in each[0][name].unique() if f'"{value}"' in held], name


def test_a_study_of_few_is_refused_unless_it_stays_inside(each):
    with pytest.raises(ReductionError, match="cells of fewer than 11"):
        refuse_small_parts(reduce_study(each[0]), 11)
    refuse_small_parts(reduce_study(each[0]), 1)
