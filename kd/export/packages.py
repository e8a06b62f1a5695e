"""The optional packages: onnx writes graphs, onnxruntime runs them."""

import importlib
from typing import Any

from kd.errors import UserError


def onnx() -> Any:
    """The package onnx. Raises UserError where it is not installed."""
    found = _package("onnx")
    if found is None:
        raise UserError("export needs the package onnx, which is not installed", "pip install 'kd-sed[onnx]'")
    return found


def onnxruntime() -> Any | None:
    """The package onnxruntime; None where it is not installed."""
    return _package("onnxruntime")


def _package(name: str) -> Any | None:
    try:
        found = importlib.import_module(name)
    except ImportError:
        return None
    return found if getattr(found, "__file__", None) else None  # without one it is but a folder of that name
