"""A detector's or classifier's folder logged as a pyfunc model made from code: no pickle, loads without this repository."""

import contextlib
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kd.code import copy_code
from kd.tracking.packages import DETECTOR, Package
from kd.tracking.runs import Runs
from kd.tracking.store import store_errors

REQUIREMENTS = ("torch", "torchaudio", "numpy", "scipy", "soundfile", "numba", "safetensors", "pandas")


def log_detector(runs: Runs, *, run: str, folder: Path) -> str:
    """Log the detector at `folder` on a run; returns the logged model's id, to be registered."""
    return log_package(runs, run=run, folder=folder, package=DETECTOR)


def log_package(runs: Runs, *, run: str, folder: Path, package: Package) -> str:
    """Log the folder of a detector or classifier on a run; returns the logged model's id, to be registered."""
    import mlflow

    def log() -> Any:
        with mlflow.start_run(run_id=run, nested=True), tempfile.TemporaryDirectory(prefix="kd-") as place:
            return mlflow.pyfunc.log_model(
                name="model",
                python_model=str(Path(__file__).with_name(package.code)),
                artifacts={package.artifact: str(folder)},
                signature=signature(package),
                input_example=example(),
                code_paths=[str(copy_code(Path(place), f"kd.tracking.{Path(package.code).stem}"))],
                pip_requirements=[f"{name}=={_installed(name)}" for name in REQUIREMENTS],
            )

    with store_errors(), _without_its_advice():
        info = runs.client.patience.call(log)
    with store_errors():
        runs.client.update_run(run, status="RUNNING")
    return str(info.model_id)


def signature(package: Package = DETECTOR) -> Any:
    """What a packaged model takes and gives, as MLflow checks it."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, DataType

    inputs = [
        ColSpec("string", "path", required=False),
        ColSpec("binary", "audio", required=False),
        ColSpec(Array(DataType.double), "samples", required=False),
        ColSpec("long", "rate", required=False),
        ColSpec("string", "filename", required=False),
    ]
    outputs = [ColSpec(*column) for column in package.outputs]
    params = [ParamSpec(*param) for param in package.params]
    return ModelSignature(Schema(inputs), Schema(outputs), ParamSchema(params))


def example() -> Any:
    """A request: a second of a tone as the bytes of a FLAC file."""
    import io

    import numpy as np
    import pandas as pd
    import soundfile

    out = io.BytesIO()
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    soundfile.write(out, tone, 16_000, format="FLAC", subtype="PCM_16")
    return pd.DataFrame({"audio": [out.getvalue()], "filename": ["tone.flac"]})


@contextlib.contextmanager
def _without_its_advice() -> Iterator[None]:
    """Drop MLflow's UserWarnings, such as the one to write type hints where a signature is given.

    It puts a filter of its own in front of all others, so they are caught instead of filtered.
    """
    with warnings.catch_warnings(record=True) as caught:
        yield
    for each in caught:
        if "mlflow" not in Path(each.filename).parts:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)


def _installed(name: str) -> str:
    from importlib.metadata import version

    return version(name).partition("+")[0]
