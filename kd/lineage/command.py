"""`lineage`: from a registered version back to everything that made it."""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from kd.config import home, say
from kd.corpus.corpus import load_corpus
from kd.corpus.locate import locate
from kd.corpus.roles import Roles
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.lineage.facts import Facts, facts_of
from kd.lineage.graph import Lineage, trace
from kd.lineage.page import page
from kd.lineage.report import Surroundings, block, to_dict
from kd.lineage.settings import LineageSettings
from kd.lineage.tree import tree
from kd.passes.evaluation import check_out
from kd.tracking.lineage import Key, found, job_run, version_of_run
from kd.tracking.registry import Version, find
from kd.tracking.runs import Runs, is_run_id
from kd.tracking.store import open_store


def lineage(settings: LineageSettings) -> int:
    """Print the tree, write the page or the JSON; returns the exit code."""
    check_out(settings.out, read={"data": settings.data})
    if settings.out and Path(settings.out).suffix not in (".html", ".json"):
        raise UserError(f"out={settings.out} is neither a page nor JSON", "name a file that ends in .html or .json")
    runs = Runs(open_store(there=True))
    version = version_at(runs, settings.model)
    params: dict[Key, Mapping[str, str]] = {}

    def look(key: Key) -> Facts | None:
        known = found(runs, key)
        if known is None:
            return None
        params[key] = known.params
        return facts_of(known)

    made = trace((version.name, version.number), look)
    around = surroundings(runs, made, params, data=settings.data)
    if settings.out.endswith(".html"):
        atomic_write_text(settings.out, page(made, around))
    elif settings.out:
        atomic_write_text(settings.out, json.dumps(to_dict(made, around), indent=1, allow_nan=False))
    say(f"{tree(made)}\n\n{block(made, around)}")
    if settings.out:
        say(f"written: {settings.out}")
    return 0


def version_at(runs: Runs, place: str) -> Version:
    """The version at an address, or that a run stands for. Raises UserError where there is none."""
    if not place:
        raise UserError("model= is empty", "name a models:/ address or a run's id")
    return version_of_run(runs, place) if is_run_id(place) else find(runs.client, place)


def surroundings(runs: Runs, made: Lineage, params: Mapping[Key, Mapping[str, str]], *, data: str) -> Surroundings:
    """The top runs of all jobs, and the digest that the corpus at `data` has now under the parameters of the root's job.

    params: what the runs of the versions logged. Raises UserError where `data` names no corpus that those parameters fit.
    """
    jobs = {facts.job: job_run(runs, facts.job) for facts in made.versions.values() if facts is not None and facts.job}
    tops = {job: run for job, (run, _) in jobs.items() if run}
    if not data:
        return Surroundings(tops)
    root = made.versions[made.root]
    assert root is not None
    logged = jobs[root.job][1] if root.job in jobs else params[made.root]
    roles = {field.name: f"cfg.{field.name}" for field in fields(Roles)}
    if not {"cfg.weak", "cfg.select_on"} <= set(logged):
        locate(data, home=home())
        return Surroundings(tops, data, why="the store no longer says which of its splits were used")
    return Surroundings(tops, data, digest_of(data, logged, roles))


def digest_of(data: str, logged: Mapping[str, str], roles: Mapping[str, str]) -> str:
    """The digest of the corpus at `data`, read as the logged parameters say; roles: role to its parameter."""
    classes = logged.get("cfg.classes", "")
    corpus = load_corpus(
        locate(data, home=home()),
        roles=Roles(**{role: logged.get(key, "") for role, key in roles.items()}),
        classes=tuple(name.strip() for name in classes.split(",")) if classes.strip() else (),
        missing="skip" if logged.get("cfg.missing") == "skip" else "error",
        cache=home() / "audio.json",
    )
    return corpus.digest
