"""Label settings, the rules they give, and gated labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.audio.grid import FrameGrid
from kd.errors import UserError
from kd.labels.rule import LabelRule, clamped
from kd.labels.settings import LabelSettings
from kd.labels.smoothing import probabilities, smooth, smoothing
from kd.scoring.frame_truth import frame_truth
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.system import FrameScores

SHARES = st.floats(0.01, 0.99)


@given(SHARES, SHARES)
def test_the_own_scale_shifts_a_teachers_threshold_to_one_half(own: float, level: float) -> None:
    rule = LabelSettings(start=level, floor=0.0).rule(OperatingPoints((own,), (5,), (1.5,)), index=2)
    z = np.linspace(-8, 8, 401)
    shifted = 1 / (1 + np.exp(-(z - np.log(own / (1 - own)))))
    clear = np.abs(shifted - level) > 1e-9
    reached = 1 / (1 + np.exp(-z)) >= rule.thresholds[0]
    assert np.array_equal(reached[clear], (shifted >= level)[clear])


def test_at_one_half_the_own_scale_is_the_teachers_own_threshold_to_the_bit() -> None:
    own = OperatingPoints((0.02, 0.1234, 0.5, 0.98), (1, 3, 5, 7), (0.0, 1.0, 2.0, 3.0))
    rule = LabelSettings(start=0.5).rule(own, index=2)
    assert (rule.thresholds, rule.windows, rule.depths) == (own.thresholds, own.windows, own.depths)


def test_binary_labels_on_the_own_scale_are_what_the_teacher_detects() -> None:
    rng = np.random.default_rng(5)
    own = OperatingPoints((0.6, 0.7), (5, 1), (1.5, 0.5))
    logits = rng.normal(0, 1.5, (4, 50, 2)).astype(np.float16)
    grid = FrameGrid(hop=0.1, window=0.1, frames=50, seconds=5.0)
    labels = LabelSettings().rule(own, index=2).labels(logits, smoothing("none"))
    clips = [str(i) for i in range(4)]
    found = FrameScores.at(own, probabilities(logits), grid).events(clips=clips, classes=("a", "b"))
    truth = frame_truth(found, clips=clips, classes=("a", "b"), grid=grid)
    np.testing.assert_array_equal(labels > 0.5, truth)
    assert 0 < labels.mean() < 1
    absolute = LabelSettings(scale="absolute", start=0.75).rule(own, index=2)
    assert (absolute.windows, absolute.depths, absolute.thresholds) == ((), (), (0.75, 0.75))


def test_a_rule_of_some_classes_and_on_another_grid() -> None:
    rule = LabelRule("binary", 1.0, (0.1, 0.2, 0.3), (), (1, 5, 9), (0.0, 1.0, 2.0))
    some = rule.of([2, 0])
    assert (some.thresholds, some.lows, some.windows, some.depths) == ((0.3, 0.1), (), (9, 1), (2.0, 0.0))
    coarse, fine = (FrameGrid(hop=h, window=h, frames=int(1 / h), seconds=1.0) for h in (0.1, 0.05))
    assert rule.on(source=coarse, target=fine).windows == (1, 9, 17)
    other = LabelRule("binary", 1.0, (0.7, 0.8, 0.9), (), (3, 3, 3), (4.0, 4.0, 4.0))
    taken = rule.taking([1], other)
    assert (taken.thresholds, taken.windows, taken.depths) == ((0.1, 0.8, 0.3), (1, 3, 9), (0.0, 4.0, 2.0))


def test_the_absolute_scale_takes_no_notice_of_teachers_and_falls_with_the_passes() -> None:
    settings = LabelSettings(start=0.75, decay=0.25, floor=0.25, scale="absolute", kind="gated")
    own = OperatingPoints((0.1, 0.9), (7, 7))
    rules = [settings.rule(own, index=index) for index in (2, 3, 4, 5)]
    assert [rule.thresholds for rule in rules] == [(0.75,) * 2, (0.5,) * 2, (0.25,) * 2, (0.25,) * 2]
    assert rules[0].lows == (0.25, 0.25)


@pytest.mark.parametrize("wrong", [{"kind": "hard"}, {"scale": "mine"}, {"accept": "some"}])
def test_unknown_words_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UserError):
        LabelSettings(**wrong)  # type: ignore[arg-type]


def test_gated_labels_are_soft_where_the_teacher_is_sure_and_absent_between() -> None:
    logits = np.random.default_rng(2).standard_normal((6, 30, 2)).astype(np.float16) * 2
    how = smoothing("median", window=3)
    found = LabelRule("gated", 2.0, (0.75, 0.6), (0.25, 0.4)).labels(logits, how)
    sure = smooth(probabilities(logits), how)
    between = (sure > np.array([0.25, 0.4], np.float32)) & (sure < np.array([0.75, 0.6], np.float32))
    assert between.any() and np.array_equal(np.isnan(found), between)
    soft = LabelRule("soft", 2.0, (0.5, 0.5)).labels(logits, how)
    assert np.array_equal(found[~between], soft[~between])
    nothing_between = LabelRule("gated", 1.0, (0.4, 0.5), (0.6, 0.5)).labels(logits, how)
    assert not np.isnan(nothing_between).any()


def test_a_class_known_to_be_absent_is_nought_even_where_a_label_was_left_out() -> None:
    labels = np.full((1, 4, 2), np.nan, np.float16)
    found = clamped(labels, np.array([[0, 1]], np.float16))
    assert found[0, :, 0].tolist() == [0] * 4 and np.isnan(found[0, :, 1]).all()


def test_positive_frames_are_those_of_binary_labels_after_the_median() -> None:
    logits = np.random.default_rng(3).standard_normal((4, 40, 3)).astype(np.float16)
    rule = LabelRule("binary", 1.0, (0.4, 0.5, 0.7))
    labels = rule.labels(logits, smoothing("median", window=5))
    assert np.array_equal(rule.positive(logits, smoothing("median+gaussian", window=5)), labels == 1)
