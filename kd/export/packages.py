"""The optional packages: onnx writes graphs, onnxruntime runs them."""

import importlib
import importlib.util
from typing import Any

from kd.errors import UserError


def onnx() -> Any:
    """The package onnx. Raises UserError where it is not installed."""
    if importlib.util.find_spec("onnx") is None:
        raise UserError("export needs the package onnx, which is not installed", "pip install 'kd-sed[onnx]'")
    return importlib.import_module("onnx")


def onnxruntime() -> Any | None:
    """The package onnxruntime; None where it is not installed."""
    if importlib.util.find_spec("onnxruntime") is None:
        return None
    return importlib.import_module("onnxruntime")
