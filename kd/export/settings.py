"""Parameters of `export`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class ExportSettings:
    """What is exported, and where to."""

    model: str = option(
        "models:/kd-sed@merged", help="registered model, as a models:/ address, or the folder of a detector"
    )
    out: str = option("onnx-model", help="folder to write to: a file for each network, and export.json")
    features: bool = option(
        True, help="graphs begin with the log-mel and take samples; false: they take log-mel features"
    )
    overwrite: bool = option(False, help="replace an earlier export in out=")
