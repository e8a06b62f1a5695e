"""One pass: train its candidates, choose champions, merge them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.cost import StepClock
from kd.passes.champions import Contender, choose
from kd.passes.context import pooling_of
from kd.passes.inputs import View
from kd.passes.judging import Fits, macro
from kd.passes.lesson import Lesson, lesson
from kd.passes.merging import blended_fits, detector_of
from kd.passes.optimism import Contest
from kd.passes.origin import Origin
from kd.passes.pass_merge import merge_pass
from kd.passes.plan import START, Candidate
from kd.passes.recording import Recorded
from kd.passes.targets import frame_label_set, pseudo_tag_set, tagging_set
from kd.passes.work import PassWork
from kd.tracking.registry import best_alias
from kd.training.data import TrainingSet

Logits = npt.NDArray[np.float16]


def run_tagger(work: PassWork, *, parent: str) -> tuple[Recorded, dict[str, Any], dict[str, Logits]]:
    """Train the tagger; itself, its record, and its logits on the unlabelled splits by role. Source: S1 section 3.2."""
    bench = work.bench
    tagger, view = work.plan.tagger, bench.view(work.plan.tagger)
    ((recorded, step),) = work.trained(
        0, [(Candidate(tagger), tagging_set(bench.inputs, view), tag_origin(bench.inputs.classes, None))], parent=parent
    )
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
        **asdict(recorded.cost),
    }
    return recorded, about, logits


def training_sets(
    work: PassWork, learnt: Lesson | None, *, tagger: Mapping[str, Logits]
) -> dict[tuple[View, str], TrainingSet]:
    """View and smoothing's name ('' in pass 1, which learns from tags) to what the candidates of a pass train on."""
    inputs = work.bench.inputs
    views = dict.fromkeys(work.bench.view(architecture) for architecture in work.plan.architectures)
    if learnt is None:
        pooling = pooling_of(work.settings)
        return {(view, ""): pseudo_tag_set(inputs, view, tagger, pooling=pooling) for view in views}
    return {
        (view, how.name): frame_label_set(inputs, view, learnt.teaching, how)
        for view in views
        for how in learnt.smoothings
    }


def starts_of(work: PassWork, tagged_by: int, earlier: Sequence[Mapping[str, Any]]) -> dict[str, Path]:
    """Architecture to the folder of the network that those of a pass go on from; none where all begin afresh.

    That is the best of its kind in the pass before, by macro F1 on the selection split; in pass 1 the tagger. Source: ours; S1
    trains new networks in every pass.
    """
    if (work.settings.start or START[work.settings.recipe]) == "fresh":
        return {}
    versions = {work.plan.tagger: tagged_by}
    for record in earlier:
        best: dict[str, tuple[float, int]] = {}
        for each in record["candidates"]:
            score = (macro(each["select"], work.plan.judged_by) or 0.0, -each["version"])
            best[each["architecture"]] = max(best.get(each["architecture"], (-1.0, 0)), score)
        versions |= {architecture: -version for architecture, (_, version) in best.items()}
    bench = work.bench
    wanted = {each.architecture for each in work.plan.candidates(len(earlier) + 1)}
    return {
        architecture: detector_of(bench, bench.registry.version(number)).members[0].folder
        for architecture, number in versions.items()
        if architecture in wanted
    }


def tag_origin(classes: Sequence[str], tagged_by: int | None) -> Origin:
    """What learns from tags; tagged_by: the version whose tags the clips without known ones have, None: there are none."""
    if tagged_by is None:
        return Origin({"kind": "tags"})
    return Origin({"kind": "tags+pseudo"}, dict.fromkeys(classes, tagged_by))


def run_pass(
    work: PassWork,
    index: int,
    *,
    run: str,
    tagger: Mapping[str, Logits],
    tagged_by: int,
    teachers: Mapping[str, int],
    incumbents: Mapping[str, Contender],
    newcomers: list[Contender],
    earlier: Sequence[Mapping[str, Any]],
    contest: Contest,
) -> dict[str, Any]:
    """One pass; its record as in `results.json`.

    run: the pass's run; tagger: its logits by role; tagged_by: its version; teachers: class to the version whose scores
    are the labels (from pass 2 on); incumbents: the champions so far; newcomers: versions that may become
    champions beside the candidates; earlier: records of the passes before; contest: who has contended so far, for cross-fitting.
    An alias that a person moves meanwhile keeps its place until the next pass.
    """
    bench = work.bench
    clock = StepClock()
    learnt = None
    starts = starts_of(work, tagged_by, earlier)
    if index > 1:
        learnt = lesson(work, index, teachers=teachers, earlier=earlier, run=run, start=starts.get(work.plan.student))
    clock.done("labels")
    sets = training_sets(work, learnt, tagger=tagger)
    records: list[dict[str, Any]] = []
    contenders = list(newcomers)
    origins = (
        {"": tag_origin(bench.inputs.classes, tagged_by if tagger else None)} if learnt is None else learnt.origins
    )
    wanted = [
        (each, sets[bench.view(each.architecture), each.smoothing], origins[each.smoothing])
        for each in work.plan.candidates(index)
    ]
    trained = work.trained(index, wanted, parent=run, starts=starts)
    for (candidate, _, _), (recorded, _) in zip(wanted, trained, strict=True):
        verdict = recorded.verdict
        records.append(
            {
                "name": candidate.name,
                "architecture": candidate.architecture,
                "smoothing": candidate.smoothing or "none",
                "run_id": recorded.run_id,
                "version": recorded.version,
                "select": verdict.select,
                "report": verdict.report,
                **asdict(recorded.cost),
            }
        )
        contenders.append(contender_of(work, recorded))
        contest.enter(recorded.version, verdict.fits)
    clock.done("networks")
    chosen = choose(
        bench.inputs.classes,
        incumbents=incumbents,
        challengers=contenders,
        together=work.settings.merge == "network",
    )
    chosen |= {label: v for label, v in work.by_hand().items() if v != teachers.get(label)}
    about = {"iterate_id": bench.iterate_id, "pass": index, "corpus": bench.inputs.corpus.digest}
    best = {best_alias(label): version for label, version in chosen.items()}
    work.moves.move(best, why=f"pass {index}", run=run, about=about)
    labels = work.plan.labels if learnt is None else learnt.settings
    merged = merge_pass(work, index, run=run, about=about, labels=labels)
    blended = partial(blended_fits, bench, blend=work.plan.blend) if work.plan.blend else None
    crossed = contest.crossed(merged.fits, blended)
    report = crossed["crossfit"] if bench.judge.crossfit else merged.report
    clock.done("merging")
    names = {c["version"]: f"pass {each['index']} {c['name']}" for each in earlier for c in each["candidates"]}
    names |= {each["version"]: each["name"] for each in records} | {tagged_by: "tagger"}
    champions = {label: {"version": v, "candidate": names.get(v, f"version {v}")} for label, v in chosen.items()}
    return {
        "index": index,
        "run_id": run,
        "labels": None if learnt is None else learnt.about,
        "candidates": records,
        "merged": {"select": merged.select, "report": report, **crossed},
        "champions": champions,
        "gained": contest.gained({label: each.version for label, each in incumbents.items()}, chosen),
        **clock.cost(),
    }


def contender_of(work: PassWork, recorded: Recorded) -> Contender:
    """A network of the job, as it contends for champion."""
    f1 = recorded.verdict.f1(work.plan.judged_by)
    return Contender(recorded.version, {label: value or 0.0 for label, value in f1.items()})


def guest(work: PassWork, number: int) -> tuple[Contender, Fits]:
    """A version of another job, or one a person put on an alias, judged here at the operating points it carries."""
    bench = work.bench
    verdict = bench.verdict(detector_of(bench, bench.registry.version(number)))
    own = verdict.f1(work.plan.judged_by)
    return Contender(number, {label: own[label] or 0.0 for label in bench.inputs.classes}), verdict.fits
