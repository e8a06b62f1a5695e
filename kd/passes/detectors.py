"""A detector named by a parameter: a version in the registry, or a folder."""

from pathlib import Path

from kd.config import home, user_path
from kd.detection.detector import Detector, load_detector


def detector_folder(place: str) -> Path:
    """The folder of a detector: `models:/NAME@ALIAS`, `models:/NAME/VERSION`, or a folder that holds one.

    Raises UserError where there is none.
    """
    if not place.startswith("models:"):
        return user_path(place, "model")
    from kd.tracking.registry import fetch, find
    from kd.tracking.store import open_store

    client = open_store()
    return fetch(client, find(client, place), cache=home() / "models")


def detector_at(place: str) -> Detector:
    """The detector there."""
    return load_detector(detector_folder(place))
