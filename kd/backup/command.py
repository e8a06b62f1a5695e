"""`backup`: a consistent copy of stores, artifacts and studies.

What is copied later is only ever referred to by what is copied earlier: the state of jobs, then MLflow's database and the
studies', then the artifacts that its rows name, then steps and features. So the copy is what a crash at the moment of the
databases' copies would have left, and a job goes on from it. While it is made nothing is locked.
"""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from kd.backup.files import copy_file, copy_tree, digests
from kd.backup.settings import BackupSettings
from kd.backup.tracking import copy, models, places
from kd.config import home, say, user_path
from kd.errors import UserError
from kd.files import atomic_write_text, check_folder, new_folder
from kd.passes.job import state_folder
from kd.text import masked
from kd.tracking.store import sqlite_path, tracking_uri
from kd.tuning.store import studies_uri

SCHEMA = 1
ABOUT, TRACKING, STUDIES, ARTIFACTS, HOME = "backup.json", "mlflow.db", "optuna.db", "artifacts", "home"


def backup(settings: BackupSettings) -> int:
    """Make the copy; returns the exit code."""
    if not settings.to:
        raise UserError("to= is empty", "name a folder for the copy: to=DIR")
    to = user_path(settings.to, "to").absolute()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UserError(f"to={to}: the place of the copy is taken", "name an absent or empty folder")
    tracking, studies = database_of(tracking_uri(), "pg_dump"), database_of(studies_uri(), "pg_dump")
    if not tracking.is_file():
        raise UserError(f"there is no tracking store at {tracking}", "check MLFLOW_TRACKING_URI")
    check_folder(to.parent)
    with new_folder(to) as making:
        elsewhere = fill(making, tracking, studies)
    for each in elsewhere:
        say(f"note: not on this machine, so not copied: {each}")
    say(f"backup: {to} ({sum(path.stat().st_size for path in to.rglob('*') if path.is_file()) / 1e6:.1f} MB)")
    say(f"to make it what jobs work on: python -m entrypoints.restore --backup {to}")
    return 0


def database_of(uri: str, tool: str) -> Path:
    """The file of a sqlite store. Raises UserError for a server's."""
    path = sqlite_path(uri)
    if path is None:
        raise UserError(f"{masked(uri)} is not a file", f"copy a server's database with its own tools, such as {tool}")
    return path


def fill(making: Path, tracking: Path, studies: Path) -> list[str]:
    """Copy everything into a folder; addresses of artifacts that are not on this machine."""
    room(making, tracking)
    states = f"{HOME}/jobs"
    copy_tree(home() / "jobs", making / states, lambda path: path.suffix == ".json" and len(path.parts) == 2)
    copy(tracking, making / TRACKING)
    if studies.is_file():
        copy(studies, making / STUDIES)
    elsewhere = set()
    for place in places(making / TRACKING):
        if place.folder is None:
            elsewhere.add(place.uri)
        elif place.table != "experiments":
            copy_tree(place.folder, making / ARTIFACTS / place.canonical)
    copy_tree(home() / "jobs", making / states, lambda path: len(path.parts) > 2)
    for index in sorted((home() / "features").glob("*/index.json")):
        copy_file(index, making / HOME / "features" / index.parent.name / index.name)
    copy_tree(home(), making / HOME, lambda path: path.parts[0] != "jobs" and not (making / HOME / path).exists())
    about = {
        "schema": SCHEMA,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "states": {state_folder(name).name: name for name in models(making / TRACKING)},
        "files": digests(making),
    }
    atomic_write_text(making / ABOUT, json.dumps(about, indent=1, sort_keys=True))
    return sorted(elsewhere)


def room(making: Path, tracking: Path) -> None:
    """Raises UserError where the disk is too small for KD_HOME and the database, artifacts not counted."""
    needed = sum(path.stat().st_size for path in home().rglob("*") if path.is_file()) + tracking.stat().st_size
    free = shutil.disk_usage(making).free
    if free < needed:
        raise UserError(
            f"the disk is full: {making.parent} has {free / 1e6:.0f} MB, {needed / 1e6:.0f} and more are needed",
            "free some space, or name another disk",
        )
