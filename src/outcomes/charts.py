"""Every chart of the suite, by name: protected, tidy estimates in, Axes out.

Charts never fit, never show, and leave matplotlib's settings as they were. Each registers its alt text, which
:func:`alt_text` returns. ``width`` is in inches: 7 for a page, 3.6 for a phone.
"""

from outcomes.chart_cards import expectation_card
from outcomes.chart_courses import pain_course
from outcomes.chart_curves import precision, responder_curve
from outcomes.chart_forests import condition_forest, rate_forest, slopes
from outcomes.chart_page import alt_text
from outcomes.chart_patient import patient_course
from outcomes.chart_records import flow, heaping, missingness
from outcomes.chart_relations import dose_response, immediate_to_two_day
from outcomes.chart_shares import better_same_worse, capture
from outcomes.chart_soreness import soreness_curve
from outcomes.chart_specification import specification_curve
from outcomes.chart_style import PAGE, PHONE
from outcomes.chart_tipping import tipping_point

__all__ = [
    "PAGE",
    "PHONE",
    "alt_text",
    "better_same_worse",
    "capture",
    "condition_forest",
    "dose_response",
    "expectation_card",
    "flow",
    "heaping",
    "immediate_to_two_day",
    "missingness",
    "pain_course",
    "patient_course",
    "precision",
    "rate_forest",
    "responder_curve",
    "slopes",
    "soreness_curve",
    "specification_curve",
    "tipping_point",
]
