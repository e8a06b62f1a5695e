"""A detector named by a parameter: a version in the registry, or a folder."""

from kd.config import home, user_path
from kd.detection.detector import Detector, load_detector
from kd.errors import UserError
from kd.tracking.registry import fetch, find
from kd.tracking.store import open_store

ADDRESS = "models:/"


def detector_at(model: str) -> tuple[Detector, str]:
    """The detector at `models:/NAME@ALIAS`, `models:/NAME/VERSION` or in a folder, and what to call its source.

    Raises UserError where there is none.
    """
    if not model:
        raise UserError("model= is empty", "give a models:/ address, or the folder of a detector")
    if not model.startswith(ADDRESS):
        folder = user_path(model, "model")
        if not folder.is_dir():
            raise UserError(f"model={model}: no such folder, and no {ADDRESS} address", "write models:/NAME@ALIAS")
        return load_detector(folder), folder.resolve().name
    client = open_store()
    version = find(client, model)
    detector = load_detector(fetch(client, version, cache=home() / "models"))
    return detector, f"{ADDRESS}{version.name}/{version.number}"
