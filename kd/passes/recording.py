"""A trained network as a tracked run and a registered version."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kd.audio.grid import FrameGrid
from kd.detection.detector import save_detector
from kd.passes.context import Bench
from kd.passes.inputs import Part, View
from kd.passes.judging import Logits, Verdict, macro
from kd.passes.kept_scores import FOLDER, save_scores
from kd.passes.metrics import score_metrics
from kd.passes.networks import Cost, cost_of
from kd.passes.origin import ARTIFACT, Origin, made_tags, parted
from kd.passes.results import percent
from kd.tracking.packaging import log_detector
from kd.tracking.registry import f1_tags
from kd.tracking.runs import DONE, OWNED


@dataclass(frozen=True, slots=True)
class Recorded:
    """A candidate once it is judged, logged and registered."""

    run_id: str
    version: int
    verdict: Verdict
    cost: Cost


def identity_tags(bench: Bench, *, kind: str, index: int, name: str) -> dict[str, str]:
    """Tags that say which part of which job a run is."""
    own = {"kd.iterate_id": bench.iterate_id, "kd.kind": kind, "kd.pass": str(index), "kd.name": name}
    return {**bench.owner, **own}


def finished_run(bench: Bench, tags: Mapping[str, str]) -> tuple[str, int] | None:
    """The run, and its version, that an earlier process of this job recorded whole."""
    for run in bench.runs.find({**tags, DONE: "true"}):
        versions = bench.registry.versions(run=run.info.run_id)
        if versions:
            return run.info.run_id, versions[0].number
    return None


def judged(bench: Bench, network: Path, view: View) -> Verdict:
    """Scores of the network saved in a folder, at operating points chosen on the selection split."""
    inputs = bench.inputs
    select = bench.predicted(network, view.spec, inputs.select)
    report = None if inputs.report is None else bench.predicted(network, view.spec, inputs.report)
    return bench.judge.verdict(grid=view.grid, select=select, report=report)


def record(
    bench: Bench,
    *,
    run: str,
    step: Path,
    view: View,
    tags: Mapping[str, str],
    origin: Origin,
    params: Mapping[str, Any],
    before: Sequence[Path] = (),
) -> Recorded:
    """Judge the network of a finished training step, log it on `run`, register it, end the run.

    origin: what the network learnt from; before: finished steps that the training went on from, first ones first.
    """
    inputs, network = bench.inputs, step / "network"
    verdict = judged(bench, network, view)
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place) / "detector"
        save_alone(bench, folder, network, view=view, verdict=verdict)
        logged = log_detector(bench.runs, run=run, folder=folder)
    log_logits(bench, run, lambda part: bench.predicted(network, view.spec, part), grid=view.grid, verdict=verdict)
    losses = [loss for each in (*before, step) for loss in json.loads((each / "losses.json").read_text())]
    cost = cost_of((*before, step))
    found = score_metrics(inputs.classes, select=verdict.select, report=verdict.report)
    series = {name: [(0, value)] for name, value in found.items()}
    series["loss"] = [(i + 1, value) for i, value in thinned(losses)]
    series["seconds"] = [(0, cost.seconds)]
    if cost.megabytes is not None:
        series["megabytes"] = [(0, cost.megabytes)]
    bench.runs.params(run, params)
    bench.runs.metrics(run, series)
    made = origin.tags() | made_tags([view.spec], code=bench.code)
    version = register(bench, run=run, logged=logged, verdict=verdict, tags=tags, made=made)
    bench.runs.tag(run, {**tags, DONE: "true", "kd.version": str(version)})
    bench.runs.end(run)
    return Recorded(run, version, verdict, cost)


def save_alone(bench: Bench, folder: Path, network: Path, *, view: View, verdict: Verdict) -> None:
    """Write the detector of one saved network, at the operating points of its verdict."""
    classes = bench.inputs.classes
    save_detector(
        folder,
        classes=classes,
        networks=[network],
        specs=[view.spec],
        champion=[0] * len(classes),
        points=verdict.points,
        temperatures=verdict.temperatures,
        corpus=bench.inputs.corpus.digest,
    )


def register(
    bench: Bench, *, run: str, logged: str, verdict: Verdict, tags: Mapping[str, str], made: Mapping[str, str]
) -> int:
    """A new version of the registered model, its F1 of every class in its tags.

    made: tags that say what it is made of; those too long for a registry stay on the run, as an artifact.
    """
    about = {**{key: value for key, value in tags.items() if key != OWNED}, "kd.corpus": bench.inputs.corpus.digest}
    made, long = parted(made)
    if long:
        bench.runs.json(run, long, ARTIFACT)
        made["kd.origin"] = ARTIFACT
    scores = f1_tags(tuned=verdict.f1("tuned"), fixed=verdict.f1("fixed"))
    where = f"pass {tags['kd.pass']}, " if tags["kd.pass"] != "0" else ""
    said = f"{where}{tags['kd.name']}: select F1 {percent(macro(verdict.select))} %"
    return bench.registry.add(run=run, logged=logged, tags={**about, **made, **scores}, description=said)


def log_logits(bench: Bench, run: str, logits: Callable[[Part], Logits], *, grid: FrameGrid, verdict: Verdict) -> None:
    """Keep logits on the scored splits as artifacts `scores/<split>.npy`.

    Beside them in `scores/<split>.json` the names of clips and classes, where the frames lie, and the verdict's thresholds,
    windows and temperatures.
    """
    inputs = bench.inputs
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place)
        for name, part in (("select", inputs.select), ("report", inputs.report)):
            if part is not None:
                about = {
                    "split": part.split.name,
                    "clips": part.names,
                    "classes": list(inputs.classes),
                    "grid": asdict(grid),
                    **asdict(verdict.points),
                    "temperatures": verdict.temperatures,
                }
                save_scores(folder, name, logits(part), about)
        bench.runs.folder(run, folder, FOLDER)


def thinned(losses: list[float], most: int = 500) -> list[tuple[int, float]]:
    """At most `most` evenly spaced (index, loss), the last one among them."""
    every = -(-len(losses) // most)
    return [(i, loss) for i, loss in enumerate(losses) if i % every == 0 or i == len(losses) - 1]
