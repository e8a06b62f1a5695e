"""`results.json` of a job and what is compared in it."""

from collections.abc import Sequence
from typing import Any

from kd.compress.device import scored
from kd.compress.knee import knee
from kd.compress.made import Made
from kd.compress.plan import NONE
from kd.compress.settings import CompressSettings
from kd.compress.teachers import Faculty, Teacher, logits_of
from kd.models.size import multiplications, parameters_of
from kd.passes.context import Bench
from kd.passes.judged import Judged, system_of
from kd.passes.judging import Verdict, macro
from kd.scoring.contrast import contrast
from kd.scoring.grid import FrameGrid
from kd.scoring.system import System
from kd.training.fit import FitSettings

SCHEMA = 1


def result_of(
    bench: Bench,
    settings: CompressSettings,
    faculty: Faculty,
    made: Sequence[Made],
    *,
    reference: int,
    how: FitSettings,
) -> dict[str, Any]:
    """Everything but the time it took: fractions throughout, undefined values None."""
    inputs = bench.inputs
    found = [student_of(bench, faculty, each, reference=reference) for each in made]
    add_differences(bench, faculty, made, found)
    names = [each.name for each in faculty.teachers]
    return {
        "schema": SCHEMA,
        "kind": "compress",
        "classes": list(inputs.classes),
        "splits": {role: part.split.name for role, part in scored(bench)},
        "model": bench.registry.name,
        "reference": reference,
        "temperature": settings.temperature,
        "weight": settings.weight,
        "embedding": settings.embedding,
        "steps": how.steps,
        "batch": how.batch,
        "teachers": [teacher_of(each) for each in faculty.teachers],
        "best_teacher": faculty.best.name,
        "disagreement": faculty.disagreement().tolist(),
        "weightings": {
            name: {
                "weights": {
                    label: dict(zip(names, weights[:, c].tolist(), strict=True))
                    for c, label in enumerate(inputs.classes)
                },
                **sides(faculty.verdict(weights)),
            }
            for name, weights in faculty.weightings.items()
        },
        "students": found,
        "proposed": made[proposed_of(made, found)].student.name,
        "selection": bench.judge.about(),
    }


def teacher_of(teacher: Teacher) -> dict[str, Any]:
    """A teacher's record."""
    return {
        "name": teacher.name,
        "model": teacher.source.name,
        "version": teacher.own,
        "architecture": teacher.member.config.architecture,
        "parameters": teacher.parameters,
        **sides(teacher.verdict),
    }


def student_of(bench: Bench, faculty: Faculty, made: Made, *, reference: int) -> dict[str, Any]:
    """A student's record, without its differences."""
    size = parameters_of(made.config)
    return {
        "name": made.student.name,
        "architecture": made.student.architecture,
        "ratio": made.student.ratio,
        "weighting": made.student.weighting,
        "width": made.config.width,
        "parameters": size,
        "smaller": {
            "reference": reference / size,
            "best_teacher": faculty.best.parameters / size,
            "all_teachers": sum(each.parameters for each in faculty.teachers) / size,
        },
        "multiplications": multiplications(made.config, frames=bench.view(made.student.architecture).spec.frames),
        "run_id": made.recorded.run_id,
        "version": made.recorded.version,
        "seconds": made.recorded.cost.seconds,
        "costs": made.device.costs,
        **sides(made.recorded.verdict),
        "int8": sides(made.in_int8),
    }


def sides(verdict: Verdict) -> dict[str, Any]:
    """A verdict's figures on both splits."""
    return {"select": verdict.select, "report": verdict.report}


def proposed_of(made: Sequence[Made], found: Sequence[dict[str, Any]]) -> int:
    """The student at the knee of size and F1 on the selection split, those without teachers left out if there are others."""
    taught = [i for i, each in enumerate(made) if each.student.weighting != NONE] or list(range(len(made)))
    points = [(found[i]["parameters"], macro(found[i]["select"]) or 0.0) for i in taught]
    return taught[knee(points)]


def add_differences(bench: Bench, faculty: Faculty, made: Sequence[Made], found: list[dict[str, Any]]) -> None:
    """Paired differences of every student: to the best teacher, to itself in int8, to the same one without teachers."""
    best = {role: teacher_system(bench, faculty.best, role) for role, _ in scored(bench)}
    own = {(each.student.name, role): student_system(bench, each, role) for each in made for role, _ in scored(bench)}
    for each, record in zip(made, found, strict=True):
        alone = next((other for other in made if alone_of(each, other)), None)
        record["differences"] = {}
        for role, _ in scored(bench):
            mine = own[each.student.name, role]
            pairs = {"to_best_teacher": (best[role], mine), "of_int8": (mine, int8_system(bench, each, role))}
            if alone is not None:
                pairs["to_none"] = (own[alone.student.name, role], mine)
            record["differences"][role] = {name: difference(*pair) for name, pair in pairs.items()}


def alone_of(student: Made, other: Made) -> bool:
    """Whether another one is the same student without teachers."""
    a, b = student.student, other.student
    same = (a.architecture, a.ratio) == (b.architecture, b.ratio)
    return same and b.weighting == NONE and a.weighting != NONE


def difference(a: System, b: System) -> dict[str, Any]:
    """Of macro event F1, b minus a, with its interval: `{value, low, high, excludes_zero, by}`."""
    found = contrast([a], [b])["difference"]
    return {**found["macro"]["f1"], "by": found["by"]}


def teacher_system(bench: Bench, teacher: Teacher, role: str) -> System:
    """A teacher on a scored split."""
    part = dict(scored(bench))[role]
    judged = Judged(teacher.name, teacher.verdict, {role: logits_of(bench, teacher.member, part)})
    return _system(bench, judged, role, grid=teacher.member.grid)


def student_system(bench: Bench, made: Made, role: str) -> System:
    """A student on a scored split."""
    view, part = bench.view(made.student.architecture), dict(scored(bench))[role]
    judged = Judged(made.student.name, made.recorded.verdict, {role: bench.predicted(made.network, view.spec, part)})
    return _system(bench, judged, role, grid=view.grid)


def int8_system(bench: Bench, made: Made, role: str) -> System:
    """A student in int8 on a scored split."""
    judged = Judged(f"{made.student.name} int8", made.in_int8, {role: made.device.logits(role)})
    return _system(bench, judged, role, grid=bench.view(made.student.architecture).grid)


def _system(bench: Bench, judged: Judged, role: str, *, grid: FrameGrid) -> System:
    inputs, part = bench.inputs, dict(scored(bench))[role]
    found = system_of(judged, role, "tuned", part=part, grid=grid, classes=inputs.classes, root=inputs.corpus.root)
    return found.without_scores()
