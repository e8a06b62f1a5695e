"""Parameters of `export`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class ExportSettings:
    """What is exported, and where to."""

    model: str = option(
        "models:/kd-sed@merged", help="registered model, as a models:/ address, or the folder of a detector"
    )
    kind: str = option(
        "onnx",
        help="'onnx': a file for each network, and export.json; 'device': detect.py, a whole detector in one file that "
        "needs numpy and onnxruntime alone",
        choices=("onnx", "device"),
    )
    out: str = option("onnx-model", help="folder to write to")
    features: bool = option(
        True, help="of kind=onnx: graphs begin with the log-mel and take samples; false: they take log-mel features"
    )
    numbers: str = option(
        "float32", help="of kind=device: 'int8' for convolutions and matrix products", choices=("float32", "int8")
    )
    calibrate: str = option(
        "", help="of numbers=int8: folder of recordings like those to come, which the ranges of numbers are taken from"
    )
    overwrite: bool = option(False, help="replace an earlier export in out=")
