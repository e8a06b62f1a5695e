"""What a student is on a device: its files, in float32 and int8, how long it takes there and what it needs."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.store import ClipFeatures
from kd.detection.detector import load_detector
from kd.errors import UserError
from kd.export.device import SCRIPT, script_of
from kd.export.int8 import CALIBRATING, in_int8, logits_by
from kd.export.model import model_bytes
from kd.files import atomic_write_text, digest_of
from kd.models.files import WEIGHTS
from kd.passes.context import Bench
from kd.passes.inputs import Part, View
from kd.passes.judging import Logits, Verdict
from kd.passes.recording import save_alone

CODE = ("kd.compress.device", "kd.export.device_script")
TIMES = 30


@dataclass(frozen=True, eq=False)
class OnDevice:
    """A student's files. folder: `<numbers>/network.onnx` and `<numbers>/detect.py`, and int8's logits on scored splits.

    costs: by numbers, bytes of both files, milliseconds of a clip on one core, features included, and megabytes.
    """

    folder: Path
    costs: dict[str, dict[str, float]]

    def logits(self, role: str) -> Logits:
        """What the int8 network says of the clips of `select` or `report`, (clips, frames, classes)."""
        found: Logits = np.load(self.folder / f"{role}.npy", allow_pickle=False)
        return found


def on_device(bench: Bench, network: Path, verdict: Verdict, view: View) -> OnDevice:
    """The files of the student saved in a folder, made and measured once."""
    inputs = bench.inputs
    about = {
        "network": digest_of(network / WEIGHTS),
        "points": verdict.points.to_dict(),
        "clips": [part.digest for _, part in scored(bench)],
        "training": [part.digest for part in inputs.training.values()],
    }

    def make(outputs: Path, scratch: Path) -> None:
        place = scratch / "detector"
        save_alone(bench, place, network, view=view, verdict=verdict)
        detector = load_detector(place)
        member = detector.members[0]
        plain = model_bytes(member.network, member.config, member.spec, features=False)
        files = {"float32": plain, "int8": in_int8(plain, calibrating(bench, view))}
        costs = {}
        for numbers, data in files.items():
            folder = outputs / numbers
            folder.mkdir()
            (folder / "network.onnx").write_bytes(data)
            (folder / SCRIPT).write_text(script_of(detector, [data], source=network.parent.name), "utf-8")
            sizes = {"onnx_bytes": len(data), "script_bytes": (folder / SCRIPT).stat().st_size}
            costs[numbers] = {**sizes, **timed(folder / SCRIPT, rate=view.spec.rate, seconds=view.spec.seconds)}
        for role, part in scored(bench):
            features = inputs.features(part, view.spec)
            np.save(outputs / f"{role}.npy", logits_by(files["int8"], one_by_one(features)))
        atomic_write_text(outputs / "costs.json", json.dumps(costs))

    folder = bench.steps.run("device", code=CODE, inputs=about, make=make)
    return OnDevice(folder, json.loads((folder / "costs.json").read_text()))


def scored(bench: Bench) -> list[tuple[str, Part]]:
    """The scored splits by role."""
    both = (("select", bench.inputs.select), ("report", bench.inputs.report))
    return [(role, part) for role, part in both if part is not None]


def calibrating(bench: Bench, view: View) -> Iterator[npt.NDArray[np.float32]]:
    """Features of some training clips, evenly spread over each split."""
    parts = bench.inputs.training.values()
    for part in parts:
        features = bench.inputs.features(part, view.spec)
        count = min(len(features), max(1, CALIBRATING // len(parts)))
        for row in np.linspace(0, len(features) - 1, count).astype(np.int64):
            yield features.batch(row[None])[0]


def one_by_one(features: ClipFeatures) -> Iterator[npt.NDArray[np.float32]]:
    """Features of one clip after the other."""
    for row in range(len(features)):
        yield features.batch(np.array([row]))[0]


def timed(script: Path, *, rate: int, seconds: float) -> dict[str, float]:
    """Median milliseconds of a clip of noise by a script in a process of its own, and that process's peak megabytes."""
    import soundfile

    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        path = Path(place) / "clip.wav"
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(rate * seconds))
        soundfile.write(path, noise, rate)
        command = [sys.executable, "-I", str(script), "--time", str(TIMES), str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason"]
        raise UserError(f"{script} does not run: {reason[0]}", "take onnxruntime 1.20 or later")
    told = [word.split() for word in done.stdout.rstrip("\n").split("\t")[1:]]
    return {{"ms": "milliseconds", "MB": "megabytes"}[unit]: float(number) for number, unit in told}


def in_int8_verdict(bench: Bench, device: OnDevice, verdict: Verdict, view: View) -> Verdict:
    """Scores of the int8 network at the operating points of the float32 one."""
    report: Any = None if bench.inputs.report is None else device.logits("report")
    return bench.judge.verdict(
        grid=view.grid,
        select=device.logits("select"),
        report=report,
        points=verdict.points,
        temperatures=verdict.temperatures,
    )
