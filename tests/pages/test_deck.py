"""The titles of a deck; its slides are read back in ``test_formats.py``."""

from __future__ import annotations

from outcomes.pages.deck import TWO_LINES, headline


def test_the_title_of_a_slide_takes_two_lines() -> None:
    long = "Pain was 5.2 (95% CI 5.0 to 5.4) at first. " + "Then it was said at much greater length. " * 4
    assert headline(long) == "Pain was 5.2 at first."
    assert headline("Short (n = 5). Both fit.") == "Short. Both fit."
    assert len(headline("A sentence of its own. " * 9)) <= TWO_LINES
    fits = f"One. {'Two ' * 28}ab."
    assert (len(fits), headline(fits)) == (TWO_LINES, fits)
    assert headline(f"{fits}.") == "One."
