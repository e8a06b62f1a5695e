"""A detector on recordings of any length."""

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.audio.logmel import log_mel
from kd.audio.resample import resample
from kd.audio.store import ClipFeatures
from kd.detection.apply import finest, merged_logits
from kd.detection.detector import Detector
from kd.detection.listen import Listener, detect_files, listen, listener_of
from kd.detection.windows import live_windows_of
from kd.labels.merging import regrid
from kd.labels.smoothing import probabilities
from kd.scoring.decode import decode_clips
from kd.training.predict import logits_of
from tests.detection.make import detector

BLENDED = ("blended", "shallow", "resnet")
MIXES = [("shallow",), ("deep", "shallow"), ("shallow", "resnet"), ("resnet",), BLENDED]
Array = npt.NDArray[np.float32]


def sound(seconds: float, rate: int, seed: int = 0) -> Array:
    """Bursts of noise and tones."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * rate)) / rate
    gate = np.repeat(rng.random(len(time) // (rate // 4) + 1), rate // 4)[: len(time)]
    tone = np.sin(2 * np.pi * 300 * (1 + np.round(3 * gate)) * time)
    return ((0.3 * tone + 0.2 * rng.standard_normal(len(time))) * gate**3).astype(np.float32)


def heard_scores(model: Detector, samples: Array, rate: int, cuts: list[int], **options: float) -> Array:
    parts = np.split(samples, sorted(cut % (len(samples) + 1) for cut in cuts))
    listener = listener_of(model, rate=rate, **options)
    return np.concatenate([each.scores for each in listen(listener, iter(parts))])


@pytest.fixture(scope="module")
def detectors(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Detector]:
    return {
        mix: detector(
            tmp_path_factory.mktemp("-".join(mix)),
            [name for name in mix if name != "blended"],
            blend=0.5 if mix == BLENDED else 0.0,
        )
        for mix in MIXES
    }


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize(("seconds", "rate"), [(10.0, 44_100), (10.0, 16_000), (4.3, 22_050), (0.01, 16_000)])
def test_a_clip_is_scored_as_in_evaluation(
    detectors: dict[tuple[str, ...], Detector], tmp_path: Path, mix: tuple[str, ...], seconds: float, rate: int
) -> None:
    model, path, samples = detectors[mix], tmp_path / "clip.wav", sound(seconds, rate)
    soundfile.write(path, samples, rate, subtype="FLOAT")

    def features(spec: object) -> ClipFeatures:
        made = resample(samples, rate, spec.rate)
        clip = np.pad(made, (0, spec.samples))[: spec.samples]
        return ClipFeatures(log_mel(clip, spec=spec)[None], np.arange(1), np.array([seconds]))

    logits = merged_logits(model, features)
    whole = decode_clips(
        probabilities(logits), clips=["clip"], grid=finest(model), thresholds=model.points.thresholds,
        windows=model.points.windows, classes=model.classes, depths=model.points.depths,
    )["clip"]  # fmt: skip
    expected = [(e.onset, min(e.offset, seconds), e.label) for e in whole if e.onset < seconds]
    found = detect_files(model, [path])[path]
    assert expected or seconds < 1
    assert [(e.onset, e.label) for e in found] == [(onset, label) for onset, _, label in expected]
    assert [e.offset for e in found] == pytest.approx([offset for _, offset, _ in expected], abs=1 / rate)


@pytest.mark.parametrize("mix", MIXES)
@settings(max_examples=6, deadline=None)
@given(seconds=st.floats(0.1, 45.0), cuts=st.lists(st.integers(0, 10**7), max_size=5))
def test_blocks_do_not_matter(
    detectors: dict[tuple[str, ...], Detector], mix: tuple[str, ...], seconds: float, cuts: list[int]
) -> None:
    samples = sound(seconds, 16_000)
    whole = heard_scores(detectors[mix], samples, 16_000, [])
    assert len(whole) == max(240, 1 + (len(samples) - 1024) // 664) or mix == ("resnet",)
    np.testing.assert_allclose(heard_scores(detectors[mix], samples, 16_000, cuts), whole, atol=2e-3)


@pytest.mark.parametrize("mix", [("deep", "shallow"), ("shallow",)])
def test_long_recordings_are_scored_nearly_as_in_one_piece(
    detectors: dict[tuple[str, ...], Detector], mix: tuple[str, ...]
) -> None:
    model, samples = detectors[mix], sound(61.0, 16_000)
    found = heard_scores(model, samples, 16_000, [])
    columns = []
    for label, index in zip(model.classes, model.champion, strict=True):
        member = model.members[index]
        logits = logits_of(member.network, log_mel(samples, spec=member.spec)[None], precision="float32")
        moved = regrid(logits, source=member.grid, target=member.grid)
        columns.append(probabilities(moved)[0, :, member.classes.index(label)])
    whole = np.stack(columns, axis=1)
    assert found.shape == whole.shape
    assert np.abs(found - whole).max() < 0.02 and np.abs(found - whole).mean() < 2e-4
    longer = heard_scores(model, samples, 16_000, [], seconds=30.0)
    assert np.abs(longer - whole).mean() <= np.abs(found - whole).mean()


def test_memory_does_not_grow(detectors: dict[tuple[str, ...], Detector]) -> None:
    listener, minute = listener_of(detectors["shallow", "resnet"], rate=16_000), sound(60.0, 16_000)
    sizes = []
    for _ in range(4):
        listener.push(minute)
        held = [each.held for each in listener.networks.values()] + [each.held for each in listener.bands.values()]
        held += [*listener.merge.waiting.values(), *listener.events.held]
        sizes.append(sum(each.size for each in held))
    assert max(sizes[1:]) < 1.2 * sizes[0]


def test_live_scores_come_in_time_and_are_nearly_those_of_the_whole(detectors: dict[tuple[str, ...], Detector]) -> None:
    model, rate = detectors["shallow",], 16_000
    samples = sound(20.0, rate)
    cut = partial(live_windows_of, step=0.25, after=1.5)
    listener = Listener(model, rate=rate, cut=cut, precision="float32", pad=False)
    scores = []
    for start in range(0, len(samples), 1600):
        scores.append(listener.push(samples[start : start + 1600]).scores)
        came = (start + 1600) / rate
        settled = sum(map(len, scores)) * 0.0415
        assert settled >= came - 0.064 - 1.5 - 0.25 - 0.1
    scores.append(listener.finish().scores)
    found, whole = np.concatenate(scores), heard_scores(model, samples, rate, [])
    assert found.shape == whole.shape
    assert np.abs(found - whole).max() < 0.05
