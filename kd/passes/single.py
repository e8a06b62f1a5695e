"""One network, one student, or one merge, outside a job: the same work as the loop's, recorded the same way."""

import json
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

from kd.code import code_digest
from kd.config import say, to_dict, user_path
from kd.detection.apply import finest
from kd.engines.local import cores
from kd.errors import UserError
from kd.labels.artifact import LabelArtifact, LabelledSplit, load_labels
from kd.labels.smoothing import Smoothing
from kd.labels.teaching import Teaching
from kd.models.config import ModelConfig
from kd.passes.context import Bench, model_config
from kd.passes.inputs import Inputs, View, open_corpus, open_inputs
from kd.passes.job import model_locked, state_folder
from kd.passes.judging import Verdict, judge_of
from kd.passes.merging import champion_of_every_class, merged_detector
from kd.passes.metrics import score_metrics
from kd.passes.options import ClampOptions
from kd.passes.origin import Origin, artifact_labels_used, made_tags
from kd.passes.plan import BATCH, check_direction, fit_settings
from kd.passes.recording import identity_tags, log_logits, record, register
from kd.passes.recovery import ended
from kd.passes.results import scores_table
from kd.passes.settings import DistillSettings, FittedSettings, MergeSettings, TrainSettings
from kd.passes.steps import Steps
from kd.passes.targets import frame_label_set, joined, tagging_set, true_frames
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress
from kd.tracking.aliases import AliasMoves
from kd.tracking.packaging import log_detector
from kd.tracking.registry import MERGED, Registry, check_name
from kd.tracking.runs import Runs, is_run_id
from kd.tracking.store import open_store, ui_command
from kd.training.data import TrainingSet


def train(settings: TrainSettings) -> int:
    """Train one network on weak tags, or on the strong split's frames."""
    if settings.labels == "strong" and not settings.strong:
        raise UserError("labels=strong, but strong= names no split", "name it, such as strong=train/synthetic")
    check_direction(settings.direction, (settings.architecture,))
    bench = open_bench(settings, settings.architecture)

    def training(inputs: Inputs, view: View) -> TrainingSet:
        if settings.labels == "weak":
            return tagging_set(inputs, view)
        part = {"strong": inputs.training["strong"]}
        return joined(view, part, {"strong": true_frames(part["strong"], inputs, view)})

    made = training(bench.inputs, bench.view(settings.architecture))
    kind = "tags" if settings.labels == "weak" else "strong"
    return one_network(bench, settings, made, Origin({"kind": kind}), name=f"train-{settings.architecture}")


def distill(settings: DistillSettings) -> int:
    """Train one student on one set of pseudo-labels."""
    if not settings.labels:
        raise UserError("labels= is empty", "name a folder that pseudo_label wrote, or a pass run's id")
    check_direction(settings.direction, (settings.architecture,))
    here = None if is_run_id(settings.labels) else load_labels(labels_folder(settings.labels))
    bench = open_bench(settings, settings.architecture)
    labels = here or load_labels(bench.runs.download(settings.labels, "labels"))
    how = next((each for each in labels.smoothings if each.name == settings.smoothing), None)
    if how is None:
        known = ", ".join(each.name for each in labels.smoothings)
        raise UserError(f"{settings.labels} has no labels smoothed by {settings.smoothing!r}", f"it has: {known}")
    view = bench.view(settings.architecture)
    training = pseudo_labelled(bench.inputs, view, labels, how, settings)
    used = artifact_labels_used(labels, how, settings)
    model = "" if labels.model == settings.model else labels.model
    teachers = {label: int(labels.versions[label]) for label in bench.inputs.classes if label in labels.versions}
    origin = Origin(used, teachers, model, settings.labels if is_run_id(settings.labels) else "")
    return one_network(bench, settings, training, origin, name=f"distill-{settings.architecture}")


def labels_folder(place: str) -> Path:
    """A label folder that is on this machine. Raises UserError where there is none."""
    if not user_path(place, "labels").is_dir():
        raise UserError(f"labels={place}: there is no such folder, and it is no run's id", "check the path")
    return user_path(place, "labels")


def pseudo_labelled(
    inputs: Inputs, view: View, labels: LabelArtifact, how: Smoothing, known: ClampOptions
) -> TrainingSet:
    """The corpus's training clips with their labels from an artifact, matched by audio content."""
    if missing := sorted(set(inputs.classes) - set(labels.classes)):
        raise UserError(f"the labels do not know {missing[0]!r}", "label this corpus with a model of its classes")
    columns = [labels.classes.index(label) for label in inputs.classes]
    merged = {}
    for role, part in inputs.training.items():
        if role == "strong":
            continue
        rows = content_rows(labels.splits[role]) if role in labels.splits else {}
        absent = [source.path for source in part.sources if source.content not in rows]
        if absent:
            raise UserError(
                f"{len(absent)} clips of {part.split.name} have no labels, {absent[0].name} among them",
                "label this corpus with pseudo_label",
            )
        merged[role] = labels.splits[role].logits[[rows[source.content] for source in part.sources]][:, :, columns]
    teaching = Teaching(
        merged, labels.grid, labels.rule.of(columns), known.clamp, known.accept, tag_weight=known.tag_weight
    )
    return frame_label_set(inputs, view, teaching, how)


def content_rows(part: LabelledSplit) -> dict[str, int]:
    """Audio content's sha256 to row."""
    return {content: row for row, content in enumerate(part.contents)}


def open_bench(settings: FittedSettings | MergeSettings, architecture: str = "deep") -> Bench:
    """Corpus, the features that an architecture reads, stores and registry for one piece of work outside a job."""
    check_name(settings.model)
    progress = Progress(passes=0, batch=BATCH["default"])
    corpus = open_corpus(settings, progress)
    client = open_store()
    runs, registry = Runs(client), Registry(client, settings.model)
    registry.ensure()
    use_threads(settings.threads)
    inputs = open_inputs(settings, corpus, progress, architectures=(architecture,))
    return Bench(
        inputs,
        judge_of(inputs),
        Steps(state_folder(settings.model) / "steps"),
        runs,
        registry,
        progress,
        precision_of(settings),
        code_digest("kd.passes.single"),
        iterate_id="",
        owner={},
    )


def one_network(
    bench: Bench, settings: TrainSettings | DistillSettings, training: TrainingSet, origin: Origin, *, name: str
) -> int:
    """Train, judge, log and register one network."""
    how = fit_settings(settings, settings.architecture, clips=len(training))
    tags = identity_tags(bench, kind="single", index=0, name=name)
    run = bench.runs.top(name, tags)
    with ended(bench.runs):
        say(f"{name}: {how.steps} steps of {how.batch} clips, {how.precision}")
        bench.progress.plan({settings.architecture: how.steps}, {}, cores=settings.threads or cores())
        config: ModelConfig = model_config(settings, settings.architecture, bench.inputs)
        threads = settings.threads or cores()
        bench.progress.begin(name, index=0, kind=settings.architecture, steps=how.steps, cores=threads)
        work = bench.training(config, training, how, threads=threads)
        step = work.run(partial(bench.progress.step, name))
        bench.progress.end(name)
        bench.runs.json(run, {**to_dict(settings), "corpus": bench.inputs.corpus.digest}, "config.json")
        view, params = bench.view(settings.architecture), {**to_dict(settings), **asdict(how)}
        recorded = record(bench, run=run, step=step, view=view, tags=tags, origin=origin, params=params)
    tell(bench, recorded.verdict, recorded.version)
    return 0


def merge(settings: MergeSettings) -> int:
    """Merge the champions that the registry names, score the result, register it as `merged`."""
    with model_locked(settings.model):
        bench = open_bench(settings)
        moves = AliasMoves(bench.registry)
        moves.reconcile()
        champions = champion_of_every_class(bench)
        tags = identity_tags(bench, kind="merged", index=0, name="merge")
        run = bench.runs.top("merge", tags)
        with ended(bench.runs), tempfile.TemporaryDirectory(prefix="kd-") as place:
            detector = merged_detector(bench, champions, Path(place) / "detector", blend=settings.blend)
            verdict = bench.verdict(detector)
            logged = log_detector(bench.runs, run=run, folder=Path(place) / "detector")
            log_logits(bench, run, partial(bench.logits, detector), grid=finest(detector), verdict=verdict)
            found = score_metrics(detector.classes, select=verdict.select, report=verdict.report)
            bench.runs.metrics(run, {key: [(0, value)] for key, value in found.items()})
            bench.runs.json(run, champions, "champions.json")
            made = made_tags([member.spec for member in detector.members], code=bench.code)
            made["kd.champions"] = json.dumps(champions, sort_keys=True)
            version = register(bench, run=run, logged=logged, verdict=verdict, tags=tags, made=made)
            about = {**moves.last(), "corpus": bench.inputs.corpus.digest}
            moves.move({MERGED: version}, why="merge", run=run, about=about)
            say(f"merged {len(detector.members)} networks on a grid of {finest(detector).frames} frames")
        tell(bench, verdict, version)
    return 0


def tell(bench: Bench, verdict: Verdict, version: int) -> None:
    """Print scores and where to find the model."""
    splits = [("select", verdict.select), ("report", verdict.report)]
    say(scores_table(bench.inputs.classes, {name: scores for name, scores in splits if scores is not None}))
    say(f"model: models:/{bench.registry.name}/{version}")
    say(f"to look around: {ui_command()}")
