"""A detector as one Python file that needs numpy and onnxruntime alone: `device_script`, with the networks in it."""

import base64
import dataclasses
import json
import textwrap
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.detection.windows import windows_of
from kd.export.about import classes_of, network_of

SCRIPT = "detect.py"
TEMPLATE = Path(__file__).with_name("device_script.py")
PLACE = 'DETECTOR = ""\n'  # where in the template the networks go


def script_of(detector: Detector, networks: Sequence[bytes], *, source: str) -> str:
    """The file. networks: ONNX of each of the detector's, taking features; source: where it was taken from."""
    about: dict[str, Any] = {
        "source": source,
        "grid": dataclasses.asdict(finest(detector)),
        "classes": classes_of(detector),
        "networks": [],
    }
    for member, data in zip(detector.members, networks, strict=True):
        windows = windows_of(member, seconds=0.0)
        cut = {name: getattr(windows, name) for name in ("length", "step", "after")}
        encoded = base64.b64encode(data).decode()
        about["networks"].append({**network_of(member), "windows": cut, "onnx": encoded})
    packed = base64.b64encode(zlib.compress(json.dumps(about).encode(), 9)).decode()
    before, found, after = TEMPLATE.read_text("utf-8").partition(PLACE)
    assert found
    lines = "\n".join(textwrap.wrap(packed, 120))
    return f'{before}DETECTOR = """\n{lines}\n"""\n{after}'
