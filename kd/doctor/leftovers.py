"""What processes that are gone have left: half-written files, runs, alias moves, locks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kd.config import home
from kd.doctor.finding import Finding
from kd.errors import UserError
from kd.lock import locked
from kd.passes.job import model_locked, state_folder
from kd.passes.recovery import owner_tags, sweep
from kd.temporary import abandoned
from kd.temporary import sweep as sweep_files
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Registry
from kd.tracking.runs import OWNED, Runs


def files(folder: Path) -> Finding:
    """Half-written files below a folder whose process is gone."""
    left = [path for path in folder.rglob(".*.tmp") if abandoned(path)] if folder.is_dir() else []
    if not left:
        return Finding("half-written files", "ok", "none")

    def mend() -> str:
        return f"{sweep_files(folder)} removed"

    shown = left[0].relative_to(folder)
    return Finding("half-written files", "note", f"{len(left)} of processes that are gone, such as {shown}", "", mend)


def jobs(client: Any) -> Iterator[Finding]:
    """Models that a job works on, and what jobs that are gone left RUNNING or half moved."""
    runs = Runs(client)
    here = {OWNED: owner_tags("")[OWNED]}
    running: dict[str, int] = {}
    for run in runs.find(here, status="RUNNING"):
        name = run.data.tags.get("kd.model", "")
        running[name] = running.get(name, 0) + 1
    pending = {model.name: Registry(client, model.name) for model in client.search_registered_models()}
    held, left = [], []
    for name in sorted({*running, *pending} - {""}):
        lock = state_folder(name) / "lock"
        try:
            if lock.exists():
                with locked(lock, what="at work"):
                    pass
        except UserError as error:
            held.append(f"{name}: {error.message}")
            continue
        if running.get(name):
            left.append(_runs(runs, name, running[name]))
        if name in pending and _half_moved(pending[name]):
            left.append(_moves(pending[name]))
    yield Finding("jobs at work", "note" if held else "ok", "; ".join(held) or "none")
    yield from left or [Finding("left by crashes", "ok", "no run, no alias half moved")]


def _runs(runs: Runs, model: str, count: int) -> Finding:
    def mend() -> str:
        with model_locked(model):
            return f"{sweep(runs, model)} ended"

    hint = "the next job on this model ends them, as does fix=true"
    return Finding(f"runs of {model}", "note", f"{count} still RUNNING, of a process that is gone", hint, mend)


def _half_moved(registry: Registry) -> bool:
    from kd.tracking.ledger import Ledger

    try:
        return any(entry.status == "pending" for entry in Ledger(registry).entries())
    except UserError:
        return False


def _moves(registry: Registry) -> Finding:
    def mend() -> str:
        with model_locked(registry.name):
            AliasMoves(registry).reconcile()
        return "finished"

    hint = "the next job or promotion finishes them, as does fix=true"
    return Finding(f"aliases of {registry.name}", "note", "moves that a crash left half done", hint, mend)


def state_files() -> Finding:
    """State of jobs that cannot be read."""
    broken = []
    for path in (home() / "jobs").glob("*/job-*.json"):
        try:
            json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            broken.append(path)
    if broken:
        return Finding("state of jobs", "fault", f"{broken[0]} is damaged", "remove it: finished steps are kept")
    return Finding("state of jobs", "ok", "readable")
