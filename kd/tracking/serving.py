"""What a packaged detector runs when MLflow loads it: audio files in, events out."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
from mlflow.pyfunc import PythonModel

from kd.detection.detector import load_detector
from kd.detection.listen import detect_files


class PackagedDetector(PythonModel):  # type: ignore[misc]
    """Events of audio files: a frame with a column `path` to one with filename, onset, offset, event_label."""

    def load_context(self, context: Any) -> None:
        """Read the weights."""
        self.detector = load_detector(Path(context.artifacts["detector"]))

    def predict(self, context, model_input, params=None):  # type: ignore[no-untyped-def]  # hints would be enforced
        """Detect the events of every file named in `model_input`."""
        paths = [Path(path) for path in model_input["path"]]
        events = detect_files(self.detector, paths)
        rows = [(str(p), e.onset, e.offset, e.label) for p in paths for e in events[p]]
        return pd.DataFrame(rows, columns=["filename", "onset", "offset", "event_label"])


mlflow.models.set_model(PackagedDetector())
