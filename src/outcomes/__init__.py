"""Outcome tracking for dry-needling clinics: from session records to honest estimates per condition.

Public names are listed once, in the stub beside this file, and loaded when first used: importing the package
does nothing.
"""

from __future__ import annotations

from typing import Any

import lazy_loader

_attached, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
_FORMER = {"foretelling": "prediction"}  # names of earlier versions, for the programs that call them


def __getattr__(name: str) -> Any:
    return _attached(_FORMER.get(name, name))
