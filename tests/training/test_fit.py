"""Training: repeatable, resumable, and it learns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kd.audio.store import ClipFeatures
from kd.losses.frames import frame_bce
from kd.losses.tagging import tag_bce
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.network import RecurrentCNN
from kd.training.checkpoint import load_checkpoint
from kd.training.data import Step, TrainingSet, batch_of
from kd.training.fit import FitSettings, fit, optimizer_of, rate_at
from kd.training.predict import logits_by_batch, predict, write_logits

FRAMES = 24


def clips(count: int = 10) -> ClipFeatures:
    """Noise with a louder half wherever class 0 sounds."""
    frames = np.random.default_rng(1).standard_normal((count, FRAMES, 64)).astype(np.float32)
    frames[:, : FRAMES // 2] += 2
    return ClipFeatures(frames, np.arange(count), np.ones(count))


def strong(count: int = 10) -> TrainingSet:
    labels = np.zeros((count, FRAMES, 2), dtype=np.float16)
    labels[:, : FRAMES // 2, 0] = 1
    return TrainingSet(clips(count), labels)


def network(direction: str = "both") -> RecurrentCNN:
    torch.manual_seed(5)
    return build(ModelConfig(architecture="shallow", classes=("a", "b"), direction=direction))


def test_every_clip_is_visited_once_an_epoch() -> None:
    seen = np.concatenate([batch_of(10, size=4, seed=3, step=i) for i in range(5)])
    assert sorted(seen[:10].tolist()) == list(range(10)) and sorted(seen[10:].tolist()) == list(range(10))
    assert len(set(batch_of(3, size=7, seed=0, step=0).tolist())) == 3


@pytest.mark.parametrize("direction", ["both", "forward"])
def test_the_loss_falls_and_the_halves_are_told_apart(direction: str) -> None:
    net = network(direction)
    losses = fit(net, strong(), FitSettings(steps=40, batch=5, learning_rate=3e-3))
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    logits = predict(net, clips())
    assert logits.shape == (10, FRAMES, 2) and logits.dtype == np.float16
    assert logits[:, 2 : FRAMES // 2 - 2, 0].mean() > logits[:, FRAMES // 2 + 2 :, 0].mean() + 2


def test_tags_train_too() -> None:
    tags = TrainingSet(clips(), np.tile(np.array([1, 0], dtype=np.float16), (10, 1)))
    losses = fit(network(), tags, FitSettings(steps=20, batch=5))
    assert losses[-1] < losses[0]


AUGMENTED: dict[str, Any] = {"time_mask": 8, "frequency_mask": 16, "mixup": 0.5}


@pytest.mark.parametrize(
    ("stop", "augmentation"), [(3, {}), (4, {}), (9, {}), (3, AUGMENTED), (4, {**AUGMENTED, "average": 0.9})]
)
def test_an_interrupted_training_ends_with_the_same_weights(
    tmp_path: Path, stop: int, augmentation: dict[str, Any]
) -> None:
    how = FitSettings(steps=12, batch=3, seed=7, **augmentation)
    whole = network()
    straight = fit(whole, strong(), how)

    def cut(step: int, _loss: float) -> None:
        if step == stop:
            raise KeyboardInterrupt

    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(KeyboardInterrupt):
        fit(network(), strong(), how, checkpoint=path, report=cut)
    resumed = network()
    assert fit(resumed, strong(), how, checkpoint=path) == straight
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("name", AUGMENTED)
def test_each_augmentation_changes_the_training_and_the_step_it_is(tmp_path: Path, name: str) -> None:
    from kd.passes.networks import Training
    from kd.passes.steps import Steps

    config, mean = ModelConfig(architecture="shallow", classes=("a", "b")), np.zeros(64, dtype=np.float32)
    plain = FitSettings(steps=3, batch=3)
    other = replace(plain, **{name: AUGMENTED[name]})
    keys = {Training(Steps(tmp_path), config, strong(), mean, mean + 1, "", how, 1).key for how in (plain, other)}
    assert len(keys) == 2
    assert fit(network(), strong(), plain) != fit(network(), strong(), other)


def test_a_network_ends_with_the_average_of_its_weights() -> None:
    how, seen = FitSettings(steps=6, batch=5, learning_rate=1e-2), []
    watched = network()

    def keep(_step: int, _loss: float) -> None:
        seen.append({name: value.clone() for name, value in watched.state_dict().items()})

    start = {name: value.clone() for name, value in watched.state_dict().items()}
    losses = fit(watched, strong(), how, report=keep)
    averaged = network()
    assert fit(averaged, strong(), replace(how, average=0.4)) == losses, "the average does not change the training"
    want = start
    for step, state in enumerate(seen):
        kept = min(0.4, (1 + step) / (10 + step))
        want = {
            name: kept * want[name] + (1 - kept) * value if value.is_floating_point() else value
            for name, value in state.items()
        }
    for name, value in averaged.state_dict().items():
        torch.testing.assert_close(value, want[name], rtol=1e-5, atol=1e-6, msg=name)


def test_tags_beside_frame_labels() -> None:
    known = np.full((10, 2), np.nan, np.float16)
    known[::2] = (1, 0)
    both = replace(strong(), tags=known, tag_weight=0.5)
    features, (frames, tags) = both.batch(Step(0, 5, 3), lambda features, targets: (features, targets))
    which = batch_of(10, size=5, seed=3, step=0)
    np.testing.assert_array_equal(tags, known[which].astype(np.float32))
    np.testing.assert_array_equal(frames, strong().targets[which].astype(np.float32))
    net = network()
    logits = net(torch.from_numpy(features))
    loss = both.loss(net)(logits, torch.from_numpy(frames), torch.from_numpy(tags))
    rows = torch.from_numpy(~np.isnan(tags[:, 0]))
    want = frame_bce(logits, torch.from_numpy(frames)) + 0.5 * tag_bce(
        net.tags(logits)[rows], torch.from_numpy(tags)[rows]
    )
    torch.testing.assert_close(loss, want)
    assert fit(network(), both, FitSettings(steps=3, batch=5, **AUGMENTED)) != fit(
        network(), strong(), FitSettings(steps=3, batch=5, **AUGMENTED)
    )


def test_mixed_tags_train() -> None:
    tags = TrainingSet(clips(), np.tile(np.array([1, 0], dtype=np.float16), (10, 1)))
    losses = fit(network(), tags, FitSettings(steps=20, batch=5, **AUGMENTED))
    assert losses[-1] < losses[0]


def test_a_checkpoint_with_one_bit_flipped_is_passed_over(tmp_path: Path) -> None:
    path, how = tmp_path / "checkpoint.safetensors", FitSettings(steps=4, batch=5)

    def cut(done: int, loss: float) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(network(), strong(), how, checkpoint=path, report=cut)
    whole = path.read_bytes()
    model = network()
    assert load_checkpoint(path, model=model, optimizer=optimizer_of(model, how))[0] > 0
    for at in (len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert load_checkpoint(path, model=model, optimizer=optimizer_of(model, how)) == (0, [])


def test_a_broken_checkpoint_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"half a file")
    how = FitSettings(steps=3, batch=3)
    assert fit(network(), strong(), how, checkpoint=path) == fit(network(), strong(), how)


def test_the_rate_falls_over_the_last_third() -> None:
    how = FitSettings(steps=300, batch=1, learning_rate=1.0)
    assert rate_at(how, 0) == rate_at(how, 199) == 1.0
    assert rate_at(how, 250) == pytest.approx(0.5) and 0.009 < rate_at(how, 299) < 0.02


@pytest.mark.parametrize("count", [0, 7])
def test_prediction_goes_to_a_file_as_to_memory(tmp_path: Path, count: int) -> None:
    net, given = network(), clips()
    some = ClipFeatures(given.array, given.rows[:count], given.seconds[:count])
    write_logits(tmp_path / "logits.npy", logits_by_batch(net, some, batch=3), count)
    found = np.load(tmp_path / "logits.npy", allow_pickle=False)
    assert len(found) == count and (count == 0 or np.array_equal(found, predict(net, some, batch=3)))


def test_prediction_does_not_depend_on_the_batch() -> None:
    net = network()
    assert np.allclose(predict(net, clips(), batch=3), predict(net, clips(), batch=10), atol=2e-3)
