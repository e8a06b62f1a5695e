"""`class_frame`: the system of S2 (NEC 2019), without and with class-frame pseudo-labels, on the same clip-steps."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from kd.audio.spec import FeatureSpec, s2
from kd.code import code_digest
from kd.config import say, to_dict
from kd.corpus.corpus import Corpus
from kd.engines.local import cores
from kd.errors import UserError
from kd.labels.schedule import Falling, falling
from kd.losses.class_weights import class_weights, ratio
from kd.models.config import ModelConfig
from kd.passes.class_frame_closing import NETWORK, keep, log, origin_of, recorded_as, result_of, show
from kd.passes.class_frame_settings import ClassFrameSettings
from kd.passes.context import Bench
from kd.passes.inputs import inputs_under, open_corpus
from kd.passes.job import Job, keyed_path, model_locked, state_folder
from kd.passes.judging import judge_of
from kd.passes.loop import resumed
from kd.passes.opening import log_corpus
from kd.passes.plan import resolve_steps, width_of
from kd.passes.recording import Recorded
from kd.passes.recovery import ended, owner_tags, sweep, take_over
from kd.passes.speed import on_noise, seconds_per_step
from kd.passes.stages import RESNET, Stages, clips_of_classes, given_labels, rounds_of
from kd.passes.steps import Steps
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress, clock
from kd.tracking.registry import Registry, check_name
from kd.tracking.runs import Runs
from kd.tracking.store import open_store
from kd.training.fit import FitSettings

KIND = "class_frame"
CODE = "kd.passes.class_frame"
LONGER = 2  # a stage's default steps to those of a recurrent network for as many clips


def class_frame(settings: ClassFrameSettings) -> int:
    """Run, resume or show a job; returns the exit code."""
    check_name(settings.model)
    thresholds = falling(
        start=settings.threshold_start,
        decay=settings.threshold_decay,
        floor=settings.threshold_floor,
        updates=settings.updates,
    )
    spec = s2(seconds=settings.clip_seconds, step_ms=settings.step_ms)
    progress = Progress(passes=0, batch=settings.batch)
    corpus = open_corpus(settings, progress)
    use_threads(settings.threads)
    how = fit_settings(settings, clips=sum(len(split.clips) for split in corpus.training()))
    client = open_store()
    with model_locked(settings.model):
        runs, registry = Runs(client), Registry(client, settings.model)
        registry.ensure()
        job = resumed(runs, job_path(settings, corpus), fresh=settings.fresh)
        sweep(runs, settings.model)
        with ended(runs):
            if job.result is not None:
                again(runs, job)
            else:
                begin(runs, job, settings, corpus)
                steps = Steps(state_folder(settings.model) / "steps", salt=job.salt)
                bench = bench_of(settings, corpus, spec, job, steps, runs, registry, progress)
                run_all(bench, settings, job, how, thresholds)
            show(job)
    return 0


def fit_settings(settings: ClassFrameSettings, *, clips: int) -> FitSettings:
    """How the first stage is trained. Ours: rate, momentum, batch and steps, of which S2 says nothing."""
    steps = resolve_steps(settings, clips=clips, batch=settings.batch)
    if not (settings.steps or settings.epochs):
        steps *= LONGER
    if steps < settings.updates:
        raise UserError(f"{steps} steps are fewer than updates={settings.updates}", "give more steps, or fewer updates")
    return FitSettings(
        steps=steps,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        seed=settings.seed,
        precision=precision_of(settings),
        optimizer="sgd",
        momentum=settings.momentum,
    )


def job_path(settings: ClassFrameSettings, corpus: Corpus) -> Path:
    """Where the state of a job with these parameters, this corpus, this code and this arithmetic is kept."""
    chosen = {key: value for key, value in to_dict(settings).items() if key not in ("fresh", "data", "threads")}
    about = {
        "job": KIND,
        "settings": chosen,
        "corpus": corpus.digest,
        "code": code_digest(CODE),
        "threads": threads_of(settings),
    }
    return keyed_path(settings.model, about)


def threads_of(settings: ClassFrameSettings) -> int:
    """Threads of a training."""
    return settings.threads or cores()


def again(runs: Runs, job: Job) -> None:
    """Say that a job is finished; on a run that `mlflow run` made for it, log the result once more."""
    say("this job is finished; fresh=true starts a new one")
    if runs.adopted and job.result is not None:
        keep(runs, runs.top(KIND, {"kd.result_of": job.parent}), job.result)


def begin(runs: Runs, job: Job, settings: ClassFrameSettings, corpus: Corpus) -> None:
    """Make or adopt the job's run, and take over what an earlier process left."""
    job.parent = runs.top(KIND, {"kd.iterate_id": job.iterate_id, "kd.kind": KIND, **owner_tags(settings.model)})
    job.save()
    take_over(runs, job, top=KIND, below=(NETWORK,))
    log_corpus(runs, job.parent, corpus)


def bench_of(
    settings: ClassFrameSettings,
    corpus: Corpus,
    spec: FeatureSpec,
    job: Job,
    steps: Steps,
    runs: Runs,
    registry: Registry,
    progress: Progress,
) -> Bench:
    """The corpus with the features of S2."""
    inputs = inputs_under({RESNET: spec}, corpus, progress, seconds=settings.clip_seconds)
    if spec.seconds < settings.clip_seconds:
        say(
            f"warning: step_ms={settings.step_ms:g} reaches {spec.seconds:.1f} of {settings.clip_seconds:g} s: what "
            "sounds later is not heard"
        )
    owner = owner_tags(settings.model)
    precision = precision_of(settings)
    code = code_digest(CODE)
    return Bench(inputs, judge_of(inputs), steps, runs, registry, progress, precision, code, job.iterate_id, owner)


def run_all(bench: Bench, settings: ClassFrameSettings, job: Job, how: FitSettings, falling: Falling) -> None:
    """Train the three networks, record and compare them, keep the result."""
    inputs, view = bench.inputs, bench.view(RESNET)
    weights = class_weights(settings.weights, clips_of_classes(inputs))
    given = given_labels(inputs, view, weights, balanced=settings.balanced)
    config = ModelConfig(RESNET, inputs.classes, mels=view.spec.mels, width=width_of(settings, RESNET))
    stages = Stages(bench, config, how, settings.seed, threads_of(settings), given)
    rounds = rounds_of(how.steps, settings.updates)
    tell(stages, settings, job, class_ratio=ratio(weights), rounds=rounds)
    begun = stages.first()
    trained = [begun, stages.without(begun, rounds)]
    with_labels, updates = stages.with_labels(begun, rounds, falling)
    trained.append(with_labels)
    recorded: dict[str, Recorded] = {}
    for each in trained:
        first = recorded[begun.name].version if recorded else None
        origin = origin_of(each.name, inputs.classes, falling, updates=settings.updates, first=first)
        recorded[each.name] = recorded_as(stages, each, job.parent, origin)
    job.clip_steps = sum(each.clip_steps for each in trained) - 2 * begun.clip_steps
    job.save()
    job.result = result_of(bench, job, trained, recorded, updates, class_ratio=ratio(weights))
    keep(bench.runs, job.parent, job.result)
    log(bench.runs, job.result)
    job.save()


def tell(stages: Stages, settings: ClassFrameSettings, job: Job, *, class_ratio: float, rounds: Sequence[int]) -> None:
    """Log the resolved settings; print what will be trained and how long it will take."""
    bench, how = stages.bench, stages.how
    inputs, view = bench.inputs, stages.view
    resolved = {**to_dict(settings), **asdict(how), "corpus": inputs.corpus.digest, "iterate_id": job.iterate_id}
    resolved |= {"rate": view.spec.rate, "threads": stages.threads, "class_weight_ratio": class_ratio}
    bench.runs.params(job.parent, resolved)
    bench.runs.json(job.parent, resolved, "config.json")
    timing = on_noise(stages.config, how, frames=view.spec.frames, threads=stages.threads)
    steps = how.steps + 2 * sum(rounds)
    bench.progress.plan({RESNET: steps}, {RESNET: stages.threads * seconds_per_step(timing)}, cores=stages.threads)
    clips = ", ".join(f"{role} {len(part.names)}" for role, part in inputs.training.items())
    say(f"training clips: {clips}; {len(inputs.classes)} classes")
    say(f"class weights {settings.weights}: the greatest is {class_ratio:.4f} times the least")
    say(
        f"{how.steps} steps of {how.batch} clips in the first stage, then {' + '.join(map(str, rounds))} without and as many "
        f"with pseudo-labels; width {stages.config.width:g}, {how.precision}, {stages.threads} threads"
    )
    say(f"expected training time: {clock(bench.progress.expected())} (m:ss or h:mm:ss)")
