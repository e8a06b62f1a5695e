"""The merged detector of each pass as a scored system, from what its run keeps."""

from collections.abc import Mapping
from typing import Any

from dashboards.kept import JobRecord
from kd.corpus.tables import Event
from kd.labels.smoothing import probabilities
from kd.scoring.system import FrameScores, System


def merged_systems(job: JobRecord, role: str) -> dict[int, System]:
    """Pass to its merged detector on a scored split; passes whose runs keep no scores are left out."""
    clips = job.clips(role)
    if clips is None:
        return {}
    truth = reference_of(clips)
    makers = makers_of(clips)
    found = {}
    for each in job.passes:
        kept = job.scores(each["run_id"], role)
        if kept is None:
            continue
        about = kept.about
        scores = FrameScores(
            probabilities(kept.logits),
            kept.grid,
            tuple(about["windows"]),
            tuple(about["thresholds"]),
            tuple(about["temperatures"]),
        )
        names, classes = tuple(about["clips"]), tuple(about["classes"])
        found[int(each["index"])] = System(
            clips=names,
            classes=classes,
            reference={name: truth[name] for name in names},
            events=scores.events(clips=names, classes=classes),
            scores=scores,
            closed=True,
            makers=makers,
            about={"run": each["run_id"], "pass": each["index"], "split": about["split"]},
        )
    return found


def reference_of(clips: Mapping[str, Any]) -> dict[str, tuple[Event, ...]]:
    """Reference events by clip of what `clips/<role>.json` says."""
    return {clip["name"]: tuple(Event(*event[:3]) for event in clip["events"]) for clip in clips["clips"]}


def makers_of(clips: Mapping[str, Any]) -> dict[tuple[str, str], frozenset[str]] | None:
    """Who made the reference events of each clip and class; None where nothing tells."""
    if clips["makers"] is None:
        return None
    return {(clip, label): frozenset(who) for clip, label, who in clips["makers"]}
