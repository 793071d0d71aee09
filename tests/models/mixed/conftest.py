"""Records of twelve patients with five sessions each."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def frame(rng):
    n, patients = 60, np.repeat(np.arange(12), 5)
    x = rng.normal(size=n)
    return pd.DataFrame(
        {
            "patient_id": [f"p{i}" for i in patients],
            "x": x,
            "a": rng.choice(list("uvw"), n),
            "y": 1 + x + rng.normal(size=12)[patients] + rng.normal(size=n),
        }
    )
