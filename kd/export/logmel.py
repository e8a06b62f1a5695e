"""The log-mel as nodes: `kd.audio.logmel.log_mel` of each clip of a batch.

Frames are cut and windowed in float32 and transformed in float64, as there. The operator STFT would do both in one, but
windows in float64: in bands beside loud sounds, which lie below float32's noise, that is another 3e-4.
"""

import numpy as np

from kd.audio.logmel import EPSILON, filterbank, hann
from kd.audio.spec import FeatureSpec
from kd.export.graph import Graph
from kd.export.packages import onnx


def log_mel_of(graph: Graph, spec: FeatureSpec, samples: str) -> str:
    """(batch, samples) → (batch, frames, mels), frames = 1 + ⌊(samples − window) / hop⌋."""
    frames = graph.node("Gather", samples, _places(graph, spec, samples), to="frames.cut", attributes={"axis": 1})
    frames = graph.node("Mul", frames, graph.constant("frames.window", hann(spec.window)), to="frames.windowed")
    kind = onnx().TensorProto
    frames = graph.node("Cast", frames, to="frames.double", attributes={"to": kind.DOUBLE})
    frames = graph.node("Unsqueeze", frames, graph.whole("axis.last", -1), to="frames.real")
    spectrum = graph.node("DFT", frames, to="spectrum", attributes={"axis": 2, "onesided": 1})
    squares = graph.node("Mul", spectrum, spectrum, to="spectrum.squares")
    power = graph.node("ReduceSum", squares, "axis.last", to="power.double", attributes={"keepdims": 0})
    power = graph.node("Cast", power, to="power", attributes={"to": kind.FLOAT})
    bands = graph.node("MatMul", power, graph.constant("mel.bank", filterbank(spec).T), to="mel.bands")
    bands = graph.node("Max", bands, graph.constant("mel.floor", spec.floor), to="mel.floored")
    logs = graph.node("Log", bands, to="mel.logs")
    return _min_max(graph, logs) if spec.scaling == "min-max" else logs


def _places(graph: Graph, spec: FeatureSpec, samples: str) -> str:
    """The samples of each frame, (frames, window)."""
    length = graph.node("Shape", samples, to="frames.length", attributes={"start": 1, "end": 2})
    room = graph.node("Sub", length, graph.whole("frames.size", spec.window), to="frames.room")
    hops = graph.node("Div", room, graph.whole("frames.hop", spec.hop), to="frames.hops")
    count = graph.node(
        "Squeeze", graph.node("Add", hops, graph.whole("frames.one", 1), to="frames.counted"), to="frames"
    )
    zero, step = (graph.constant(f"frames.range.{i}", i, kind=np.int64) for i in (0, 1))
    index = graph.node("Range", zero, count, step, to="frames.index")
    starts = graph.node("Mul", index, "frames.hop", to="frames.starts")
    starts = graph.node("Unsqueeze", starts, graph.whole("axis.1", 1), to="frames.column")
    return graph.node("Add", starts, graph.whole("frames.offsets", *range(spec.window)), to="frames.places")


def _min_max(graph: Graph, logs: str) -> str:
    """`kd.audio.logmel.min_max`: over all frames and bands of a clip."""
    all_of_clip = {"axes": [1, 2], "keepdims": 1}
    low = graph.node("ReduceMin", logs, to="scale.low", attributes=all_of_clip)
    high = graph.node("ReduceMax", logs, to="scale.high", attributes=all_of_clip)
    span = graph.node("Sub", high, low, to="scale.span")
    span = graph.node("Add", span, graph.constant("scale.epsilon", EPSILON), to="scale.more")
    return graph.node("Div", graph.node("Sub", logs, low, to="scale.above"), span, to="scale.scaled")
