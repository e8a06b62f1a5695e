"""`export`: a registered detector as ONNX files and a description, or as one Python file."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from kd.audio.extract import extract
from kd.config import say, user_path
from kd.detection.detector import Detector, Member, load_detector
from kd.errors import UserError
from kd.export.about import NETWORK, Written, description
from kd.export.check import largest_difference
from kd.export.device import SCRIPT, script_of
from kd.export.folder import ABOUT, check_place, replaced
from kd.export.graph import IR_VERSION, OPSET
from kd.export.int8 import CALIBRATING, in_int8
from kd.export.model import model_bytes
from kd.export.packages import onnx, onnxruntime
from kd.export.settings import ExportSettings
from kd.files import atomic_write_bytes, atomic_write_text, real
from kd.listening.recordings import recordings
from kd.tracking.detectors import detector_folder


def export(settings: ExportSettings) -> int:
    """Write the files of a detector; returns the exit code."""
    onnx()
    if not settings.out:
        raise UserError("out= is empty", "name the folder to write to")
    out = real(user_path(settings.out, "out"))
    check_place(out, overwrite=settings.overwrite)
    check_choices(settings)
    place, source = detector_folder(settings.model)
    detector = load_detector(place)
    make = as_onnx if settings.kind == "onnx" else as_script
    with replaced(out) as folder:
        make(detector, folder, settings, source=source)
    say(f"written to {out}")
    return 0


def check_choices(settings: ExportSettings) -> None:
    """Raises UserError for parameters that do not go together."""
    if settings.numbers == "int8" and settings.kind != "device":
        raise UserError("numbers=int8 goes with kind=device", "give kind=device too")
    if settings.numbers == "int8" and not settings.calibrate:
        raise UserError("numbers=int8 needs recordings to find ranges from", "name a folder of some with calibrate=")
    if settings.calibrate and settings.numbers != "int8":
        raise UserError("calibrate= goes with numbers=int8", "leave it out, or give numbers=int8")


def as_onnx(detector: Detector, folder: Path, settings: ExportSettings, *, source: str) -> None:
    """An ONNX file for each network, each compared with the network, and `export.json`."""
    runtime = onnxruntime()
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
        f"{source}: {len(detector.classes)} classes from {len(written)} networks, opset {OPSET}, IR version {IR_VERSION}; "
        f"{ABOUT} says how to run them"
    )


def as_script(detector: Detector, folder: Path, settings: ExportSettings, *, source: str) -> None:
    """`detect.py`, with all networks in it."""
    networks = [model_bytes(each.network, each.config, each.spec, features=False) for each in detector.members]
    if settings.numbers == "int8":
        clips = [each.path for each in recordings(settings.calibrate) if each.path is not None]
        chosen = clips[:: -(-len(clips) // CALIBRATING)]
        networks = [
            in_int8(data, (extract(path, spec=member.spec)[0] for path in chosen))
            for data, member in zip(networks, detector.members, strict=True)
        ]
        say(f"ranges of numbers from {len(chosen)} of {len(clips)} recordings in {settings.calibrate}")
    text = script_of(detector, networks, source=source)
    atomic_write_text(folder / SCRIPT, text)
    say(
        f"{SCRIPT}: {len(detector.classes)} classes from {len(networks)} networks, {settings.numbers}, {len(text) / 1e3:.0f} kB; "
        f"python {SCRIPT} sound.wav, with numpy and onnxruntime"
    )


def _written(path: Path, member: Member, *, features: bool) -> Written:
    data = model_bytes(member.network, member.config, member.spec, features=features)
    atomic_write_bytes(path, data)
    return Written(sha256(data).hexdigest(), member)


def _difference(runtime: Any | None, path: Path, member: Member, *, features: bool) -> float | None:
    return None if runtime is None else largest_difference(runtime, path, member, features=features)


def _told(path: Path, written: Written, difference: float | None) -> str:
    line = f"{path.name}: {written.member.config.architecture}, {path.stat().st_size / 1e6:.1f} MB"
    return line if difference is None else f"{line}, logits within {difference:.1e} of PyTorch's"
