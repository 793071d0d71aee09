"""Mixed models of means, from moments."""
