"""Scores of whole splits."""

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kd.audio.store import ClipFeatures
from kd.training.precision import autocast


def predict(
    model: nn.Module, features: ClipFeatures, *, batch: int = 8, precision: str = "float32"
) -> npt.NDArray[np.float16]:
    """Logits of every clip, shape (clips, frames, classes), float16; they do not depend on `batch` on the CPU."""
    device = next(model.parameters()).device
    model.eval()
    parts = []
    with torch.inference_mode(), autocast(precision, device):
        for start in range(0, len(features), batch):
            which = np.arange(start, min(start + batch, len(features)))
            logits = model(torch.from_numpy(features.batch(which)).to(device))
            parts.append(logits.float().clamp(-60_000, 60_000).cpu().numpy().astype(np.float16))
    return np.concatenate(parts) if parts else np.zeros((0, features.array.shape[1], 0), dtype=np.float16)
