"""A detector folder logged as a pyfunc model made from code: no pickle, loads without this repository."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kd.config import PROJECT
from kd.tracking.runs import Runs
from kd.tracking.store import store_errors

REQUIREMENTS = ("torch", "torchaudio", "numpy", "scipy", "soundfile", "librosa", "numba", "safetensors", "pandas")


def log_detector(runs: Runs, *, run: str, folder: Path) -> str:
    """Log the detector at `folder` on a run; returns the logged model's id, to be registered."""
    import mlflow
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = Schema([ColSpec("string", "path")])
    outputs = Schema(
        [
            ColSpec("string", "filename"),
            ColSpec("double", "onset"),
            ColSpec("double", "offset"),
            ColSpec("string", "event_label"),
        ]
    )
    with store_errors(), _without_its_advice(), mlflow.start_run(run_id=run, nested=True):
        info: Any = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("serving.py")),
            artifacts={"detector": str(folder)},
            signature=ModelSignature(inputs, outputs),
            code_paths=[str(PROJECT / "kd")],
            pip_requirements=[f"{name}=={_installed(name)}" for name in REQUIREMENTS],
        )
    with store_errors():
        runs.client.update_run(run, status="RUNNING")
    return str(info.model_id)


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
