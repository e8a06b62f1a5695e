"""What an evaluation logs: metrics without undefined ones, a table, curves that JSON and a picture can hold."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kd.passes.score_run import class_table, curves_of, draw, metrics
from kd.passes.score_tables import assessment
from kd.scoring.assess import assess
from kd.scoring.event_f1 import event_based
from kd.scoring.headline import Sampling
from kd.scoring.measure import Rules
from kd.scoring.psds import PSDS1
from kd.scoring.system import FrameScores, System
from tests.scoring.test_headline import CASE, system


def test_curves_reach_from_end_to_end_and_can_be_drawn(tmp_path: Path) -> None:
    made = system()
    assert made.scores is not None
    curves = curves_of(made, made.scores, Rules())
    json.dumps(curves, allow_nan=False)
    assert all(roc["efpr"][-1] == PSDS1.max_efpr for roc in curves["psds1"].values())
    for k, label in enumerate(made.classes):
        curve = curves["event_f1"][label]
        smooth = made.scores.smooth()[:, :, k]
        kept = smooth[np.isfinite(smooth)]
        assert (curve["threshold"][0], curve["threshold"][-1]) == (kept.max(), kept.min())
        at = int(np.argmax(curve["f1"]))
        there = replace(made.scores, thresholds=(curve["threshold"][at],) * 3)
        events = there.events(clips=made.clips, classes=made.classes)
        scores = event_based(made.reference, events, clips=made.clips, classes=made.classes)
        assert curve["f1"][at] == pytest.approx(scores.classes[label].f1) and curve["f1"][at] > 0
        assert len(curve["f1"]) == len(curve["threshold"]) <= 300
    draw(curves, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_without_a_common_grid_there_is_no_f1_curve() -> None:
    edges = CASE.edges.copy()
    edges[:, 1] += 0.02
    made = system()
    scores = FrameScores(CASE.scores, edges, (1,) * 3, (0.6,) * 3)
    assert curves_of(made, scores, Rules())["event_f1"] is None


@pytest.mark.parametrize("resamples", [0, 10])
def test_what_is_undefined_is_left_out(resamples: int) -> None:
    made = System(clips=("x",), classes=("a",), reference={}, events={})
    found = assess(made, sampling=Sampling(resamples=resamples))
    assert all(np.isfinite(value) for value in metrics(found).values()) and "psds1" not in metrics(found)
    assert [len(line.split("\t")) for line in class_table(found).splitlines()] == [12, 12]
    assert "PSDS" not in assessment(found)
