"""What a clip costs on one core by `detect.py` alone: a student in float32 and int8, and its teachers, in turns.

    python -m benchmarks.device --student models:/kd-sed-small@proposed --teacher models:/kd-sed/21 --home FOLDER
                                [--merged models:/kd-sed@merged] [--rounds 7]

Each is exported as one Python file and run in a process of its own, with numpy and onnxruntime, kept to one core; the clip
is ten seconds of noise in a WAV file, and its features are part of the time. Writes benchmarks/results/device.json.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.keep import RESULTS, machine, stores_in

TIMES = 40


def main(words: Sequence[str] | None = None) -> int:
    """Export, time in turns, write."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--student", required=True)
    options.add_argument("--teacher", required=True)
    options.add_argument("--merged", default="models:/kd-sed@merged")
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--rounds", type=int, default=7)
    chosen = options.parse_args(words)
    os.environ |= stores_in(chosen.home.absolute())
    with tempfile.TemporaryDirectory() as place:
        clip = noise(Path(place) / "clip.wav")
        scripts = {
            "student, float32": exported(chosen.student, Path(place) / "student"),
            "student, int8": of_run(chosen.student),
            "best teacher": exported(chosen.teacher, Path(place) / "teacher"),
            "all champions": exported(chosen.merged, Path(place) / "merged"),
        }
        taken: dict[str, list[dict[str, float]]] = {name: [] for name in scripts}
        for _ in range(chosen.rounds):
            for name, script in scripts.items():
                taken[name].append(timed(script, clip))
        found = {
            name: {
                "milliseconds": statistics.median(each["ms"] for each in rounds),
                "milliseconds_of_rounds": [each["ms"] for each in rounds],
                "megabytes": statistics.median(each["MB"] for each in rounds),
                "script_bytes": scripts[name].stat().st_size,
            }
            for name, rounds in taken.items()
        }
    about = {"machine": machine(), "cores_used": 1, "seconds": 10, "student": chosen.student, "systems": found}
    (RESULTS / "device.json").write_text(json.dumps(about, indent=1) + "\n")
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def noise(path: Path) -> Path:
    """Ten seconds at 16 kHz."""
    import numpy as np
    import soundfile

    soundfile.write(path, np.random.default_rng(0).uniform(-0.5, 0.5, 160_000), 16_000)
    return path


def exported(model: str, folder: Path) -> Path:
    """A model as one file."""
    words = ["--kind", "device", "--model", model, "--out", str(folder)]
    subprocess.run([sys.executable, "-m", "entrypoints.export", *words], check=True, stdout=subprocess.DEVNULL)
    return folder / "detect.py"


def of_run(model: str) -> Path:
    """The int8 file that the student's run keeps."""
    from kd.tracking.registry import find
    from kd.tracking.runs import Runs
    from kd.tracking.store import open_store

    client = open_store(there=True)
    return Runs(client).download(find(client, model).run_id, "device") / "int8" / "detect.py"


def timed(script: Path, clip: Path) -> dict[str, float]:
    """`{ms, MB}` of one process on one core."""
    command: list[Any] = [sys.executable, "-I", script, "--time", str(TIMES), clip]
    core = min(os.sched_getaffinity(0))
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {core})
    )
    return {unit: float(number) for number, unit in (each.split() for each in done.stdout.rstrip().split("\t")[1:])}


if __name__ == "__main__":
    sys.exit(main())
