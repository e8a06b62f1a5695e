"""What processes that are gone have left: half-written files, runs, alias moves, locks."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kd.config import home
from kd.doctor.finding import Finding
from kd.errors import UserError
from kd.lock import locked
from kd.passes.job import model_locked, state_folder
from kd.passes.recovery import owner_tags, sweep
from kd.tracking.aliases import AliasMoves
from kd.tracking.registry import Registry
from kd.tracking.runs import Runs

TEMPORARY = re.compile(r"\..*\.(\d+)-[0-9a-f]{8}\.tmp")  # as `kd.files.temporary_name` makes them


def files(folder: Path) -> Finding:
    """Half-written files below a folder whose process is gone."""
    left = [path for path in folder.rglob(".*.tmp") if _dead(path)] if folder.is_dir() else []
    if not left:
        return Finding("half-written files", "ok", "none")

    def mend() -> str:
        for path in left:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return f"{len(left)} removed"

    shown = left[0].relative_to(folder)
    return Finding("half-written files", "note", f"{len(left)} of processes that are gone, such as {shown}", "", mend)


def _dead(path: Path) -> bool:
    found = TEMPORARY.fullmatch(path.name)
    return found is not None and not alive(int(found[1]))


def alive(process: int) -> bool:
    """Whether a process of this machine is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def jobs(client: Any) -> Iterator[Finding]:
    """Models that a job works on, and what jobs that are gone left RUNNING or half moved."""
    runs = Runs(client)
    here = {"kd.home": owner_tags("")["kd.home"]}
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
            return f"{sweep(runs, model, finished=_finished(model))} ended"

    hint = "the next job on this model ends them, as does fix=true"
    return Finding(f"runs of {model}", "note", f"{count} still RUNNING, of a process that is gone", hint, mend)


def _finished(model: str) -> list[str]:
    """Runs of jobs that are finished."""
    found = []
    for path in state_folder(model).glob("job-*.json"):
        try:
            state = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(state, dict) and state.get("result"):
            found.append(str(state.get("parent", "")))
    return found


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
