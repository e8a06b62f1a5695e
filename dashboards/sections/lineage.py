"""Who taught whom, of the job's last merged detector."""

from dashboards.kept import JobRecord
from dashboards.markup import Section, quiet
from kd.errors import UserError
from kd.lineage.drawing import drawing
from kd.lineage.facts import Facts, facts_of
from kd.lineage.graph import trace
from kd.tracking.lineage import Key, found, version_of_run


def section(job: JobRecord) -> Section | None:
    """The drawing of `-e lineage`; None where the registry has no version of the last pass any more."""
    try:
        version = version_of_run(job.runs, job.passes[-1]["run_id"])
    except UserError:
        return None

    def look(key: Key) -> Facts | None:
        known = found(job.runs, key)
        return None if known is None else facts_of(known)

    made = trace((version.name, version.number), look)
    body = quiet(
        "Each arrow leads from a teacher to those that learnt from its labels, or from a champion to the detector made of "
        "it. F1: mean of the classes, tuned, selection split, %."
    )
    return Section(
        "lineage",
        "Lineage",
        f"{body}<div class='wide lineage' tabindex=0 role=region aria-label='Lineage'>{drawing(made)}</div>",
    )
