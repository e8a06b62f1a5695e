"""A job's report: every section, its sample of clips, one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboards import clips as browser
from dashboards import sounds
from dashboards.kept import JobRecord
from dashboards.markup import Section, text
from dashboards.page import Page
from dashboards.sections import calibration, costs, errors, headline, labels, lineage, passes, settings, studies
from dashboards.systems import merged_systems
from kd.errors import UserError
from kd.scoring.system import System
from kd.scoring.verdicts import Pair, verdicts

Found = Mapping[int, Mapping[str, list[Pair]]]


@dataclass(frozen=True)
class Report:
    """What is computed of a job, each thing once."""

    job: JobRecord

    @cached_property
    def systems(self) -> dict[str, dict[int, System]]:
        """Role to pass to merged detector."""
        found = {role: merged_systems(self.job, role) for role in self.job.roles}
        return {role: systems for role, systems in found.items() if systems}

    @cached_property
    def verdicts(self) -> dict[str, Found]:
        """Role to pass to clip to what became of its events."""
        return {
            role: {index: verdicts(system) for index, system in systems.items()}
            for role, systems in self.systems.items()
        }

    def listing(self, *, everything: bool) -> list[dict[str, Any]]:
        """Rows of the clip browser: all clips, or those whose sound the run keeps."""
        rows: list[dict[str, Any]] = []
        for role, found in self.verdicts.items():
            clips = self.job.clips(role)
            assert clips is not None
            kept = set(clips["sample"])
            rows += [row for row in browser.listing(role, clips, found) if everything or row["row"] in kept]
        return rows

    def clip(self, role: str, row: int) -> dict[str, Any]:
        """All that the browser shows of one clip, but `audio` and `picture` are empty where the run does not keep them.

        Raises UserError for a clip that is not there.
        """
        clips = self.job.clips(role)
        if clips is None or not 0 <= row < len(clips["clips"]):
            raise UserError(f"there is no clip {row} of {role!r}", "pick one of the list")
        systems, found = self.systems.get(role, {}), self.verdicts.get(role, {})
        one = browser.payload(clips["clips"][row], systems, found, classes=self.job.classes, length=clips["seconds"])
        sound, bands = sounds.kept_sound(self.job, role, row), sounds.kept_bands(self.job, role, row)
        one["audio"] = "" if sound is None else browser.data_address(sound, "audio/ogg")
        one["picture"] = "" if bands is None else browser.picture(bands)
        return one

    def sections(self) -> list[Section]:
        """The parts above and below the clip browser."""
        job, split = self.job, headline.shown_split(self.job)
        found: list[Section | None] = [headline.section(job), passes.section(job)]
        if split in self.systems:
            last = max(self.systems[split])
            clips = job.clips(split)
            assert clips is not None
            found.append(errors.section(job, self.verdicts[split][last], split, clips))
        found += [
            labels.section(job),
            calibration.section(job, self.systems.get(split, {}), split),
            studies.section(job),
            lineage.section(job),
            costs.section(job),
            settings.section(job),
        ]
        return [section for section in found if section is not None]

    def stated(self) -> str:
        """What the clip browser of a page that stands alone holds."""
        parts = []
        for role in self.systems:
            clips = self.job.clips(role)
            assert clips is not None
            parts.append(f"{len(clips['sample'])} of the {len(clips['clips'])} clips of {clips['split']}")
        return (
            f"{' and '.join(parts)}, drawn by seed, one of each class first. To see the others: "
            f"python -m entrypoints.dashboard"
        )


def report_page(job: JobRecord) -> str:
    """The report as one page that needs nothing else."""
    report = Report(job)
    listed = report.listing(everything=False)
    data = {
        "classes": list(job.classes),
        "clips": listed,
        "details": {f"{each['role']}/{each['row']}": report.clip(each["role"], each["row"]) for each in listed},
    }
    stated = report.stated() if report.systems else ""
    return page_of(report, data, stated=stated).alone()


def page_of(report: Report, data: Mapping[str, Any], *, stated: str, refresh: int = 0) -> Page:
    """The page of a report; data: of its clip browser; refresh: seconds after which a served page looks again."""
    job = report.job
    return Page(
        title=f"{job.name}: {len(job.passes)} passes, {len(job.classes)} classes",
        intro=f"<p class=quiet>run {text(job.run)}</p>",
        sections=report.sections(),
        data=data,
        stated=stated,
        refresh=refresh if job.running else 0,
    )
