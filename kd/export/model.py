"""One network of a detector as an ONNX model."""

import json

from torch import nn

import kd
from kd.audio.spec import FeatureSpec
from kd.export.graph import IR_VERSION, OPSET, Graph, value
from kd.export.logmel import log_mel_of
from kd.export.networks import logits_of
from kd.export.packages import onnx
from kd.models.config import ModelConfig

PRODUCER = "kd-sed"


def model_bytes(network: nn.Module, config: ModelConfig, spec: FeatureSpec, *, features: bool) -> bytes:
    """The file of one network in evaluation mode; the same network gives the same bytes.

    Input: `samples` (batch, samples) at the spec's rate where `features`, else `features` (batch, frames, mels), both
    float32. Outputs: `logits` and `probabilities`, (batch, ⌈frames / stride⌉, classes). Batch and length are free.
    Classes, spec and the network's description are in the model's metadata, as JSON.
    """
    graph = Graph()
    entry = value("samples", "batch", "samples") if features else value("features", "batch", "frames", spec.mels)
    logits_of(graph, network, log_mel_of(graph, spec, "samples") if features else "features")
    shape = ("batch", "scores", len(config.classes))
    closed = graph.closed(
        config.architecture, inputs=[entry], outputs=[value("logits", *shape), value("probabilities", *shape)]
    )
    helper = onnx().helper
    model = helper.make_model(
        closed,
        producer_name=PRODUCER,
        producer_version=kd.__version__,
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    about = {"classes": list(config.classes), "spec": spec.to_dict(), "network": config.to_dict()}
    for key, told in about.items():
        model.metadata_props.add(key=key, value=json.dumps(told, ensure_ascii=False))
    onnx().checker.check_model(model, full_check=True)
    made: bytes = model.SerializeToString(deterministic=True)
    return made
