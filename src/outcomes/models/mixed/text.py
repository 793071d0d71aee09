"""A fit's heading, tables and notes in; a page for people out, as plain text or as a notebook's HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

__all__ = ["page_of_html", "page_of_text"]


def page_of_text(heading: Sequence[str], tables: Mapping[str, pd.DataFrame], notes: Sequence[str]) -> str:
    """The heading's lines, each table under its title, and the notes."""
    parts = ["\n".join(heading)]
    parts += [f"{title}\n{_as_text(frame).to_string(index=False)}" for title, frame in tables.items()]
    if notes:
        parts.append("Notes\n" + "\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts)


def page_of_html(heading: Sequence[str], tables: Mapping[str, pd.DataFrame], notes: Sequence[str]) -> str:
    """The same as HTML."""
    lines = "<br>".join(map(escape, heading))
    shown = "".join(
        f"<p>{escape(title)}</p>{_as_text(frame).to_html(index=False, border=0)}"
        for title, frame in tables.items()
    )
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<div><p>{lines}</p>{shown}{f'<ul>{listed}</ul>' if notes else ''}</div>"


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as text: four significant digits, p-values to three decimals."""
    shown = frame.copy()
    for name in frame.columns:
        if name == "p_value":
            shown[name] = ["" if pd.isna(p) else "<0.001" if p < 0.001 else f"{p:.3f}" for p in frame[name]]
        elif pd.api.types.is_float_dtype(frame[name]):
            shown[name] = ["" if pd.isna(value) else f"{value:.4g}" for value in frame[name]]
    return shown
