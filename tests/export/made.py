"""Networks with a number in every place, so that a wrong one shows; and detectors made of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from kd.audio.logmel import log_mel
from kd.audio.spec import FeatureSpec
from kd.audio.store import ClipFeatures
from kd.detection.apply import finest, merged_logits
from kd.detection.detector import Detector, load_detector, save_detector
from kd.labels.smoothing import probabilities
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import save_model
from kd.models.network import Network
from kd.models.sru import SRU
from kd.scoring.hysteresis import raised
from kd.scoring.median import median_filter
from kd.scoring.operating_points import OperatingPoints

CLASSES = ("Dog", "Speech", "Électrique")


def a_network(config: ModelConfig, *, seed: int = 0) -> Network:
    """Weights and biases drawn, statistics those of noise: logits of the size that trained networks have."""
    torch.manual_seed(seed)
    network = build(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
                module.weight.uniform_(0.5, 1.5)
                module.bias.normal_(0, 0.2)
            if isinstance(module, SRU):
                module.bias.normal_(0, 0.5)
        network.set_statistics(torch.randn(config.mels) - 5, torch.rand(config.mels) + 1)
        network.train()(2 * torch.randn(2, 60, config.mels) - 5)
    network.eval()
    return network


def a_detector(
    folder: Path,
    members: Sequence[tuple[ModelConfig, FeatureSpec]],
    *,
    champion: Sequence[int],
    clips: np.ndarray,
    blend: float = 0.0,
) -> Detector:
    """A detector whose thresholds lie in gaps between the scores of clips (clips, samples): no rounding flips an event."""
    places = []
    for index, (config, _) in enumerate(members):
        places.append(folder / f"network-{index}")
        save_model(places[-1], a_network(config, seed=index), config, {})
    windows, depths = (1, 3, 7), (0.0, 0.05, 0.02)

    def saved(thresholds: Sequence[float]) -> Detector:
        save_detector(
            folder / "detector",
            classes=CLASSES,
            networks=places,
            specs=[spec for _, spec in members],
            champion=champion,
            points=OperatingPoints(tuple(thresholds), windows, depths),
            temperatures=(1.0, 2.0, 0.5),
            corpus="none",
            blend=blend,
        )
        return load_detector(folder / "detector")

    detector = saved([0.5] * 3)
    scores = probabilities(merged_logits(detector, lambda spec: features_of(clips, spec)))
    assert scores.shape[1] == finest(detector).frames
    smooth = [median_filter(scores[:, :, k].copy(), windows[k]) for k in range(3)]
    return saved([gap(np.stack([each, raised(each, depth)])) for each, depth in zip(smooth, depths, strict=True)])


def gap(scores: np.ndarray) -> float:
    """The middle of the widest gap between scores, away from their ends."""
    ordered = np.sort(scores, axis=None)[scores.size // 4 : -scores.size // 4]
    widest = int(np.diff(ordered).argmax())
    return float(ordered[widest : widest + 2].astype(np.float64).mean())


def features_of(clips: np.ndarray, spec: FeatureSpec) -> ClipFeatures:
    """Features of samples at the spec's rate."""
    array = np.stack([log_mel(clip, spec=spec) for clip in clips])
    return ClipFeatures(array, np.arange(len(clips)), np.full(len(clips), spec.seconds))


def sounds(count: int, *, samples: int, seed: int = 0) -> np.ndarray:
    """Bursts of noise and tones, (count, samples), with 16 bits of depth."""
    draw = np.random.default_rng(seed)
    clips = 0.003 * draw.standard_normal((count, samples))
    for clip in clips:
        for _ in range(6):
            start, length = draw.integers(0, samples), draw.integers(samples // 50, samples // 5)
            here = clip[start : start + length]
            tone = np.sin(2 * np.pi * draw.uniform(0.01, 0.3) * np.arange(len(here)))
            here += draw.uniform(0.05, 0.4) * (tone if draw.random() < 0.5 else draw.standard_normal(len(here)) / 3)
    return np.asarray(np.round(np.clip(clips, -0.99, 0.99) * 2**15) * 2**-15, np.float32)
