"""What a mean teacher's student trains on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kd.audio.store import ClipFeatures
from kd.losses.consistency import mean_teacher_loss, ramp
from kd.losses.frames import labelled_frame_bce
from kd.models.network import Network
from kd.training.data import Augment, Floats, Loss, Step, batch_of

NOISE = 1  # the kind of draws of `Step.draws`


@dataclass(frozen=True, slots=True)
class ConsistencySet:
    """Labelled clips and unlabelled ones; a batch is `share` of the first, the rest of the second.

    features: of n clips; tags: (n, classes), NaN of clips without; frames: known frame labels (m, frames, classes) of the
    strongly labelled clips; strong: (n,) a clip's row there, -1 of others; steps: of the training; weight: of
    consistency, in the end; noise: deviation of what is added to the teacher's log-mels.
    """

    features: ClipFeatures
    tags: npt.NDArray[np.float16]
    frames: npt.NDArray[np.float16]
    strong: npt.NDArray[np.int64]
    steps: int
    share: float = 1 / 3
    weight: float = 2.0
    noise: float = 0.5

    def __len__(self) -> int:
        return len(self.features)

    def clips(self, step: Step) -> npt.NDArray[np.int64]:
        """The clips of a step: labelled ones first."""
        labelled = np.flatnonzero(~np.isnan(self.tags[:, 0]))
        rest = np.flatnonzero(np.isnan(self.tags[:, 0]))
        if not len(rest):
            return labelled[step.clips(len(labelled))]
        first = max(1, round(self.share * step.size))
        seed, number = step.seed, step.number
        drawn = batch_of(len(labelled), size=first, seed=seed, step=number)
        others = batch_of(len(rest), size=step.size - first, seed=seed + 1, step=number)
        return np.concatenate([labelled[drawn], rest[others]])

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        which = self.clips(step)
        heard = self.features.batch(which)
        tags = self.tags[which].astype(np.float32)
        frames = np.full((len(which), *self.frames.shape[1:]), np.nan, np.float32)
        rows = self.strong[which]
        frames[rows >= 0] = self.frames[rows[rows >= 0]]
        noise = step.draws(NOISE).standard_normal(heard.shape, dtype=np.float32) * np.float32(self.noise)
        features, _ = augment(heard.copy(), tags)
        weight = np.float32(ramp(step.number, self.steps, most=self.weight))
        return features, (tags, frames, heard + noise, np.full(1, weight, np.float32))

    def loss(self, model: Network) -> Loss:
        raise TypeError("a student of a mean teacher is trained with averaged weights: give FitSettings an average")

    def guided_loss(self, model: Network, teacher: Network) -> Loss:
        """The loss beside a teacher, the average of the student's weights."""

        def loss(logits: Tensor, tags: Tensor, frames: Tensor, others: Tensor, weight: Tensor) -> Tensor:
            with torch.no_grad(), torch.autocast(logits.device.type, enabled=False):
                taught = teacher(others)
            known = torch.where(torch.isnan(frames[:, :1, 0]), tags, torch.nan)  # frames say more, where they are known
            found = mean_teacher_loss(
                logits, model.tags(logits), known, taught, teacher.tags(taught), weight=float(weight[0])
            )
            return found + labelled_frame_bce(logits, frames)

        return loss

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        return self.tags, self.frames, self.strong, np.array([self.steps, self.share, self.weight, self.noise])
