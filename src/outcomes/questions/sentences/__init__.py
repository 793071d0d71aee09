"""Frames of answers become plain sentences, one module for each question; no figure is computed here."""
