"""Networks in whole numbers: convolutions and matrix products in 8 bits, their ranges from real clips."""

import importlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.errors import UserError
from kd.export.packages import onnx, onnxruntime

Array = npt.NDArray[np.float32]
OPERATORS = ("Conv", "MatMul")
CALIBRATING = 64  # clips are enough to find ranges from


class _Clips:
    """What onnxruntime asks for clips: `get_next` gives the inputs of one run after the other, then None."""

    def __init__(self, features: Iterable[Array]) -> None:
        self.left: Iterator[Array] = iter(features)

    def get_next(self) -> dict[str, Array] | None:
        clip = next(self.left, None)
        return None if clip is None else {"features": clip[None]}


def in_int8(data: bytes, features: Iterable[Array]) -> bytes:
    """A network's file, that takes features, with weights in int8 by channel and activations in uint8.

    features: (frames, mels) of clips such as it will meet: the least and the greatest value at each place set its scale.
    Raises UserError where there is no clip.
    """
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    clips = list(features)
    if not clips:
        raise UserError("no clip to find ranges from", "name a folder of recordings with calibrate=")
    quiet = logging.getLogger()
    level = quiet.level
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        plain, ready, made = (Path(place) / name for name in ("plain.onnx", "ready.onnx", "int8.onnx"))
        plain.write_bytes(data)
        quiet.setLevel(logging.ERROR)  # it logs advice to the root
        try:
            quantization.shape_inference.quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
            quantization.quantize_static(
                str(ready),
                str(made),
                _Clips(clips),
                quant_format=quantization.QuantFormat.QDQ,
                activation_type=quantization.QuantType.QUInt8,
                weight_type=quantization.QuantType.QInt8,
                op_types_to_quantize=list(OPERATORS),
                per_channel=True,
            )
        finally:
            quiet.setLevel(level)
        return _short(made.read_bytes())


def _short(data: bytes) -> bytes:
    """The same file with names of a few letters: of a network of some thousand numbers, names are half of the bytes."""
    model = onnx().load_from_string(data)
    names: dict[str, str] = {}

    def shorten(graph: Any, outside: frozenset[str]) -> None:
        kept = outside | {each.name for each in (*graph.input, *graph.output)}
        for node in graph.node:
            node.name = ""
            for values in (node.input, node.output):
                for i, name in enumerate(values):
                    if name and name not in kept:
                        values[i] = names.setdefault(name, f"{len(names):x}")
            for attribute in node.attribute:
                if attribute.g.node:
                    shorten(attribute.g, kept)
        for array in graph.initializer:
            if array.name not in kept:
                array.name = names.setdefault(array.name, f"{len(names):x}")
        del graph.value_info[:]

    shorten(model.graph, frozenset())
    onnx().checker.check_model(model)
    found: bytes = model.SerializeToString(deterministic=True)
    return found


def logits_by(data: bytes, features: Iterable[Array]) -> npt.NDArray[np.float16]:
    """What onnxruntime makes of features (frames, mels) of clips by a network's file: (clips, frames, classes)."""
    runtime = onnxruntime()
    if runtime is None:
        raise UserError("this needs the package onnxruntime", "pip install 'kd-sed[onnx]'")
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    found = [session.run(["logits"], {"features": clip[None]})[0][0] for clip in features]
    return np.asarray(np.stack(found).clip(-60_000, 60_000), np.float16)
