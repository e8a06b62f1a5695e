"""The baseline of DCASE 2018: its parts against plain twins, and the entry point."""

import copy
import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import torch
from torch import nn

from kd.baseline.course import Course, Lesson, baseline_network, best_of, best_thresholds, class_f1, waited
from kd.baseline.decision import letter_events
from kd.baseline.features import grid_of, log_magnitudes
from kd.baseline.network import BaselineNetwork
from tests.conftest import Place
from tests.forks import Forks


def test_it_has_126090_parameters_and_keeps_every_frame() -> None:
    network = BaselineNetwork(classes=10)
    assert sum(weights.numel() for weights in network.parameters()) == 126090
    assert network(torch.zeros(2, 50, 64)).shape == (2, 50, 10)
    assert all((network.get_parameter(name) == 0).all() for name, _ in network.named_parameters() if "bias" in name)


def plain(network: BaselineNetwork, features: torch.Tensor) -> torch.Tensor:
    """Its logits by torch's own layers, without dropout."""
    x = features[:, None]
    for block in network.front:
        x = nn.functional.max_pool2d(torch.relu(block.norm(block.conv(x))), (1, 4))
    found: torch.Tensor = network.classify(network.recurrent(x.flatten(2).transpose(1, 2))[0])
    return found


@pytest.mark.parametrize("training", [True, False])
def test_its_blocks_are_convolution_normalisation_relu_and_pooling(
    training: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kd.baseline.network.DROPOUT", 0.0)
    torch.manual_seed(0)
    network = BaselineNetwork(classes=3).train(training)
    twin = copy.deepcopy(network)
    features = torch.randn(3, 40, 64)
    found, wanted = network(features), plain(twin, features)
    assert torch.allclose(found, wanted, atol=1e-5)
    for one, other in zip(network.buffers(), twin.buffers(), strict=True):
        assert torch.allclose(one.float(), other.float(), atol=1e-5)
    found.square().sum().backward()
    wanted.square().sum().backward()
    for (name, one), other in zip(network.named_parameters(), twin.parameters(), strict=True):
        if "conv.bias" not in name:
            assert one.grad is not None and other.grad is not None
            assert torch.allclose(one.grad, other.grad, atol=1e-3), name


def test_features_are_librosas_mel_magnitudes() -> None:
    samples = np.random.default_rng(0).standard_normal(44_100).astype(np.float32)
    ours = log_magnitudes(samples, rate=44_100, frames=50)
    size = {"n_fft": 2048, "hop_length": 882, "win_length": 1764}
    spectrum = np.abs(librosa.stft(samples.astype(np.float64), window="hamming", pad_mode="reflect", **size))
    bank = librosa.filters.mel(sr=44_100, n_fft=2048, n_mels=64, fmin=0, fmax=22_050, htk=False, norm=None)
    want = np.log(bank.astype(np.float64) @ spectrum + np.finfo(np.float64).eps).T[:50]
    np.testing.assert_allclose(ours, want, atol=2e-4)
    assert grid_of(10.0).frames == 500


def test_events_are_runs_of_a_median_with_silence_around() -> None:
    rng = np.random.default_rng(1)
    scores = np.repeat(rng.random((2, 20, 1), dtype=np.float32), 25, axis=1)
    found = letter_events(scores, grid=grid_of(10.0), clips=["x", "y"], classes=["a"])
    for row, clip in zip(scores[:, :, 0], ("x", "y"), strict=True):
        padded = np.pad(row > 0.5, 25)
        active = [bool(np.sort(padded[t : t + 51])[25]) for t in range(500)]
        turns = [t for t in range(501) if (t > 0 and active[t - 1]) != (t < 500 and active[t])]
        want = [(round(a * 0.02, 6), round(b * 0.02, 6)) for a, b in zip(turns[::2], turns[1::2], strict=True)]
        assert [(round(e.onset, 6), round(e.offset, 6)) for e in found[clip]] == want
    assert sum(map(len, found.values())) > 2


def test_thresholds_of_tags_are_the_best_of_eleven() -> None:
    truth = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], np.float32)
    tags = np.array([[0.35, 0.9], [0.6, 0.95], [0.2, 0.92], [0.1, 0.9]], np.float32)
    np.testing.assert_allclose(best_thresholds(tags, truth), [0.3, 0.0])
    assert class_f1(tags >= 0.3, truth).tolist() == [1.0, pytest.approx(2 / 3)]


def test_two_trainings_stop_at_their_epochs_and_keep_the_best_weights() -> None:
    rng = np.random.default_rng(2)
    features = rng.standard_normal((10, 20, 64)).astype(np.float32)
    tags = np.eye(2, dtype=np.float32)[np.arange(10) % 2]
    features[:, :, :32] += 3 * tags[:, :1, None]
    told: list[tuple[int, int]] = []
    taught = [
        baseline_network(
            Lesson(features, tags), features[:3], Course(3, 0, 0, "float32"), lambda n, e, f1: told.append((n, e))
        )
        for _ in range(2)
    ]
    assert told[:6] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    (tagger, detector), (_, again) = taught
    assert (tagger.clip_steps, detector.clip_steps) == (3 * 8, 3 * 3) and 1 <= tagger.best <= 3
    for a, b in zip(detector.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(a, b)
    alone, same = baseline_network(Lesson(features, tags), features[:0], Course(1, 0, 0, "float32"), lambda *_: None)
    assert alone is same


def test_the_entry_point_writes_both_blocks(place: Place, micro: Path, forks: Forks) -> None:
    place.forks = forks
    out = place.folder / "baseline.json"
    done = place.ask("baseline", data=micro, clip_seconds=2, epochs=2, threads=1, out=out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["settings"]["points"] == "letter" and found["tuned"]["settings"]["points"] == "tuned"
    for block in (found, found["tuned"]):
        assert 0 <= block["event_based"]["macro"]["f1"] <= 1 and block["psds1"] is not None
    assert found["training"]["clip_steps"] == 2 * 2 + 2 * 1
    assert "baseline, by the letter:" in done.stdout
    refused = place.ask("baseline", data=micro, clip_seconds=2, epochs=2, out=place.folder)
    assert refused.returncode == 2 and "is a folder" in refused.stderr


@pytest.mark.parametrize(
    ("history", "best", "epochs_without_a_gain"),
    [
        ([0.0], 1, 0),
        ([0.1, 0.105, 0.11, 0.12], 4, 0),
        ([0.5] + [0.505] * 6, 1, 2),
        ([0.1] * 5 + [0.2] + [0.21] * 15, 6, 15),
        ([0.5] * 20, 1, 15),
    ],
)
def test_a_training_waits_for_a_gain_of_more_than_a_point(
    history: list[float], best: int, epochs_without_a_gain: int
) -> None:
    assert (best_of(history), waited(history)) == (best, epochs_without_a_gain)


def test_an_interrupted_training_ends_as_one_that_was_not(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    features = rng.standard_normal((10, 20, 64)).astype(np.float32)
    weak = Lesson(features, (rng.random((10, 2)) < 0.5).astype(np.float32))

    class Enough(Exception):
        pass

    def stop(training: int, epoch: int, f1: float) -> None:
        if (training, epoch) == (2, 2):
            raise Enough

    def run(report: object, kept: Path | None) -> tuple[int, dict[str, torch.Tensor]]:
        _, found = baseline_network(weak, features[:4], Course(3, 0, 0, "float32"), report, kept=kept)  # type: ignore[arg-type]
        return found.epochs, found.network.state_dict()

    epochs, want = run(lambda *_: None, None)
    with pytest.raises(Enough):
        run(stop, tmp_path)
    again: list[tuple[int, int]] = []
    found = run(lambda training, epoch, f1: again.append((training, epoch)), tmp_path)
    assert again == [(2, 2), (2, 3)] and found[0] == epochs == 3
    assert all(torch.equal(found[1][name], want[name]) for name in want)
