"""Scores of whole splits."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kd.audio.store import ClipFeatures
from kd.training.precision import autocast

Logits = npt.NDArray[np.float16]


def predict(model: nn.Module, features: ClipFeatures, *, batch: int = 8, precision: str = "float32") -> Logits:
    """Logits of every clip, shape (clips, frames, classes), float16; they do not depend on `batch` on the CPU."""
    parts = list(logits_by_batch(model, features, batch=batch, precision=precision))
    return np.concatenate(parts) if parts else np.zeros((0, features.array.shape[1], 0), dtype=np.float16)


def write_logits(path: Path, parts: Iterable[Logits], clips: int) -> None:
    """Logits of so many clips into a `.npy` file, part by part: memory does not grow with the clips."""
    with path.open("wb") as out:
        for number, part in enumerate(parts):
            if number == 0:
                about = {"descr": "<f2", "fortran_order": False, "shape": (clips, *part.shape[1:])}
                np.lib.format.write_array_header_1_0(out, about)
            out.write(part.astype("<f2", copy=False).tobytes())
        if not clips:
            np.save(out, np.zeros((0, 0, 0), np.float16))


def logits_by_batch(
    model: nn.Module, features: ClipFeatures, *, batch: int = 8, precision: str = "float32"
) -> Iterator[Logits]:
    """`predict`, a batch at a time."""
    model.eval()
    for start in range(0, len(features), batch):
        which = np.arange(start, min(start + batch, len(features)))
        yield logits_of(model, features.batch(which), precision=precision)


def logits_of(model: nn.Module, features: npt.NDArray[np.float32], *, precision: str) -> Logits:
    """Logits of one batch, (clips, frames, mels) to (clips, frames, classes), float16; the model is not set to evaluate."""
    device = next(model.parameters()).device
    with torch.inference_mode(), autocast(precision, device):
        logits = model(torch.from_numpy(features).to(device))
        found: Logits = logits.float().clamp(-60_000, 60_000).cpu().numpy().astype(np.float16)
        return found
