"""`iterate` with its report."""

from dashboards.any_job import page_of_job
from kd.config import say
from kd.errors import UserError
from kd.passes.loop import iterate as loop
from kd.passes.settings import IterateSettings
from kd.tracking.runs import Runs

NAME = "report.html"


def iterate(settings: IterateSettings) -> int:
    """Run, resume or show a job, and log its report; returns the exit code."""
    return loop(settings, finish=finish)


def finish(runs: Runs, run: str) -> None:
    """Log the report of a finished job. What stands in the way of it is said, and takes nothing from the job."""
    try:
        log_report(runs, run)
        say(f"report: {whereabouts(runs, run, NAME)}")
    except UserError as error:
        say(f"warning: no report: {error.message}; python -m entrypoints.report --run {run} makes it")


def log_report(runs: Runs, run: str) -> str:
    """Build a job's report and log it on its run; the page."""
    html = page_of_job(runs, run)
    runs.text(run, html, NAME)
    return html


def whereabouts(runs: Runs, run: str, name: str) -> str:
    """An artifact as a path, where the store's files are on this machine, else by its run."""
    folder = runs.stored_here(run)
    return f"artifact {name} of run {run}" if folder is None else str(folder / name)
