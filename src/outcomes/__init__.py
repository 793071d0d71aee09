"""Outcome tracking for dry-needling clinics: from session records to honest estimates per condition.

Public names are listed once, in the stub beside this file, and loaded when first used: importing the package
does nothing.
"""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Any

import lazy_loader

_attached, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_FORMER: dict[str, tuple[str, dict[str, str]]] = {
    "foretelling": ("prediction", {"foretold": "predicted", "foretold_sentences": "predicted_sentences"}),
    "headlines": ("change", {"course": "pain_course"}),
    "twitch_numbers": ("twitches", {"muscle_twitches": "muscle_twitches", "sentences": "count_sentences"}),
    "twitch_sign": ("prediction", {"GAIN": "TWITCHES_ADD", "sentences": "twitch_value_sentences"}),
    "usual_pain": ("sensitivity", {}),
}
"""Modules of earlier versions, for the programs that call them: what each is now, and its names that are others now."""


def __getattr__(name: str) -> Any:
    return _former(name) if name in _FORMER else _attached("History" if name == "Ledger" else name)


@cache
def _former(name: str) -> SimpleNamespace:
    """What a module of an earlier version offered, by the names it had then."""
    now, renamed = _FORMER[name]
    module = _attached(now)
    names = {known: getattr(module, known) for known in module.__all__}
    others = {
        former: names[known] if known in names else _attached(known) for former, known in renamed.items()
    }
    return SimpleNamespace(**{**names, **others})
