"""One pass: train its candidates, choose champions, merge them."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.detection.apply import finest
from kd.detection.detector import Detector
from kd.engines.workers import Workers
from kd.labels.artifact import LabelArtifact, LabelledSplit, save_labels
from kd.labels.merging import regrid
from kd.labels.smoothing import Smoothing, probabilities
from kd.passes.champions import Contender, choose
from kd.passes.context import Bench, model_config
from kd.passes.figure import draw
from kd.passes.judging import Verdict
from kd.passes.merging import champions_in_registry, detector_of, merged_detector
from kd.passes.metrics import score_metrics
from kd.passes.networks import Told, Trial, run_trial, seconds_of
from kd.passes.plan import Candidate, Plan, seed_of
from kd.passes.recording import Recorded, finished_run, identity_tags, judged, log_logits, record, register
from kd.passes.settings import IterateSettings
from kd.passes.targets import frame_label_set, pseudo_tag_set, tagging_set
from kd.passes.threads import threads_for
from kd.tracking.aliases import AliasMoves
from kd.tracking.packaging import log_detector
from kd.tracking.registry import MERGED, best_alias
from kd.training.data import TrainingSet
from kd.training.fit import FitSettings

Logits = npt.NDArray[np.float16]


@dataclass(frozen=True)
class PassWork:
    """What the passes of one job share beyond the bench: parameters, plan, training settings, alias moves, workers."""

    bench: Bench
    settings: IterateSettings
    plan: Plan
    how: FitSettings
    moves: AliasMoves
    workers: Workers

    def by_hand(self) -> dict[str, int]:
        """Classes whose alias a person moved, with the version it stands on; what a crash left pending is finished."""
        moved = self.moves.reconcile()
        return {label: moved[best_alias(label)] for label in self.bench.inputs.classes if best_alias(label) in moved}

    def trained(
        self, index: int, wanted: Sequence[tuple[Candidate, TrainingSet]], *, parent: str
    ) -> Iterator[tuple[Recorded, Path]]:
        """Networks trained side by side, then judged, logged and registered in order; with their training's folder.

        What an earlier process finished is taken over.
        """
        bench = self.bench
        threads = threads_for(self.settings, len(wanted))
        trials = [self.trial(index, candidate, training, threads=threads) for candidate, training in wanted]
        names = [candidate.name if index else "tagger" for candidate, _ in wanted]
        kind = "candidate" if index else "tagger"
        tags = [
            {**identity_tags(bench, kind=kind, index=index, name=name), "kd.step": trial.training.key}
            for name, trial in zip(names, trials, strict=True)
        ]
        done = [finished_run(bench, each) for each in tags]
        runs = {i: found[0] for i, found in enumerate(done) if found}

        def run_of(i: int) -> str:
            if i not in runs:
                runs[i] = bench.runs.create(names[i], tags=tags[i], parent=parent)
            return runs[i]

        def heard(i: int, said: Told) -> None:
            if said is not None:
                bench.progress.step(names[i], *said)
            else:
                run_of(i)
                architecture = wanted[i][0].architecture
                bench.progress.begin(
                    names[i], index=index, kind=architecture, steps=self.how.steps, cores=trials[i].training.threads
                )

        for i, step in enumerate(self.workers.each(run_trial, trials, heard)):
            bench.progress.end(names[i])
            yield self.recorded(wanted[i][0], trials[i], step, run=run_of(i), tags=tags[i], done=done[i]), step

    def trial(self, index: int, candidate: Candidate, training: TrainingSet, *, threads: int) -> Trial:
        """What a worker does for one network."""
        inputs = self.bench.inputs
        how = replace(self.how, seed=seed_of(self.settings.seed, index, candidate.name))
        config = model_config(self.settings, candidate.architecture, inputs)
        judged_on = tuple((part.digest, part.features) for part in (inputs.select, inputs.report) if part is not None)
        return Trial(self.bench.training(config, training, how, threads=threads), inputs.spec, judged_on)

    def recorded(
        self,
        candidate: Candidate,
        trial: Trial,
        step: Path,
        *,
        run: str,
        tags: Mapping[str, str],
        done: tuple[str, int] | None,
    ) -> Recorded:
        """A finished training on its run and in the registry; `done` is where an earlier process put it."""
        if done:
            verdict = judged(self.bench, step / "network")
            return Recorded(done[0], done[1], verdict, seconds_of(step))
        smoothing = candidate.smoothing.name if candidate.smoothing else "none"
        how = asdict(trial.training.how)
        params = {"architecture": candidate.architecture, "smoothing": smoothing, **how}
        return record(self.bench, run=run, step=step, tags=tags, params=params)


def run_tagger(work: PassWork, *, parent: str) -> tuple[dict[str, Any], dict[str, Logits]]:
    """Train the tagger; its record, and its logits on the unlabelled splits by role. Source: S1 section 3.2."""
    bench = work.bench
    ((recorded, step),) = work.trained(0, [(Candidate("deep"), tagging_set(bench.inputs))], parent=parent)
    logits = {
        role: bench.predicted(step / "network", bench.inputs.spec, part)
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
) -> dict[str, TrainingSet]:
    """Smoothing's name ('' in pass 1) to what the candidates of pass `index` train on."""
    bench = work.bench
    if index == 1:
        return {"": pseudo_tag_set(bench.inputs, tagger)}
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        teacher = merged_detector(bench, teachers, Path(place))
        merged = training_logits(bench, teacher)
    temperature = work.settings.temperature
    return {
        how.name: frame_label_set(bench.inputs, merged, how, temperature=temperature) for how in work.plan.smoothings
    }


def training_logits(bench: Bench, detector: Detector) -> dict[str, Logits]:
    """A detector's logits on every training split, by role, on the frames of the job's own features."""
    grids = {"source": finest(detector), "target": bench.inputs.spec.grid}
    return {role: regrid(bench.logits(detector, part), **grids) for role, part in bench.inputs.training.items()}


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
) -> dict[str, Any]:
    """One pass; its record as in `results.json`.

    run: the pass's run; teachers: class to the version whose scores are the labels (from pass 2 on); incumbents: the
    champions so far; guests: versions of other jobs that may become champions; known: names of versions so far.
    An alias that a person moves meanwhile keeps its place until the next pass.
    """
    bench = work.bench
    sets = training_sets(work, index, tagger=tagger, teachers=teachers)
    records: list[dict[str, Any]] = []
    contenders = list(guests)
    wanted = [(each, sets[each.smoothing.name if each.smoothing else ""]) for each in work.plan.candidates(index)]
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
    chosen = choose(bench.inputs.classes, incumbents=incumbents, challengers=contenders)
    chosen |= {label: v for label, v in work.by_hand().items() if v != teachers.get(label)}
    about = {"iterate_id": bench.iterate_id, "pass": index, "corpus": bench.inputs.corpus.digest}
    work.moves.move({best_alias(label): version for label, version in chosen.items()}, about=about)
    merged = merge_pass(work, index, run=run, about=about)
    names = {**known, **{each["version"]: each["name"] for each in records}}
    champions = {label: {"version": v, "candidate": names.get(v, f"version {v}")} for label, v in chosen.items()}
    return {
        "index": index,
        "run_id": run,
        "candidates": records,
        "merged": {"select": merged.select, "report": merged.report},
        "champions": champions,
    }


def merge_pass(work: PassWork, index: int, *, run: str, about: Mapping[str, Any]) -> Verdict:
    """Merge the champions that the registry names; log and register the detector, its labels and a picture."""
    bench = work.bench
    champions = champions_in_registry(bench)
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place)
        detector = merged_detector(bench, champions, folder / "detector")
        verdict = bench.verdict(detector, points=detector.points)
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
        bench.inputs.spec.grid,
        dict(champions),
        work.settings.temperature,
        work.plan.smoothings,
        index,
        splits,
    )


def draw_pass(bench: Bench, detector: Detector, how: Smoothing, path: Path, *, title: str) -> None:
    """S1's Figure 1 of one clip of the selection split."""
    part = bench.inputs.select
    scores = probabilities(bench.logits(detector, part))
    draw(path, part=part, scores=scores, grid=finest(detector), classes=detector.classes, how=how, title=title)


def guest(work: PassWork, number: int) -> Contender:
    """A version of another job, or one a person put on an alias, judged here at the operating points it carries."""
    bench = work.bench
    detector = detector_of(bench, bench.registry.version(number))
    verdict = bench.verdict(detector, points=detector.points)
    own = verdict.f1(work.plan.judged_by)
    return Contender(number, {label: own[label] or 0.0 for label in bench.inputs.classes})
