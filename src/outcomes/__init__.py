"""Outcome tracking for dry-needling clinics."""
