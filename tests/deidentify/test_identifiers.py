"""Kinds of identifiers, by the words of a heading and by the quick screen of values."""

from __future__ import annotations

import re

import pytest

from found_columns import VALUES
from outcomes.deidentify.identifiers import KINDS, kind_of_name
from outcomes.deidentify.texts import ONE_IS_ENOUGH, SCREEN
from outcomes.record.columns import COLUMN_NAMES

IDENTIFYING_NAMES = {
    "name": "name|Name|patient_name|PatientName|PATIENTNAME|Last Name|lname|surname|first_name|Full Name|initials|"
    "Therapist Name|next_of_kin|nachname|Prénom|emergency contact",
    "birth date": "dob|DOB|date_of_birth|DateOfBirth|DATEOFBIRTH|birth date|birthday|patientdob|year_of_birth|pt_dob",
    "date": "date|visit_date|VisitDate|Date of service|appt_dt|session_timestamp|created_at|Admission Date|visitdate",
    "place": "address|Street|city|zip|Zip Code|ZIP_CODE|zipcode|postcode|post code|county|latitude|homeaddress",
    "phone": "phone|Phone #|home_phone|homePhone|Mobile|telephone|cell|tel|phone2",
    "fax": "fax|Fax number",
    "email": "email|e-mail|E_MAIL|EmailAddress|patientemail",
    "ssn": "ssn|SSN|Social Security Number|social_security_no|nino",
    "record number": "mrn|MRN#|medical_record_number|Chart No|chart_number|NHS number|ehr_id|pt_mrn|record_number",
    "health plan": "member_id|Insurance ID|policy number|medicare_number|subscriber_id|beneficiary",
    "account": "account|acct_no|Account Number|iban",
    "licence": "license_number|driver licence|passport|NPI",
    "vehicle": "vin|vehicle_id|number plate",
    "device": "device_id|serial_number|IMEI|mac_address",
    "url": "url|website|facebook",
    "ip address": "ip|ip_address|IPAddress",
    "biometric": "fingerprint|biometric_hash|voice print",
    "photograph": "photo|photo_path|patient image|selfie",
    "other number": "user id|barcode|claim_number|redcap_survey_identifier",
    "free text": "notes|Note|comments|clinical_notes|free_text|Remarks|SOAP note",
}


HONEST_NAMES = re.split(
    r"\|",
    "patient_id|session_id|clinic_id|clinician_id|id|record_id|side|day|days_since_first_visit|age|"
    "age_years|sex|redcap_event_name|redcap_repeat_instance|redcap_repeat_instrument|condition_name|"
    "event_name|form_name|birth_weight|sex_at_birth|update|candidate|visit_number|time|visit|group|"
    "group_number|pain_location|region|state|country|race|ethnicity|weight|height|bmi|handedness|"
    "nprs_before|rom_cervical_rotation_left|session_complete|hours_to_followup|insurance_type|"
    "twitch_count|cell_count|employment_status|married_or_living_as_marri|preOp_gender|"
    "pacu30min_throatPain|treat|extubation_cough|technique|capacity|medication|imaging|body_image|"
    "patients|names_of_muscles|statement|vintage|shipping",
)


@pytest.mark.parametrize("kind", IDENTIFYING_NAMES)
def test_names_of_columns_are_told(kind):
    told = {name: kind_of_name(name) for name in IDENTIFYING_NAMES[kind].split("|")}
    assert told == dict.fromkeys(told, kind)


def test_every_kind_of_safe_harbor_can_be_told_by_name():
    assert {KINDS[kind].safe_harbor for kind in IDENTIFYING_NAMES} == set(range(1, 19))


def test_honest_names_are_let_by():
    told = {name: kind_of_name(name) for name in (*HONEST_NAMES, *COLUMN_NAMES)}
    assert {name: kind for name, kind in told.items() if kind} == {}


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_the_screen_lets_every_telling_value_by(kind, value):
    screened = re.compile(SCREEN.replace(r"\x00-\x7F", "\x00-\x7f"))
    assert screened.search(value)
    assert kind in {*dict(ONE_IS_ENOUGH), "name"}


def test_the_screen_lets_national_numbers_by_and_keeps_ids_of_a_like_shape_back():
    """One id in a million that could be a number had every slow pattern asked of all of them."""
    screened = re.compile(SCREEN.replace(r"\x00-\x7F", "\x00-\x7f"))
    for number in ("850709-9805", "19850709-9805", "131052-308T", "131052A308T", "010594Y9032", "12345-6789"):
        assert screened.search(number), number
    for code in ("synthetic-P000001-01", "P000123-2", "site3_000412-12"):
        assert not screened.search(code), code
