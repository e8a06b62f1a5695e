"""`report`: a job's page built again, or runs side by side."""

from pathlib import Path

from dashboards.any_job import KINDS
from dashboards.comparing import comparison_page, runs_named, side_of
from dashboards.job import NAME, log_report, whereabouts
from dashboards.kept import newest_job
from dashboards.settings import ReportSettings
from kd.config import say
from kd.errors import UserError
from kd.files import atomic_write_text, check_folder
from kd.passes.evaluation import check_out
from kd.passes.recovery import ended
from kd.tracking.runs import Runs
from kd.tracking.store import open_store

COMPARISON = "comparison.html"


def report(settings: ReportSettings) -> int:
    """Build a page, log it, write it; returns the exit code."""
    if settings.run and settings.runs:
        raise UserError("run= and runs= are both given", "give one of them")
    check_out(settings.out, read={"data": settings.data})
    if not settings.runs and (given := next((name for name in ("split", "data") if getattr(settings, name)), "")):
        raise UserError(f"{given}= goes with runs= only", f"leave {given} out")
    if settings.out and Path(settings.out).suffix != ".html":
        raise UserError(f"out={settings.out} is no page", "name a file that ends in .html")
    if settings.out:
        check_folder(Path(settings.out).absolute().parent)
    named = runs_named(settings.runs) if settings.runs else []
    runs = Runs(open_store(there=True))
    if named:
        html = comparison_page([side_of(runs, run, settings) for run in named], resamples=settings.resamples).alone()
        run, name = runs.top("report", {"kd.kind": "report", "kd.compared": ",".join(named)}), COMPARISON
        with ended(runs):
            runs.text(run, html, name)
    else:
        run, name = settings.run or newest_job(runs, KINDS), NAME
        html = log_report(runs, run)
    say(f"{name}, {len(html.encode()) / 1e6:.1f} MB: {whereabouts(runs, run, name)}")
    if settings.out:
        atomic_write_text(settings.out, html)
        say(f"written: {settings.out}")
    return 0
