"""The reports of a store's jobs, kept while they are up to date; and single clips of their corpora."""

import threading
from pathlib import Path
from typing import Any

from dashboards.clips import data_address, picture
from dashboards.kept import job_record
from dashboards.report import Report
from dashboards.sounds import bands_of, ogg_of
from kd.audio.spec import FeatureSpec
from kd.files import digest_of
from kd.tracking.runs import Runs

KEPT = 4  # reports that are kept in memory


class Library:
    """Reports made when they are asked for, and again when a pass has ended.

    data: where the corpus lies, where that is not where the job read it. One thread at a time is at work.
    """

    def __init__(self, runs: Runs, data: str) -> None:
        self.runs, self.data = runs, data
        self.reports: dict[str, Report] = {}
        self.lock = threading.RLock()

    def report(self, run: str) -> Report:
        """The report of a job as it is now. Raises UserError where there is none."""
        job = job_record(self.runs, run)
        known = self.reports.pop(run, None)
        if known is None or len(known.job.passes) != len(job.passes):
            known = Report(job)
        self.reports[run] = known
        while len(self.reports) > KEPT:
            self.reports.pop(next(iter(self.reports)))
        return known

    def clip(self, run: str, role: str, row: int) -> dict[str, Any]:
        """All that the browser shows of one clip, without sound or picture where neither run nor corpus has it.

        Raises UserError for a clip that is not there, and for a file of the corpus that cannot be read.
        """
        report = self.report(run)
        one, clips = report.clip(role, row), report.job.clips(role)
        assert clips is not None
        if (not one["audio"] or not one["picture"]) and (path := self.source(clips, row)):
            one["audio"] = data_address(ogg_of(path, seconds=clips["seconds"]), "audio/ogg")
            one["picture"] = picture(bands_of(path, FeatureSpec.from_dict(clips["features"])))
        return one

    def source(self, clips: dict[str, Any], row: int) -> Path | None:
        """A clip's file in the corpus; None where the corpus holds it no more, or another one, or it lies outside."""
        root = Path(self.data or clips["root"]).expanduser().resolve()
        path = (root / clips["clips"][row]["path"]).resolve()
        if not path.is_relative_to(root) or not path.is_file():
            return None
        return path if digest_of(path) == clips["clips"][row].get("sha256") else None
