"""Graphs of networks against PyTorch, for every architecture, length and number of clips."""

import itertools
import json

import numpy as np
import pytest
import torch
from torch import Tensor

from kd.audio.spec import FeatureSpec, s1, s2
from kd.export.graph import IR_VERSION, OPSET, Graph, value
from kd.export.model import model_bytes
from kd.export.recurrence import recurrence
from kd.models.config import ModelConfig
from kd.models.sru import SRU
from tests.export.made import CLASSES, a_network, sounds

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

KINDS = [
    ModelConfig(name, CLASSES, sru_version=version, recurrent_activation=activation, padding=padding, direction=way)
    for (name, padding), version, activation, way in itertools.product(
        (("deep", "same"), ("deep", "literal"), ("shallow", "same")), (1, 2), ("tanh", "identity"), ("both", "forward")
    )
]
OTHERS = [
    ModelConfig("resnet", CLASSES, width=0.25),
    ModelConfig("small", CLASSES, width=0.3),
    ModelConfig("small", CLASSES, sru_version=2, direction="forward"),
    ModelConfig("small-conv", CLASSES, width=0.3),
]


def session_of(data: bytes) -> "onnxruntime.InferenceSession":
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


def logits_of(network: torch.nn.Module, x: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return np.asarray(network(x).numpy())


def name_of(config: ModelConfig) -> str:
    parts = (config.architecture, config.padding, config.sru_version, config.recurrent_activation, config.direction)
    return "-".join(map(str, parts))


@pytest.mark.parametrize("config", KINDS + OTHERS, ids=name_of)
def test_a_graph_gives_the_networks_logits_at_any_length_and_number_of_clips(config: ModelConfig) -> None:
    network = a_network(config)
    session = session_of(model_bytes(network, config, s1(), features=False))
    spread = []
    for frames, batch in ((57, 3), (240, 1), (1000, 1)):
        x = torch.randn(batch, frames, 64) * 2 - 5
        wanted = logits_of(network, x)
        logits, scores = session.run(["logits", "probabilities"], {"features": x.numpy()})
        assert logits.shape == wanted.shape
        np.testing.assert_allclose(logits, wanted, rtol=0, atol=5e-5)
        np.testing.assert_allclose(scores, 1 / (1 + np.exp(-wanted)), rtol=0, atol=5e-5)
        spread.append(wanted.std())
    assert min(spread) > 0.05  # else the tolerance would say nothing


@pytest.mark.slow
def test_the_residual_network_of_the_paper() -> None:
    config = ModelConfig("resnet", CLASSES)
    network = a_network(config)
    session = session_of(model_bytes(network, config, s2(), features=False))
    x = torch.randn(2, 300, 64) * 2 - 5
    np.testing.assert_allclose(session.run(["logits"], {"features": x.numpy()})[0], logits_of(network, x), atol=1e-4)


@pytest.mark.parametrize(("products", "two_ways"), itertools.product((3, 4), (True, False)))
@pytest.mark.parametrize(("version", "activation"), [(1, "tanh"), (2, "identity"), (2, "tanh")])
def test_the_unit_alone(products: int, two_ways: bool, version: int, activation: str) -> None:
    torch.manual_seed(0)
    size = 8 * (2 if two_ways else 1) + (3 if products == 4 else 0)
    layer = SRU(
        input_size=size,
        hidden_size=8,
        bidirectional=two_ways,
        version=version,
        activation=activation,
        highway_bias=-1.0,
        rescale=version == 2,
    )
    assert layer.products == products
    with torch.no_grad():
        layer.bias.normal_()
    graph = Graph()
    output = recurrence(graph, layer, "x")
    closed = graph.closed(
        "sru", inputs=[value("x", "frames", "batch", size)], outputs=[value(output, "frames", "batch", 16)]
    )
    opset = onnx.helper.make_opsetid("", OPSET)
    model = onnx.helper.make_model(closed, ir_version=IR_VERSION, opset_imports=[opset])
    x = torch.randn(3, 31, size)
    found = session_of(model.SerializeToString()).run(None, {"x": x.transpose(0, 1).numpy()})[0]
    np.testing.assert_allclose(found.transpose(1, 0, 2), logits_of(layer, x), rtol=0, atol=1e-5)


@pytest.mark.parametrize("spec", [s1(seconds=2), s1(rate=32_000, seconds=2), s2(seconds=2)], ids=["16k", "32k", "s2"])
def test_a_graph_that_takes_samples_makes_our_features(spec: FeatureSpec) -> None:
    from kd.audio.logmel import log_mel

    config = ModelConfig("shallow", CLASSES)
    network = a_network(config)
    session = session_of(model_bytes(network, config, spec, features=True))
    tone = np.sin(2 * np.pi * 0.1 * np.arange(spec.samples)).astype(
        np.float32
    )  # the other bands: below float32's noise
    clips = np.concatenate([sounds(3, samples=spec.samples), tone[None], np.zeros_like(tone)[None]])
    wanted = logits_of(network, torch.from_numpy(np.stack([log_mel(clip, spec=spec) for clip in clips])))
    np.testing.assert_allclose(session.run(["logits"], {"samples": clips})[0], wanted, rtol=0, atol=5e-5)
    shorter = clips[:2, : spec.window + 9 * spec.hop]
    assert session.run(["logits"], {"samples": shorter})[0].shape == (2, 10, 3)


def test_the_same_network_gives_the_same_file_which_says_what_it_is() -> None:
    config, spec = ModelConfig("deep", CLASSES, sru_version=2), s1()
    made = [model_bytes(a_network(config), config, spec, features=True) for _ in range(2)]
    assert made[0] == made[1] != model_bytes(a_network(config, seed=1), config, spec, features=True)
    model = onnx.load_from_string(made[0])
    about = {each.key: json.loads(each.value) for each in model.metadata_props}
    assert about == {"classes": list(CLASSES), "spec": spec.to_dict(), "network": config.to_dict()}
    assert (model.ir_version, model.opset_import[0].version) == (IR_VERSION, OPSET)
    assert not any(node.op_type == "BatchNormalization" for node in model.graph.node)
