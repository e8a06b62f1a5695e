"""The scene jobs with their report."""

from dashboards.job import finish
from kd.scenes.settings import SpecialistsSettings, TeacherStudentSettings
from kd.scenes.specialists import specialists as specialists_job
from kd.scenes.teacher_student import teacher_student as teacher_student_job


def teacher_student(settings: TeacherStudentSettings) -> int:
    """Run, resume or show a job, and log its report; returns the exit code."""
    return teacher_student_job(settings, finish=finish)


def specialists(settings: SpecialistsSettings) -> int:
    """Run, resume or show a job, and log its report; returns the exit code."""
    return specialists_job(settings, finish=finish)
