"""What students of several teachers train on: batches, known labels, embeddings, and a training that learns from them."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from kd.audio.store import ClipFeatures
from kd.losses.students import similarity_distance
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.training.data import Step
from kd.training.fit import FitSettings, fit
from kd.training.predict import predict
from kd.training.taught_set import TaughtSet

CLASSES = ("Dog", "Speech")
FRAMES = 30


def features_of(array: np.ndarray) -> ClipFeatures:
    return ClipFeatures(array, np.arange(len(array)), np.full(len(array), 10.0))


def a_set(clips: int = 12, *, weight: float = 0.5, embeddings: ClipFeatures | None = None) -> TaughtSet:
    """A third of the clips weakly labelled, a third strongly, a third not."""
    draw = np.random.default_rng(0)
    truth = np.repeat(draw.random((clips, FRAMES // 5, 2)) < 0.4, 5, axis=1)
    sound = draw.normal(size=(clips, FRAMES, 64)).astype(np.float32)
    sound[:, :, :20] += 3 * truth[:, :, :1]
    sound[:, :, 30:50] += 3 * truth[:, :, 1:]
    tags = np.full((clips, 2), np.nan, np.float16)
    tags[: clips // 3] = truth[: clips // 3].any(axis=1)
    strong = np.full(clips, -1)
    strong[clips // 3 : 2 * clips // 3] = np.arange(clips // 3)
    frames = truth[clips // 3 : 2 * clips // 3].astype(np.float16)
    soft = (0.1 + 0.8 * truth).astype(np.float16)
    return TaughtSet(
        features_of(sound), soft, tags, frames, strong, weight, embeddings, 1.0 if embeddings else 0.0, "digest"
    )


def test_a_batch_holds_what_is_known_of_its_clips_and_nothing_of_others() -> None:
    taught = a_set()
    assert (len(taught), taught.labelled) == (12, 8)
    step = Step(0, 12, 3)
    which = step.clips(12)
    features, (soft, tags, frames) = taught.batch(step, lambda f, t: (f, t))
    np.testing.assert_array_equal(features, taught.features.array[which])
    np.testing.assert_allclose(soft, taught.soft[which])
    for row, clip in enumerate(which):
        assert np.isnan(tags[row]).all() == (clip >= 4)
        assert np.isnan(frames[row]).all() == (not 4 <= clip < 8)
        if 4 <= clip < 8:
            np.testing.assert_array_equal(frames[row], taught.frames[clip - 4])


@pytest.mark.parametrize("architecture", ["small", "small-conv"])
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_a_student_learns(architecture: str, weight: float) -> None:
    torch.manual_seed(0)
    taught = a_set(24, weight=weight)
    network = build(ModelConfig(architecture, CLASSES, width=0.3))
    losses = fit(network, taught, FitSettings(steps=60, batch=8, learning_rate=0.01))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    if weight < 1:
        logits = predict(network, taught.features).astype(np.float32)
        positive = taught.soft > 0.5
        assert logits[positive].mean() > logits[~positive].mean() + 1


def test_embeddings_of_a_teacher_make_frames_alike() -> None:
    teacher = features_of(np.random.default_rng(1).normal(size=(12, FRAMES, 7)).astype(np.float16))
    apart = []
    for embeddings in (None, teacher):
        torch.manual_seed(0)
        taught, network = a_set(embeddings=embeddings), build(ModelConfig("small", CLASSES, width=0.5))
        fit(network, taught, FitSettings(steps=40, batch=6, learning_rate=0.005))
        network.eval()
        with torch.no_grad():
            own = network.embed(torch.from_numpy(taught.features.array))
        apart.append(float(similarity_distance(own, torch.from_numpy(teacher.array))))
    assert apart[1] < 0.8 * apart[0]


def test_mapped_embeddings_survive_the_way_to_another_process(tmp_path: Path) -> None:
    array = np.random.default_rng(2).normal(size=(12, FRAMES, 5)).astype(np.float16)
    np.save(tmp_path / "embeddings.npy", array)
    mapped = features_of(np.load(tmp_path / "embeddings.npy", mmap_mode="r"))
    sent = pickle.dumps(a_set(embeddings=mapped))
    again: TaughtSet = pickle.loads(sent)
    assert again.embeddings is not None
    np.testing.assert_array_equal(again.embeddings.batch(np.array([3, 0])), array[[3, 0]])
    assert len(sent) < len(pickle.dumps(a_set())) + array.nbytes / 2
