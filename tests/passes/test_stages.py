"""The second stage's rounds, updates and labels, without training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.audio.store import ClipFeatures
from kd.errors import UserError
from kd.labels.acceptance import ClassFrameLabels, class_frame_labels
from kd.labels.schedule import Falling
from kd.models.config import ModelConfig
from kd.passes.class_frame import fit_settings
from kd.passes.class_frame_settings import ClassFrameSettings
from kd.passes.stages import Stages, Trained, labelled, rounds_of
from kd.training.fit import FitSettings
from kd.training.stages import PSEUDO, STRONG, WEAK, StageSet

FALLING = Falling(0.75, 0.25, 0.25)


def given_set() -> StageSet:
    """Three weakly labelled clips and one strongly labelled, of two frames and one class."""
    kinds = np.array([WEAK, WEAK, WEAK, STRONG])
    features = ClipFeatures(np.zeros((4, 16, 64), np.float32), np.arange(4), np.ones(4))
    frames = np.array([[[0], [0]]] * 3 + [[[1], [1]]], np.float16)
    return StageSet(features, kinds, np.ones((4, 1), np.float16), frames, np.ones(1))


class Rehearsed(Stages):
    """Stages that note their steps instead of training, and whose network says what it is told to."""

    said: list[list[bool]]
    steps: list[tuple[str, list[int], FitSettings]]

    def _labels(self, network: Path, theta: float) -> ClassFrameLabels:
        accepted = np.array(self.said.pop(0))
        return ClassFrameLabels(accepted, np.ones((3, 2, 1), np.bool_))

    def _step(self, name: str, learnt: StageSet, how: FitSettings, start: Path | None) -> Path:
        self.steps.append((name, learnt.kinds.tolist(), how))
        return Path(name)


def rehearsed(said: list[list[bool]]) -> Any:
    none: Any = None
    how = FitSettings(steps=9, batch=2, optimizer="sgd")
    stages = Rehearsed(none, ModelConfig("resnet", ("a",)), how, 0, 1, given_set())
    object.__setattr__(stages, "said", said)
    object.__setattr__(stages, "steps", [])
    return stages


def test_each_round_learns_from_the_labels_before_it_and_the_last_ones_are_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stages = rehearsed([[False] * 3, [True, False, True], [False] * 3, [False, True, False]])
    begun = Trained("stage-1", (Path("first"),), 18)
    rounds = rounds_of(9, 4)
    trained, updates = stages.with_labels(begun, rounds, FALLING)
    learnt = [kinds for _, kinds, _ in stages.steps]
    assert learnt == [
        [WEAK, WEAK, WEAK, STRONG],
        [PSEUDO, WEAK, PSEUDO, STRONG],
        [PSEUDO, WEAK, PSEUDO, STRONG],
        [WEAK, PSEUDO, WEAK, STRONG],
    ]
    assert [(each.accepted, each.used) for each in updates] == [(0, 0), (2, 2), (0, 2), (1, 1)]
    assert [each.threshold for each in updates] == [0.75, 0.5, 0.25, 0.25]
    assert updates[1].share == pytest.approx(2 / 3)
    assert trained.steps[0] == Path("first") and len(trained.steps) == 5 and trained.clip_steps == 18 + 9 * 2
    said = capsys.readouterr().out
    assert "no labels yet" in said and "the last labels are kept" in said and "(66.7 %)" in said


def test_with_and_without_see_the_same_clips_in_the_same_order() -> None:
    begun, rounds = Trained("stage-1", (Path("first"),), 18), rounds_of(9, 4)
    one, other = rehearsed([[True] * 3] * 4), rehearsed([])
    with_labels, _ = one.with_labels(begun, rounds, FALLING)
    without = other.without(begun, rounds)
    assert [how for _, _, how in one.steps] == [how for _, _, how in other.steps]
    assert with_labels.clip_steps == without.clip_steps
    assert all(kinds == [WEAK, WEAK, WEAK, STRONG] for _, kinds, _ in other.steps)
    assert len({how.seed for _, _, how in one.steps}) == 4


def test_accepted_clips_get_their_frames_and_others_none() -> None:
    given = given_set()
    frames = np.array([[[1], [0]], [[1], [1]], [[0], [1]]], np.bool_)
    found = labelled(given, ClassFrameLabels(np.array([True, False, True]), frames))
    assert found.kinds.tolist() == [PSEUDO, WEAK, PSEUDO, STRONG]
    assert found.frames[:, :, 0].tolist() == [[1, 0], [0, 0], [0, 1], [1, 1]]
    assert given.kinds.tolist() == [WEAK, WEAK, WEAK, STRONG] and given.frames[:3].sum() == 0


@given(st.integers(1, 10_000), st.integers(1, 50))
def test_rounds_share_the_steps_evenly(steps: int, updates: int) -> None:
    rounds = rounds_of(steps, updates)
    assert sum(rounds) == steps and len(rounds) == updates and max(rounds) - min(rounds) <= 1


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_frames_of_accepted_clips_hold_their_tags_and_no_other_class(seed: int, theta: float) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(-1, 2, (20, 4, 2)).astype(np.float16)
    tags = rng.integers(0, 2, (20, 2)).astype(np.float16)
    found = class_frame_labels(logits, tags, threshold=theta)
    assert np.array_equal(found.frames.any(axis=1) == (tags > 0.5), found.frames.any(axis=1) == (tags == 1))
    assert np.array_equal((found.frames.any(axis=1) == (tags > 0.5)).all(axis=1), found.accepted)


def test_default_steps_depend_on_clips_alone_and_every_update_needs_one() -> None:
    assert [fit_settings(ClassFrameSettings(), clips=n).steps for n in (1, 160, 440)] == [80, 182, 500]
    assert fit_settings(ClassFrameSettings(epochs=2), clips=100).steps == 18
    assert fit_settings(ClassFrameSettings(steps=4), clips=10).steps == 4
    with pytest.raises(UserError, match="fewer than updates"):
        fit_settings(ClassFrameSettings(steps=3), clips=10)
