"""Exported graphs on real recordings."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from kd.audio.decode import decode
from kd.audio.logmel import log_mel
from kd.audio.spec import FeatureSpec, s1, s2
from kd.export.model import model_bytes
from kd.models.config import ModelConfig
from tests.export.made import CLASSES, a_network

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

DATA = os.environ.get("KD_REAL_DATA", "")
FOLDERS = ("backgrounds", "esc10", "kitchen20", "speech_read")
KINDS = [
    (ModelConfig("deep", CLASSES, padding="literal", sru_version=2), s1()),
    (ModelConfig("deep", CLASSES, direction="forward"), s1(rate=32_000)),
    (ModelConfig("shallow", CLASSES, direction="forward", recurrent_activation="identity"), s1()),
    (ModelConfig("resnet", CLASSES, width=0.25), s2()),
]


@pytest.mark.skipif(not DATA, reason="KD_REAL_DATA names no folder")
@pytest.mark.parametrize(("config", "spec"), KINDS, ids=["deep-16k", "deep-32k", "shallow-16k", "resnet-44k"])
def test_graphs_of_samples_and_of_features_agree_with_pytorch(config: ModelConfig, spec: FeatureSpec) -> None:
    files = [path for each in FOLDERS for path in sorted((Path(DATA) / each).rglob("*.ogg"))[:3]]
    assert len(files) > 6
    samples = np.stack([decode(path, rate=spec.rate, seconds=spec.seconds)[0] for path in files])
    features = np.stack([log_mel(clip, spec=spec) for clip in samples])
    network = a_network(config)
    network.set_statistics(features.mean(axis=(0, 1)), features.std(axis=(0, 1)))
    with torch.inference_mode():
        wanted = network(torch.from_numpy(features)).numpy()
    for given in ({"features": features}, {"samples": samples}):
        data = model_bytes(network, config, spec, features="samples" in given)
        session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        np.testing.assert_allclose(session.run(["logits"], given)[0], wanted, rtol=0, atol=1e-4)
