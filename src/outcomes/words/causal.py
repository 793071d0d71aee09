"""Text in, the sentences that claim a cause out: records without a comparison group can never show one."""

from __future__ import annotations

import re

__all__ = ["CAUSAL", "causal_claims"]

_CLAIMS = (
    r"caus(?:e|es|ed|ing)|due to|owing to|thanks to|led to|leads to|result(?:s|ed)? (?:from|in)",
    r"because of (?:the )?needling|treatment effect|effective(?:ness)?",
    r"needling (?:works?|worked|helps?|helped|reduce[sd]?|improve[sd]?|relieve[sd]?)",
    r"needling (?:eases?|eased|heals?|healed|cure[sd]?|lower(?:s|ed)?)",
)
CAUSAL = re.compile(rf"\b({'|'.join(_CLAIMS)})\b", re.IGNORECASE)
_NEGATED = re.compile(
    r"\b(no|not|never|nothing|neither|cannot|nor|without|whether|can['’]t|don['’]t|doesn['’]t|didn['’]t|isn['’]t|won['’]t)\b",
    re.IGNORECASE,
)


def causal_claims(text: str) -> list[str]:
    """Sentences that claim a cause, and do not deny it.

    Examples
    --------
    >>> causal_claims("Needling reduced pain. Nothing here shows what caused the change.")
    ['Needling reduced pain.']
    >>> causal_claims("Needling eased pain. These records can't show a fall due to needling.")
    ['Needling eased pain.']
    """
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return [s.strip() for s in sentences if CAUSAL.search(s) and not _NEGATED.search(s)]
