"""How long a training step takes here, measured before training starts."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from kd.audio.store import ClipFeatures
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.memory import keep_freed_memory
from kd.models.scene_config import SceneConfig
from kd.passes.threads import use_threads
from kd.training.data import Learnable, TrainingSet
from kd.training.fit import FitSettings, fit
from kd.training.precision import device

WARM, TIMED = 1, 2


@dataclass(frozen=True)
class Timing:
    """A network whose training steps are to be timed. training: what it learns, at least a batch of it."""

    config: ModelConfig | SceneConfig
    how: FitSettings
    training: Learnable[Any]
    threads: int


def on_noise(config: ModelConfig, how: FitSettings, *, frames: int, threads: int) -> Timing:
    """A network to be timed on clips of so many frames of noise."""
    noise = np.random.default_rng(0).standard_normal((how.batch, frames, config.mels), dtype=np.float32)
    clips = ClipFeatures(noise, np.arange(how.batch), np.zeros(how.batch))
    labelled = -(-frames // config.stride)
    targets = np.zeros((how.batch, labelled, len(config.classes)), dtype=np.float16)
    return Timing(config, how, TrainingSet(clips, targets), threads)


def seconds_per_step(timing: Timing, tell: object = None) -> float:
    """Mean seconds of a few training steps of a network that is thrown away."""
    how = timing.how
    use_threads(timing.threads)
    keep_freed_memory()
    state = torch.random.get_rng_state()
    network = build(timing.config).to(device())
    times: list[float] = []
    few = FitSettings(steps=WARM + TIMED, batch=how.batch, precision=how.precision)
    fit(network, timing.training, few, report=lambda _step, _loss: times.append(time.monotonic()))
    torch.random.set_rng_state(state)
    return (times[-1] - times[WARM - 1]) / TIMED
