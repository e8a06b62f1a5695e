"""`scenes_teacher_student`: S5 (Heo 2019), soft labels of a teacher that hears more of a scene than its student."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from kd.config import say
from kd.losses.names import POINTS
from kd.passes.job import Job
from kd.scenes.bench import SceneBench, Wanted
from kd.scenes.conclusion import concluded, told
from kd.scenes.fitting import S5, fit_settings
from kd.scenes.inputs import TRAIN
from kd.scenes.job import Finish, Kind, known_networks, scene_job
from kd.scenes.judging import SVM, System, judged
from kd.scenes.multi_step import in_steps
from kd.scenes.recording import Recorded, record
from kd.scenes.settings import TeacherStudentSettings
from kd.scenes.studies import HEARING, chosen, shortened
from kd.training.fit import FitSettings
from kd.training.scene_sets import Distillation, DistillSet, HardSet

TEMPERATURES, CLIPS = (1.0, 5.0, 10.0), (1, 2)  # of Table 4
WITHOUT, WITH = "ensemble without", "ensemble with"


@dataclass(frozen=True)
class Lesson:
    """A student to be: its network, and how it is taught by the teacher of the same network."""

    architecture: str
    how: Distillation

    @property
    def name(self) -> str:
        """What it is called."""
        how = self.how
        heat = "" if how.point == "embedding" else f" T{how.temperature:.3g}"
        hard = f" hard {how.weight:.2g}" if how.weight else ""
        return f"{self.architecture} student {how.point}{heat}{hard} x{how.clips}"


@dataclass(frozen=True)
class TeacherStudent:
    """The trainings of a job. Source: S5; ours: their length, and that teacher and student are trained for as long."""

    bench: SceneBench
    settings: TeacherStudentSettings

    def how(self, architecture: str, name: str) -> FitSettings:
        """How a network of this name is trained."""
        clips = len(self.bench.inputs.parts[TRAIN].clips)
        how = fit_settings(self.settings, architecture, S5, clips=clips, precision=self.bench.precision)
        return replace(how, seed=self.bench.seed_of(name))

    def teachers(self, architectures: Sequence[str]) -> list[System]:
        """Networks on hard labels. They are the systems without teacher-student learning too."""
        wanted = [
            Wanted(
                f"{name} teacher",
                self.bench.config(name, width=self.settings.width),
                HardSet(self.bench.clips(self.bench.config(name, width=self.settings.width))),
                self.how(name, f"{name} teacher"),
                about={"labels": "hard"},
            )
            for name in architectures
        ]
        return [judged(self.bench, each, back=SVM) for each in in_steps(self.bench, wanted)]

    def students(
        self, lessons: Sequence[Lesson], teachers: dict[str, System], *, share: float = 1.0, name: str = ""
    ) -> list[System]:
        """Students of these lessons, each once, in order; share: of the steps; name: of all, empty: their lesson's."""
        wanted = []
        for lesson in dict.fromkeys(lessons):
            config = self.bench.config(lesson.architecture, width=self.settings.width)
            teacher = teachers[lesson.architecture].members[0]
            learnt = DistillSet(self.bench.clips(config), (teacher.network,), lesson.how, self.bench.precision)
            how = shortened(self.how(lesson.architecture, f"{lesson.architecture} student"), share)
            about = {f"soft.{key}": value for key, value in asdict(lesson.how).items()}
            wanted.append(Wanted(name or lesson.name, config, learnt, how, about=about, teachers=(teacher.name,)))
        found = {each.name: judged(self.bench, each, back=SVM) for each in in_steps(self.bench, wanted)}
        return [found[name or lesson.name] for lesson in lessons]


def work(bench: SceneBench, settings: TeacherStudentSettings, job: Job) -> dict[str, Any]:
    """Train, record, compare; `results.json`."""
    architectures = known_networks(settings.networks)
    last = architectures[-1]
    course = TeacherStudent(bench, settings)
    taught = course.teachers(architectures)
    recorded = [record(bench, each) for each in taught]
    teachers = dict(zip(architectures, taught, strict=True))
    for each in taught:
        say(told(each))
    given = Distillation(
        point=settings.point or "output",
        clips=settings.teacher_clips,
        temperature=settings.temperature,
        student_temperature=settings.student_temperature,
        soften=settings.soften,
        squared=settings.squared,
        weight=settings.weight,
        distance=settings.distance,
    )
    best = chosen(
        bench,
        settings,
        given,
        lambda on, how, name, share: TeacherStudent(on, settings).students(
            [Lesson(last, how)], teachers, share=share, name=name
        )[0],
    )
    grid: dict[str, Any] = {}
    point = settings.point or "both"
    if settings.tables:
        grid, more = tables_of(course, best.how, last, teachers)
        recorded += more
        point = settings.point or grid["table 5"]["best"]
    lessons = [Lesson(name, replace(best.how, point=point)) for name in architectures]
    students = course.students(lessons, teachers)
    known = {one.system.name for one in recorded}
    for each in students:
        if each.name not in known:
            say(told(each))
            recorded.append(record(bench, each))
    pairs = dict(zip(architectures, zip(taught, students, strict=True), strict=True))
    return concluded(bench, job, recorded, pairs, (WITHOUT, WITH)) | {
        "tables": {**grid, "table 6": table_6(architectures, taught, students)},
        "study": best.study,
        "point": point,
    }


def tables_of(
    course: TeacherStudent, how: Distillation, last: str, teachers: dict[str, System]
) -> tuple[dict[str, Any], list[Recorded]]:
    """S5's Table 4, temperature by length of the teacher's input, and Table 5, points of distillation, of one network."""
    lengths = tuple(dict.fromkeys((*CLIPS, how.clips)))
    cells = {
        (heat, clips): Lesson(last, replace(how, point="output", temperature=heat, clips=clips, weight=0.0))
        for heat in TEMPERATURES
        for clips in lengths
    }
    points = {point: Lesson(last, replace(how, point=point)) for point in POINTS}
    systems = course.students([*cells.values(), *points.values()], teachers)
    by_lesson = dict(zip([*cells.values(), *points.values()], systems, strict=True))
    for each in dict.fromkeys(by_lesson.values()):
        say(told(each))
    best = max(POINTS, key=lambda point: by_lesson[points[point]].selected)
    found = {
        "table 4": {
            "network": last,
            "temperatures": list(TEMPERATURES),
            "clips": list(lengths),
            "systems": [[by_lesson[cells[heat, clips]].name for clips in lengths] for heat in TEMPERATURES],
        },
        "table 5": {
            "network": last,
            "systems": {point: by_lesson[lesson].name for point, lesson in points.items()},
            "best": best,
        },
    }
    unique = {system.name: system for system in systems}
    return found, [record(course.bench, each) for each in unique.values()]


def table_6(architectures: Sequence[str], without: Sequence[System], with_: Sequence[System]) -> dict[str, list[str]]:
    """S5's Table 6: of each network, and of all together, the systems without and with teacher-student learning."""
    rows = {name: [before.name, after.name] for name, before, after in zip(architectures, without, with_, strict=True)}
    return rows if len(rows) == 1 else {**rows, "ensemble": [WITHOUT, WITH]}


def trainings(settings: TeacherStudentSettings, networks: Sequence[str]) -> dict[str, list[tuple[float, float]]]:
    """Of each network, the trainings as shares of its steps, and what a step costs to one on hard labels."""
    student = (1.0, 1 + settings.teacher_clips * HEARING)
    found = {name: [(1.0, 1.0), student] for name in networks}
    last = found[networks[-1]]
    if settings.tuning == "on":
        last += [(settings.trial_share, student[1])] * settings.trials
    if settings.tables:
        last += [(1.0, 1 + clips * HEARING) for clips in CLIPS] * len(TEMPERATURES) + [student] * (len(POINTS) - 1)
    return found


KIND = Kind(
    "scenes_teacher_student",
    "kd.scenes.teacher_student",
    2,
    work,
    trainings,
    lambda bench, settings, name: TeacherStudent(bench, settings).how(name, name),
)


def teacher_student(settings: TeacherStudentSettings, *, finish: Finish | None = None) -> int:
    """Run, resume or show a job; returns the exit code."""
    return scene_job(KIND, settings, networks=settings.networks, finish=finish)
