"""`compress`: several teachers into one small student, or a family of them. Run, resume or show."""

from collections.abc import Sequence
from pathlib import Path

from kd.code import code_digest
from kd.compress.closing import keep, show
from kd.compress.course import STUDENT, run_all
from kd.compress.plan import LONGER, students
from kd.compress.settings import CompressSettings
from kd.config import say, to_dict
from kd.corpus.corpus import Corpus
from kd.engines.pool import pool
from kd.errors import UserError
from kd.export.packages import onnx, onnxruntime
from kd.passes.context import Bench
from kd.passes.inputs import open_corpus, open_inputs
from kd.passes.job import ASIDE, Job, keyed_path, model_locked, state_folder
from kd.passes.judging import judge_of
from kd.passes.loop import resumed
from kd.passes.opening import log_corpus
from kd.passes.plan import BATCH, listed, resolve_steps
from kd.passes.recovery import ended, owner_tags, sweep, take_over
from kd.passes.steps import Steps
from kd.passes.threads import precision_of, threads_for, use_threads, workers_for
from kd.progress import Progress
from kd.tracking.registry import Registry, Version, check_name, find, parse_address
from kd.tracking.runs import Runs
from kd.tracking.store import check_shared, open_store
from kd.training.fit import FitSettings

KIND = "compress"
CODE = "kd.compress.course"  # the module whose code, and all that it imports, makes a job's results


def compress(settings: CompressSettings) -> int:
    """Run, resume or show a job; returns the exit code."""
    check_name(settings.model)
    check_shared(engine=settings.engine, address=settings.address)
    wanted = students(settings)
    addresses = listed(settings.teachers, "teachers")
    for address in addresses:
        parse_address(address)
    onnx()
    if onnxruntime() is None:
        raise UserError("compress needs the package onnxruntime, which is not installed", "pip install 'kd-sed[onnx]'")
    progress = Progress(passes=0, batch=settings.batch or BATCH["default"])
    corpus = open_corpus(settings, progress)
    use_threads(settings.threads)
    how = fit_settings(settings, clips=sum(len(split.clips) for split in corpus.training()))
    client = open_store()
    versions = [find(client, address) for address in addresses]
    with model_locked(settings.model):
        runs, registry = Runs(client), Registry(client, settings.model)
        registry.ensure()
        job = resumed(runs, job_path(settings, corpus, versions, len(wanted)), fresh=settings.fresh)
        sweep(runs, settings.model)
        with ended(runs):
            if job.result is not None:
                say("this job is finished; fresh=true starts a new one")
                if runs.adopted:
                    keep(runs, runs.top(KIND, {"kd.result_of": job.parent}), job.result)
            else:
                begin(runs, job, settings, corpus)
                architectures = tuple(dict.fromkeys(each.architecture for each in wanted))
                inputs = open_inputs(settings, corpus, progress, architectures=architectures)
                bench = Bench(
                    inputs=inputs,
                    judge=judge_of(inputs),
                    steps=Steps(state_folder(settings.model) / "steps", salt=job.salt),
                    runs=runs,
                    registry=registry,
                    progress=progress,
                    precision=precision_of(settings),
                    code=code_digest(CODE),
                    iterate_id=job.iterate_id,
                    owner=owner_tags(settings.model),
                )
                with pool(settings, count=workers_for(settings, len(wanted))) as workers:
                    run_all(bench, settings, job, how, wanted, versions, workers)
            show(job)
    return 0


def fit_settings(settings: CompressSettings, *, clips: int) -> FitSettings:
    """How each student is trained. Ours, as all of it."""
    batch = settings.batch or BATCH["default"]
    steps = resolve_steps(settings, clips=clips, batch=batch)
    if not (settings.steps or settings.epochs):
        steps *= LONGER
    return FitSettings(
        steps=steps,
        batch=batch,
        learning_rate=settings.learning_rate,
        precision=precision_of(settings),
        time_mask=settings.time_mask,
        frequency_mask=settings.frequency_mask,
    )


def job_path(settings: CompressSettings, corpus: Corpus, versions: Sequence[Version], trainings: int) -> Path:
    """Where the state of a job with these parameters, teachers, corpus, code and arithmetic is kept."""
    chosen = {key: value for key, value in to_dict(settings).items() if key not in ASIDE}
    about = {
        "job": KIND,
        "settings": chosen,
        "teachers": [[each.name, each.number, each.run_id] for each in versions],
        "corpus": corpus.digest,
        "code": code_digest(CODE),
        "threads": threads_for(settings, trainings),
    }
    return keyed_path(settings.model, about)


def begin(runs: Runs, job: Job, settings: CompressSettings, corpus: Corpus) -> None:
    """Make or adopt the job's run, and take over what an earlier process left."""
    job.parent = runs.top(KIND, {"kd.iterate_id": job.iterate_id, "kd.kind": KIND, **owner_tags(settings.model)})
    job.save()
    take_over(runs, job, top=KIND, below=(STUDENT,))
    log_corpus(runs, job.parent, corpus)
