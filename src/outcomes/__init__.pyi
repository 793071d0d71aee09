from . import charts as charts
from . import questions as questions
from .charts import tables as tables
from .deidentify.detect import identifying_columns as identifying_columns
from .deidentify.k_anonymity import k_anonymity as k_anonymity
from .deidentify.run import deidentify as deidentify
from .disclosure.columns import register_column as register_column
from .disclosure.gate import protect as protect
from .disclosure.gate import protect_all as protect_all
from .disclosure.ledger import Ledger as Ledger
from .disclosure.limits import limits_for as limits_for
from .errors import OutcomesError as OutcomesError
from .errors import SessionErrors as SessionErrors
from .intake.draft import draft_mapping as draft_mapping
from .intake.forms.dictionary import data_dictionary as data_dictionary
from .intake.forms.workbook import write_template as write_template
from .intake.mapping import read_mapping as read_mapping
from .intake.read import check_sessions as check_sessions
from .intake.read import read_sessions as read_sessions
from .intake.scan import scan_sessions as scan_sessions
from .models.chance.null_benchmark import expected_change as expected_change
from .models.chance.null_benchmark import null_benchmark as null_benchmark
from .models.mixed.fit import fit_mixed as fit_mixed
from .models.proportions.rates import twitch_rates as twitch_rates
from .models.proportions.responders import responders as responders
from .models.reduce import CountTable as CountTable
from .models.reduce import EventTable as EventTable
from .models.reduce import Moments as Moments
from .models.reduce import reduce_counts as reduce_counts
from .models.reduce import reduce_events as reduce_events
from .models.reduce import reduce_moments as reduce_moments
from .models.survival.curves import soreness_curve as soreness_curve
from .models.survival.curves import soreness_summary as soreness_summary
from .models.survival.two_part import soreness_model as soreness_model
from .pages.page import open_page as open_page
from .pages.patient import pick_patient as pick_patient
from .questions import (
    cards as cards,
)
from .questions import (
    clinicians as clinicians,
)
from .questions import headlines as headlines
from .questions import kept_relief as kept_relief
from .questions import literature as literature
from .questions import missing as missing
from .questions import planning as planning
from .questions import prediction as prediction
from .questions import quality as quality
from .questions import readings as readings
from .questions import relation as relation
from .questions import sensitivity as sensitivity
from .questions import (
    soreness as soreness,
)
from .questions import thresholds as thresholds
from .questions import (
    twitch_numbers as twitch_numbers,
)
from .questions import (
    twitch_sign as twitch_sign,
)
from .questions import (
    twitches as twitches,
)
from .questions import usual_pain as usual_pain
from .questions.cards import expectations as expectations
from .questions.change import condition_estimates as condition_estimates
from .questions.change import immediate_to_two_day as immediate_to_two_day
from .questions.change import overall_estimates as overall_estimates
from .questions.change import pain_course as pain_course
from .questions.claims import claims as claims
from .questions.patient import next_session as next_session
from .questions.patient import reliable_changes as reliable_changes
from .questions.soreness import everyone_sore as everyone_sore
from .questions.soreness import soreness_groups as soreness_groups
from .questions.soreness import soreness_peaks as soreness_peaks
from .questions.soreness import soreness_ratios as soreness_ratios
from .questions.soreness import soreness_shares as soreness_shares
from .questions.twitch_numbers import muscle_twitches as muscle_twitches
from .questions.twitch_numbers import twitch_counts as twitch_counts
from .questions.twitch_sign import twitch_value as twitch_value
from .questions.twitches import twitch_bins as twitch_bins
from .questions.twitches import twitch_relations as twitch_relations
from .questions.twitches import twitch_soreness as twitch_soreness
from .record.conditions import condition as condition
from .record.conditions import condition_label as condition_label
from .record.measures import measure as measure
from .record.measures import movement as movement
from .record.outcomes import Followup as Followup
from .record.outcomes import ResponderRule as ResponderRule
from .record.outcomes import with_outcomes as with_outcomes
from .record.outcomes import within_between as within_between
from .record.schema import session_schema as session_schema
from .simulate.registry import write_registry as write_registry
from .simulate.sessions import SCENARIOS as SCENARIOS
from .simulate.sessions import simulate_sessions as simulate_sessions
