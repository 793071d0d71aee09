"""How far clinicians differ: known truth, and nobody named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outcomes.questions import clinicians


def test_clinicians_who_differ_are_found_and_named_nowhere():
    rng = np.random.default_rng(9)
    n = 1200
    clinician = rng.integers(0, 12, n)
    effect = rng.normal(0, 1.0, 12)
    pre = rng.integers(4, 9, n).astype(float)
    later = np.clip(pre - 1 - effect[clinician] + rng.normal(0, 1, n), 0, 10)
    frame = pd.DataFrame(
        {
            "patient_id": [f"P{i // 2}-{c}" for i, c in enumerate(clinician)],
            "clinician_id": [f"C{c:02d}" for c in clinician],
            "condition": "neck_pain", "pain_pre": pre, "pain_48h": later,
        }
    )  # fmt: skip
    found = clinicians.clinician_variation(frame)
    spread = np.std(effect, ddof=1)
    assert found["conf_low"].iloc[0] < spread < found["conf_high"].iloc[0]
    assert not any("C0" in sentence for sentence in clinicians.clinician_sentences(found))
    few = frame[frame["clinician_id"].isin(["C00", "C01"])]
    assert "fewer than five" in clinicians.clinician_variation(few)["note"].iloc[0]
