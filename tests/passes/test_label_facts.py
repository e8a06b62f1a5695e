"""A class whose labels have collapsed."""

import numpy as np

from kd.audio.grid import FrameGrid
from kd.labels.rule import LabelRule
from kd.labels.smoothing import smoothing
from kd.labels.teaching import Teaching
from kd.passes.label_facts import mended

GRID = FrameGrid(hop=0.05, window=0.1, frames=10, seconds=0.5)
CLASSES = ("cat", "dog", "saw")
HOW = smoothing("median", window=3)


def teaching(levels: tuple[float, float, float], thresholds: tuple[float, float, float] = (0.5, 0.5, 0.5)) -> Teaching:
    """Scores with one block of frames at each class's level, the rest far below."""
    logits = np.full((2, 10, 3), -8, np.float16)
    logits[0, 2:7] = levels
    return Teaching({"weak": logits}, GRID, LabelRule("binary", 1.0, thresholds, thresholds), clamp=False)


def test_labels_that_are_neither_empty_nor_everywhere_stay() -> None:
    given = teaching((4, 4, 4))
    found, about = mended(given, HOW, None, classes=CLASSES)
    assert found.without == () and about == {"collapsed": {}, "kept_from": {}}


def test_a_collapsed_class_keeps_the_scores_and_threshold_it_had() -> None:
    before = teaching((3, 3, 3), (0.9, 0.8, 0.7))
    last = {"index": 4, "labels": {"kept_from": {"dog": 2}}}
    now = teaching((4, -8, 4))
    now.logits["weak"][:, :, 2] = 9  # positive everywhere
    found, about = mended(now, HOW, before, classes=CLASSES, last=last)
    assert about == {"collapsed": {"dog": "nowhere", "saw": "everywhere"}, "kept_from": {"dog": 2, "saw": 4}}
    assert found.rule.thresholds == (0.5, 0.8, 0.7) and found.without == ()
    for k in (1, 2):
        assert np.array_equal(found.logits["weak"][:, :, k], before.logits["weak"][:, :, k])
    assert (now.logits["weak"][:, :, 2] == 9).all(), "the teachers' own scores are not written to"


def test_a_collapsed_class_without_earlier_labels_gets_none() -> None:
    found, about = mended(teaching((4, -8, 4)), HOW, None, classes=CLASSES)
    assert found.without == (1,) and about == {"collapsed": {"dog": "nowhere"}, "kept_from": {}}
    later, _ = mended(teaching((4, -8, 4)), HOW, found, classes=CLASSES, last={"index": 2, "labels": {"kept_from": {}}})
    assert later.without == (1,)
