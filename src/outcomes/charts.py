"""Every chart of the suite, by name: protected, tidy estimates in, Axes out.

Charts never fit, never show, and leave matplotlib's settings as they were. Each registers its alt text, which
:func:`alt_text` returns. ``width`` is in inches: 7 for a page, 3.6 for a phone.
"""

from outcomes.chart_courses import pain_course
from outcomes.chart_forests import condition_forest, rate_forest, slopes
from outcomes.chart_page import alt_text
from outcomes.chart_relations import dose_response, immediate_to_two_day
from outcomes.chart_style import PAGE, PHONE

__all__ = [
    "PAGE",
    "PHONE",
    "alt_text",
    "condition_forest",
    "dose_response",
    "immediate_to_two_day",
    "pain_course",
    "rate_forest",
    "slopes",
]
