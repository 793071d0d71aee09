"""Every sentence the pages say of some sessions, without drawing anything.

Comes in: sessions. Goes out: notebook by notebook, what :meth:`Page.say` was given, and what the index and the pages of
the conditions make of the notebooks' tables. Estimates that several notebooks ask for are computed once, so that
hundreds of clinics can be read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pandas as pd

import outcomes as oc
from outcomes.pages.condition import condition_pages
from outcomes.pages.owner import Tables, first_screen
from outcomes.pages.page import Page

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9]*.ipynb"))
ONE_PATIENT = "07_one_patient"

_DIRECTION = re.compile(
    r"(?<!no )\b(?:more|less|fewer) (?:improved )?than expected|rose by more|(?:went|goes) with more|go together less"
    r"|likely with more|likelier with|lasted longer|was shorter|improved that prediction|is not what two readings"
    r"|needling was higher|needling went with"
    r"|clear of no change: a (?:gain|loss)",  # of range or function nothing is known to be expected
    re.IGNORECASE,
)
"""What only a sentence says that names a direction beyond what is expected without any effect."""
TRUE_ANYWAY = ("soreness", "ain of the needling")
"""What the simulated clinics do have: soreness goes with twitches, pain of the needling with the first time."""
_TAKEN_BACK = re.compile(r"can['’]t tell|\bin none of\b|\bWhether\b")


class Listening(Page):
    """A page that keeps what it is told to say, and draws nothing."""

    known: dict[Any, pd.DataFrame]
    heard: list[str]
    made: Path

    def protect(self, frame: pd.DataFrame, name: str, **options: Any) -> pd.DataFrame:
        shown = super().protect(frame, name, **options)
        shown.to_csv(self.made / "tables" / f"{self.name}-{name}.csv", index=False)
        return shown

    def estimate(self, compute: Callable[..., pd.DataFrame], source: pd.DataFrame, **options: Any) -> Any:
        kept = {k: options.pop(k) for k in ("name", "family", "kind") if k in options}
        key = (compute.__module__, compute.__qualname__, id(source), repr(sorted(options.items())))
        if key not in self.known:
            self.known[key] = (
                compute(source, **options),
                source,
            )  # the source is kept, so that its id stays its own
        return self.protect(self.known[key][0], kept.pop("name"), **kept)

    def chart(self, *_: Any, **__: Any) -> None:
        pass

    def table(self, *_: Any, **__: Any) -> None:
        pass

    def say(self, *sentences: str) -> None:
        self.heard.extend(sentence for sentence in sentences if sentence)

    def answer(self, *sentences: str, line: str | None = None) -> None:
        self.say(*sentences, line or "")

    def board(self, claims: pd.DataFrame) -> None:
        for verdict in oc.questions.claims.VERDICTS:
            self.say(*oc.questions.claims.verdict_sentences(claims, verdict))

    def export(self) -> None:
        pass


@contextmanager
def _listening(sessions: pd.DataFrame, known: dict[Any, Any], heard: list[str], made: Path) -> Any:
    times = _times(sessions)

    def open_page(name: str, *_: Any, audience: str = "clinician", **__: Any) -> Listening:
        page = Listening(name, audience, None, times)
        page.known, page.heard, page.made = known, heard, made
        return page

    with (
        patch.object(oc, "open_page", open_page),
        patch.object(oc, "read_sessions", lambda *_, **__: sessions),
    ):
        yield


def _times(sessions: pd.DataFrame) -> dict[str, str]:
    usual = {"pre": "before", "post": "right after", "48h": "at 2 days"}
    return sessions.attrs.get("outcomes", {}).get("times") or usual


def said_of(sessions: pd.DataFrame, *, only: Iterable[str] = ()) -> dict[str, list[str]]:
    """Sentences by notebook, of the index and of the pages of conditions, for a clinician (nothing withheld)."""
    known: dict[Any, Any] = {}
    found: dict[str, list[str]] = {}
    with TemporaryDirectory() as folder:
        made = Path(folder)
        (made / "tables").mkdir()
        for path in NOTEBOOKS:
            if path.stem == ONE_PATIENT or (only and path.stem not in only):
                continue
            heard: list[str] = []
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
            with _listening(sessions, known, heard, made):
                scope: dict[str, Any] = {}
                for cell in code:
                    exec(compile(cell, path.stem, "exec"), scope)
            found[path.stem] = heard
        return found | _composed(Tables(made, _times(sessions)))


def _composed(tables: Tables) -> dict[str, list[str]]:
    """What the index and the pages of conditions say: they are made of the notebooks' tables."""
    pages = condition_pages(tables)
    index = [said for _, said in first_screen(tables)[1]]
    figures = [f"{what}: {figure}" for page in pages for what, figure, _ in page.figures]
    return {"index": index, "conditions": [*(said for page in pages for said in page.answer), *figures]}


def directional(sentences: Iterable[str], *, but: tuple[str, ...] = ()) -> list[str]:
    """Sentences that name a direction beyond what is expected; not those about ``but``, where they are true."""
    parts = [part for text in sentences for part in re.split(r"(?<=[.!?])\s+", text)]
    found = [part for part in parts if _DIRECTION.search(part) and not _TAKEN_BACK.search(part)]
    return [part for part in found if not any(about in part for about in but)]
