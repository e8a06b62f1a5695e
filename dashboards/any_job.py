"""The page of a job of any kind."""

from dashboards.kept import job_record, job_run
from dashboards.report import report_page
from dashboards.scenes.record import KINDS as SCENES
from dashboards.scenes.record import scene_record
from dashboards.scenes.report import scene_page
from kd.tracking.runs import Runs

KINDS = ("iterate", *SCENES)


def page_of_job(runs: Runs, run: str) -> str:
    """One page that needs nothing else. Raises UserError for a run that is no job's, or has no result yet."""
    run, tags = job_run(runs, run)
    if tags.get("kd.kind") in SCENES:
        return scene_page(scene_record(runs, run, tags))
    return report_page(job_record(runs, run))
