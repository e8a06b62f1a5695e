"""Trainings side by side in workers, then each network on its run and in the registry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kd.engines.pool import Pool
from kd.passes.context import Bench
from kd.passes.networks import Told, Trial, cost_of, run_trial
from kd.passes.origin import Origin
from kd.passes.recording import Recorded, finished_run, identity_tags, judged, record
from kd.passes.steps import here


@dataclass(frozen=True)
class Wanted:
    """A network to be trained. name: of its run; paced_as: what its steps cost is told by; origin: what it learns from.

    params: how, as parameters of its run, beside those of the training.
    """

    name: str
    paced_as: str
    trial: Trial
    origin: Origin
    params: Mapping[str, Any]


def side_by_side(
    bench: Bench, workers: Pool, wanted: Sequence[Wanted], *, kind: str, index: int, parent: str
) -> Iterator[tuple[Recorded, Path]]:
    """Networks trained side by side, then judged, logged and registered in order; with their training's folder.

    kind, index: of their runs, which hang below `parent`. What an earlier process finished is taken over.
    """
    tags = [
        {**identity_tags(bench, kind=kind, index=index, name=each.name), "kd.step": each.trial.training.key}
        for each in wanted
    ]
    done = [finished_run(bench, each) for each in tags]
    runs = {i: found[0] for i, found in enumerate(done) if found}

    def run_of(i: int) -> str:
        if i not in runs:
            runs[i] = bench.runs.create(wanted[i].name, tags=tags[i], parent=parent)
        return runs[i]

    def heard(i: int, said: Told) -> None:
        each = wanted[i]
        if not isinstance(said, str):
            bench.progress.step(each.name, *said)
            return
        run_of(i)
        work = each.trial.training
        steps, cores = work.how.steps, work.threads
        bench.progress.begin(each.name, index=index, kind=each.paced_as, steps=steps, cores=cores, host=said)

    trials = [each.trial for each in wanted]
    threads = max((trial.training.threads for trial in trials), default=1)
    made = workers.each(run_trial, trials, heard, threads=threads, waiting=bench.progress.waiting)
    for i, step in enumerate(map(here, made)):
        each = wanted[i]
        bench.progress.end(each.name)
        view = bench.view(each.trial.training.config.architecture)
        if found := done[i]:
            yield Recorded(*found, judged(bench, step / "network", view), cost_of([step])), step
            continue
        params = {**each.params, **asdict(each.trial.training.how)}
        recorded = record(bench, run=run_of(i), step=step, view=view, tags=tags[i], origin=each.origin, params=params)
        yield recorded, step
