"""The merged detector of each pass as a scored system, from what its run keeps."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dashboards.kept import JobRecord, Kept
from kd.corpus.makers import Makers
from kd.corpus.tables import Event
from kd.labels.smoothing import probabilities
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.system import FrameScores, System

Truth = Mapping[str, tuple[Event, ...]]


def merged_systems(job: JobRecord, role: str) -> dict[int, System]:
    """Pass to its merged detector on a scored split; passes whose runs keep no scores are left out."""
    return dict(_systems(job, role, job.passes))


def last_system(job: JobRecord, role: str) -> System | None:
    """The last of them alone; None where there is none."""
    return next((system for _, system in _systems(job, role, job.passes[::-1])), None)


def _systems(job: JobRecord, role: str, passes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, System]]:
    clips = job.clips(role)
    if clips is None:
        return
    truth, makers = reference_of(clips), makers_of(clips)
    for each in passes:
        if kept := job.scores(each["run_id"], role):
            yield int(each["index"]), _system(kept, truth, makers, run=each["run_id"], index=each["index"])


def _system(kept: Kept, truth: Truth, makers: Makers | None, *, run: str, index: int) -> System:
    about = kept.about
    points = OperatingPoints(tuple(about["thresholds"]), tuple(about["windows"]), tuple(about.get("depths", ())))
    scores = FrameScores.at(points, probabilities(kept.logits), kept.grid, tuple(about["temperatures"]))
    names, classes = tuple(about["clips"]), tuple(about["classes"])
    return System(
        clips=names,
        classes=classes,
        reference={name: truth[name] for name in names},
        events=scores.events(clips=names, classes=classes),
        scores=scores,
        closed=True,
        makers=makers,
        about={"run": run, "pass": index, "split": about["split"]},
    )


def reference_of(clips: Mapping[str, Any]) -> Truth:
    """Reference events by clip of what `clips/<role>.json` says."""
    return {clip["name"]: tuple(Event(*event[:3]) for event in clip["events"]) for clip in clips["clips"]}


def makers_of(clips: Mapping[str, Any]) -> Makers | None:
    """Who made the reference events of each clip and class; None where nothing tells."""
    if clips["makers"] is None:
        return None
    return {(clip, label): frozenset(who) for clip, label, who in clips["makers"]}
