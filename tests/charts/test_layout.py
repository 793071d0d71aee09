"""Pages of charts: who may ask for an alt text."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from outcomes import charts
from outcomes.errors import EstimationError


def test_alt_text_refuses_a_foreign_figure():
    figure, ax = plt.subplots()
    for chart in (figure, ax):
        with pytest.raises(EstimationError, match="alt text"):
            charts.alt_text(chart)
