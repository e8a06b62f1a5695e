"""Exported files beside the networks they were made of."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kd.audio.logmel import log_mel
from kd.audio.spec import FeatureSpec
from kd.detection.detector import Member
from kd.errors import UserError

Array = npt.NDArray[np.float32]
TOLERANCE = 1e-3  # of logits
LEVELS = (1e-4, 0.03, 1.0)  # of the clips that are tried


def largest_difference(runtime: Any, path: Path, member: Member, *, features: bool) -> float:
    """The largest difference of logits between the file and the network, over a few clips of noise and tones.

    runtime: the package onnxruntime. Raises UserError where it is above TOLERANCE, or the file does not run.
    """
    samples = trial_clips(member.spec)
    logmel = np.stack([log_mel(clip, spec=member.spec) for clip in samples])
    wanted = network_logits(member.network, logmel)
    try:
        session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        got = session.run(["logits"], {"samples": samples} if features else {"features": logmel})[0]
    except Exception as error:  # onnxruntime's errors have no common kind
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"onnxruntime does not run {path.name}: {reason}", "take onnxruntime 1.20 or later") from error
    largest = float(np.abs(got - wanted).max()) if got.shape == wanted.shape else float("inf")
    if not largest <= TOLERANCE:
        raise UserError(
            f"{path.name} gives logits that differ from the network's by up to {largest:.1e}, above {TOLERANCE:g}",
            "nothing was written; try another version of onnxruntime",
        )
    return largest


def trial_clips(spec: FeatureSpec) -> Array:
    """Noise, quiet to loud, with a tone in each, (3, samples): the same every time."""
    noise = np.random.default_rng(0).standard_normal((len(LEVELS), spec.samples))
    tones = np.sin(2 * np.pi * np.array([[200.0], [1000.0], [3000.0]]) * np.arange(spec.samples) / spec.rate)
    return np.asarray(np.array(LEVELS)[:, None] * (noise / 10 + tones / 2), np.float32)


def network_logits(network: nn.Module, features: Array) -> Array:
    """What PyTorch makes of features (clips, frames, mels), in float32."""
    with torch.inference_mode():
        logits: torch.Tensor = network(torch.from_numpy(features))
    return np.asarray(logits.numpy(), np.float32)
