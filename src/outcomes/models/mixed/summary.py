"""A mixed model written out for people: plain text and a notebook's HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from outcomes.models.mixed.fit import MixedFit

__all__ = ["summary_html", "summary_text"]


def _heading(fit: MixedFit) -> list[str]:
    how = "restricted maximum likelihood" if fit.method == "REML" else "maximum likelihood"
    kind = "Restricted log-likelihood" if fit.method == "REML" else "Log-likelihood"
    return [
        f"Linear mixed model by {how}: {fit.formula}",
        f"{fit.n_sessions} sessions of {fit.n_patients} patients; {fit.n_missing} rows left out for missing values",
        f"{kind} {fit.log_likelihood:.3f}, AIC {fit.aic:.1f}, BIC {fit.bic:.1f}; "
        f"share of variance between patients {fit.intraclass_correlation:.3f}",
    ]


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers as text: four significant digits, p-values to three decimals."""
    shown = frame.copy()
    for name in frame.columns:
        if name == "p_value":
            shown[name] = ["" if pd.isna(p) else "<0.001" if p < 0.001 else f"{p:.3f}" for p in frame[name]]
        elif pd.api.types.is_float_dtype(frame[name]):
            shown[name] = ["" if pd.isna(value) else f"{value:.4g}" for value in frame[name]]
    return shown


def summary_text(fit: MixedFit) -> str:
    """A page of text about a fit."""
    level = f"{100 * fit.conf_level:g} %"
    parts = [
        "\n".join(_heading(fit)),
        f"Fixed effects ({level} intervals, Satterthwaite degrees of freedom)\n"
        + _shown(fit.coefficients).to_string(index=False),
        f"Variances ({level} profile-likelihood intervals)\n"
        + _shown(fit.variance_components).to_string(index=False),
    ]
    if fit.notes:
        parts.append("Notes\n" + "\n".join(f"- {note}" for note in fit.notes))
    return "\n\n".join(parts)


def summary_html(fit: MixedFit) -> str:
    """The same as HTML, for notebooks."""
    lines = "<br>".join(escape(line) for line in _heading(fit))
    tables = "".join(
        f"<p>{title}</p>{_shown(frame).to_html(index=False, border=0)}"
        for title, frame in (("Fixed effects", fit.coefficients), ("Variances", fit.variance_components))
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in fit.notes)
    return f"<div><p>{lines}</p>{tables}{f'<ul>{notes}</ul>' if notes else ''}</div>"
