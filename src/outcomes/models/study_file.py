"""A study's reductions in, one file out, and back: a zip of JSON that can be read without this library.

The file says what is in it, under which plan it was made, and the hash of every part; ``docs/reduction-format.md`` says
how to read it. No row of any patient is in it. What was changed since it was written is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from outcomes.errors import ReductionError
from outcomes.files.write import json_text, write_whole
from outcomes.models.exchange import small_cells
from outcomes.models.study import KINDS, Study

__all__ = ["hashed", "is_study", "read_studies", "read_study", "refuse_small_parts", "write_study"]

FORMAT = "outcomes-study"
VERSION = 1
ENDING = ".outcomes"
CONTENTS, PEOPLE = "study.json", "people.json"
MOST_BYTES = 512 * 1024 * 1024
"""No file of a study unpacks to more."""
LEAST_KEY = 16
_ALWAYS = (1980, 1, 1, 0, 0, 0)


def hashed(patients: Iterable[str], key: bytes) -> list[str]:
    """A keyed hash of each pseudonym, so that clinics with the same key see who is in two of them.

    Raises
    ------
    ReductionError
        Where the key is so short that it could be guessed.
    """
    if len(key) < LEAST_KEY:
        raise ReductionError(
            f"The study's key has {len(key)} bytes; give a file of {LEAST_KEY} random bytes or more, the same in every "
            "clinic, and keep it from whoever pools."
        )
    return sorted({hmac.new(key, str(name).encode(), hashlib.sha256).hexdigest()[:24] for name in patients})


def refuse_small_parts(study: Study, least: int) -> None:
    """Stop before a study is written that tells of a few patients.

    Raises
    ------
    ReductionError
        Naming what is small.
    """
    few = dict.fromkeys(what for part in study.parts.values() for what in small_cells(part, least))
    if few:
        raise ReductionError(
            f"This would hold cells of fewer than {least} ({'; '.join(few)}), and of a few patients a sum is nearly a "
            "record. Where it goes out under an agreement, add --i-am-inside. Nothing was written."
        )


def write_study(study: Study, path: str | Path) -> None:
    """Write a study's reductions to one file, whole or not at all; the same study gives the same bytes."""
    texts = {f"parts/{name}.json": part.to_json() for name, part in study.parts.items()}
    if study.people:
        texts[PEOPLE] = json_text(sorted(study.people))
    contents = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"outcomes {metadata.version('outcomes')}",
        "plan": study.plan,
        "synthetic": study.synthetic or "none",
        "clinics": study.clinics,
        "patients": study.patients,
        "sessions": study.sessions,
        "files": {name: _sha256(text) for name, text in texts.items()},
    }
    contents["checksum"] = _checksum(contents)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, text in {CONTENTS: json_text(contents), **texts}.items():
            whole.writestr(zipfile.ZipInfo(name, _ALWAYS), text, zipfile.ZIP_DEFLATED)
    write_whole(Path(path), held.getvalue())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(contents: Mapping[str, Any]) -> str:
    """The hash of everything that the list of contents says, itself left out."""
    said = {name: value for name, value in contents.items() if name != "checksum"}
    return _sha256(json.dumps(said, sort_keys=True))


def is_study(path: str | Path) -> bool:
    """Whether a file is one of a study, whole or damaged: by its name, or as a zip."""
    return Path(path).suffix == ENDING or zipfile.is_zipfile(path)


def read_study(path: str | Path) -> Study:
    """Read the file of one clinic.

    Raises
    ------
    ReductionError
        Where it is no such file, is of another version, or was changed since it was written.
    """
    path = Path(path)
    try:
        texts = _texts(path)
        contents = json.loads(texts.pop(CONTENTS))
        if contents["format"] != FORMAT:
            raise KeyError(CONTENTS)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, zipfile.BadZipFile) as error:
        raise ReductionError(
            f"{path.name} is not a study's file. Make one with `outcomes reduce FILE --out clinic.outcomes`."
        ) from error
    if contents.get("version") != VERSION:
        raise ReductionError(
            f"{path.name} is of version {contents.get('version')!r}; this release reads version {VERSION}. Reduce the "
            "records again with the same release everywhere."
        )
    found = {name: _sha256(text) for name, text in texts.items()}
    if contents.get("files") != found or contents.get("checksum") != _checksum(contents):
        raise ReductionError(
            f"{path.name} was changed since it was written. Ask its sender for it again, and add nothing of it."
        )
    try:
        return _study(contents, texts)
    except (KeyError, TypeError, ValueError) as error:
        raise ReductionError(
            f"{path.name} holds parts that this release does not know ({error!r}). Use the same release everywhere."
        ) from error


def _texts(path: Path) -> dict[str, str]:
    """What is packed in a file, by name; nothing is unpacked to the disk."""
    with zipfile.ZipFile(path) as whole:
        if sum(part.file_size for part in whole.infolist()) > MOST_BYTES:
            raise ReductionError(f"{path.name} unpacks to more than a study's file holds. Ask its sender.")
        return {name: whole.read(name).decode() for name in whole.namelist()}


def _study(contents: Mapping[str, Any], texts: Mapping[str, str]) -> Study:
    parts = {}
    for name in (name for name in texts if name != PEOPLE):
        stem = name.removeprefix("parts/").removesuffix(".json")
        parts[stem] = KINDS[stem.partition("-")[0]].from_json(texts[name])
    synthetic = contents["synthetic"]
    return Study(
        parts,
        int(contents["patients"]),
        int(contents["sessions"]),
        str(contents["plan"]),
        "" if synthetic == "none" else synthetic,
        frozenset(json.loads(texts.get(PEOPLE, "[]"))),
        int(contents["clinics"]),
    )


def read_studies(paths: Sequence[str | Path], plan: str) -> list[Study]:
    """Read the files of several clinics, in their order, to be added up.

    Parameters
    ----------
    paths : sequence of str or Path
    plan : str
        Hash of the plan in use, which all have to be made under.

    Raises
    ------
    ReductionError
        Where two hold the same records or patients, or one was made under another plan.
    """
    studies = [read_study(path) for path in paths]
    seen: dict[str, str] = {}
    for path, study in zip(map(Path, paths), studies, strict=True):
        if study.plan != plan:
            raise ReductionError(
                f"{path.name} was reduced under another plan (windows, thresholds or rules) than that in use, so its "
                "sums are of different things. Give the study's plan with --plan, to `reduce` and to `pool`."
            )
        held = _sha256("".join(part.to_json() for _, part in sorted(study.parts.items())))
        if held in seen:
            raise ReductionError(
                f"{seen[held]} and {path.name} hold the same sums, so the same patients would count twice. Name each "
                "once."
            )
        seen[held] = path.name
    _refuse_overlap([Path(path).name for path in paths], studies)
    return studies


def _refuse_overlap(names: Sequence[str], studies: Sequence[Study]) -> None:
    for at, study in enumerate(studies):
        for name, before in zip(names[:at], studies[:at], strict=True):
            if study.people & before.people:
                raise ReductionError(
                    f"{name} and {names[at]} have patients in common, by their pseudonyms, and would count them twice. "
                    "Let one of the clinics leave them out. (Clinics that number their patients 1, 2, 3 share "
                    "pseudonyms without sharing patients: they need no key.)"
                )
