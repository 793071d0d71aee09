"""A seed becomes a clinic whose truth is known."""
