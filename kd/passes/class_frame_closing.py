"""How a job of `class_frame` ends: its networks on runs and in the registry, its result kept and shown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from kd.config import say
from kd.labels.schedule import Falling
from kd.passes.class_frame_scores import SCHEMA, compared, table, tables
from kd.passes.context import Bench
from kd.passes.inputs import Part
from kd.passes.job import Job, write_result
from kd.passes.judged import Judged
from kd.passes.networks import cost_of
from kd.passes.origin import Origin
from kd.passes.recording import Recorded, finished_run, identity_tags, judged, record
from kd.passes.results import KINDS
from kd.passes.stages import RESNET, Stages, Trained, Update
from kd.progress import clock
from kd.tracking.runs import Runs
from kd.tracking.store import ui_command

NETWORK = "class_frame_network"  # kind of the networks' runs
WITH = "with"  # name of the network with pseudo-labels


def origin_of(name: str, classes: Sequence[str], falling: Falling, *, updates: int, first: int | None) -> Origin:
    """What a network learnt from; first: the version of the first stage, from whose weights the second goes on.

    The given labels are tags and, of the strongly labelled clips, frames. With pseudo-labels, those of the first update
    are the first stage's.
    """
    labels: dict[str, Any] = {"kind": "tags+strong"}
    if name == WITH:
        labels = {"kind": "class-frame", **asdict(falling), "updates": updates, "accept": "exact"}
    return Origin(labels, {} if first is None else dict.fromkeys(classes, first))


def recorded_as(stages: Stages, trained: Trained, parent: str, origin: Origin) -> Recorded:
    """A network on its run and in the registry, or where an earlier process put it."""
    bench, view = stages.bench, stages.view
    tags = {**identity_tags(bench, kind=NETWORK, index=0, name=trained.name), "kd.step": trained.steps[-1].name}
    if found := finished_run(bench, tags):
        return Recorded(*found, judged(bench, trained.network, view), cost_of(trained.steps))
    run = bench.runs.create(trained.name, tags=tags, parent=parent)
    params = {
        "architecture": RESNET,
        "width": stages.config.width,
        **asdict(stages.how),
        "clip_steps": trained.clip_steps,
    }
    *before, step = trained.steps
    return record(bench, run=run, step=step, view=view, tags=tags, origin=origin, params=params, before=before)


def result_of(
    bench: Bench,
    job: Job,
    trained: Sequence[Trained],
    recorded: Mapping[str, Recorded],
    updates: Sequence[Update],
    *,
    class_ratio: float,
) -> dict[str, Any]:
    """`results.json`: fractions throughout, undefined values None."""
    inputs, view = bench.inputs, bench.view(RESNET)
    splits: dict[str, Part] = {"select": inputs.select}
    if inputs.report is not None:
        splits["report"] = inputs.report
    networks = {
        each.name: Judged(
            each.name,
            recorded[each.name].verdict,
            {split: bench.predicted(each.network, view.spec, part) for split, part in splits.items()},
        )
        for each in trained
    }
    found = compared(networks, splits, grid=view.grid, classes=inputs.classes, root=inputs.corpus.root)
    return {
        "schema": SCHEMA,
        "classes": list(inputs.classes),
        "splits": {split: part.split.name for split, part in splits.items()},
        "networks": [
            {
                "name": each.name,
                "run_id": recorded[each.name].run_id,
                "version": recorded[each.name].version,
                "clip_steps": each.clip_steps,
                "seconds": recorded[each.name].cost.seconds,
                "select": recorded[each.name].verdict.select,
                "report": recorded[each.name].verdict.report,
                "segment_based": found["segments"][each.name],
            }
            for each in trained
        ],
        "updates": [update.to_dict() for update in updates],
        "differences": found["differences"],
        "class_weight_ratio": class_ratio,
        "selection": bench.judge.about(),
        "model": bench.registry.name,
        "seconds": job.seconds,
        "clip_steps": job.clip_steps,
    }


def keep(runs: Runs, run: str, result: Mapping[str, Any]) -> None:
    """Log a job's result on a run."""
    runs.json(run, result, "results.json")
    runs.text(run, tables(result), "table.txt")
    series: dict[str, list[tuple[int, float]]] = {
        name: [(update["index"], update[key]) for update in result["updates"]]
        for name, key in (("accepted_share", "share"), ("threshold", "threshold"), ("pseudo_labelled", "used"))
    }
    for split, kinds in result["differences"].items():
        for based in ("event", "segment"):
            change = kinds["tuned"][f"{based}_based"]["macro"]["f1"]
            name = f"{split}/{based}_f1_difference"
            values = {name: change["value"], f"{name}_low": change["low"], f"{name}_high": change["high"]}
            series |= {key: [(0, value)] for key, value in values.items() if value is not None}
    runs.metrics(run, series)


def log(runs: Runs, result: Mapping[str, Any]) -> None:
    """Segment-based F1 on the runs of the networks."""
    for each in result["networks"]:
        found = {
            f"{split}/segment_f1{'' if kind == 'tuned' else '_fixed'}/{name}": figures[name]["f1"]
            for split, kinds in each["segment_based"].items()
            for kind, figures in kinds.items()
            for name in ("macro", "micro")
        }
        runs.metrics(each["run_id"], {key: [(0, value)] for key, value in found.items() if value is not None})


def show(job: Job) -> None:
    """Write `results.json` beside the job's state; print tables and where everything is."""
    assert job.result is not None
    written = write_result(job)
    split = "report" if "report" in job.result["splits"] else "select"
    for kind in reversed(KINDS):
        say("\n" + table(job.result, split=split, kind=kind))
    say(f"\ntime: {clock(job.seconds)}")
    say(f"results: {written}")
    for each in job.result["networks"]:
        say(f"{each['name']}: models:/{job.result['model']}/{each['version']} (run {each['run_id']})")
    say(f"to look around: {ui_command()}")
