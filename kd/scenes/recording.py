"""Scene networks and ensembles as tracked runs and registered versions."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kd.audio.scene_spec import SceneSpec
from kd.corpus.names import class_slug
from kd.passes.recording import thinned
from kd.scenes.bench import SceneBench
from kd.scenes.classifier import save_classifier
from kd.scenes.inputs import SELECT
from kd.scenes.judging import System
from kd.scenes.pictures import draw_confusion
from kd.tracking.packages import CLASSIFIER
from kd.tracking.packaging import log_package
from kd.tracking.registry import MERGED, best_alias
from kd.tracking.runs import DONE

NETWORK, ENSEMBLE = "scene_network", "scene_ensemble"  # kinds of runs


@dataclass(frozen=True)
class Recorded:
    """A system on its run and in the registry."""

    system: System
    run_id: str
    version: int

    def to_dict(self) -> dict[str, Any]:
        """For `results.json`."""
        costs = [member.cost for member in self.system.members]
        peaks = [cost.megabytes for cost in costs if cost.megabytes is not None]
        wanted = self.system.members[0].wanted
        return {
            "name": self.system.name,
            "architectures": [member.wanted.config.architecture for member in self.system.members],
            "run_id": self.run_id,
            "version": self.version,
            "clip_steps": sum(m.wanted.how.steps * m.wanted.how.batch for m in self.system.members),
            "seconds": sum(cost.seconds for cost in costs),
            "megabytes": max(peaks, default=None),
            "losses": thinned(losses_of(self.system), most=100) if len(costs) == 1 else [],
            "teachers": list(wanted.teachers) if len(costs) == 1 else [member.name for member in self.system.members],
            **self.system.figures,
        }


def losses_of(system: System) -> list[float]:
    """Of every step of a single network's trainings."""
    (member,) = system.members
    return [loss for step in (*member.before, member.step) for loss in json.loads((step / "losses.json").read_text())]


def record(bench: SceneBench, system: System, *, kind: str = NETWORK) -> Recorded:
    """Log a system on a run of its own and register it, or find where an earlier process of this job did."""
    key = "+".join(member.step.name for member in system.members)
    tags = {**bench.owner, "kd.iterate_id": bench.iterate_id, "kd.kind": kind, "kd.name": system.name, "kd.step": key}
    for found in bench.runs.find({**tags, DONE: "true"}):
        if versions := bench.registry.versions(run=found.info.run_id):
            bench.versions[system.name] = versions[0].number
            return Recorded(system, str(found.info.run_id), versions[0].number)
    run = bench.runs.create(system.name, tags=tags, parent=bench.parent)
    logged = logged_package(bench, run, system)
    bench.runs.params(run, params_of(system))
    bench.runs.metrics(run, metrics_of(system))
    log_pictures(bench, run, system)
    about = {
        "kd.iterate_id": bench.iterate_id,
        "kd.kind": kind,
        "kd.name": system.name,
        "kd.corpus": bench.inputs.corpus.digest,
        "kd.code": bench.code,
        "kd.accuracy": json.dumps({label: each["value"] for label, each in system.figures[SELECT]["classes"].items()}),
        **parent_tags(bench, system),
    }
    said = f"{system.name}: select accuracy {100 * system.selected:.2f} %"
    version = bench.registry.add(run=run, logged=logged, tags={k: v for k, v in about.items() if v}, description=said)
    bench.runs.tag(run, {**tags, DONE: "true", "kd.version": str(version)})
    bench.runs.end(run)
    bench.versions[system.name] = version
    return Recorded(system, run, version)


def parent_tags(bench: SceneBench, system: System) -> dict[str, str]:
    """The versions that a system is made of, or that taught it, by name: `kd.champions` and `kd.teachers`, as JSON."""
    alone = len(system.members) == 1
    names = system.members[0].wanted.teachers if alone else [member.name for member in system.members]
    found = {name: bench.versions[name] for name in names if name in bench.versions}
    return {"kd.teachers" if alone else "kd.champions": json.dumps(found)} if found else {}


def logged_package(bench: SceneBench, run: str, system: System) -> str:
    """The system as a packaged classifier on a run; the logged model's id."""
    specs: list[SceneSpec] = [bench.spec(member.wanted.config) for member in system.members]
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        folder = Path(place) / CLASSIFIER.artifact
        save_classifier(
            folder,
            classes=bench.inputs.classes,
            networks=[member.network for member in system.members],
            specs=specs,
            svms=system.svms,
            corpus=bench.inputs.corpus.digest,
        )
        return log_package(bench.runs, run=run, folder=folder, package=CLASSIFIER)


def params_of(system: System) -> dict[str, Any]:
    """How a system was trained."""
    found: dict[str, Any] = {"members": ", ".join(member.name for member in system.members)}
    if len(system.members) == 1:
        wanted = system.members[0].wanted
        found |= {**wanted.config.to_dict(), **asdict(wanted.how), **wanted.about}
        found["teachers"] = ", ".join(wanted.teachers)
    return {**found, "back": "svm" if system.svms[0] is not None else "softmax"}


def metrics_of(system: System) -> dict[str, list[tuple[int, float]]]:
    """Loss by step; accuracy of each part with its bounds, and of each class."""
    found: dict[str, Any] = {}
    for part, figures in system.figures.items():
        overall = figures["accuracy"]
        found |= {f"{part}/accuracy": overall["value"]}
        found |= {f"{part}/accuracy_{bound}": overall[bound] for bound in ("low", "high")}
        found |= {f"{part}/accuracy/{class_slug(label)}": each["value"] for label, each in figures["classes"].items()}
    series = {key: [(0, float(value))] for key, value in found.items() if value is not None}
    if len(system.members) == 1:
        series["loss"] = [(i + 1, loss) for i, loss in thinned(losses_of(system))]
        series["seconds"] = [(0, system.members[0].cost.seconds)]
    return series


def log_pictures(bench: SceneBench, run: str, system: System) -> None:
    """A confusion matrix of each scored part, `confusion-<part>.png`."""
    for part, figures in system.figures.items():
        with tempfile.TemporaryDirectory(prefix="kd-") as place:
            path = Path(place) / f"confusion-{part}.png"
            draw_confusion(path, {f"{system.name}, {part}": figures["confusion"]}, classes=bench.inputs.classes)
            bench.runs.file(run, path)


def champions(recorded: Sequence[Recorded]) -> dict[str, Recorded]:
    """The best network of each class by its accuracy on the part that is chosen on; of equals the lower version."""
    ordered = sorted(recorded, key=lambda each: each.version)
    return {
        label: max(ordered, key=lambda each: each.system.figures[SELECT]["classes"][label]["value"] or 0.0)
        for label in ordered[0].system.bench.inputs.classes
    }


def aliases(best: Mapping[str, Recorded], merged: int) -> dict[str, int | None]:
    """Where aliases go: `best-<class>` on the best network of each class, `merged` on the ensemble."""
    return {**{best_alias(label): each.version for label, each in best.items()}, MERGED: merged}
