"""Frames of answers in, plain sentences out, one module for each of the questions; no figure is computed here."""
