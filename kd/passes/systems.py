"""Systems from the platform: a registered model on a corpus, or the scores that a run keeps."""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from kd.config import home
from kd.corpus.layout import need_table
from kd.corpus.locate import locate
from kd.corpus.makers import makers_of, twin_of
from kd.corpus.one_split import scored_split
from kd.corpus.splits import Split, read_split
from kd.detection.apply import finest, split_logits
from kd.detection.detector import Detector, load_detector
from kd.errors import UserError
from kd.labels.smoothing import probabilities
from kd.passes.kept_scores import FOLDER, load_scores
from kd.passes.threads import precision_of, use_threads
from kd.scoring.operating_points import OperatingPoints
from kd.scoring.system import FrameScores, System
from kd.tracking.registry import Version, fetch, find, newest_of_run
from kd.tracking.runs import Runs
from kd.tracking.store import open_store


class Where(Protocol):
    """Settings that name a corpus, one of its splits, and how to compute."""

    @property
    def data(self) -> str:
        """The corpus."""

    @property
    def split(self) -> str:
        """The split."""

    @property
    def missing(self) -> str:
        """`error` or `skip`."""

    @property
    def precision(self) -> str:
        """As in `threads.Arithmetic`."""

    @property
    def threads(self) -> int:
        """Processor threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """A detector with its logits of some clips: `(clips, frames, classes)`, classes as the detector has them."""

    detector: Detector
    version: Version
    clips: tuple[str, ...]
    logits: npt.NDArray[np.floating]


def of_model(address: str, where: Where, *, makers: bool) -> System:
    """A registered model on a split, at the operating points it carries; nothing is fitted."""
    use_threads(where.threads)
    client = open_store(there=True)
    version = find(client, address)
    detector = load_detector(fetch(client, version, cache=home() / "models"))
    root = locate(where.data, home=home())
    missing: Literal["error", "skip"] = "skip" if where.missing == "skip" else "error"
    split, notes = scored_split(root, where.split, missing=missing, cache=home() / "audio.json")
    logits = split_logits(detector, split, folder=home() / "features", precision=precision_of(where))
    return _system(root, split, Scored(detector, version, split.names, logits), notes, makers=makers)


def of_run(run: str, where: Where, *, makers: bool) -> System:
    """The scores that a run of this project keeps of a split, at the operating points of the version it registered.

    Of an iterate run, those of its last pass. Raises UserError for a run that is absent, kept no scores of the split, or
    scored other clips than the corpus has.
    """
    client = open_store(there=True)
    runs = Runs(client)
    tags = runs.tags_of(run)
    if tags is None:
        raise UserError(f"there is no run {run} in the tracking store", "check the id and MLFLOW_TRACKING_URI")
    if tags.get("kd.kind") == "iterate" or "kd.result_of" in tags:
        run = str(json.loads(runs.download(run, "results.json").read_text())["passes"][-1]["run_id"])
    about, logits = kept_scores(runs.download(run, FOLDER), run, where.split)
    version = newest_of_run(client, run)
    detector = load_detector(fetch(client, version, cache=home() / "models"))
    columns = [about["classes"].index(label) for label in detector.classes]
    scored = Scored(detector, version, tuple(about["clips"]), logits[:, :, columns])
    root = locate(where.data, home=home())
    split = read_split(root, where.split, need_table(root, where.split, role="split"), role="split")
    return _system(root, split, scored, _same_clips(run, scored.clips, split, where), makers=makers, run=run)


def of_version(version: Version, where: Where, *, makers: bool) -> System:
    """The scores that the run of a version keeps of the split, where they are its own and of these clips, else predicted."""
    with contextlib.suppress(UserError):
        if newest_of_run(open_store(there=True), version.run_id).number == version.number:
            return of_run(version.run_id, where, makers=makers)
    return of_model(f"models:/{version.name}/{version.number}", where, makers=makers)


def at_fixed_points(system: System) -> System:
    """The same system at threshold 0.5 and a median over 7 frames. It must have scores."""
    assert system.scores is not None
    points = OperatingPoints.fixed(classes=len(system.classes))
    scores = FrameScores.at(points, system.scores.values, system.scores.grid, system.scores.temperatures)
    about = {**(system.about or {}), **points.to_dict()}
    events = scores.events(clips=system.clips, classes=system.classes)
    return replace(system, scores=scores, events=events, about=about)


def kept_scores(folder: Path, run: str, split: str) -> tuple[dict[str, Any], npt.NDArray[np.float16]]:
    """`{split, clips, classes}` and the logits of a split among the scores that a run logged."""
    known = []
    for path in sorted(folder.glob("*.json")):
        about: dict[str, Any] = json.loads(path.read_text())
        if about["split"] == split:
            return load_scores(folder, path.stem, run=run)
        known.append(about["split"])
    raise UserError(f"run {run} keeps no scores of split={split}", f"it has those of {', '.join(known) or 'none'}")


def _same_clips(run: str, clips: Sequence[str], split: Split, where: Where) -> list[str]:
    """Notes about clips that the run left out. Raises UserError for a clip the corpus lacks, or one the run lacks."""
    if foreign := sorted(set(clips) - set(split.names)):
        raise UserError(
            f"run {run} scored a clip that {split.table} does not name: {foreign[0]!r}",
            "name the run's corpus with data=",
        )
    absent = sorted(set(split.names) - set(clips))
    if absent and where.missing == "error":
        raise UserError(
            f"run {run} did not score {len(absent)} clips of {split.table}, {absent[0]!r} among them",
            "missing=skip leaves them out",
        )
    return [f"clips that the run did not score, left out: {len(absent)}"] if absent else []


def _system(root: Path, split: Split, scored: Scored, notes: Sequence[str], *, makers: bool, run: str = "") -> System:
    detector, version, points = scored.detector, scored.version, scored.detector.points
    truth = {name: split.events.get(name, ()) for name in scored.clips}
    unknown = sorted({e.label for events in truth.values() for e in events} - set(detector.classes))
    scores = FrameScores.at(points, probabilities(scored.logits), finest(detector), detector.temperatures)
    known = makers_of(table=split.table, events=split.events, twin=twin_of(root, split.name)) if makers else None
    return System(
        clips=scored.clips,
        classes=detector.classes,
        reference={name: tuple(e for e in events if e.label in detector.classes) for name, events in truth.items()},
        events=scores.events(clips=scored.clips, classes=detector.classes),
        scores=scores,
        closed=True,
        makers=known,
        about={
            **({"run": run} if run else {}),
            "model": f"models:/{version.name}/{version.number}",
            "split": split.name,
            **points.to_dict(),
            "temperatures": list(detector.temperatures),
        },
        notes=(*notes, *([f"not known to the model, left out: {', '.join(unknown)}"] if unknown else [])),
    )
