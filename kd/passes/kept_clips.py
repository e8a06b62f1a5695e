"""What a job keeps of its scored clips, so that its report needs nothing else: truth, provenance, and the sound of some."""

import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kd.audio.decode import decode, opened
from kd.corpus.makers import makers_of, twin_of
from kd.corpus.provenance import Known, facts_about, provenance_of
from kd.passes.context import Bench
from kd.passes.inputs import Part
from kd.passes.plan import seed_of

FOLDER = "clips"
ORDER = 0.4  # of Vorbis's quality, 0 to 1: transparent for browsing, 5 kB a second at most


def keep_clips(bench: Bench, run: str, *, sample: int, seed: int) -> None:
    """Log `clips/` on a run.

    `<role>.json` of each scored split names its clips, reference events with who made them, and those whose sound and
    features are kept: `<role>-<i>.ogg`, and row i of `<role>.npy`, float16 `(sample, frames, mels)`.
    """
    inputs = bench.inputs
    spec = next(iter(inputs.views.values())).spec
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        for role, part in (("select", inputs.select), ("report", inputs.report)):
            if part is None:
                continue
            kept = sampled(part, inputs.classes, count=sample, seed=seed_of(seed, "sample", role))
            about = described(part, root=Path(inputs.corpus.root), seconds=inputs.seconds)
            about |= {"sample": kept, "features": spec.to_dict()}
            (Path(place) / f"{role}.json").write_text(json.dumps(about))
            features = inputs.features(part, spec).batch(np.array(kept, np.int64))
            np.save(Path(place) / f"{role}.npy", features.astype(np.float16))
            for i, row in enumerate(kept):
                to_ogg(part.sources[row].path, Path(place) / f"{role}-{i}.ogg", seconds=inputs.seconds)
        bench.runs.folder(run, Path(place), FOLDER)


def sampled(part: Part, classes: Sequence[str], *, count: int, seed: int) -> list[int]:
    """Rows of at most `count` clips, drawn by seed: one of each class in turn, then any."""
    draw = random.Random(seed)
    order = list(range(len(part.names)))
    draw.shuffle(order)
    first: dict[str, int] = {}
    for row in order:
        for event in part.truth[part.names[row]]:
            first.setdefault(event.label, row)
    chosen = dict.fromkeys([first[label] for label in classes if label in first] + order)
    return sorted(list(chosen)[:count])


def described(part: Part, *, root: Path, seconds: float) -> dict[str, Any]:
    """A split's clips and what is true of them.

    `events` of a clip are `[onset, offset, label, facts]`, facts being what the split's twin in `sources/` says of the event;
    `makers` are `[clip, label, [maker, ...]]`, None where nothing tells.
    """
    split = part.split
    twin = twin_of(root, split.name)
    known: dict[str, Known] = {}
    for (name, event), facts in (provenance_of(twin) if twin else {}).items():
        known.setdefault(name, {})[name, event] = facts
    makers = makers_of(table=split.table, events=split.events, twin=twin)
    clips = []
    for name, source, clip in zip(part.names, part.sources, split.clips, strict=True):
        events = [[e.onset, e.offset, e.label, facts_about(known.get(name, {}), name, e)] for e in part.truth[name]]
        length = clip.facts.seconds if clip.facts else seconds
        clips.append(
            {
                "name": name,
                "seconds": min(length, seconds),
                "path": _below(root, source.path),
                "sha256": source.content,
                "events": events,
            }
        )
    return {
        "split": split.name,
        "root": str(root),
        "seconds": seconds,
        "clips": clips,
        "makers": None if makers is None else [[clip, label, sorted(who)] for (clip, label), who in makers.items()],
    }


def to_ogg(source: Path, target: Path, *, seconds: float) -> None:
    """The first seconds of a sound file, mono, at its own rate, as Ogg Vorbis. Raises UserError where it cannot be read."""
    import soundfile

    with opened(source) as file:
        rate = file.samplerate
    samples, _ = decode(source, rate=rate, seconds=seconds)
    with soundfile.SoundFile(target, "w", rate, 1, format="OGG", subtype="VORBIS", compression_level=1 - ORDER) as out:
        for start in range(0, len(samples), rate):
            out.write(samples[start : start + rate])


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
