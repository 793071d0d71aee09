"""The files of several clinics in, a folder with the page of all of them out: from sums, no record is read.

Whoever pools holds every clinic's sums already, so the page shows what they show: it is for those who run the study,
and says that it is not to be passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.files.folder import whole_folder
from outcomes.pages.cells import Given
from outcomes.pages.manifest import about_plan, unchanged
from outcomes.pages.notebooks import Book, notebook_folder, read_book
from outcomes.pages.processes import Run, preload, run_books
from outcomes.record.plan import active_plan, read_plan, use_plan

if TYPE_CHECKING:
    from outcomes.models.study import Clinics

__all__ = ["Pooled", "pool_pages"]

NOTEBOOK = "several_clinics.ipynb"
AUDIENCE = "clinician"
"""The audience nothing is withheld from."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Pooled:
    """What was pooled: where the pages are, of how many clinics, patients and sessions."""

    out: Path
    clinics: int
    patients: int
    sessions: int


def pool_pages(
    files: Sequence[str | Path],
    out: str | Path,
    *,
    plan: str | Path | None = None,
    progress: Progress | None = None,
) -> Pooled:
    """Add up what several clinics sent and write the page of all of them.

    Parameters
    ----------
    files : sequence of str or Path
        From ``outcomes reduce FILE --out clinic.outcomes``.
    out : str or Path
        Folder to write; what an earlier run wrote there is replaced as a whole.
    plan : str or Path, optional
        The study's analysis plan; the shipped one unless given.
    progress : callable, optional
        Called with what is being done, how much is done and how much there is.

    Raises
    ------
    OutcomesError
        Where a file is damaged or of another plan, or two hold the same patients; nothing was written then.
    """
    from outcomes.pages.html import write_pages
    from outcomes.questions.several_clinics import read_clinics

    tell = progress or (lambda *_: None)
    tell("reading what the clinics sent", 0, 1)
    preload()
    with ExitStack() as reading, use_plan(read_plan(plan) if plan else active_plan()):
        hashes = {str(file): reading.enter_context(unchanged(file)) for file in files}
        clinics = read_clinics(files)
        with whole_folder(Path(out)) as staging:
            paths = [str(Path(file).absolute()) for file in files]
            given = {"data": paths, "audience": AUDIENCE, "out": str(staging)}
            book = read_book(notebook_folder() / NOTEBOOK, given)
            shown = {key: frame for key, (frame, _) in _run(book, None, tell).tables.items()}
            book.keep(_run(book, shown, tell).outputs)
            write_pages([book], staging, _about(clinics, hashes), None)
    return Pooled(Path(out), clinics.whole.clinics, clinics.whole.patients, clinics.whole.sessions)


def _run(book: Book, shown: Any, tell: Progress) -> Run:
    """Go through the notebook: for its tables alone, then to draw and write what is shown of them."""
    what, done = ("running the notebook" if shown else "calculating the tables"), 0

    def cell_done() -> None:
        nonlocal done
        done += 1
        tell(what, done, len(book.code))

    return run_books([book], lambda _: Given(None, active_plan(), shown), cell_done)[book.name]


def _about(clinics: Clinics, hashes: dict[str, str]) -> dict[str, Any]:
    """What the manifest says: which files, by their hashes alone, and under which plan."""
    return {
        **about_plan(),
        "for": "inside the study",
        "input": {
            "file": f"{clinics.whole.clinics} clinics' sums",
            "sha256": None,
            "files": sorted(hashes.values()),
        },
        "clinics": clinics.whole.clinics,
        "patients": clinics.whole.patients,
        "synthetic": clinics.synthetic or "none",
        "title": "Dry needling at several clinics: what patients reported",
        "citation": "",
        "times": {},
        "options": {"audience": AUDIENCE},
    }
