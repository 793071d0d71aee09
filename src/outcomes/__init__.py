"""Outcome tracking for dry-needling clinics: from session records to honest estimates per condition.

Public names are loaded when first used, so that importing the package costs nothing. A public function keeps its name
even where a module has the same one: ``outcomes.claims`` is the function, whatever was imported before.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outcomes import (
        charts,
        clinicians,
        foretelling,
        headlines,
        kept_relief,
        literature,
        missing,
        planning,
        quality,
        readings,
        relation,
        sensitivity,
        tables,
        thresholds,
        usual_pain,
    )
    from outcomes.aft import soreness_model
    from outcomes.anonymity import k_anonymity
    from outcomes.benchmark import expected_change, null_benchmark
    from outcomes.claims import claims
    from outcomes.column_kinds import register_column
    from outcomes.conditions import condition, condition_label
    from outcomes.counts import twitch_rates
    from outcomes.deidentify import deidentify
    from outcomes.derive import Followup, ResponderRule, with_outcomes, within_between
    from outcomes.dictionary import data_dictionary
    from outcomes.disclosure import protect, protect_all
    from outcomes.draft import draft_mapping
    from outcomes.errors import OutcomesError, SessionErrors
    from outcomes.estimates import condition_estimates, immediate_to_two_day, overall_estimates, pain_course
    from outcomes.expectations import expectations
    from outcomes.identity import identifying_columns
    from outcomes.ledger import Ledger
    from outcomes.limits import limits_for
    from outcomes.mapping import read_mapping
    from outcomes.measures import measure, movement
    from outcomes.mixed import fit_mixed
    from outcomes.one_patient import next_session, reliable_changes
    from outcomes.page import open_page
    from outcomes.proportions import responders
    from outcomes.records import check_sessions, read_sessions
    from outcomes.reduce import CountTable, EventTable, Moments, reduce_counts, reduce_events, reduce_moments
    from outcomes.scan import scan_sessions
    from outcomes.schema import session_schema
    from outcomes.simulate import SCENARIOS, simulate_sessions, write_registry
    from outcomes.sore_course import (
        everyone_sore,
        soreness_groups,
        soreness_peaks,
        soreness_ratios,
        soreness_shares,
    )
    from outcomes.survival import soreness_curve, soreness_summary
    from outcomes.template import write_template
    from outcomes.twitch_numbers import muscle_twitches, twitch_counts
    from outcomes.twitch_sign import twitch_value
    from outcomes.twitches import twitch_bins, twitch_relations, twitch_soreness

_HOMES = {
    "Ledger": "ledger",
    "data_dictionary": "dictionary",
    "deidentify": "deidentify",
    "draft_mapping": "draft",
    "identifying_columns": "identity",
    "k_anonymity": "anonymity",
    "limits_for": "limits",
    "protect_all": "disclosure",
    "read_mapping": "mapping",
    "register_column": "column_kinds",
    "write_template": "template",
    "charts": "",
    "headlines": "",
    "missing": "",
    "sensitivity": "",
    "relation": "",
    "planning": "",
    "foretelling": "",
    "kept_relief": "",
    "usual_pain": "",
    "literature": "",
    "clinicians": "",
    "quality": "",
    "readings": "",
    "thresholds": "",
    "tables": "",
    "soreness_model": "aft",
    "expected_change": "benchmark",
    "null_benchmark": "benchmark",
    "claims": "claims",
    "condition": "conditions",
    "condition_label": "conditions",
    "twitch_rates": "counts",
    "Followup": "derive",
    "ResponderRule": "derive",
    "with_outcomes": "derive",
    "within_between": "derive",
    "protect": "disclosure",
    "OutcomesError": "errors",
    "SessionErrors": "errors",
    "condition_estimates": "estimates",
    "immediate_to_two_day": "estimates",
    "overall_estimates": "estimates",
    "pain_course": "estimates",
    "expectations": "expectations",
    "measure": "measures",
    "movement": "measures",
    "fit_mixed": "mixed",
    "next_session": "one_patient",
    "reliable_changes": "one_patient",
    "open_page": "page",
    "responders": "proportions",
    "check_sessions": "records",
    "read_sessions": "records",
    "CountTable": "reduce",
    "EventTable": "reduce",
    "Moments": "reduce",
    "reduce_counts": "reduce",
    "reduce_events": "reduce",
    "reduce_moments": "reduce",
    "scan_sessions": "scan",
    "session_schema": "schema",
    "SCENARIOS": "simulate",
    "simulate_sessions": "simulate",
    "write_registry": "simulate",
    "everyone_sore": "sore_course",
    "soreness_groups": "sore_course",
    "soreness_peaks": "sore_course",
    "soreness_ratios": "sore_course",
    "soreness_shares": "sore_course",
    "soreness_curve": "survival",
    "soreness_summary": "survival",
    "muscle_twitches": "twitch_numbers",
    "twitch_counts": "twitch_numbers",
    "twitch_value": "twitch_sign",
    "twitch_bins": "twitches",
    "twitch_relations": "twitches",
    "twitch_soreness": "twitches",
}

__all__ = [
    "SCENARIOS",
    "CountTable",
    "EventTable",
    "Followup",
    "Ledger",
    "Moments",
    "OutcomesError",
    "ResponderRule",
    "SessionErrors",
    "charts",
    "check_sessions",
    "claims",
    "clinicians",
    "condition",
    "condition_estimates",
    "condition_label",
    "data_dictionary",
    "deidentify",
    "draft_mapping",
    "everyone_sore",
    "expectations",
    "expected_change",
    "fit_mixed",
    "foretelling",
    "headlines",
    "identifying_columns",
    "immediate_to_two_day",
    "k_anonymity",
    "kept_relief",
    "limits_for",
    "literature",
    "measure",
    "missing",
    "movement",
    "muscle_twitches",
    "next_session",
    "null_benchmark",
    "open_page",
    "overall_estimates",
    "pain_course",
    "planning",
    "protect",
    "protect_all",
    "quality",
    "read_mapping",
    "read_sessions",
    "readings",
    "reduce_counts",
    "reduce_events",
    "reduce_moments",
    "register_column",
    "relation",
    "reliable_changes",
    "responders",
    "scan_sessions",
    "sensitivity",
    "session_schema",
    "simulate_sessions",
    "soreness_curve",
    "soreness_groups",
    "soreness_model",
    "soreness_peaks",
    "soreness_ratios",
    "soreness_shares",
    "soreness_summary",
    "tables",
    "thresholds",
    "twitch_bins",
    "twitch_counts",
    "twitch_rates",
    "twitch_relations",
    "twitch_soreness",
    "twitch_value",
    "usual_pain",
    "with_outcomes",
    "within_between",
    "write_registry",
    "write_template",
]


class _Package(ModuleType):
    def __setattr__(self, name: str, value: Any) -> None:
        if not (isinstance(value, ModuleType) and _HOMES.get(name)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'outcomes' has no attribute {name!r}")
    home = _HOMES[name]
    found = getattr(import_module(f"outcomes.{home}"), name) if home else import_module(f"outcomes.{name}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
