"""A detector or classifier named by a parameter: a version in the registry, or a folder."""

from pathlib import Path

from kd.config import home, user_path
from kd.errors import UserError
from kd.files import real
from kd.tracking.packages import DETECTOR, Package
from kd.tracking.registry import fetch, find
from kd.tracking.store import open_store

ADDRESS = "models:/"


def detector_folder(model: str, package: Package = DETECTOR) -> tuple[Path, str]:
    """The folder of the detector `models:/NAME@ALIAS`, `models:/NAME/VERSION` or of a path, and what to call it.

    package: of another kind of model instead.

    Raises UserError where there is none.
    """
    if not model:
        raise UserError("model= is empty", "give a models:/ address, or a folder")
    if not model.startswith(ADDRESS):
        folder = user_path(model, "model")
        if not folder.is_dir():
            raise UserError(f"model={model}: no such folder, and no {ADDRESS} address", "write models:/NAME@ALIAS")
        return folder, real(folder).name
    client = open_store(there=True)
    version = find(client, model)
    return fetch(client, version, cache=home() / "models", package=package), f"{ADDRESS}{version.name}/{version.number}"
