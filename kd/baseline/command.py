"""`baseline`: train it, score it by the letter and again as our networks are, write both."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save

from kd.audio.spec import s1
from kd.baseline.course import Course, Lesson, Taught, baseline_network, scores_of
from kd.baseline.decision import letter_events
from kd.baseline.features import features_of, grid_of
from kd.baseline.network import BaselineNetwork
from kd.baseline.settings import BaselineSettings
from kd.config import home, say
from kd.corpus.corpus import Corpus
from kd.corpus.makers import makers_of, twin_of
from kd.corpus.splits import Split
from kd.detection.apply import sources_of
from kd.files import atomic_write_bytes, atomic_write_text
from kd.labels.merging import window_on
from kd.models.memory import keep_freed_memory
from kd.passes.evaluation import check_out
from kd.passes.inputs import open_corpus
from kd.passes.judging import PLATEAU
from kd.passes.score_tables import assessment
from kd.passes.steps import Steps
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress
from kd.scoring.assess import assess
from kd.scoring.operating_points import DEFAULT_DEPTHS, DEFAULT_WINDOWS, OperatingPoints
from kd.scoring.system import FrameScores, System
from kd.scoring.tune import tune
from kd.training.precision import device

Floats = npt.NDArray[np.float32]
CODE = "kd.baseline.course"  # the module whose code, with all that it imports, makes the network


def baseline(settings: BaselineSettings) -> int:
    """Train, score on `report_on` (`select_on` where that is empty), print, write the JSON; returns the exit code."""
    check_out(settings.out, read={"data": settings.data})
    found = baseline_result(settings)
    for title, block in (("by the letter", found), ("tuned on " + settings.select_on, found["tuned"])):
        say(f"baseline, {title}:\n{assessment(block)}")
    if settings.out:
        atomic_write_text(settings.out, json.dumps(found, indent=1, allow_nan=False))
        say(f"written: {settings.out}")
    return 0


@dataclass(frozen=True, eq=False)
class Trained:
    """What the trained baseline says of the scored split: by the letter, and at chosen thresholds and windows.

    training: epochs, clips that went into steps, parameters and seconds; corpus: the digest of what it was trained on.
    """

    letter: System
    tuned: System
    training: dict[str, Any]
    corpus: str


def baseline_result(settings: BaselineSettings) -> dict[str, Any]:
    """As `evaluate` writes it, by the letter; `tuned`: the same at chosen thresholds and windows; `training`: what it took."""
    trained = trained_baseline(settings)
    return {**assess(trained.letter), "tuned": assess(trained.tuned), "training": trained.training}


def trained_baseline(settings: BaselineSettings) -> Trained:
    """Train on weak and in-domain clips; score `report_on`, `select_on` where that is empty."""
    progress = Progress(passes=0, batch=1)
    corpus = open_corpus(settings, progress)
    use_threads(settings.threads)
    keep_freed_memory()
    splits = {"weak": corpus.weak, "in_domain": corpus.in_domain, "select": corpus.select, "report": corpus.report}
    features = normalised(
        {role: clip_features(split, corpus, settings) for role, split in splits.items() if split is not None}
    )
    weak = Lesson(features["weak"], tags_of(corpus.weak, corpus.classes))
    unlabelled = features.get("in_domain", np.empty((0, *weak.features.shape[1:]), np.float32))
    course = Course(settings.epochs, 0, settings.seed, precision_of(settings))
    network, training = trained_network(weak, unlabelled, course)
    scores: dict[str, Floats] = {
        role: scores_of(network, features[role], course.precision) for role in ("select", "report") if role in features
    }
    points = tuned_points(scores["select"], corpus, seconds=settings.clip_seconds)
    letter, tuned = (
        system_of(corpus.report or corpus.select, scores, corpus, points=at, seconds=settings.clip_seconds)
        for at in (None, points)
    )
    return Trained(letter, tuned, training, corpus.digest)


def trained_network(weak: Lesson, unlabelled: Floats, course: Course) -> tuple[BaselineNetwork, dict[str, Any]]:
    """The detector, and what its training took. Trained once; a training that was interrupted goes on after its last epoch."""

    def make(outputs: Path, scratch: Path) -> None:
        spent, began = scratch / "seconds.json", time.monotonic()
        earlier = json.loads(spent.read_text()) if spent.exists() else 0.0

        def report(training: int, epoch: int, f1: float) -> None:
            told(training, epoch, f1)
            atomic_write_text(spent, json.dumps(earlier + time.monotonic() - began))

        tagger, detector = baseline_network(weak, unlabelled, course, report, kept=scratch)
        training = {
            "tagger": about(tagger),
            "detector": about(detector),
            "clip_steps": tagger.clip_steps + (0 if detector is tagger else detector.clip_steps),
            "parameters": sum(weights.numel() for weights in detector.network.parameters()),
            "seconds": json.loads(spent.read_text()),
            "precision": course.precision,
            "torch": torch.__version__,
        }
        weights = {name: tensor.cpu().contiguous() for name, tensor in detector.network.state_dict().items()}
        atomic_write_bytes(outputs / "network.safetensors", save(weights))
        atomic_write_text(outputs / "training.json", json.dumps(training))

    digest = sha256()
    for array in (weak.features, weak.tags, unlabelled):
        digest.update(np.ascontiguousarray(array).tobytes())
    inputs = {"data": digest.hexdigest(), "course": asdict(course), "torch": torch.__version__}
    folder = Steps(home() / "jobs" / "baseline").run("baseline", code=(CODE,), inputs=inputs, make=make)
    network = BaselineNetwork(classes=weak.tags.shape[1])
    network.load_state_dict(load_file(folder / "network.safetensors"))
    return network.to(device()), json.loads((folder / "training.json").read_text())


def told(training: int, epoch: int, f1: float) -> None:
    """A line on an epoch."""
    say(f"training {training} epoch {epoch}  F1 of tags of the validation clips {100 * f1:.1f}")


def about(taught: Taught) -> dict[str, int]:
    """Epochs of a training."""
    return {"epochs": taught.epochs, "best": taught.best, "clip_steps": taught.clip_steps}


def clip_features(split: Split, corpus: Corpus, settings: BaselineSettings) -> Floats:
    """Features of a split's clips at the rate that most training clips have."""
    facts = [clip.facts for each in corpus.training() for clip in each.clips if clip.facts is not None]
    rates = sorted(fact.rate for fact in facts)
    return features_of(
        [source.path for source in sources_of(split)], rate=rates[len(rates) // 2], seconds=settings.clip_seconds
    )


def normalised(features: Mapping[str, Floats]) -> dict[str, Floats]:
    """The same, in place, with mean 0 and deviation 1 in each band over the training clips."""
    training = [features[role] for role in ("weak", "in_domain") if role in features]
    count = sum(len(each) * each.shape[1] for each in training)
    mean = sum(each.sum(axis=(0, 1), dtype=np.float64) for each in training) / count
    variance = sum(np.square(each - mean).sum(axis=(0, 1), dtype=np.float64) for each in training) / count
    for each in features.values():
        each -= mean.astype(np.float32)
        each /= np.sqrt(variance).astype(np.float32) + 1e-8
    return dict(features)


def tags_of(split: Split, classes: tuple[str, ...]) -> Floats:
    """Known tags, (clips, classes), 0 or 1."""
    return np.array([[label in split.tags.get(clip.name, ()) for label in classes] for clip in split.clips], np.float32)


def tuned_points(scores: Floats, corpus: Corpus, *, seconds: float) -> OperatingPoints:
    """Thresholds and windows chosen on the selection split as our networks' are; windows of the same lengths in time."""
    grid = grid_of(seconds)
    windows = tuple(window_on(frames, source=s1(seconds=seconds).grid, target=grid) for frames in DEFAULT_WINDOWS)
    return tune(
        scores,
        truth_of(corpus.select),
        clips=[clip.name for clip in corpus.select.clips],
        grid=grid,
        classes=corpus.classes,
        windows=windows,
        depths=DEFAULT_DEPTHS,
        blur=PLATEAU,
    )


def truth_of(split: Split) -> dict[str, Any]:
    """Reference events of every clip."""
    return {clip.name: split.events.get(clip.name, ()) for clip in split.clips}


def system_of(
    split: Split, scores: Mapping[str, Floats], corpus: Corpus, *, points: OperatingPoints | None, seconds: float
) -> System:
    """What the baseline says of a scored split: by the letter without points, else at them."""
    values = scores["report" if split is corpus.report else "select"]
    clips, grid = tuple(clip.name for clip in split.clips), grid_of(seconds)
    at = points or OperatingPoints.fixed(classes=len(corpus.classes))
    frames = FrameScores.at(at, values, grid)
    events = frames.events(clips=clips, classes=corpus.classes) if points else None
    return System(
        clips=clips,
        classes=corpus.classes,
        reference=truth_of(split),
        events=events or letter_events(values, grid=grid, clips=clips, classes=corpus.classes),
        scores=frames,
        closed=True,
        makers=makers_of(table=split.table, events=split.events, twin=twin_of(corpus.root, split.name)),
        about={"split": split.name, "points": "tuned" if points else "letter", **(points.to_dict() if points else {})},
    )
