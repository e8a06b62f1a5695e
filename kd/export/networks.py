"""Networks as nodes: features (batch, frames, mels) → logits (batch, frames / stride, classes)."""

from collections.abc import Iterator

from torch import nn

from kd.errors import UserError
from kd.export.graph import Graph
from kd.export.layers import block, classified, convolution, normalised
from kd.export.recurrence import recurrence
from kd.models.blocks import Block
from kd.models.network import RecurrentCNN
from kd.models.resnet import ResNet, Shortcut, Unit
from kd.models.small import SmallConv


def logits_of(graph: Graph, network: nn.Module, features: str) -> str:
    """The network's logits, under the name `logits`, and their σ, under `probabilities`; returns the first."""
    if isinstance(network, RecurrentCNN):
        logits = _recurrent(graph, network, features)
    elif isinstance(network, ResNet):
        logits = _residual(graph, network, features)
    elif isinstance(network, SmallConv):
        logits = _convolutional(graph, network, features)
    else:
        raise UserError(f"{type(network).__name__} has no form in ONNX", "export another network")
    graph.node("Sigmoid", logits, to="probabilities")
    return logits


def _recurrent(graph: Graph, network: RecurrentCNN, features: str) -> str:
    x = _front(graph, network.front, normalised(graph, network.normalise, features))
    x = graph.node("Squeeze", x, graph.whole("axis.3", 3), to="front.sequence")
    x = graph.node("Transpose", x, to="front.frames", attributes={"perm": [2, 0, 1]})
    x = classified(graph, network.classify, recurrence(graph, network.recurrent, x))
    if network.margin:
        first, last = graph.whole("margin.first", network.margin), graph.whole("margin.last", -network.margin)
        x = graph.node("Slice", x, first, last, graph.whole("axis.0", 0), to="margin.cut")
    return graph.node("Transpose", x, to="logits", attributes={"perm": [1, 0, 2]})


def _convolutional(graph: Graph, network: SmallConv, features: str) -> str:
    x = _front(graph, network.front, normalised(graph, network.normalise, features))
    for index, layer in enumerate(_blocks(network.context)):
        name = f"context.{index}"
        x = graph.node("Add", x, block(graph, layer, x, name=name), to=f"{name}.sum")
    x = graph.node("Squeeze", x, graph.whole("axis.3", 3), to="context.sequence")
    x = graph.node("Transpose", x, to="context.frames", attributes={"perm": [0, 2, 1]})
    return graph.node("Identity", classified(graph, network.classify, x), to="logits")


def _front(graph: Graph, front: nn.Sequential, x: str) -> str:
    for index, layer in enumerate(_blocks(front)):
        x = block(graph, layer, x, name=f"front.{index}")
    return x


def _blocks(layers: nn.Sequential) -> Iterator[Block]:
    for layer in layers:
        if not isinstance(layer, Block):
            raise TypeError(f"{type(layer).__name__} among the blocks of a network")
        yield layer


def _residual(graph: Graph, network: ResNet, features: str) -> str:
    x = normalised(graph, network.normalise, features)
    x = graph.node("Relu", convolution(graph, network.conv, network.norm, x, name="first"), to="first.relu")
    for index, unit in enumerate(network.blocks):
        if not isinstance(unit, Unit):
            raise TypeError(f"{type(unit).__name__} among the units of a residual network")
        x = _unit(graph, unit, x, name=f"unit.{index}")
    x = graph.node("ReduceMean", x, to="mean", attributes={"axes": [3], "keepdims": 0})
    x = graph.node("Transpose", graph.node("Relu", x, to="mean.relu"), to="mean.frames", attributes={"perm": [0, 2, 1]})
    return graph.node("Identity", classified(graph, network.classify, x), to="logits")


def _unit(graph: Graph, unit: Unit, x: str, *, name: str) -> str:
    y = graph.node("Relu", convolution(graph, unit.conv, unit.norm, x, name=f"{name}.conv"), to=f"{name}.conv.relu")
    y = convolution(graph, unit.conv_again, unit.norm_again, y, name=f"{name}.again")
    if isinstance(unit.shortcut, Shortcut):
        short = unit.shortcut
        x = convolution(graph, short.conv, short.norm, x, name=f"{name}.shortcut", stride=short.stride)
    return graph.node("Relu", graph.node("Add", y, x, to=f"{name}.sum"), to=f"{name}.relu")
