"""The end of a pass: its champions made one detector, with the labels that they give."""

import json
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.labels.artifact import LabelArtifact, LabelledSplit, save_labels
from kd.labels.settings import LabelSettings
from kd.labels.smoothing import Smoothing, probabilities
from kd.passes.context import Bench
from kd.passes.figure import draw
from kd.passes.judging import Verdict
from kd.passes.merging import champions_in_registry, merged_detector
from kd.passes.metrics import score_metrics
from kd.passes.origin import made_tags
from kd.passes.recording import identity_tags, log_logits, register
from kd.passes.work import PassWork
from kd.tracking.packaging import log_detector
from kd.tracking.registry import MERGED


def merge_pass(work: PassWork, index: int, *, run: str, about: Mapping[str, Any], labels: LabelSettings) -> Verdict:
    """Merge the champions that the registry names; log and register the detector, its labels and a picture.

    about: of the alias moves; labels: how the next pass will make them, but for what it tunes.
    """
    bench = work.bench
    champions = champions_in_registry(bench)
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place)
        detector = merged_detector(bench, champions, folder / "detector", blend=work.plan.blend)
        verdict = bench.verdict(detector)
        version = register_merged(
            work, index, run=run, folder=folder / "detector", detector=detector, verdict=verdict, champions=champions
        )
        log_logits(bench, run, partial(bench.logits, detector), grid=finest(detector), verdict=verdict)
        save_labels(folder / "labels", label_artifact(work, index, detector, champions, labels))
        bench.runs.folder(run, folder / "labels", "labels")
        shown = labels.smoothings(work.plan.smoothings)[-1]
        draw_pass(bench, detector, shown, folder / "clip.png", title=f"pass {index}")
        bench.runs.file(run, folder / "clip.png")
    found = score_metrics(bench.inputs.classes, select=verdict.select, report=verdict.report)
    bench.runs.metrics(run, {name: [(0, value)] for name, value in found.items()})
    work.moves.move({MERGED: version}, why=f"pass {index}", run=run, about=about)
    return verdict


def register_merged(
    work: PassWork,
    index: int,
    *,
    run: str,
    folder: Path,
    detector: Detector,
    verdict: Verdict,
    champions: Mapping[str, int],
) -> int:
    """The version of a pass's merged detector, which lies in `folder`, registered once for the same champions."""
    bench = work.bench
    tags = identity_tags(bench, kind="merged", index=index, name="merged")
    tags["kd.champions"] = json.dumps(champions, sort_keys=True)
    for version in bench.registry.versions(run=run):
        if version.tags.get("kd.champions") == tags["kd.champions"]:
            return version.number
    logged = log_detector(bench.runs, run=run, folder=folder)
    made = made_tags([member.spec for member in detector.members], code=bench.code)
    return register(bench, run=run, logged=logged, verdict=verdict, tags=tags, made=made)


def label_artifact(
    work: PassWork, index: int, detector: Detector, champions: Mapping[str, int], labels: LabelSettings
) -> LabelArtifact:
    """The pseudo-labels that a pass's champions give every training split, on the detector's own frames."""
    bench = work.bench
    splits = {
        role: LabelledSplit(
            part.split.name, tuple(part.names), tuple(s.content for s in part.sources), bench.logits(detector, part)
        )
        for role, part in bench.inputs.training.items()
    }
    return LabelArtifact(
        detector.classes,
        finest(detector),
        dict(champions),
        labels.rule(detector.points, index=index + 1),
        labels.smoothings(work.plan.smoothings),
        index,
        splits,
        bench.registry.name,
    )


def draw_pass(bench: Bench, detector: Detector, how: Smoothing, path: Path, *, title: str) -> None:
    """S1's Figure 1 of one clip of the selection split."""
    part = bench.inputs.select
    scores = probabilities(bench.logits(detector, part))
    draw(path, part=part, scores=scores, grid=finest(detector), classes=detector.classes, how=how, title=title)
