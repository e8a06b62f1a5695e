"""Kinds of packaged models: what is inside, what they take and give."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Package:
    """A kind of packaged model.

    artifact: name of its folder inside; code: the file that MLflow runs; outputs: columns of the answer with their types;
    params: what may be asked for, with type and default; made_by: said where a version is none.
    """

    artifact: str
    code: str
    outputs: tuple[tuple[str, str], ...]
    params: tuple[tuple[str, str, Any], ...]
    made_by: str


DETECTOR = Package(
    "detector",
    "serving.py",
    (
        ("string", "filename"),
        ("double", "onset"),
        ("double", "offset"),
        ("string", "event_label"),
        ("double", "score"),
    ),
    (("scores", "boolean", False), ("window_seconds", "double", 0.0)),
    "name a version that iterate, train or distill made",
)
CLASSIFIER = Package(
    "classifier",
    "scene_serving.py",
    (("string", "filename"), ("string", "scene_label"), ("double", "score")),
    (("scores", "boolean", False),),
    "name a version that scenes_teacher_student or scenes_specialists made",
)
