"""A scene job's report: one page."""

from dashboards.markup import text
from dashboards.page import Page
from dashboards.scenes import sections
from dashboards.scenes.record import SceneRecord
from dashboards.sections import settings, studies

TITLES = {"scenes_teacher_student": "Scenes: teacher and student", "scenes_specialists": "Scenes: specialists"}


def scene_page(job: SceneRecord) -> str:
    """The report as one page that needs nothing else."""
    attempts = "" if job.study is None else f"{sum(job.study['counts'].values())} attempts"
    tried = [] if job.study is None else [(f"short students, scored on the selection part, {attempts}", job.study)]
    found = [
        sections.headline(job),
        sections.tables(job),
        sections.confusions(job),
        sections.classes(job),
        sections.networks(job),
        studies.shown(tried, value="accuracy, selection part"),
        settings.of_run(job.run, job.tags, job.params),
    ]
    return Page(
        title=f"{TITLES[job.result['kind']]}, {len(job.classes)} classes",
        intro=f"<p class=quiet>run {text(job.run)}</p>",
        sections=[section for section in found if section is not None],
    ).alone()
