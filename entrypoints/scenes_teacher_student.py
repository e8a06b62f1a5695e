"""Acoustic scenes, Heo 2019: soft labels of a teacher that hears more of a scene than its student, and an SVM back end.

Run the same command again after any interruption to go on where it stopped."""

import sys

from kd.cli import run
from kd.scenes.settings import TeacherStudentSettings


def main() -> int:
    """Parse, work, exit code."""
    return run(
        TeacherStudentSettings,
        "dashboards.scenes.job:teacher_student",
        name="scenes_teacher_student",
        about=__doc__ or "",
        resumes=True,
    )


if __name__ == "__main__":
    sys.exit(main())
