"""A scene job from its first line to its last: run, resume or show, whatever it trains."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kd.code import code_digest
from kd.config import say, to_dict
from kd.corpus.names import class_slug
from kd.engines.pool import pool
from kd.errors import UserError, did_you_mean
from kd.models.scene_config import SOUNDS
from kd.passes.job import ASIDE, Job, keyed_path, model_locked, state_folder, write_result
from kd.passes.loop import resumed
from kd.passes.plan import listed
from kd.passes.recovery import ended, owner_tags, sweep, take_over
from kd.passes.speed import Timing, seconds_per_step
from kd.passes.steps import Steps
from kd.passes.threads import precision_of, threads_for, use_threads, workers_for
from kd.progress import Progress, clock
from kd.scenes.bench import SceneBench
from kd.scenes.corpus import SceneCorpus
from kd.scenes.fitting import check_length
from kd.scenes.inputs import open_scenes, scene_inputs
from kd.scenes.pictures import draw_confusion
from kd.scenes.recording import ENSEMBLE, NETWORK
from kd.scenes.result_tables import tables
from kd.scenes.settings import SceneSettings
from kd.tracking.registry import MERGED, Registry, check_name
from kd.tracking.runs import Runs
from kd.tracking.store import check_shared, open_store, ui_command
from kd.training.fit import FitSettings
from kd.training.scene_sets import HardSet
from kd.tuning.samplers import check_sampler

Finish = Callable[[Runs, str], None]


@dataclass(frozen=True)
class Kind:
    """What tells one kind of scene job from another.

    name: of its runs; module: whose code, with all that it imports, makes its results; side_by_side: most networks that it
    trains at once; work: trains on a bench and gives `results.json`; trainings: how many there will be of each network,
    as (share of a network's steps, what a step costs to one on hard labels); how: each is trained.
    """

    name: str
    module: str
    side_by_side: int
    work: Callable[[SceneBench, Any, Job], dict[str, Any]]
    trainings: Callable[[Any, Sequence[str]], dict[str, list[tuple[float, float]]]]
    how: Callable[[SceneBench, Any, str], FitSettings]


def scene_job(kind: Kind, settings: SceneSettings, *, networks: str, finish: Finish | None = None) -> int:
    """Run, resume or show a job; returns the exit code. finish: called at the end with the run that has the result."""
    check_name(settings.model)
    check_shared(engine=settings.engine, address=settings.address)
    check_length(settings)
    if settings.tuning == "on":
        check_sampler(settings.sampler)
    wanted = known_networks(networks)
    progress = Progress(passes=0, batch=settings.batch or 1)
    corpus = open_scenes(settings, progress)
    use_threads(settings.threads)
    client = open_store()
    with model_locked(settings.model):
        runs, registry = Runs(client), Registry(client, settings.model)
        registry.ensure()
        job = resumed(runs, job_path(kind, settings, corpus), fresh=settings.fresh)
        sweep(runs, settings.model)
        with ended(runs):
            if job.result is not None:
                say("this job is finished; fresh=true starts a new one")
                if runs.adopted:
                    keep(runs, runs.top(kind.name, {"kd.result_of": job.parent}), job.result)
            else:
                begin(runs, job, kind, settings, corpus)
                inputs = scene_inputs(settings, corpus, progress, kinds=[SOUNDS[name] for name in wanted])
                with pool(settings, count=workers_for(settings, kind.side_by_side)) as workers:
                    bench = SceneBench(
                        inputs=inputs,
                        steps=Steps(state_folder(settings.model) / "steps", salt=job.salt),
                        runs=runs,
                        registry=registry,
                        progress=progress,
                        workers=workers,
                        threads=threads_for(settings, kind.side_by_side),
                        precision=precision_of(settings),
                        seed=settings.seed,
                        parent=job.parent,
                        code=code_digest(kind.module),
                        iterate_id=job.iterate_id,
                        owner=owner_tags(settings.model),
                    )
                    tell(bench, settings, kind, wanted)
                    result = kind.work(bench, settings, job)
                job.save()
                job.result = {**about(bench, kind, settings), **result, "seconds": job.seconds}
                keep(runs, job.parent, job.result)
                job.save()
            show(job)
            shown = runs.adopted or job.parent
        if finish:
            finish(runs, shown)
    return 0


def known_networks(words: str) -> tuple[str, ...]:
    """The networks that `networks=` names. Raises UserError for one that is none, or named twice."""
    names = listed(words, "networks")
    for name in names:
        if name not in SOUNDS:
            raise UserError(
                f"unknown network {name!r}", did_you_mean(name, list(SOUNDS)) or f"known: {', '.join(SOUNDS)}"
            )
    return names


def job_path(kind: Kind, settings: SceneSettings, corpus: SceneCorpus) -> Any:
    """Where the state of a job with these parameters, this corpus, this code and this arithmetic is kept."""
    chosen = {key: value for key, value in to_dict(settings).items() if key not in ASIDE}
    threads = threads_for(settings, kind.side_by_side)
    code = code_digest(kind.module)
    about = {"job": kind.name, "settings": chosen, "corpus": corpus.digest, "code": code, "threads": threads}
    return keyed_path(settings.model, about)


def begin(runs: Runs, job: Job, kind: Kind, settings: SceneSettings, corpus: SceneCorpus) -> None:
    """Make or adopt the job's run, and take over what an earlier process left."""
    tags = {"kd.iterate_id": job.iterate_id, "kd.kind": kind.name, **owner_tags(settings.model)}
    job.parent = runs.top(kind.name, tags)
    job.save()
    take_over(runs, job, top=kind.name, below=(NETWORK, ENSEMBLE))
    parts = [part for part in (corpus.train, corpus.select, corpus.report) if part is not None]
    runs.dataset(
        job.parent,
        name="/".join(corpus.root.parts[-2:]),
        digest=corpus.digest,
        source=str(corpus.root),
        profile={part.name: len(part.clips) for part in parts},
        context="training",
    )
    runs.json(job.parent, {label: class_slug(label) for label in corpus.classes}, "classes.json")


def tell(bench: SceneBench, settings: SceneSettings, kind: Kind, networks: Sequence[str]) -> None:
    """Log the resolved settings; say what there is to learn from, what will be trained and how long it will take."""
    resolved = {**to_dict(settings), "precision": bench.precision, "corpus": bench.inputs.corpus.digest}
    resolved |= {name: json.dumps(spec.to_dict()) for name, spec in bench.inputs.specs.items()}
    bench.runs.params(bench.parent, resolved)
    bench.runs.json(bench.parent, resolved, "config.json")
    clips = ", ".join(f"{name} {len(part.clips)}" for name, part in bench.inputs.parts.items())
    say(f"clips: {clips}; {len(bench.inputs.classes)} classes")
    configs = {name: bench.config(name, width=settings.width) for name in networks}
    hows = {name: kind.how(bench, settings, name) for name in networks}
    timings = [
        Timing(configs[name], hows[name], HardSet(bench.clips(configs[name])), bench.threads) for name in networks
    ]
    costs = dict(zip(networks, bench.workers.each(seconds_per_step, timings, threads=bench.threads), strict=True))
    trainings = kind.trainings(settings, networks)
    left = {name: round(sum(share for share, _ in trainings[name]) * hows[name].steps) for name in networks}
    bench.progress.batch = max(how.batch for how in hows.values())
    bench.progress.plan(
        left, {name: bench.threads * cost for name, cost in costs.items()}, cores=bench.threads * bench.workers.count
    )
    steps = "; ".join(f"{name} {hows[name].steps} steps of {hows[name].batch} clips" for name in networks)
    say(
        f"{sum(len(each) for each in trainings.values())} trainings: {steps}; width {settings.width:g}, {bench.precision}, "
        f"{bench.workers.count} at a time on {bench.threads} threads each"
    )
    whole = sum(share * more * hows[name].steps * costs[name] for name in networks for share, more in trainings[name])
    say(f"expected training time: about {clock(whole / bench.workers.count)} (m:ss or h:mm:ss)")


def about(bench: SceneBench, kind: Kind, settings: SceneSettings) -> dict[str, Any]:
    """What `results.json` says of any scene job."""
    inputs = bench.inputs
    clips = {
        part: {
            "split": inputs.parts[part].name,
            "names": [clip.name for clip in inputs.parts[part].clips],
            "places": [clip.place for clip in inputs.parts[part].clips],
            "labels": inputs.labels(part).tolist(),
        }
        for part in inputs.scored
    }
    return {
        "schema": 1,
        "kind": kind.name,
        "classes": list(inputs.classes),
        "model": settings.model,
        "clips": clips,
        "training_clips": len(inputs.parts["train"].clips),
    }


def keep(runs: Runs, run: str, result: Mapping[str, Any]) -> None:
    """Log a job's result on a run: the record, tables, confusions before and after, figures of its systems."""
    runs.json(run, result, "results.json")
    runs.text(run, tables(result), "table.txt")
    part = "report" if "report" in result["clips"] else "select"
    shown = {name: result["systems"][name][part]["confusion"] for name in result["confusions"].values()}
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        path = Path(place) / "confusions.png"
        draw_confusion(path, shown, classes=result["classes"])
        runs.file(run, path)
    series: dict[str, list[tuple[int, float]]] = {}
    for name, each in result["differences"].items():
        for part, bounds in each.items():
            key = f"{part}/difference/{class_slug(name)}"
            values = {key: bounds["value"], f"{key}_low": bounds["low"], f"{key}_high": bounds["high"]}
            series |= {k: [(0, v)] for k, v in values.items() if v is not None}
    for name, system in result["systems"].items():
        for part in result["clips"]:
            series[f"{part}/system/{class_slug(name)}"] = [(0, system[part]["accuracy"]["value"])]
    runs.metrics(run, series)


def show(job: Job) -> None:
    """Write `results.json` beside the job's state; print tables and where everything is."""
    assert job.result is not None
    written = write_result(job)
    say("\n" + tables(job.result))
    say(f"\ntime: {clock(job.seconds)}")
    say(f"results: {written}")
    say(f"classifier: models:/{job.result['model']}@{MERGED}")
    say(f"to look around: {ui_command()}")
