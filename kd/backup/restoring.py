"""`restore`: what `backup` copied, in the places that the environment names."""

import re
import shutil
from pathlib import Path

from kd.backup.command import ABOUT, ARTIFACTS, HOME, SCHEMA, STUDIES, TRACKING, database_of
from kd.backup.files import copy_tree, digests
from kd.backup.settings import RestoreSettings
from kd.backup.tracking import adopt, fingerprint, put
from kd.config import home, say, user_path
from kd.errors import UserError
from kd.files import check_folder, read_json, sync_folder, unwritable
from kd.passes.job import state_folder
from kd.passes.recovery import owner_tags
from kd.temporary import remove, temporary_name
from kd.tracking.runs import OWNED
from kd.tracking.store import tracking_uri, ui_command
from kd.tuning.store import studies_uri

STATE = re.compile(r"[0-9a-f]{16}")


def restore(settings: RestoreSettings) -> int:
    """Check the copy, put it where the environment says, prove that it is equal; returns the exit code."""
    if not settings.backup:
        raise UserError("backup= is empty", "name a folder that backup wrote: backup=DIR")
    source = user_path(settings.backup, "backup").absolute()
    states = checked(source)
    tracking, studies = database_of(tracking_uri(), "pg_restore"), database_of(studies_uri(), "pg_restore")
    artifacts = tracking.parent / "mlruns"
    wanted = {source / TRACKING: tracking, source / ARTIFACTS: artifacts, source / HOME: home()}
    if (source / STUDIES).is_file():
        wanted[source / STUDIES] = studies
    for target in wanted.values():
        if target.exists() and not (target.is_dir() and not any(target.iterdir())):
            raise UserError(
                f"{target} is there already", "name free places in MLFLOW_TRACKING_URI, KD_OPTUNA_URI and KD_HOME"
            )
        check_folder(target.parent)
    ready = {target: target.with_name(temporary_name(target.name)) for target in wanted.values()}
    try:
        for part, target in wanted.items():
            _copy(part, ready[target])
        _rename_states(ready[home()] / "jobs", states)
        database = ready[tracking]
        before, rows = fingerprint(database)
        put(database, artifacts)
        after, _ = fingerprint(database)
        if before != after:
            raise UserError(
                f"{source / TRACKING} names its artifacts in a way that is not understood", "name another folder"
            )
        adopt(database, owner_tags("")[OWNED])
        for target, making in ready.items():
            if target.is_dir():
                target.rmdir()
            making.rename(target)
            sync_folder(target.parent)
    except OSError as error:
        raise unwritable(home(), error) from error
    finally:
        for making in ready.values():
            remove(making)
    said = f"{rows['runs']} runs, {rows['model_versions']} versions, {sum(rows.values())} rows of {len(rows)} tables"
    say(f"restored and equal to the backup: {said}")
    say(f"to look around: {ui_command()}")
    return 0


def checked(source: Path) -> dict[str, str]:
    """Names of the models behind the folders of states. Raises UserError unless every file is as it was copied."""
    if not (source / ABOUT).is_file():
        raise UserError(f"{source} holds no {ABOUT}", "name a folder that backup wrote")
    about = read_json(source / ABOUT, hint="take another backup")
    files, states = about.get("files"), about.get("states")
    if about.get("schema") != SCHEMA or not isinstance(files, dict) or not isinstance(states, dict):
        raise UserError(f"{source / ABOUT} is not what this version of backup writes", "use the version that wrote it")
    found = digests(source)
    found.pop(ABOUT, None)
    wrong = sorted(name for name in {*files, *found} if files.get(name) != found.get(name))
    if wrong:
        what = "is absent" if wrong[0] not in found else "is not as it was copied"
        raise UserError(f"{source / wrong[0]} {what} ({len(wrong)} such files)", "take another backup")
    return {str(key): str(value) for key, value in states.items() if STATE.fullmatch(str(key))}


def _copy(part: Path, making: Path) -> None:
    """A copy of a file, or of a folder, which may be absent."""
    making.parent.mkdir(parents=True, exist_ok=True)
    if part.is_file():
        shutil.copyfile(part, making)
    else:
        making.mkdir()
        copy_tree(part, making)


def _rename_states(jobs: Path, states: dict[str, str]) -> None:
    """Folders of states are named after the store and the model: by their new store from now on."""
    for old, model in states.items():
        folder, new = jobs / old, state_folder(model).name
        if folder.is_dir() and new != old:
            folder.rename(folder.with_name(new))
