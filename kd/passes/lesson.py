"""What the students of a pass learn from: their teachers' scores, and how these become labels."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kd.config import say
from kd.detection.apply import finest
from kd.labels.settings import LabelSettings
from kd.labels.smoothing import Smoothing
from kd.labels.teaching import Teaching
from kd.passes.context import Bench
from kd.passes.label_facts import earlier_teaching, facts, mended
from kd.passes.label_figure import draw_labels
from kd.passes.label_studies import Teacher
from kd.passes.merging import merged_detector
from kd.passes.origin import Origin, labels_used
from kd.passes.results import percent
from kd.passes.tuned import tuned
from kd.passes.work import PassWork


@dataclass(frozen=True)
class Lesson:
    """teaching: scores and rule; settings, smoothings: of the candidates' labels; about: as in `results.json`.

    origins: what is recorded of each candidate, by its smoothing's name.
    """

    settings: LabelSettings
    teaching: Teaching
    smoothings: tuple[Smoothing, ...]
    about: dict[str, Any]
    origins: dict[str, Origin]


def lesson(
    work: PassWork,
    index: int,
    *,
    teachers: Mapping[str, int],
    earlier: Sequence[Mapping[str, Any]],
    run: str,
    start: Path | None = None,
) -> Lesson:
    """What pass `index`, from 2, learns from.

    teachers: class to version; earlier: records of the passes before; run: the pass's run, on which studies are logged; start:
    folder of the network that students of studies go on from.
    """
    bench = work.bench
    teacher = teacher_of(bench, teachers, blend=work.plan.blend)
    settings = settings_after(work, earlier)
    studied: dict[str, Any] = {}
    if work.studies is not None:
        settings, studied = tuned(work, work.studies, index, teacher, settings, run=run, start=start)
    smoothings = settings.smoothings(work.plan.smoothings)
    before = earlier_teaching(bench, earlier, teacher.grid)
    teaching, odd = mended(
        teacher.teaching(settings, index=index),
        smoothings[0],
        before,
        classes=bench.inputs.classes,
        last=earlier[-1] if before else None,
    )
    about = {
        "settings": settings.to_dict(),
        "threshold": settings.threshold(index),
        **facts(bench, teaching, smoothings, before),
        **odd,
        **studied,
    }
    bench.runs.json(run, about, "label-settings.json")
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        path = Path(place) / "labels.png"
        draw_labels(
            path,
            part=bench.inputs.select,
            teacher=teacher,
            settings=settings,
            index=index,
            classes=bench.inputs.classes,
        )
        bench.runs.file(run, path)
    say(told(index, about))
    by_class = teachers_behind(teachers, earlier, odd)
    labels_run = logged_by(teachers, earlier)
    origins = {
        how.name: Origin(labels_used(settings, how, index=index), by_class, run=labels_run) for how in smoothings
    }
    return Lesson(settings, teaching, smoothings, about, origins)


def teachers_behind(
    teachers: Mapping[str, int], earlier: Sequence[Mapping[str, Any]], odd: Mapping[str, Any]
) -> dict[str, int]:
    """Class to the version whose scores its labels are made of; classes without labels are left out.

    earlier: records of the passes before; odd: `collapsed` and `kept_from` of `label_facts.mended`. A class that keeps the
    labels of pass k keeps those of the champions after pass k - 1.
    """
    kept = {
        label: int(earlier[number - 2]["champions"][label]["version"]) for label, number in odd["kept_from"].items()
    }
    return {label: version for label, version in teachers.items() if label not in odd["collapsed"]} | kept


def logged_by(teachers: Mapping[str, int], earlier: Sequence[Mapping[str, Any]]) -> str:
    """The pass's run whose label artifact is of just these teachers; empty where a person has put others there since."""
    last = earlier[-1]
    champions = {label: won["version"] for label, won in last["champions"].items()}
    return str(last["run_id"]) if champions == dict(teachers) else ""


def teacher_of(bench: Bench, teachers: Mapping[str, int], *, blend: float) -> Teacher:
    """The merged champions, with their scores of all training clips and of the selection split."""
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        detector = merged_detector(bench, teachers, Path(place), blend=blend)
        logits = {role: bench.logits(detector, part) for role, part in bench.inputs.training.items()}
        select = bench.logits(detector, bench.inputs.select)
        own = bench.judge.fits(select, grid=finest(detector), points=detector.points)["tuned"].same.total().scores()
        f1 = {label: own.classes[label].f1 or 0.0 for label in detector.classes}
    return Teacher(detector.points, finest(detector), logits, select, f1)


def settings_after(work: PassWork, earlier: Sequence[Mapping[str, Any]]) -> LabelSettings:
    """The settings of the last pass that trained on labels, else the plan's."""
    labels = earlier[-1]["labels"] if earlier else None
    return LabelSettings(**labels["settings"]) if labels else work.plan.labels


def told(index: int, about: Mapping[str, Any]) -> str:
    """A line or two on a pass's labels."""
    used = about["settings"]
    words = [f"{used['kind']}, median of {used['window']} frames, Gaussian of {used['sigma']:.2g}"]
    if used["kind"] != "binary":
        words.append(f"temperature {used['temperature']:.2g}")
    if used["kind"] != "soft":
        words.append(f"threshold {about['threshold']:.2f} on the {used['scale']} scale")
    if about["accepted"]:
        words.append(f"{100 * about['accepted']['clips']:.0f} % of the weakly labelled clips accepted")
    line = f"labels of pass {index}: {', '.join(words)}"
    if "quality" in about:
        now, paper = about["quality"]["now"]["f1"], about["quality"]["paper"]["f1"]
        line += f"; as events on the selection split {percent(now)} (the paper's recipe {percent(paper)})"
    for label, how in about["collapsed"].items():
        kept = about["kept_from"].get(label)
        instead = f"it keeps the labels of pass {kept}" if kept else "its frames are left out"
        line += f"\nwarning: the labels of {label} are positive {how}; {instead}"
    return line
