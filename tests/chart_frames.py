"""Frames whose values are easy to recognise, one for every chart, and how to ask a picture what it shows."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation, Text

from outcomes import charts
from outcomes.charts.forest import MATTERS
from outcomes.record.conditions import CONDITIONS

WITHHELD = "withheld: fewer than 11 patients, or it would reveal so few"


def forest_frame(names=CONDITIONS, withheld=("golfers_elbow",)) -> pd.DataFrame:
    """Estimates whose values are easy to recognise: 0.1, 0.2 … right after, one more at two days."""
    rows = []
    for number, name in enumerate(names):
        for time, shift in (("post", 0.0), ("48h", 1.0)):
            value = 0.1 * (number + 1) + shift if name not in withheld else np.nan
            rows.append(
                {
                    "condition": name, "time": time, "measure": f"pain_relief_{time}",
                    "patients": 20 + number if name not in withheld else np.nan,
                    "sessions": 50 + number if name not in withheld else np.nan,
                    "capture_rate": 0.7 if name not in withheld else np.nan,
                    "estimate": value, "conf_low": value - 0.4, "conf_high": value + 0.4,
                    "note": WITHHELD if name in withheld else "",
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def course_frame() -> pd.DataFrame:
    rows = [
        {"condition": name, "time": time, "patients": 30.0, "sessions": 90.0, "mean": mean, "note": ""}
        for name in ("jaw_pain", "neck_pain")
        for time, mean in (("pre", 5.0), ("post", 4.0), ("48h", 3.5))
    ]  # fmt: skip
    rows.append({"condition": "headache", "time": "pre", "note": WITHHELD})
    return pd.DataFrame(rows)


def binned_frame() -> pd.DataFrame:
    relief = np.array([-2.0, 0.0, 2.0])
    return pd.DataFrame(
        {"relief_post": relief, "estimate": [-0.5, 0.5, 1.5], "conf_low": [-1, 0, 1], "conf_high": [0, 1, 2],
         "line": 0.5 + relief / 2, "patients": [20, 40, 30], "sessions": [30, 100, 60]}
    )  # fmt: skip


def shares_frame() -> pd.DataFrame:
    frame = forest_frame(("jaw_pain", "neck_pain", "golfers_elbow"))
    known = frame["estimate"].notna()
    return frame.assign(
        better=np.where(known, 0.4, np.nan),
        same=np.where(known, 0.45, np.nan),
        worse=np.where(known, 0.15, np.nan),
    )


def rates_frame() -> pd.DataFrame:
    frame = shares_frame().drop(columns=["measure", "capture_rate"])
    known = frame["estimate"].notna()
    rate = np.where(known, 0.3, np.nan)
    return frame.assign(estimate=rate, conf_low=rate - 0.1, conf_high=rate + 0.1, null_benchmark=0.31)


def capture_frame() -> pd.DataFrame:
    frame = forest_frame(("jaw_pain", "neck_pain", "golfers_elbow"))
    return frame[frame["time"] == "48h"].assign(reached=lambda f: f["sessions"] - 10)


def slopes_frame() -> pd.DataFrame:
    frame = forest_frame(("jaw_pain", "neck_pain", "golfers_elbow"))
    return frame[frame["time"] == "48h"].drop(columns=["time", "measure"])


def dose_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"dose": [0.0, 5.0, 12.0] * 2, "dose_label": "Twitches in the session",
         "outcome": ["pain_relief_48h"] * 3 + ["soreness_h"] * 3, "estimate": [0.5, 0.7, 0.6, 24.0, 30.0, 41.0],
         "conf_low": [0.2, 0.4, 0.1, 20, 26, 33], "conf_high": [0.8, 1.0, 1.1, 28, 34, 49],
         "patients": [40, 60, 30] * 2, "sessions": [90, 120, 50] * 2}
    )  # fmt: skip


def soreness_frame(names=("neck_pain", "jaw_pain", "headache", "tennis_elbow")) -> pd.DataFrame:
    """Ten sessions a group: one never sore, then one free every 6 hours; censored at the end."""
    hours = np.array([0.0, 6, 12, 18, 24, 30, 36, 42, 48])
    at_risk = 10.0 - np.arange(9)
    rows = [
        pd.DataFrame(
            {"condition": name, "time_h": hours, "at_risk": at_risk, "resolved": 1.0, "censored": [0.0] * 8 + [1.0],
             "still_sore": (at_risk - 1) / 10, "conf_low": (at_risk - 1) / 10 - 0.1, "conf_high": at_risk / 10,
             "patients": 12, "sessions": 30, "note": ""}
        )
        for name in names
    ]  # fmt: skip
    withheld = pd.DataFrame([{"condition": "golfers_elbow", "note": WITHHELD}])
    return pd.concat([*rows, withheld], ignore_index=True)


def responder_frame() -> pd.DataFrame:
    thresholds = np.arange(-2.0, 5.0)
    rows = [
        pd.DataFrame(
            {"condition": name, "time": time, "threshold": thresholds, "proportion": np.linspace(0.9, start, 7),
             "conf_low": np.linspace(0.8, 0.0, 7), "conf_high": np.linspace(1.0, 0.3, 7), "null_benchmark": 0.31,
             "patients": 40, "sessions": 120, "note": ""}
        )
        for name in ("jaw_pain", "neck_pain")
        for time, start in (("post", 0.06), ("48h", 0.18))
    ]  # fmt: skip
    withheld = pd.DataFrame([{"condition": "golfers_elbow", "time": "post", "note": WITHHELD}])
    return pd.concat([*rows, withheld], ignore_index=True)


def plan_frame() -> pd.DataFrame:
    rows = [("jaw_pain", n, 4 / np.sqrt(n), "") for n in (16.0, 64.0, 256.0)]
    rows += [("neck_pain", n, 6 / np.sqrt(n), "") for n in (100.0, 400.0)]
    rows.append(("golfers_elbow", np.nan, np.nan, "too few patients to say"))
    return pd.DataFrame(rows, columns=["condition", "patients", "width", "note"])


def missing_frame() -> pd.DataFrame:
    rows = [
        (name, column, share, 30.0, 90.0)
        for name, share in (("jaw_pain", 0.25), ("neck_pain", 0.75))
        for column in ("pain_48h", "twitch_count")
    ]
    rows += [("golfers_elbow", "pain_48h", np.nan, np.nan, np.nan)]
    return pd.DataFrame(rows, columns=["condition", "column", "missing", "patients", "sessions"])


def flow_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"step": ["Recorded", "Eligible: pain at least 3 before", "Reached at 2 days, 36 to 72 hours after"],
         "patients": [60.0, 51.0, 43.0], "sessions": [245.0, 181.0, 120.0],
         "note": ["", "pain below 3 before the session", "no answer, declined or outside the window"]}
    )  # fmt: skip


def heaping_frame() -> pd.DataFrame:
    return pd.DataFrame({"value": [0.0, 6, 12, 13, 24, 48], "sessions": [20.0, 30, 50, np.nan, 90, 60]})


def patient_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"patient_id": "P1", "condition": "neck_pain", "session_number": [2, 1, 3], "pain_pre": [5.0, 7.0, 4.0],
         "pain_post": [4.0, 6.0, np.nan], "pain_48h": [np.nan, 5.0, 0.0], "rom_movement": "cervical_rotation",
         "rom_pre": [60.0, 50.0, 65.0], "rom_post": [66.0, 55.0, 68.0], "twitch_count": [3.0, np.nan, 0.0],
         "soreness_h": [np.nan, 24.0, 50.0], "soreness_ongoing": pd.array([None, False, True], dtype="boolean")}
    )  # fmt: skip


def specification_frame() -> pd.DataFrame:
    choices = [(m, w, f) for m in ("change score", "ANCOVA") for w in (24, 36) for f in (True, False)]
    rows: list[tuple] = [
        (*choice, value, value - 0.3, value + 0.3, 40.0, "", choice == ("ANCOVA", 36, False))
        for value, choice in enumerate(choices)
    ]
    rows.append(("ANCOVA", 48, False, np.nan, np.nan, np.nan, np.nan, "too few patients to say", False))
    names = [
        "model",
        "window_from",
        "first_only",
        "estimate",
        "conf_low",
        "conf_high",
        "patients",
        "note",
        "main",
    ]
    return pd.DataFrame(rows, columns=names).sample(frac=1, random_state=3)


def card_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"condition": "neck_pain", "label": ["Clearly less pain at 2 days", "Soreness gone within", "Freer movement"],
         "estimate": [0.44, 27.0, np.nan], "conf_low": [0.36, 24.0, np.nan], "conf_high": [0.52, 36.0, np.nan],
         "unit": ["share", "hours", "share"], "patients": [108.0, 112.0, np.nan], "sessions": [280.0, 307.0, np.nan],
         "note": ["", "", "too few patients to say"]}
    )  # fmt: skip


def associations_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"outcome": ["pain_relief_48h"] * 2 + ["soreness_peak"] * 2, "model": ["twitches alone", "with insertions"] * 2,
         "estimate": [0.04, 0.01, 0.15, np.nan], "conf_low": [0.02, -0.01, 0.12, np.nan],
         "conf_high": [0.06, 0.03, 0.18, np.nan], "patients": [80, 80, 75, 75], "sessions": [200, 200, 180, 180],
         "note": ["", "", "", "insertions not recorded"]}
    )  # fmt: skip


def tipping_frame() -> pd.DataFrame:
    delta = np.array([0.0, 1.0, 2.0])
    rows = pd.DataFrame(
        {"delta": delta, "estimate": 0.6 - 0.3 * delta, "patients": 40, "sessions": 90, "note": ""}
    )
    return rows.assign(conf_low=rows["estimate"] - 0.2, conf_high=rows["estimate"] + 0.2)


CHARTS = {
    "association_forest": (charts.association_forest, associations_frame),
    "better_same_worse": (charts.better_same_worse, shares_frame),
    "capture": (charts.capture, capture_frame),
    "condition_forest": (charts.condition_forest, forest_frame),
    "dose_response": (charts.dose_response, dose_frame),
    "expectation_card": (charts.expectation_card, card_frame),
    "flow": (charts.flow, flow_frame),
    "heaping": (charts.heaping, heaping_frame),
    "immediate_to_two_day": (charts.immediate_to_two_day, binned_frame),
    "missingness": (charts.missingness, missing_frame),
    "pain_course": (charts.pain_course, course_frame),
    "patient_course": (charts.patient_course, patient_frame),
    "precision": (charts.precision, plan_frame),
    "rate_forest": (charts.rate_forest, rates_frame),
    "responder_curve": (charts.responder_curve, responder_frame),
    "slopes": (charts.slopes, slopes_frame),
    "soreness_curve": (charts.soreness_curve, soreness_frame),
    "specification_curve": (charts.specification_curve, specification_frame),
    "tipping_point": (charts.tipping_point, tipping_frame),
}
WITH_TIMES = ("better_same_worse", "condition_forest", "immediate_to_two_day", "pain_course", "rate_forest",
              "responder_curve", "patient_course", "slopes", "capture", "dose_response")  # fmt: skip


def texts(ax) -> str:
    return "\n".join(text.get_text() for text in ax.figure.findobj(Text))


def bands_of(ax) -> list[tuple[float, float]]:
    """Both ends of every pale band, from top to bottom."""
    boxes = sorted(ax.patches, key=lambda box: box.get_y())
    return [(box.get_x(), box.get_x() + box.get_width()) for box in boxes]


def matters_of(ax) -> list[float]:
    """Where the smallest changes that matter are marked, from top to bottom."""
    ticks = [
        line for line in ax.lines if isinstance(line.get_marker(), list) and line.get_marker() == MATTERS
    ]
    return [line.get_xdata()[0] for line in ticks]


def luminance(colour) -> float:
    """WCAG relative luminance."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def contrast(a, b) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def labels_out_of_view(figure) -> set[Text]:
    """Tick labels matplotlib keeps but does not draw."""
    axes = list(figure.findobj(mpl.axes.Axes))
    unseen = set()
    for axis in [axis for ax in axes for axis in (ax.xaxis, ax.yaxis)]:
        low, high = sorted(axis.get_view_interval())
        unseen |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    return unseen


def assert_nothing_overlaps(ax) -> None:
    """Every visible text lies on the page, and no two of them touch by more than a point."""
    figure = ax.figure
    figure.draw_without_rendering()
    page, boxes, unseen = figure.bbox, [], labels_out_of_view(figure)
    for text in figure.findobj(Text):
        if text in unseen or not text.get_visible() or not text.get_text().strip():
            continue
        box = text.get_window_extent() if not isinstance(text, Annotation) else Text.get_window_extent(text)
        if box.width > 1:
            boxes.append((text.get_text(), box))
    slack = figure.dpi / 72
    for said, box in boxes:
        assert box.x0 > -slack, said
        assert box.x1 < page.x1 + slack, said
        assert box.y0 > -slack, said
        assert box.y1 < page.y1 + slack, said
    for number, (said, a) in enumerate(boxes):
        for other, b in boxes[number + 1 :]:
            wide = min(a.x1, b.x1) - max(a.x0, b.x0)
            high = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert wide <= slack or high <= 2.2 * slack, (said, other)
