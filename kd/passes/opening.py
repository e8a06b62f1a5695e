"""The beginning of a job: its run, what an earlier process left, and what will be done."""

import json
from pathlib import Path

from kd.config import say, to_dict
from kd.corpus.corpus import Corpus
from kd.corpus.names import class_slug
from kd.errors import UserError
from kd.passes.closing import log_pass
from kd.passes.context import model_config
from kd.passes.job import Job
from kd.passes.kept_clips import keep_clips
from kd.passes.plan import listed, rate_of, width_of
from kd.passes.recovery import owner_tags, take_over
from kd.passes.settings import IterateSettings
from kd.passes.speed import on_noise, seconds_per_step
from kd.passes.threads import threads_for
from kd.passes.work import PassWork
from kd.progress import clock
from kd.tracking.registry import NUMBER, Registry
from kd.tracking.runs import Runs


def warm_versions(settings: IterateSettings) -> tuple[int, ...]:
    """The versions that `warm_start` names."""
    words = listed(settings.warm_start, "warm_start") if settings.warm_start else ()
    for word in words:
        if not NUMBER.fullmatch(word):
            raise UserError(f"warm_start={word!r} is no version number", "give numbers, separated by commas")
    return tuple(int(word) for word in words)


def known_version(registry: Registry, number: int) -> None:
    """Raises UserError where the registry has no such version."""
    try:
        registry.version(number)
    except UserError as error:
        raise UserError(f"warm_start={number}: {error.message}", "name versions that the registry has") from None


def begin(runs: Runs, job: Job, settings: IterateSettings, corpus: Corpus) -> None:
    """Make or adopt the job's run, and take over what an earlier process left."""
    tags = {"kd.iterate_id": job.iterate_id, "kd.kind": "iterate", **owner_tags(settings.model)}
    job.parent = runs.top("iterate", tags)
    job.save()
    take_over(runs, job)
    log_corpus(runs, job.parent, corpus)
    for record in job.passes:
        log_pass(runs, corpus.classes, job.parent, record)


def log_corpus(runs: Runs, run: str, corpus: Corpus) -> None:
    """Which data a run used, and its classes with their slugs."""
    counts = {split.name: len(split.clips) for split in corpus.training()}
    runs.dataset(
        run,
        name="/".join(Path(corpus.root).parts[-2:]),
        digest=corpus.digest,
        source=str(corpus.root),
        profile=counts,
        context="training",
    )
    runs.json(run, {label: class_slug(label) for label in corpus.classes}, "classes.json")


def tell(work: PassWork, job: Job) -> None:
    """Log the resolved settings; print what will be trained and how long it will take."""
    bench, how, settings = work.bench, work.how, work.settings
    inputs = bench.inputs
    resolved = {**to_dict(settings), "steps": how.steps, "batch": how.batch, "precision": bench.precision}
    names = work.plan.networks
    resolved |= {
        "architectures": ",".join(work.plan.architectures),
        "learning_rate": ",".join(f"{name} {rate_of(settings, name):g}" for name in names),
        "width": ",".join(f"{name} {width_of(settings, name):g}" for name in names),
    }
    resolved |= {
        "rate": bench.view(work.plan.tagger).spec.rate,
        "corpus": inputs.corpus.digest,
        "iterate_id": job.iterate_id,
    }
    bench.runs.params(job.parent, resolved)
    bench.runs.json(job.parent, resolved, "config.json")
    keep_clips(bench, job.parent, sample=settings.sample, seed=settings.seed)
    before = work.moves.last()
    if before and before.get("corpus") != inputs.corpus.digest:
        bench.runs.tag(job.parent, {"kd.takeover": json.dumps(before)})
        say(f"note: the aliases of {settings.model} are those of a job on another corpus and will be taken over")
    left: dict[str, int] = {}
    for index, candidate in work.plan.trainings():
        if index == 0 or index > len(job.passes):
            left[candidate.architecture] = left.get(candidate.architecture, 0) + how.steps
    if work.studies is not None:
        trials = sum(len(job.passes) < index <= work.plan.passes for index in work.studies.plan.students)
        steps = trials * work.studies.plan.student_trials * work.studies.student.how.steps
        left[work.plan.student] = left.get(work.plan.student, 0) + steps
    threads = threads_for(settings, work.plan.widest)
    timings = [
        on_noise(model_config(settings, name, inputs), how, frames=bench.view(name).spec.frames, threads=threads)
        for name in left
    ]
    seconds = work.workers.each(seconds_per_step, timings, threads=threads)
    costs = {name: threads * each for name, each in zip(left, seconds, strict=True)}
    bench.progress.plan(left, costs, cores=threads * work.workers.count)
    clips = ", ".join(f"{role} {len(part.names)}" for role, part in inputs.training.items())
    say(f"training clips: {clips}; {len(inputs.classes)} classes")
    say(
        f"each of {len(work.plan.trainings())} networks: {how.steps} steps of {how.batch} clips, {how.precision}, "
        f"{work.workers.count} at a time on {threads} threads each; champions by {work.plan.judged_by} F1"
    )
    if job.passes:
        say(f"going on after pass {len(job.passes)}")
    say(f"expected training time: {clock(bench.progress.expected())} (m:ss or h:mm:ss)")
