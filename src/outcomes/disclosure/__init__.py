"""Tables become tables that may be shown, and what was merged, ranged or withheld."""
