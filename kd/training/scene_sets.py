"""What scene networks are trained on: clips with hard labels, or with what teachers say of them."""

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kd.audio.scene_sound import as_read
from kd.audio.store import ClipFeatures
from kd.losses.soft_labels import distilled, embedding_distance, ensemble_labels, hard_cross_entropy, softened
from kd.models.files import load_scene_model, weights_digest
from kd.models.scene_network import SceneNetwork, Seen
from kd.training.data import Augment, Floats, Loss, Step, Which, batch_of
from kd.training.precision import autocast, device

CROP, PARTNERS = 4, 5  # kinds of draws; augmentation has the others


@dataclass(frozen=True, slots=True)
class SceneClips:
    """Clips with one label each.

    features: of n clips, int16 samples (n, samples, channels) or bands (n, channels, frames, mels); labels: (n,), index of
    each clip's class; classes: how many there are; crop: samples of a waveform that a training step reads, 0: all.
    """

    features: ClipFeatures
    labels: Which
    classes: int
    crop: int = 0

    def __len__(self) -> int:
        return len(self.features)

    @property
    def time(self) -> int:
        """The axis of a batch along which time goes."""
        return 1 if self.features.array.ndim == 3 else 2

    def sound(self, which: Which, draws: np.random.Generator | None = None) -> Floats:
        """What a network reads of some clips, (len(which), ...) float32; draws: where each is cropped, None: whole."""
        array, rows = self.features.array, self.features.rows[which]
        if draws is None or not 0 < self.crop < array.shape[1]:
            found = array[rows]
        else:
            starts = draws.integers(0, array.shape[1] - self.crop + 1, size=len(which))
            found = np.stack([array[row, start : start + self.crop] for row, start in zip(rows, starts, strict=True)])
        return as_read(found)

    def hard(self, which: Which) -> Floats:
        """One-hot labels, (len(which), classes)."""
        return np.eye(self.classes, dtype=np.float32)[self.labels[which]]

    def partners(self, which: Which, draws: np.random.Generator) -> Which:
        """For each of some clips another one of its class, or itself where there is no other."""
        found = []
        for clip in which.tolist():
            others = np.flatnonzero(self.labels == self.labels[clip])
            others = others[others != clip]
            found.append(int(draws.choice(others)) if len(others) else clip)
        return np.array(found, np.int64)


@dataclass(frozen=True, slots=True)
class HardSet:
    """Clips with their labels. pair: two classes that half of each batch is of, as a specialist of them sees it."""

    clips: SceneClips
    pair: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self.clips)

    def which(self, step: Step) -> Which:
        """The clips of a step. Source: S3 section 4, "half are sampled from the target confusing pair"."""
        if self.pair is None:
            return step.clips(len(self))
        of_pair = np.isin(self.clips.labels, self.pair)
        half = step.size // 2
        return np.concatenate(
            [
                group[batch_of(len(group), size=size, seed=step.seed + number, step=step.number)]
                for number, (group, size) in enumerate(
                    [(np.flatnonzero(of_pair), half), (np.flatnonzero(~of_pair), step.size - half)]
                )
                if size and len(group)
            ]
        )

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        which = self.which(step)
        sound, hard = augment(self.clips.sound(which, step.draws(CROP)), self.clips.hard(which))
        return sound, (hard,)

    def loss(self, model: SceneNetwork) -> Loss:
        def loss(seen: Seen, hard: Tensor) -> Tensor:
            return hard_cross_entropy(seen.logits, hard)

        return loss

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        return self.clips.labels, np.array([self.clips.crop, *(self.pair or ())])


@dataclass(frozen=True, slots=True)
class Distillation:
    """How a student learns from its teachers.

    point: `output`, `embedding` (the last hidden layer) or `both`; clips: of a class that a teacher hears one after the
    other, the first being the student's; temperature: of the teachers; student_temperature: 0: the same; soften, combine:
    as in `kd.losses.soft_labels`; squared, weight: as in `distilled`; distance: what the distance of embeddings counts
    beside the soft labels, where the point is both.
    """

    point: str = "output"
    clips: int = 1
    temperature: float = 1.0
    student_temperature: float = 0.0
    soften: str = "logits"
    combine: str = "mean"
    squared: bool = True
    weight: float = 0.0
    distance: float = 1.0

    def loss(self, seen: Seen, soft: Tensor, hard: Tensor, embedding: Tensor) -> Tensor:
        """A scalar of what a student gives, (clips, classes) soft and hard labels, and a teacher's embeddings."""
        near = embedding_distance(seen.embedding, embedding) if self.point != "output" else None
        if near is not None and self.point == "embedding":
            return (1 - self.weight) * near + self.weight * hard_cross_entropy(seen.logits, hard)
        loss = distilled(
            seen.logits,
            soft,
            hard,
            temperature=self.student_temperature or self.temperature,
            squared=self.squared,
            weight=self.weight,
        )
        return loss if near is None else loss + self.distance * near


@dataclass(frozen=True, slots=True)
class DistillSet:
    """Clips with what teachers, networks saved in folders, say of them at each step. The first one's embeddings count."""

    clips: SceneClips
    teachers: tuple[Path, ...]
    how: Distillation
    precision: str

    def __len__(self) -> int:
        return len(self.clips)

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        which = step.clips(len(self))
        sound, hard = augment(self.clips.sound(which, step.draws(CROP)), self.clips.hard(which))
        draws = step.draws(PARTNERS)
        more = [self.clips.sound(self.clips.partners(which, draws), draws) for _ in range(self.how.clips - 1)]
        heard = np.concatenate([sound, *more], axis=self.clips.time) if more else sound
        said = [heard_by(teacher, heard, precision=self.precision) for teacher in self.teachers]
        soft = [softened(each.logits, temperature=self.how.temperature, soften=self.how.soften) for each in said]
        together = ensemble_labels(soft, combine=self.how.combine)
        return sound, (together.cpu().numpy(), hard, said[0].embedding.cpu().numpy())

    def loss(self, model: SceneNetwork) -> Loss:
        return self.how.loss

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        about = {"teachers": [weights_digest(teacher) for teacher in self.teachers], "how": asdict(self.how)}
        words = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
        return self.clips.labels, np.array([self.clips.crop]), words


@functools.lru_cache(maxsize=16)
def teacher_at(folder: Path) -> SceneNetwork:
    """A saved network, ready to be asked."""
    return load_scene_model(folder)[0].to(device()).eval()


def heard_by(folder: Path, sound: Floats, *, precision: str) -> Seen:
    """What the network saved in a folder says of a batch, as float32."""
    network, where = teacher_at(folder), device()
    with torch.inference_mode(), autocast(precision, where):
        seen = network(torch.from_numpy(sound).to(where))
    return Seen(seen.logits.float(), seen.embedding.float())


def labels_of(names: Sequence[str], classes: Sequence[str]) -> Which:
    """Indices of class names."""
    return np.array([classes.index(name) for name in names], np.int64)
