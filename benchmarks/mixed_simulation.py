"""False positives and coverage of `fit_mixed` beside a session-level t test, GEE and statsmodels MixedLM.

    python benchmarks/mixed_simulation.py                  # prints the tables of docs/simulations/mixed-models.md
    python benchmarks/mixed_simulation.py --ours 4000 --peers 0

Two conditions, so many patients in each, four sessions a patient, no true difference. A method's false-positive rate is
how often it finds the difference significant at 5 %; its coverage is how often the 95 % interval of the difference
holds the true one when that is half a point. MixedLM and GEE are used as their documentation shows them: normal
quantiles, GEE with an exchangeable working correlation and robust errors.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
import pandas as pd
from scipy import stats

SIZES = (5, 8, 15, 30, 100)
SESSIONS = 4
TRUE_DIFFERENCE = 0.5
CORRELATIONS = (0.2, 0.5)


def trial(rng: np.random.Generator, patients: int, correlation: float) -> pd.DataFrame:
    """One simulated study with no difference between its two conditions."""
    m = 2 * patients
    effect = np.repeat(rng.normal(0, np.sqrt(correlation), m), SESSIONS)
    return pd.DataFrame(
        {
            "patient_id": np.repeat(np.arange(m), SESSIONS),
            "condition": np.repeat(["a", "b"], patients * SESSIONS),
            "y": effect + rng.normal(0, np.sqrt(1 - correlation), m * SESSIONS),
        }
    )


def ours(frame: pd.DataFrame) -> tuple[float, float, float]:
    """p-value and interval of the difference."""
    from outcomes.models.mixed.fit import fit_mixed

    row = fit_mixed("y ~ condition + (1 | patient_id)", frame).coefficients.iloc[1]
    return row["p_value"], row["conf_low"], row["conf_high"]


def session_t(frame: pd.DataFrame) -> tuple[float, float, float]:
    """Every session counted as if it were a patient."""
    a, b = (frame.loc[frame["condition"] == level, "y"] for level in "ab")
    test = stats.ttest_ind(b, a)
    interval = test.confidence_interval()
    return test.pvalue, interval.low, interval.high


def gee(frame: pd.DataFrame) -> tuple[float, float, float]:
    """statsmodels GEE."""
    import statsmodels.api as sm

    design = sm.add_constant((frame["condition"] == "b").astype(float))
    model = sm.GEE(frame["y"], design, groups=frame["patient_id"], cov_struct=sm.cov_struct.Exchangeable())
    fit = model.fit()
    return fit.pvalues.iloc[1], *fit.conf_int().iloc[1]


def mixedlm(frame: pd.DataFrame) -> tuple[float, float, float]:
    """statsmodels MixedLM."""
    import statsmodels.formula.api as smf

    fit = smf.mixedlm("y ~ condition", frame, groups="patient_id").fit()
    return fit.pvalues.iloc[1], *fit.conf_int().iloc[1]


METHODS = {"fit_mixed": ours, "session-level t": session_t, "GEE, robust": gee, "MixedLM": mixedlm}


def rates(
    method, patients: int, correlation: float, repeats: int, seed: int = 20_240_501
) -> tuple[float, float, int]:
    """False-positive rate, coverage, and studies in which the method gave an answer.

    The interval of a study with a true difference is that of the study without, moved by the difference: every
    method here is equivariant, but the moved response is fitted all the same, so that this is measured, not assumed.
    """
    rng = np.random.default_rng([seed, patients, round(100 * correlation)])
    positive, covered = [], []
    for _ in range(repeats):
        frame = trial(rng, patients, correlation)
        moved = frame.assign(y=frame["y"] + TRUE_DIFFERENCE * (frame["condition"] == "b"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                p, _, _ = method(frame)
                _, low, high = method(moved)
            except (np.linalg.LinAlgError, ValueError):
                continue
        if np.isfinite(p) and np.isfinite(low):
            positive.append(p < 0.05)
            covered.append(low <= TRUE_DIFFERENCE <= high)
    return float(np.mean(positive)), float(np.mean(covered)), len(positive)


def table(repeats: dict[str, int]) -> pd.DataFrame:
    """Rates of every method at every size."""
    lines = []
    for correlation in CORRELATIONS:
        for patients in SIZES:
            for name, count in repeats.items():
                if not count:
                    continue
                false, coverage, answered = rates(METHODS[name], patients, correlation, count)
                lines.append(
                    {
                        "correlation": correlation,
                        "patients per condition": patients,
                        "method": name,
                        "studies": answered,
                        "false positives %": round(100 * false, 1),
                        "coverage %": round(100 * coverage, 1),
                        "Monte-Carlo error %": round(100 * np.sqrt(0.05 * 0.95 / answered), 1),
                    }
                )
    return pd.DataFrame(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ours", type=int, default=4_000)
    parser.add_argument(
        "--peers", type=int, default=1_000, help="studies for GEE; a quarter of them for MixedLM"
    )
    options = parser.parse_args()
    repeats = {
        "fit_mixed": options.ours,
        "session-level t": options.ours if options.peers else 0,
        "GEE, robust": options.peers,
        "MixedLM": options.peers // 4,
    }
    found = table(repeats)
    header = "| " + " | ".join(found.columns) + " |"
    print(header, "|" + "---|" * len(found.columns), sep="\n")
    for line in found.itertuples(index=False):
        print("| " + " | ".join(str(value) for value in line) + " |")


if __name__ == "__main__":
    main()
