"""One pass: train its candidates, choose champions, merge them."""

import json
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.labels.artifact import LabelArtifact, LabelledSplit, save_labels
from kd.labels.rule import LabelRule
from kd.labels.smoothing import Smoothing, probabilities
from kd.passes.champions import Contender, choose
from kd.passes.context import Bench
from kd.passes.figure import draw
from kd.passes.inputs import View
from kd.passes.judging import Fits, Verdict
from kd.passes.merging import champions_in_registry, detector_of, merged_detector
from kd.passes.metrics import score_metrics
from kd.passes.optimism import Contest
from kd.passes.plan import Candidate
from kd.passes.recording import identity_tags, log_logits, register
from kd.passes.targets import frame_label_set, pseudo_tag_set, tagging_set
from kd.passes.work import PassWork
from kd.tracking.packaging import log_detector
from kd.tracking.registry import MERGED, best_alias
from kd.training.data import TrainingSet

Logits = npt.NDArray[np.float16]


def run_tagger(work: PassWork, *, parent: str) -> tuple[dict[str, Any], dict[str, Logits]]:
    """Train the tagger; its record, and its logits on the unlabelled splits by role. Source: S1 section 3.2."""
    bench = work.bench
    view = bench.view("deep")
    ((recorded, step),) = work.trained(0, [(Candidate("deep"), tagging_set(bench.inputs, view))], parent=parent)
    logits = {
        role: bench.predicted(step / "network", view.spec, part)
        for role, part in bench.inputs.training.items()
        if role in ("in_domain", "out_of_domain")
    }
    verdict = recorded.verdict
    about = {
        "run_id": recorded.run_id,
        "version": recorded.version,
        "select": verdict.select,
        "report": verdict.report,
        "seconds": recorded.seconds,
    }
    return about, logits


def training_sets(
    work: PassWork, index: int, *, tagger: Mapping[str, Logits], teachers: Mapping[str, int]
) -> dict[tuple[View, Smoothing | None], TrainingSet]:
    """View and smoothing (None in pass 1) to what the candidates of pass `index` train on."""
    bench = work.bench
    views = dict.fromkeys(bench.view(architecture) for architecture in work.plan.architectures)
    if index == 1:
        return {(view, None): pseudo_tag_set(bench.inputs, view, tagger) for view in views}
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        teacher = merged_detector(bench, teachers, Path(place))
        merged = training_logits(bench, teacher)
    rule = label_rule(work, teacher)
    return {
        (view, how): frame_label_set(
            bench.inputs, view, merged, how, grid=finest(teacher), rule=rule, clamp=work.plan.clamp
        )
        for view in views
        for how in work.plan.smoothings
    }


def label_rule(work: PassWork, teacher: Detector) -> LabelRule:
    """How the logits of these teachers become labels."""
    return LabelRule(work.plan.labels, work.settings.temperature, teacher.points.thresholds)


def training_logits(bench: Bench, detector: Detector) -> dict[str, Logits]:
    """A detector's logits on every training split, by role, on its own frames."""
    return {role: bench.logits(detector, part) for role, part in bench.inputs.training.items()}


def run_pass(
    work: PassWork,
    index: int,
    *,
    run: str,
    tagger: Mapping[str, Logits],
    teachers: Mapping[str, int],
    incumbents: Mapping[str, Contender],
    guests: list[Contender],
    known: Mapping[int, str],
    contest: Contest,
) -> dict[str, Any]:
    """One pass; its record as in `results.json`.

    run: the pass's run; teachers: class to the version whose scores are the labels (from pass 2 on); incumbents: the
    champions so far; guests: versions of other jobs that may become champions; known: names of versions so far; contest:
    who has contended so far, for cross-fitting.
    An alias that a person moves meanwhile keeps its place until the next pass.
    """
    bench = work.bench
    sets = training_sets(work, index, tagger=tagger, teachers=teachers)
    records: list[dict[str, Any]] = []
    contenders = list(guests)
    wanted = [(each, sets[bench.view(each.architecture), each.smoothing]) for each in work.plan.candidates(index)]
    trained = work.trained(index, wanted, parent=run)
    for (candidate, _), (recorded, _) in zip(wanted, trained, strict=True):
        verdict = recorded.verdict
        records.append(
            {
                "name": candidate.name,
                "architecture": candidate.architecture,
                "smoothing": candidate.smoothing.name if candidate.smoothing else "none",
                "run_id": recorded.run_id,
                "version": recorded.version,
                "select": verdict.select,
                "report": verdict.report,
                "seconds": recorded.seconds,
            }
        )
        f1 = {label: value or 0.0 for label, value in verdict.f1(work.plan.judged_by).items()}
        contenders.append(Contender(recorded.version, f1))
        contest.enter(recorded.version, verdict.fits)
    chosen = choose(bench.inputs.classes, incumbents=incumbents, challengers=contenders)
    chosen |= {label: v for label, v in work.by_hand().items() if v != teachers.get(label)}
    about = {"iterate_id": bench.iterate_id, "pass": index, "corpus": bench.inputs.corpus.digest}
    work.moves.move({best_alias(label): version for label, version in chosen.items()}, about=about)
    merged = merge_pass(work, index, run=run, about=about)
    crossed = contest.crossed(merged.fits)
    report = crossed["crossfit"] if bench.judge.crossfit else merged.report
    names = {**known, **{each["version"]: each["name"] for each in records}}
    champions = {label: {"version": v, "candidate": names.get(v, f"version {v}")} for label, v in chosen.items()}
    return {
        "index": index,
        "run_id": run,
        "candidates": records,
        "merged": {"select": merged.select, "report": report, **crossed},
        "champions": champions,
    }


def merge_pass(work: PassWork, index: int, *, run: str, about: Mapping[str, Any]) -> Verdict:
    """Merge the champions that the registry names; log and register the detector, its labels and a picture."""
    bench = work.bench
    champions = champions_in_registry(bench)
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place)
        detector = merged_detector(bench, champions, folder / "detector")
        verdict = bench.verdict(detector)
        version = register_merged(
            work, index, run=run, folder=folder / "detector", verdict=verdict, champions=champions
        )
        log_logits(bench, run, partial(bench.logits, detector))
        save_labels(folder / "labels", label_artifact(work, index, detector, champions))
        bench.runs.folder(run, folder / "labels", "labels")
        shown = work.plan.smoothings[-1]
        draw_pass(bench, detector, shown, folder / "clip.png", title=f"pass {index}")
        bench.runs.file(run, folder / "clip.png")
    found = score_metrics(bench.inputs.classes, select=verdict.select, report=verdict.report)
    bench.runs.metrics(run, {name: [(0, value)] for name, value in found.items()})
    work.moves.move({MERGED: version}, about=about)
    return verdict


def register_merged(
    work: PassWork, index: int, *, run: str, folder: Path, verdict: Verdict, champions: Mapping[str, int]
) -> int:
    """The version of a pass's merged detector, registered once for the same champions."""
    bench = work.bench
    tags = identity_tags(bench, kind="merged", index=index, name="merged")
    tags["kd.champions"] = json.dumps(champions, sort_keys=True)
    for version in bench.registry.versions(run=run):
        if version.tags.get("kd.champions") == tags["kd.champions"]:
            return version.number
    logged = log_detector(bench.runs, run=run, folder=folder)
    return register(bench, run=run, logged=logged, verdict=verdict, tags=tags)


def label_artifact(work: PassWork, index: int, detector: Detector, champions: Mapping[str, int]) -> LabelArtifact:
    """The pseudo-labels that a pass's champions give every training split."""
    bench = work.bench
    logits = training_logits(bench, detector)
    splits = {
        role: LabelledSplit(part.split.name, tuple(part.names), tuple(s.content for s in part.sources), logits[role])
        for role, part in bench.inputs.training.items()
    }
    return LabelArtifact(
        detector.classes,
        finest(detector),
        dict(champions),
        label_rule(work, detector),
        work.plan.smoothings,
        index,
        splits,
    )


def draw_pass(bench: Bench, detector: Detector, how: Smoothing, path: Path, *, title: str) -> None:
    """S1's Figure 1 of one clip of the selection split."""
    part = bench.inputs.select
    scores = probabilities(bench.logits(detector, part))
    draw(path, part=part, scores=scores, grid=finest(detector), classes=detector.classes, how=how, title=title)


def guest(work: PassWork, number: int) -> tuple[Contender, Fits]:
    """A version of another job, or one a person put on an alias, judged here at the operating points it carries."""
    bench = work.bench
    verdict = bench.verdict(detector_of(bench, bench.registry.version(number)))
    own = verdict.f1(work.plan.judged_by)
    return Contender(number, {label: own[label] or 0.0 for label in bench.inputs.classes}), verdict.fits
