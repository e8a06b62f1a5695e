"""The job: tagger, passes, result, and going on where an earlier process stopped."""

import json
from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from kd.config import home, say, to_dict
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.lock import locked
from kd.passes.champions import Contender
from kd.passes.code import code_digest
from kd.passes.context import Bench, model_config
from kd.passes.inputs import Inputs, open_corpus, open_inputs
from kd.passes.job import Job, open_job
from kd.passes.judging import macro
from kd.passes.metrics import score_metrics
from kd.passes.one_pass import PassWork, guest, run_pass, run_tagger
from kd.passes.plan import BATCH, listed, plan, resolve_steps
from kd.passes.recovery import ended, pass_run, take_over
from kd.passes.results import results, table, tables
from kd.passes.settings import FittedSettings, IterateSettings
from kd.passes.speed import seconds_per_step
from kd.passes.steps import Steps
from kd.passes.threads import precision_of, use_threads
from kd.progress import Progress, clock
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Registry, best_alias
from kd.tracking.runs import Runs
from kd.tracking.store import open_store, tracking_uri, ui_command
from kd.training.fit import FitSettings


def iterate(settings: IterateSettings) -> int:
    """Run, resume or show a job; returns the exit code."""
    todo = plan(settings)
    progress = Progress(passes=settings.passes, batch=settings.batch or BATCH[settings.recipe])
    corpus = open_corpus(settings, progress)
    client = open_store()
    with locked(state_folder(settings.model) / "lock", what=f"another job works on model {settings.model!r}"):
        runs, registry = Runs(client), Registry(client, settings.model)
        registry.ensure()
        use_threads(settings.threads)
        inputs = open_inputs(settings, corpus, progress)
        job = open_job(job_path(settings, inputs), fresh=settings.fresh)
        bench = Bench(
            inputs,
            Steps(state_folder(settings.model) / "steps", salt=job.salt),
            runs,
            registry,
            progress,
            precision_of(settings),
            job.iterate_id,
        )
        work = PassWork(
            bench,
            settings,
            todo,
            fit_settings(settings, inputs, recipe=settings.recipe),
            AliasMoves(state_folder(settings.model) / "aliases.json", registry),
        )
        with ended(runs):
            if job.result is not None:
                say("this job is finished; fresh=true starts a new one")
                if runs.adopted:
                    keep(runs, runs.top("iterate", {"kd.result_of": job.parent}), job.result)
            else:
                begin(work, job)
                run_all(work, job)
                conclude(work, job)
            show(work, job)
    return 0


def state_folder(model: str) -> Path:
    """Steps, jobs and locks of one registered model on one tracking store."""
    place = sha256(f"{tracking_uri()}\n{model}".encode()).hexdigest()[:16]
    return home() / "jobs" / place


def job_path(settings: IterateSettings, inputs: Inputs) -> Path:
    """Where the state of a job with these parameters, this corpus and this code is kept."""
    chosen = {key: value for key, value in to_dict(settings).items() if key not in ("fresh", "data", "threads")}
    about = {
        "settings": chosen,
        "corpus": inputs.corpus.digest,
        "code": code_digest("kd.passes.one_pass"),
        "threads": torch.get_num_threads(),
    }
    key = sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:24]
    return state_folder(settings.model) / f"job-{key}.json"


def fit_settings(options: FittedSettings, inputs: Inputs, *, recipe: str = "default") -> FitSettings:
    """How each network is trained, from the parameters and the number of clips."""
    batch = options.batch or BATCH[recipe]
    steps = resolve_steps(options, clips=inputs.clips, batch=batch)
    return FitSettings(
        steps=steps,
        batch=batch,
        learning_rate=options.learning_rate,
        seed=options.seed,
        precision=precision_of(options),
    )


def begin(work: PassWork, job: Job) -> None:
    """Make or adopt the job's run, take over what an earlier process left, say what will be done."""
    bench, settings = work.bench, work.settings
    runs, old = bench.runs, job.parent
    tags = {"kd.iterate_id": job.iterate_id, "kd.kind": "iterate", "kd.model": settings.model}
    job.parent = runs.top("iterate", tags)
    corpus = bench.inputs.corpus
    counts = {role: len(part.names) for role, part in bench.inputs.training.items()}
    runs.dataset(
        job.parent,
        name=Path(corpus.root).name,
        digest=corpus.digest,
        source=str(corpus.root),
        profile=counts,
        context="training",
    )
    resolved = {**to_dict(settings), "steps": work.how.steps, "batch": work.how.batch, "precision": bench.precision}
    runs.params(job.parent, resolved)
    runs.json(job.parent, {**resolved, "corpus": corpus.digest, "iterate_id": job.iterate_id}, "config.json")
    runs.json(job.parent, {label: best_alias(label)[5:] for label in bench.inputs.classes}, "classes.json")
    take_over(runs, job, old=old)
    for record in job.passes:
        log_pass(runs, bench.inputs.classes, job.parent, record)
    by_hand = work.moves.reconcile()
    job.overrides |= {
        label: by_hand[best_alias(label)] for label in bench.inputs.classes if best_alias(label) in by_hand
    }
    for label, version in job.overrides.items():
        say(f"note: alias {best_alias(label)} was moved by hand to version {version}; it is honoured")
    before = work.moves.last()
    if before and before.get("corpus") != corpus.digest:
        runs.tag(job.parent, {"kd.takeover": json.dumps(before)})
        say(f"note: the aliases of {settings.model} belong to a job on another corpus and will be taken over")
    job.save()
    tell(work, job)


def tell(work: PassWork, job: Job) -> None:
    """Print what will be trained and how long it will take."""
    bench, how = work.bench, work.how
    left = Counter(
        c.architecture
        for index, c in work.plan.trainings()
        for _ in range(how.steps)
        if index > len(job.passes) or (index == 0 and job.tagger is None)
    )
    speeds = {
        name: seconds_per_step(model_config(work.settings, name, bench.inputs), how, frames=bench.inputs.spec.frames)
        for name in left
    }
    bench.progress.plan(left, speeds)
    clips = ", ".join(f"{role} {len(part.names)}" for role, part in bench.inputs.training.items())
    say(f"training clips: {clips}; {len(bench.inputs.classes)} classes")
    say(
        f"each of {len(work.plan.trainings())} networks: {how.steps} steps of {how.batch} clips, {how.precision}, "
        f"on {torch.get_num_threads()} threads; champions by {work.plan.judged_by} F1"
    )
    if job.passes:
        say(f"going on after pass {len(job.passes)}")
    say(f"expected training time: {clock(bench.progress.expected())} (h:mm:ss or m:ss)")


def run_all(work: PassWork, job: Job) -> None:
    """The tagger and the passes that are not done yet."""
    bench = work.bench
    about, tagger = run_tagger(work, parent=job.parent)
    job.tagger = about
    job.save()
    guests = (
        [guest(work, version_number(word)) for word in listed(work.settings.warm_start, "warm_start")]
        if work.settings.warm_start
        else []
    )
    for index in range(len(job.passes) + 1, work.plan.passes + 1):
        incumbents = current_champions(work, job)
        run = pass_run(bench.runs, job, index)
        record = run_pass(
            work,
            index,
            run=run,
            tagger=tagger,
            teachers={label: c.version for label, c in incumbents.items()},
            incumbents=incumbents,
            guests=guests if index == 1 else [],
        )
        bench.runs.json(run, record["champions"], "champions.json")
        bench.runs.end(run)
        job.passes.append(record)
        job.overrides = {}
        job.clip_steps = (1 + sum(len(each["candidates"]) for each in job.passes)) * work.how.steps * work.how.batch
        job.save()
        log_pass(bench.runs, bench.inputs.classes, job.parent, record)
        bench.progress.f1 = macro(record["merged"]["select"])
        say(summary(record))
        by_hand = work.moves.reconcile()
        job.overrides = {c: by_hand[best_alias(c)] for c in bench.inputs.classes if best_alias(c) in by_hand}


def version_number(word: str) -> int:
    """A version's number from its text."""
    if not word.isdigit():
        raise UserError(f"warm_start={word!r} is no version number", "give numbers, separated by commas")
    return int(word)


def current_champions(work: PassWork, job: Job) -> dict[str, Contender]:
    """Champions after the last finished pass, with what a person moved since; empty before pass 1 unless so moved."""
    registry, kind = work.bench.registry, work.plan.judged_by
    champions = {label: won["version"] for label, won in job.passes[-1]["champions"].items()} if job.passes else {}
    found: dict[str, Contender] = {}
    for label, number in {**champions, **job.overrides}.items():
        version = registry.version(number)
        own = version.iterate_id == job.iterate_id and version.tags.get("kd.kind") != "merged"
        f1 = {c: version.f1(c, kind) for c in work.bench.inputs.classes} if own else guest(work, number).f1
        found[label] = Contender(number, f1)
    return found


def log_pass(runs: Runs, classes: tuple[str, ...], parent: str, record: Mapping[str, Any]) -> None:
    """The merged scores of a pass on the iterate run, at step = pass."""
    found = score_metrics(classes, select=record["merged"]["select"], report=record["merged"]["report"])
    runs.metrics(parent, {name: [(record["index"], value)] for name, value in found.items()})


def summary(record: Mapping[str, Any]) -> str:
    """One line about a finished pass."""

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.2f}"

    parts = [f"{c['name']} {shown(macro(c['select']))}" for c in record["candidates"]]
    line = (
        f"pass {record['index']}: select F1 "
        + ", ".join(parts)
        + f"; merged {shown(macro(record['merged']['select']))}"
    )
    reported = macro(record["merged"]["report"])
    return line if reported is None else f"{line}; report F1 merged {shown(reported)}"


def conclude(work: PassWork, job: Job) -> None:
    """Make and log the result of a job whose passes are done."""
    job.save()
    job.result = results(work.bench.inputs.classes, job)
    job.save()
    keep(work.bench.runs, job.parent, job.result)


def keep(runs: Runs, run: str, result: dict[str, Any]) -> None:
    """Log a job's result on a run."""
    runs.json(run, result, "results.json")
    runs.json(run, result["passes"][-1]["champions"], "champions.json")
    runs.text(run, tables(result), "table.txt")


def show(work: PassWork, job: Job) -> None:
    """Write `results.json` beside the job's state; print the table and where everything is."""
    assert job.result is not None
    written = job.path.with_name(f"results-{job.iterate_id}.json")
    atomic_write_text(written, json.dumps(job.result, indent=1, allow_nan=False))
    split = "select" if job.result["final"]["report"] is None else "report"
    say("\n" + table(job.result, split=split, kind=work.plan.judged_by))
    say(f"\ntime: {clock(job.seconds)}")
    say(f"results: {written}")
    say(f"merged detector: models:/{work.settings.model}@merged")
    say(f"to look around: {ui_command()}")
