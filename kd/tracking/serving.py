"""What a packaged detector runs when MLflow loads it: sound in, events out."""

import os
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel

from kd.engines.local import let_idle_threads_sleep
from kd.errors import UserError
from kd.tracking.served import SERVING, flag, number, spread

Rows = list[dict[str, Any]]


class PackagedDetector(PythonModel):  # type: ignore[misc]
    """Events of sound: a frame of files, of their bytes or of samples to one of filename, onset, offset, label, score."""

    def load_context(self, context: Any) -> None:
        """Read the weights, and run once, so that no request waits for kernels to be compiled."""
        let_idle_threads_sleep()  # before torch is loaded
        from kd.detection.detector import load_detector
        from kd.training.precision import fastest

        self.detector, self.precision = load_detector(Path(context.artifacts["detector"])), fastest()
        self.answered([{"samples": np.zeros(16_000, np.float32), "rate": 16_000}])

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # hints would be enforced
        """The events of each row, or with params={"scores": True} its frames' scores."""
        given = params or {}
        try:
            columns, rows = self.answered(
                spread(pd.DataFrame(model_input).to_dict("records")),
                scores=flag(given, "scores"),
                seconds=number(given, "window_seconds"),
            )
        except UserError as error:
            raise MlflowException(f"{error.message}; {error.hint}", error_code=INVALID_PARAMETER_VALUE) from None
        return pd.DataFrame(rows, columns=columns)

    def answered(self, rows: Rows, *, scores: bool = False, seconds: float = 0.0) -> tuple[list[str], Rows]:
        """`kd.detection.requests.answered` by this detector."""
        from kd.detection.requests import answered

        serving = SERVING in os.environ
        return answered(self.detector, rows, scores=scores, seconds=seconds, serving=serving, precision=self.precision)


mlflow.models.set_model(PackagedDetector())
