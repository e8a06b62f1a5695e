"""The scores that a run keeps of a split: `scores/<role>.npy`, and beside them in `<role>.json` what they are of."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.errors import UserError
from kd.files import digest_of, read_json

FOLDER = "scores"
Logits = npt.NDArray[np.float16]


class Damaged(UserError):
    """Scores that are not those that were kept."""


def save_scores(folder: Path, role: str, logits: Logits, about: Mapping[str, Any]) -> None:
    """Write logits (clips, frames, classes) of a split, and what they are of, with the sha256 of their file."""
    path = folder / f"{role}.npy"
    np.save(path, np.asarray(logits))
    path.with_suffix(".json").write_text(json.dumps({**about, "sha256": digest_of(path)}))


def load_scores(folder: Path, role: str, *, run: str) -> tuple[dict[str, Any], Logits]:
    """What they are of, and the logits, memory-mapped. Raises `Damaged` unless they are what was written."""
    path = folder / f"{role}.npy"
    hint = "take another run, or have the run's job make them again: run its command once more"
    about = read_json(path.with_suffix(".json"), hint=hint)
    try:
        digest = digest_of(path)
        if about.get("sha256", digest) != digest:
            raise ValueError("another sha256")
        return about, np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise Damaged(f"the scores {path.name} of run {run} are not what was kept ({error})", hint) from None
