"""`prune`: delete the versions of the registered model that nothing needs, with their files."""

import contextlib
from collections.abc import Mapping

from kd.config import say
from kd.passes.job import model_locked
from kd.promotion.needed import needed
from kd.promotion.policies import Versions
from kd.promotion.settings import PruneSettings
from kd.text import aligned
from kd.tracking.aliases import AliasMoves
from kd.tracking.files import delete_logged, size_of
from kd.tracking.registry import PRUNING, Registry, check_name
from kd.tracking.runs import Runs
from kd.tracking.store import open_store


def prune(settings: PruneSettings) -> int:
    """Say what is kept and why, and what goes; delete it unless this is a dry run; returns the exit code."""
    check_name(settings.model)
    client = open_store(there=True)
    registry, runs = Registry(client, settings.model), Runs(client)
    registry.aliases()
    with contextlib.nullcontext() if settings.dry_run else model_locked(settings.model):
        if not settings.dry_run:
            AliasMoves(registry).reconcile()
        versions = {version.number: version for version in sorted(registry.versions(), key=lambda v: v.number)}
        running = {
            run.data.tags.get("kd.iterate_id", "") for run in runs.find({"kd.model": settings.model}, status="RUNNING")
        }
        passes = settings.keep == "passes"
        kept = needed(versions, registry.aliases(), passes=passes, copies=registry.copies(), running=running)
        sizes = {number: size_of(client, each.logged) if each.logged else 0 for number, each in versions.items()}
        going = [number for number in versions if number not in kept]
        say(version_table(versions, kept, sizes))
        freed = sum(sizes[number] for number in going)
        if settings.dry_run:
            say(f"would go: {len(going)} of {len(versions)} versions, {freed} bytes (dry_run=false deletes them)")
            return 0
        shared = {versions[number].logged for number in kept}
        for number in going:
            delete(registry, versions, number, shared=shared)
        say(f"deleted: {len(going)} of {len(versions)} versions, {freed} bytes freed")
    return 0


def delete(registry: Registry, versions: Versions, number: int, *, shared: set[str]) -> None:
    """Delete a version's files, its logged model and, last, the version: what a crash leaves is found again.

    shared: logged models that versions which stay are too.
    """
    logged = versions[number].logged
    registry.tag_version(number, PRUNING, "true")
    if logged and logged not in shared:
        delete_logged(registry.client, logged)
    registry.delete(number)


def version_table(versions: Versions, kept: Mapping[int, str], sizes: Mapping[int, int]) -> str:
    """A line for each version: what it is, and why it stays, or that it goes."""
    rows = [["version", "pass", "name", "kept by", "bytes"]]
    for number, version in versions.items():
        index, name = version.tags.get("kd.pass", "-"), version.tags.get("kd.name", "-")
        rows.append([str(number), index, name, kept.get(number, "nothing: goes"), str(sizes[number])])
    return aligned(rows, left=4)
