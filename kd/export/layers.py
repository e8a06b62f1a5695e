"""Layers that several networks share, as nodes. Maps are (batch, channels, frames, bins)."""

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from kd.export.graph import Graph
from kd.models.blocks import Block, PointBlock, SeparableBlock
from kd.models.normalise import Normalise

Doubles = npt.NDArray[np.float64]


def normalised(graph: Graph, layer: Normalise, x: str) -> str:
    """(batch, frames, mels) → (batch, 1, frames, mels). Zeros are padded afterwards: not to be folded into what follows."""
    centred = graph.node("Sub", x, graph.constant("normalise.mean", layer.mean), to="normalise.centred")
    scaled = graph.node("Div", centred, graph.constant("normalise.std", layer.std), to="normalise.scaled")
    return graph.node("Unsqueeze", scaled, graph.whole("axis.1", 1), to="normalise.map")


def convolution(
    graph: Graph, conv: nn.Conv2d, norm: nn.BatchNorm2d | None, x: str, *, name: str, stride: int | None = None
) -> str:
    """A convolution with the batch normalisation that follows it, if any, folded into weights and bias.

    BN(w ∗ x) = s·w ∗ x + (β − s·μ) with s = γ / sqrt(σ² + ε), which holds at the padded borders too.
    stride: instead of the convolution's own.
    """
    weight = _double(conv.weight)
    bias = np.zeros(len(weight)) if conv.bias is None else _double(conv.bias)
    if norm is not None:
        scale = _double(norm.weight) / np.sqrt(_double(norm.running_var) + norm.eps)
        weight = weight * scale[:, None, None, None]
        bias = _double(norm.bias) + scale * (bias - _double(norm.running_mean))
    down, across = int(conv.padding[0]), int(conv.padding[1])
    return graph.node(
        "Conv",
        x,
        graph.constant(f"{name}.weight", weight),
        graph.constant(f"{name}.bias", bias),
        to=name,
        attributes={
            "kernel_shape": list(conv.kernel_size),
            "strides": list(conv.stride) if stride is None else [stride, stride],
            "pads": [down, across, down, across],
            "dilations": list(conv.dilation),
            "group": conv.groups,
        },
    )


def block(graph: Graph, layer: Block, x: str, *, name: str) -> str:
    """Convolution, normalisation if it has one, ReLU, max-pooling over frequency."""
    conv, norm = layer.conv, None if isinstance(layer, PointBlock) else layer.norm
    if isinstance(layer, SeparableBlock):
        x, conv = convolution(graph, conv, None, x, name=f"{name}.depthwise"), layer.point
    x = graph.node("Relu", convolution(graph, conv, norm, x, name=f"{name}.conv"), to=f"{name}.relu")
    if layer.pool == 1:
        return x
    pool = [1, layer.pool]
    return graph.node("MaxPool", x, to=f"{name}.pool", attributes={"kernel_shape": pool, "strides": pool})


def classified(graph: Graph, layer: nn.Linear, x: str) -> str:
    """(…, channels) → (…, classes)."""
    product = graph.node("MatMul", x, graph.constant("classify.weight", layer.weight.T), to="classify.product")
    return graph.node("Add", product, graph.constant("classify.bias", layer.bias), to="classify.logits")


def _double(tensor: Tensor | None) -> Doubles:
    if tensor is None:
        raise ValueError("batch normalisation without running statistics")
    return np.asarray(tensor.detach().numpy(), np.float64)
