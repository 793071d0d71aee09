"""FHIR resources become a raw table with one row per session, and sessions become FHIR resources."""
