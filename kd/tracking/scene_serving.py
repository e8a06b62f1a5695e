"""What a packaged scene classifier runs when MLflow loads it: sound in, scenes out."""

import os
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc import PythonModel

from kd.engines.local import let_idle_threads_sleep
from kd.errors import UserError
from kd.tracking.served import SERVING, flag, spread


class PackagedClassifier(PythonModel):  # type: ignore[misc]
    """Scenes of recordings: a frame of files, of their bytes or of samples to one of filename, scene_label, score."""

    def load_context(self, context: Any) -> None:
        """Read the weights."""
        let_idle_threads_sleep()  # before torch is loaded
        from kd.scenes.classifier import load_classifier
        from kd.training.precision import fastest

        self.classifier, self.precision = load_classifier(Path(context.artifacts["classifier"])), fastest()

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # hints would be enforced
        """The scene of each row, or with params={"scores": True} the scores of all classes."""
        from kd.scenes.requests import answered

        serving = SERVING in os.environ
        try:
            scores = flag(params or {}, "scores")
            rows = spread(pd.DataFrame(model_input).to_dict("records"))
            answer = answered(self.classifier, rows, scores=scores, serving=serving, precision=self.precision)
        except UserError as error:
            raise MlflowException(f"{error.message}; {error.hint}", error_code=INVALID_PARAMETER_VALUE) from None
        return pd.DataFrame(answer)


mlflow.models.set_model(PackagedClassifier())
