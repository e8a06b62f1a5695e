"""`export`: a registered detector as ONNX files and a description."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.config import home, say, user_path
from kd.detection.detector import Detector, Member, load_detector
from kd.errors import UserError
from kd.export.about import NETWORK, Written, description
from kd.export.check import largest_difference
from kd.export.folder import ABOUT, check_place, replaced
from kd.export.graph import IR_VERSION, OPSET
from kd.export.model import model_bytes
from kd.export.packages import onnx, onnxruntime
from kd.export.settings import ExportSettings
from kd.files import atomic_write_bytes, atomic_write_text, read_json
from kd.models.config import ModelConfig
from kd.models.files import DESCRIPTION

ADDRESS = "models:/"


def export(settings: ExportSettings) -> int:
    """Write an ONNX file for each network, compare it with the network, write `export.json`; returns the exit code."""
    onnx()
    if not settings.out:
        raise UserError("out= is empty", "name the folder to write to")
    out = user_path(settings.out, "out").resolve()
    check_place(out, overwrite=settings.overwrite)
    detector, source = found(settings.model)
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


def found(model: str) -> tuple[Detector, str]:
    """The detector at a `models:/` address or in a folder, and what to call its source."""
    if not model:
        raise UserError("model= is empty", "give a models:/ address, or the folder of a detector")
    if not model.startswith(ADDRESS):
        folder = user_path(model, "model")
        if not folder.is_dir():
            raise UserError(f"model={model}: no such folder, and no {ADDRESS} address", "write models:/NAME@ALIAS")
        return load_detector(folder), folder.resolve().name
    from kd.tracking.registry import fetch, find
    from kd.tracking.store import open_store

    client = open_store()
    version = find(client, model)
    detector = load_detector(fetch(client, version, cache=home() / "models"))
    return detector, f"{ADDRESS}{version.name}/{version.number}"


def _written(path: Path, member: Member, *, features: bool) -> Written:
    about = read_json(member.folder / DESCRIPTION, hint="take another version, or package it again with merge")
    config = ModelConfig.from_dict(about["config"])
    data = model_bytes(member.network, config, member.spec, features=features)
    atomic_write_bytes(path, data)
    return Written(sha256(data).hexdigest(), config, member.spec, member.grid)


def _difference(runtime: Any | None, path: Path, member: Member, *, features: bool) -> float | None:
    return None if runtime is None else largest_difference(runtime, path, member, features=features)


def _told(path: Path, written: Written, difference: float | None) -> str:
    line = f"{path.name}: {written.config.architecture}, {path.stat().st_size / 1e6:.1f} MB"
    return line if difference is None else f"{line}, logits within {difference:.1e} of PyTorch's"
