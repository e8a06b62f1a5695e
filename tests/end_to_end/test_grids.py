"""Networks whose frames differ, as one detector: columns interpolated, windows of the same length in time."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from kd.audio.spec import FeatureSpec, s1, s2
from kd.audio.store import ClipFeatures
from kd.detection.apply import finest, merged_logits
from kd.detection.detector import Detector, load_detector, save_detector
from kd.detection.listen import detect_files
from kd.labels.merging import regrid
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import save_model
from kd.scoring.operating_points import OperatingPoints
from kd.training.predict import predict

CLASSES = ("a", "b")
SPECS = {"shallow": s1(), "resnet": s2()}


def mixed(folder: Path) -> Detector:
    """Class a by a shallow network, class b by a residual one."""
    for architecture in SPECS:
        torch.manual_seed(1)
        config = ModelConfig(architecture, CLASSES, width=0.05)
        save_model(folder / architecture, build(config), config, {})
    save_detector(
        folder / "detector",
        classes=CLASSES,
        networks=[folder / architecture for architecture in SPECS],
        specs=list(SPECS.values()),
        champion=[0, 1],
        points=OperatingPoints((0.5, 0.5), (7, 7)),
        temperatures=[1.0, 1.0],
        corpus="",
    )
    return load_detector(folder / "detector")


def features(spec: FeatureSpec) -> ClipFeatures:
    rng = np.random.default_rng(0)
    return ClipFeatures(rng.random((2, spec.frames, spec.mels), dtype=np.float32), np.arange(2), np.full(2, 10.0))


def test_columns_are_interpolated_to_the_finest_frames(tmp_path: Path) -> None:
    detector = mixed(tmp_path)
    shallow, resnet = detector.members
    assert (shallow.grid.frames, resnet.grid.frames) == (240, 128)
    assert resnet.grid.hop == 8 * 430 / 44_100 and finest(detector) == shallow.grid
    found = merged_logits(detector, features)
    own = [predict(member.network, features(member.spec)) for member in detector.members]
    assert [each.shape for each in own] == [(2, 240, 2), (2, 128, 2)] and found.shape == (2, 240, 2)
    assert np.array_equal(found[:, :, 0], own[0][:, :, 0])
    moved = regrid(own[1], source=resnet.grid, target=shallow.grid)
    assert np.array_equal(found[:, :, 1], moved[:, :, 1])
    # frame 100 of 240 is centred on 100 · 41.5 + 32 = 4182 ms, between frames 53 and 54 of 128 (78.005 j + 10 ms)
    share = (4.182 - 0.01) / (8 * 430 / 44_100) - 53
    by_hand = own[1][:, 53, 1].astype(float) * (1 - share) + own[1][:, 54, 1].astype(float) * share
    np.testing.assert_allclose(found[:, 100, 1].astype(float), by_hand, atol=2e-3)


def test_files_become_events_by_both(tmp_path: Path, corpus: Path) -> None:
    detector = mixed(tmp_path)
    paths = sorted((corpus / "audio" / "test").glob("*.wav"))[:2]
    open_to_all = replace(detector, points=OperatingPoints((0.0, 0.0), (7, 7)))
    found = detect_files(open_to_all, paths)
    assert {path: [(e.onset, e.offset, e.label) for e in events] for path, events in found.items()} == {
        path: [(0.0, 10.0, "a"), (0.0, 10.0, "b")] for path in paths
    }
