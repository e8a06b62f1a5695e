"""Detectors of untrained networks whose scores move."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from kd.audio.spec import FeatureSpec, s1, s2
from kd.detection.detector import Detector, load_detector, save_detector
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import save_model
from kd.scoring.operating_points import OperatingPoints

CLASSES = ("Dog", "Speech", "Blender")
SPECS: Mapping[str, FeatureSpec] = {"deep": s1(), "shallow": s1(), "resnet": s2()}


def detector_folder(
    folder: Path,
    architectures: Sequence[str] = ("shallow",),
    *,
    windows: Sequence[int] = (1, 5, 11),
    blend: float = 0.0,
) -> Path:
    """A saved detector of three classes, dealt out to the networks in turn."""
    places = []
    for number, architecture in enumerate(architectures):
        torch.manual_seed(number)
        config = ModelConfig(architecture, CLASSES, width=0.05)
        network = build(config)
        with torch.no_grad():
            network.classify.weight.mul_(20)
        network.set_statistics(np.full(64, -6.0 if architecture != "resnet" else 0.5), np.full(64, 2.0))
        places.append(folder / f"{number}-{architecture}")
        save_model(places[-1], network, config, {})
    save_detector(
        folder / "detector",
        classes=CLASSES,
        networks=places,
        specs=[SPECS[architecture] for architecture in architectures],
        champion=[k % len(architectures) for k in range(len(CLASSES))],
        points=OperatingPoints((0.5, 0.45, 0.55), tuple(windows), (0.0, 0.02, 0.1)),
        temperatures=[1.0, 2.0, 0.5],
        corpus="made",
        blend=blend,
    )
    return folder / "detector"


def detector(folder: Path, architectures: Sequence[str] = ("shallow",), *, blend: float = 0.0) -> Detector:
    """The same, loaded."""
    return load_detector(detector_folder(folder, architectures, blend=blend))
