"""The pseudo-label artifact: merged logits of training splits and how labels are made of them.

A folder: `labels.json` and one `.npy` per split, float16 logits (clips, frames, classes); keeping logits lets the rule
and the smoothing be applied, or changed, when they are read.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.errors import UserError
from kd.files import atomic_write_text, read_json
from kd.labels.rule import CHUNK, LabelRule
from kd.labels.smoothing import Smoothing

SCHEMA = 3
Logits = npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class LabelledSplit:
    """Merged logits of one split: names and content hashes of its clips, logits (clips, frames, classes)."""

    split: str
    clips: tuple[str, ...]
    contents: tuple[str, ...]
    logits: Logits


@dataclass(frozen=True, slots=True)
class LabelArtifact:
    """Pseudo-labels.

    versions: class to the model version its scores come from; rule, smoothings: how labels are made of the logits, and
    the ways they are smoothed; index: the pass whose champions they are; splits: by role; model: the registered model
    of these versions, empty in older artifacts.
    """

    classes: tuple[str, ...]
    grid: FrameGrid
    versions: Mapping[str, int]
    rule: LabelRule
    smoothings: tuple[Smoothing, ...]
    index: int
    splits: Mapping[str, LabelledSplit]
    model: str = ""


def label_digest(logits: Logits, rule: LabelRule, how: Smoothing) -> str:
    """sha256 over the label array alone: float16, C order."""
    digest = sha256()
    for start in range(0, len(logits), CHUNK):
        digest.update(rule.labels(logits[start : start + CHUNK], how).tobytes())
    return digest.hexdigest()


def save_labels(folder: Path, labels: LabelArtifact) -> None:
    """Write the artifact; `labels.json` comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    splits: dict[str, Any] = {}
    for role, part in labels.splits.items():
        np.save(folder / f"{role}.npy", part.logits)
        splits[role] = {
            "split": part.split,
            "file": f"{role}.npy",
            "clips": list(part.clips),
            "contents": list(part.contents),
            "sha256": {how.name: label_digest(part.logits, labels.rule, how) for how in labels.smoothings},
        }
    about = {
        "schema": SCHEMA,
        "classes": list(labels.classes),
        "grid": asdict(labels.grid),
        "model": labels.model,
        "versions": dict(labels.versions),
        "labels": labels.rule.kind,
        "temperature": labels.rule.temperature,
        "thresholds": list(labels.rule.thresholds),
        "lows": list(labels.rule.lows),
        "windows": list(labels.rule.windows),
        "depths": list(labels.rule.depths),
        "smoothings": [asdict(how) for how in labels.smoothings],
        "pass": labels.index,
        "splits": splits,
    }
    atomic_write_text(folder / "labels.json", json.dumps(about, indent=1))


def load_labels(folder: Path) -> LabelArtifact:
    """Read an artifact. Raises UserError where the folder holds none, or arrays other than those it was saved with."""
    path = folder / "labels.json"
    if not path.is_file():
        raise UserError(f"{folder} holds no labels.json", "name a folder that pseudo_label wrote, or a pass run's id")
    try:
        about = read_json(path, hint="write it again with pseudo_label")
        smoothings = tuple(Smoothing(**how) for how in about["smoothings"])
        bounds = (tuple(about.get(name, ())) for name in ("thresholds", "lows", "windows", "depths"))
        rule = LabelRule(about["labels"], about["temperature"], *bounds)
        splits = {role: _read(folder, part, smoothings, rule) for role, part in about["splits"].items()}
        return LabelArtifact(
            tuple(about["classes"]),
            FrameGrid(**about["grid"]),
            about["versions"],
            rule,
            smoothings,
            about["pass"],
            splits,
            str(about.get("model", "")),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} is not a label artifact ({error})", "write it again with pseudo_label") from None


def _read(folder: Path, part: Mapping[str, Any], smoothings: Sequence[Smoothing], rule: LabelRule) -> LabelledSplit:
    path = folder / Path(str(part["file"])).name
    try:
        logits = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error})", "write the labels again with pseudo_label") from None
    how = smoothings[0]
    if label_digest(logits, rule, how) != part["sha256"][how.name]:
        raise UserError(f"{path} is not what it was when it was written", "write the labels again with pseudo_label")
    return LabelledSplit(part["split"], tuple(part["clips"]), tuple(part["contents"]), logits)
