"""`export`: a registered detector as ONNX files and a description."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.config import say, user_path
from kd.detection.detector import Member, load_detector
from kd.errors import UserError
from kd.export.about import NETWORK, Written, description
from kd.export.check import largest_difference
from kd.export.folder import ABOUT, check_place, replaced
from kd.export.graph import IR_VERSION, OPSET
from kd.export.model import model_bytes
from kd.export.packages import onnx, onnxruntime
from kd.export.settings import ExportSettings
from kd.files import atomic_write_bytes, atomic_write_text
from kd.tracking.detectors import detector_folder


def export(settings: ExportSettings) -> int:
    """Write an ONNX file for each network, compare it with the network, write `export.json`; returns the exit code."""
    onnx()
    if not settings.out:
        raise UserError("out= is empty", "name the folder to write to")
    out = user_path(settings.out, "out").resolve()
    check_place(out, overwrite=settings.overwrite)
    place, source = detector_folder(settings.model)
    detector = load_detector(place)
    runtime = onnxruntime()
    with replaced(out) as folder:
        written = []
        for index, member in enumerate(detector.members):
            path = folder / NETWORK.format(index)
            written.append(_written(path, member, features=settings.features))
            say(_told(path, written[-1], _difference(runtime, path, member, features=settings.features)))
        about = description(detector, written, source=source, features=settings.features)
        atomic_write_text(folder / ABOUT, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    if runtime is None:
        say("warning: not compared with PyTorch, since onnxruntime is not installed")
    say(
        f"{source}: {len(detector.classes)} classes from {len(written)} networks, opset {OPSET}, IR version {IR_VERSION}"
    )
    say(f"written to {out}; {ABOUT} says how to run them")
    return 0


def _written(path: Path, member: Member, *, features: bool) -> Written:
    data = model_bytes(member.network, member.config, member.spec, features=features)
    atomic_write_bytes(path, data)
    return Written(sha256(data).hexdigest(), member)


def _difference(runtime: Any | None, path: Path, member: Member, *, features: bool) -> float | None:
    return None if runtime is None else largest_difference(runtime, path, member, features=features)


def _told(path: Path, written: Written, difference: float | None) -> str:
    line = f"{path.name}: {written.member.config.architecture}, {path.stat().st_size / 1e6:.1f} MB"
    return line if difference is None else f"{line}, logits within {difference:.1e} of PyTorch's"
