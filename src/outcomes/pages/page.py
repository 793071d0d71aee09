"""What a notebook shows and hands on: every table, chart and sentence passes one gate.

A notebook opens a :class:`Page`, has it compute and protect each estimate frame, and draws and tabulates only what came
back. Comes in: estimates. Goes out: what the audience may see, on the screen, and (at the end, when a folder was given)
as CSV, PNG and a small record of titles and alt texts. Refuses frames that did not pass the gate.
"""

from __future__ import annotations

import base64
import html
import inspect
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outcomes.errors import DisclosureError
from outcomes.files.write import csv_text, json_text, write_whole
from outcomes.record.synthetic import SYNTHETIC, Synthetic, how_synthetic

if TYPE_CHECKING:
    import pandas as pd

    from outcomes.models.study import Clinics
    from outcomes.pages.tables import Tables

__all__ = ["ON_A_PHONE", "PHONE_ENDING", "Drawn", "Page", "open_page"]

MARK = "protected_for"
PHONE_ENDING = ".phone.png"
PAGE_DPI, PHONE_DPI = 160, 200
ON_A_PHONE = "(max-width: 37.5rem)"
"""Screens that get the narrow picture of a chart; ``style.css`` and the index say the same."""
SCREEN_DPI = 105
"""Pixels of a screen per inch of a chart: a page-wide chart fills the column of text."""

STAMP = {"all": "Synthetic records", "some": "Partly synthetic records"}
"""What stands at the foot of every chart and in every table made of synthetic records."""
STRIP = 0.24
"""Height in inches of the strip that says so under a chart."""


@dataclass(frozen=True)
class Drawn:
    """A chart as PNG: for a page, for a phone where it is drawn apart, what it shows, its width on a screen."""

    picture: bytes
    phone: bytes | None
    alt: str
    width: int

    def html(self) -> str:
        """The picture with its alt text, which Jupyter shows of HTML only; of two pictures the screen chooses."""
        narrow, wide = (base64.b64encode(png or b"").decode() for png in (self.phone, self.picture))
        image = f'<img alt="{html.escape(self.alt)}" width="{self.width}" src="data:image/png;base64,{wide}">'
        if self.phone is None:
            return image
        source = f'<source media="{ON_A_PHONE}" srcset="data:image/png;base64,{narrow}">'
        return f"<picture>{source}{image}</picture>"


def _png(figure: Any, dpi: int, synthetic: Synthetic = "") -> bytes:
    """A chart as PNG; one of synthetic records has a strip at its foot that says so."""
    import matplotlib.pyplot as plt

    picture, about = io.BytesIO(), {"Software": None, "Description": SYNTHETIC.get(synthetic)}
    strip = _strip(figure, STAMP[synthetic]) if synthetic else None
    figure.savefig(picture, format="png", dpi=dpi, metadata=about, bbox_inches=strip)
    plt.close(figure)
    return picture.getvalue()


def _strip(figure: Any, text: str) -> Any:
    """Write below a chart, and return the box in inches that holds the chart and the words."""
    from matplotlib.transforms import Bbox

    width, height = figure.get_size_inches()
    figure.text(0.5, -STRIP / 2 / height, text, size=8, weight="bold", ha="center", va="center")
    return Bbox([[0, -STRIP], [width, height]])


def stamped(frame: pd.DataFrame, synthetic: str) -> pd.DataFrame:
    """A table with a column that says so where its records, or some of them, are synthetic."""
    stamp = STAMP.get(synthetic)
    return frame.assign(records=stamp.lower()) if stamp else frame


def _reached_by_keys(table: str) -> str:
    """A table whose box scrolls with the arrow keys as well."""
    return table.replace('<div id="table-', '<div tabindex="0" role="group" aria-label="Table" id="table-', 1)


@dataclass
class Page:
    """One notebook's outputs on their way to an audience.

    Attributes
    ----------
    name : str
        The notebook's name, which begins the name of every file.
    audience : str
        ``clinician``, ``researcher`` or ``owner``: who will see it (see ``limits.csv``).
    out : Path or None
        Where :meth:`export` writes; None writes nothing (a notebook open in Jupyter).
    times : mapping
        What the readings are called: ``{"pre": "before", "post": "right after", "48h": "at 2 days"}``.
    synthetic : str
        Whether ``all``, ``some`` or none (an empty text) of the records are synthetic: every file then says so.
    """

    name: str
    audience: str = "owner"
    out: Path | None = None
    times: Mapping[str, str] = field(default_factory=dict)
    synthetic: Synthetic = ""
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    families: dict[str, str] = field(default_factory=dict)
    charts: dict[str, Drawn] = field(default_factory=dict)
    withheld: int = 0
    in_a_line: str = ""

    def estimate(
        self,
        compute: Callable[..., pd.DataFrame],
        source: pd.DataFrame,
        *,
        name: str,
        family: str = "",
        kind: str = "estimates",
        **options: Any,
    ) -> pd.DataFrame:
        """Compute an estimate frame, protect it for the audience and register it for export.

        Parameters
        ----------
        compute : callable
            Called with ``source`` and the options; returns a tidy estimate frame with its ``patients``.
        source : pandas.DataFrame
            The sessions, or other estimates.
        name : str
            Short name of the table, different within the notebook.
        family : str
            The family of comparisons it belongs to, where it belongs to one.
        kind : str
            ``estimates``, or ``reference`` for a table that holds nothing of any patient.
        **options
            Handed to ``compute``.

        Returns
        -------
        pandas.DataFrame
            What may be shown: withheld rows keep their keys, lose their numbers and say so in ``note``. In a run
            it was computed and protected before, together with the tables of all pages, and is not computed again.
        """
        shown = self._protected_before(name)
        if shown is not None:
            return self._registered(shown, name, family)
        return self.protect(compute(source, **options), name, family=family, kind=kind)

    def protect(
        self, frame: pd.DataFrame, name: str, *, family: str = "", kind: str = "estimates"
    ) -> pd.DataFrame:
        """Protect an estimate frame that is at hand; otherwise as :meth:`estimate`."""
        from outcomes.disclosure.gate import protect

        shown = self._protected_before(name)
        if shown is None and self._of_run is not None:
            self._of_run.gathered[f"{self.name}-{name}"] = frame, kind
            shown = frame.copy()  # nothing is shown while a run gathers its tables
        elif shown is None:
            shown = protect(frame, audience=self.audience, name=name, kind=kind).table.copy()
        return self._registered(shown, name, family)

    @property
    def _of_run(self) -> Tables | None:
        from outcomes.pages.tables import of_run

        return of_run()

    @property
    def _gathering(self) -> bool:
        """Whether a run is still gathering its tables: nothing is drawn, shown or written then."""
        return self._of_run is not None and self._of_run.gathering

    def _protected_before(self, name: str) -> pd.DataFrame | None:
        """What may be shown of a table in a run whose tables were protected together."""
        if self._of_run is None or self._gathering:
            return None
        return self._of_run.may_be_shown(f"{self.name}-{name}")

    def _registered(self, shown: pd.DataFrame, name: str, family: str) -> pd.DataFrame:
        import pandas as pd

        shown.attrs = {MARK: self.audience, "family": family}
        self.tables[name] = shown
        self.families[name] = family
        notes = shown.get("note", pd.Series(dtype="str")).astype("str")
        self.withheld += int(notes.str.startswith("withheld").sum())
        return shown

    def chart(self, draw: Callable[..., Any], estimates: pd.DataFrame, *, name: str, **options: Any) -> None:
        """Draw a chart of protected estimates, show it with its alt text, and register it for export.

        On a page that is exported it is drawn a second time at the width of a phone, where ``draw`` takes a width.
        """
        self._refuse_unprotected(estimates, "chart", name)
        if self._gathering:
            return
        from outcomes.charts import PHONE, alt_text

        axes = draw(estimates, **options)
        inches, alt = axes.figure.get_figwidth(), alt_text(axes)
        picture, phone = _png(axes.figure, PAGE_DPI, self.synthetic), None
        wide = inches > PHONE and "width" in inspect.signature(draw).parameters
        if self.out is not None and wide and "width" not in options:
            phone = _png(draw(estimates, width=PHONE, **options).figure, PHONE_DPI, self.synthetic)
        shown = self.charts[name] = Drawn(picture, phone, alt, round(inches * SCREEN_DPI))
        self._display({"text/html": shown.html(), "text/plain": alt}, {})

    def table(self, estimates: pd.DataFrame, **options: Any) -> None:
        """Show protected estimates as a formatted table."""
        self._refuse_unprotected(estimates, "table", str(options.get("title", "")))
        if self._gathering:
            return
        from outcomes.charts.tables import as_table

        table = as_table(estimates, **options).as_raw_html()
        self._display({"text/html": _reached_by_keys(table), "text/plain": "table"}, {})

    def answer(self, *sentences: str, line: str | None = None) -> None:
        """Say the answer to the question of the page, before anything else.

        Parameters
        ----------
        *sentences : str
        line : str, optional
            What the index says of the page in a line: the first sentence unless given, the question where empty.
        """
        first = next((sentence for sentence in sentences if sentence), "")
        first = re.split(r"(?<=[.?!]) (?=[A-Z])", first)[0] if line is None else line
        self.in_a_line = first.replace(" (see the table)", "").replace(" (see the chart)", "")
        self._paragraphs("answer", sentences)

    def say(self, *sentences: str) -> None:
        """Show sentences computed from estimates, each argument a paragraph; what they hold is text, never markup."""
        self._paragraphs("said", sentences)

    def board(self, claims: pd.DataFrame) -> None:
        """Show the public claims with their verdicts; see :func:`outcomes.pages.board.board_html`."""
        self._refuse_unprotected(claims, "board", "claims")
        if self._gathering:
            return
        from outcomes.pages.board import board_html

        self._display({"text/html": board_html(claims), "text/plain": "board of the public claims"}, {})

    def _paragraphs(self, look: str, sentences: Iterable[str]) -> None:
        from outcomes.words import unbroken

        kept = [sentence for sentence in sentences if sentence]
        body = "".join(f"<p>{unbroken(html.escape(sentence, quote=False))}</p>" for sentence in kept)
        if kept and not self._gathering:
            self._display(
                {"text/html": f'<div class="{look}">{body}</div>', "text/plain": "\n\n".join(kept)}, {}
            )

    def export(self) -> None:
        """Write the tables and charts of this page, if it was given a folder, and say what was withheld."""
        if self.out is not None and not self._gathering:
            self._write(self.out)
        self.say(self._summary())

    def _write(self, out: Path) -> None:
        (out / "tables").mkdir(parents=True, exist_ok=True)
        (out / "charts").mkdir(parents=True, exist_ok=True)
        for name, frame in self.tables.items():
            text = csv_text(stamped(frame, self.synthetic))
            write_whole(out / "tables" / f"{self.name}-{name}.csv", text)
        for name, drawn in self.charts.items():
            write_whole(out / "charts" / f"{self.name}-{name}.png", drawn.picture)
            if drawn.phone is not None:
                write_whole(out / "charts" / f"{self.name}-{name}{PHONE_ENDING}", drawn.phone)
        record = {
            "notebook": self.name,
            "audience": self.audience,
            "tables": {name: self.families[name] for name in self.tables},
            "charts": {name: drawn.alt for name, drawn in self.charts.items()},
            "in_order": [*self.charts],
            "withheld": self.withheld,
            "answer": self.in_a_line,
            "synthetic": self.synthetic or "none",
        }
        write_whole(out / f"{self.name}.page.json", json_text(record))

    def _summary(self) -> str:
        from outcomes.words import NOT_SHOWN, counted

        held = self.withheld
        what = (
            f"{counted(len(self.tables), 'table')} and {counted(len(self.charts), 'chart')} are on this page"
        )
        where = "were exported" if self.out is not None else "are shown here; `outcomes run` exports them"
        kept_back = f" {counted(held, 'table row')} {NOT_SHOWN}." if held else ""
        return f"{what}; they {where} for the audience “{self.audience}”.{kept_back}"

    def _refuse_unprotected(self, frame: pd.DataFrame, what: str, name: str) -> None:
        if frame.attrs.get(MARK) != self.audience:
            raise DisclosureError(
                f"The {what} {name!r} was given a frame that did not pass the gate. Pass it through "
                "page.protect(...) "
                "first, and draw what comes back."
            )

    @staticmethod
    def _display(data: dict[str, Any], metadata: dict[str, Any]) -> None:
        from IPython.display import display

        display(data, metadata=metadata, raw=True)


def open_page(
    name: str,
    sessions: pd.DataFrame | Clinics | None = None,
    *,
    audience: str = "clinician",
    out: str | Path | None = None,
) -> Page:
    """Open a page for a notebook.

    Parameters
    ----------
    name : str
        The notebook's name.
    sessions : pandas.DataFrame or Clinics, optional
        Sessions from ``read_sessions``: they say what their readings are called and whether they are synthetic. Or what
        several clinics gave, which says the latter.
    audience : {"clinician", "researcher", "owner"}
    out : str or Path, optional
        Folder the exports go to.
    """
    from outcomes.disclosure.limits import limits_for

    limits_for(audience)
    times = getattr(sessions, "attrs", {}).get("outcomes", {}).get("times", {})
    synthetic = _synthetic(sessions)
    page = Page(name, audience, Path(out) if out else None, times, synthetic)
    if page.out is None:  # an exported page says so in its head
        page.say(SYNTHETIC.get(synthetic, ""))
    return page


def _synthetic(sessions: pd.DataFrame | Clinics | None) -> Synthetic:
    """Whether what a page is of is synthetic."""
    import pandas as pd

    if isinstance(sessions, pd.DataFrame):
        return how_synthetic(sessions["session_id"])
    return "" if sessions is None else sessions.synthetic
