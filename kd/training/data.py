"""What a network is trained on: features and targets of some clips, and the loss that these targets ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from kd.audio.store import ClipFeatures
from kd.losses.frames import frame_bce, labelled_frame_bce
from kd.losses.tagging import known_tag_bce, tag_bce
from kd.models.network import Network

Floats = npt.NDArray[np.float32]
Which = npt.NDArray[np.int64]
Augment = Callable[[Floats, Floats], tuple[Floats, Floats]]
Loss = Callable[..., Tensor]  # of a batch: what the network gives and the batch's targets to a scalar
CHUNK = 512  # clips at a time
Learner_contra = TypeVar("Learner_contra", bound=nn.Module, contravariant=True)


@dataclass(frozen=True, slots=True)
class Step:
    """A training step. number: from 0; size: clips that it takes; seed: of all its draws."""

    number: int
    size: int
    seed: int

    def clips(self, of: int) -> Which:
        """Its clips, of so many: epochs follow each other without a short batch."""
        return batch_of(of, size=self.size, seed=self.seed, step=self.number)

    def draws(self, kind: int) -> np.random.Generator:
        """Random numbers of one kind, a whole number above 0: those of one kind do not change another's."""
        return np.random.default_rng([self.seed, self.number, kind])


class Learnable(Protocol[Learner_contra]):
    """Clips with what a network is to learn of them."""

    def __len__(self) -> int:
        """How many clips there are."""

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        """What the network reads at a step, augmented, and whatever `loss` takes of these clips, arrays of (size, ...)."""

    def loss(self, model: Learner_contra) -> Loss:
        """What a model that learns this minimises, by what it gives and the targets that `batch` gives."""

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        """All that the loss depends on besides features and what the network gives."""


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Clips with their targets.

    features: of n clips; targets: (n, classes) tags or (n, frames, classes) frame labels, float16 in [0, 1]; frame
    labels may be NaN, which a loss leaves out. tags: beside frame labels, tags (n, classes), NaN where none are
    known, and tag_weight, what they weigh in the loss.
    """

    features: ClipFeatures
    targets: npt.NDArray[np.float16]
    tags: npt.NDArray[np.float16] | None = None
    tag_weight: float = 0.0

    @property
    def weak(self) -> bool:
        """Whether the targets are tags of clips rather than labels of frames."""
        return self.targets.ndim == 2

    @property
    def whole(self) -> bool:
        """Whether every clip, frame and class has a label."""
        return not any(np.isnan(self.targets[i : i + CHUNK]).any() for i in range(0, len(self.targets), CHUNK))

    def __len__(self) -> int:
        return len(self.features)

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        which = step.clips(len(self))
        targets = self.targets[which].astype(np.float32)
        if self.tags is None:
            features, targets = augment(self.features.batch(which), targets)
            return features, (targets,)
        known = self.tags[which].astype(np.float32)
        both = np.concatenate([targets, known[:, None]], axis=1)  # as one more frame, to be mixed with the same shares
        features, both = augment(self.features.batch(which), both)
        return features, (both[:, :-1], both[:, -1])

    def loss(self, model: Network) -> Loss:
        def of_tags(logits: Tensor, targets: Tensor) -> Tensor:
            return tag_bce(model.tags(logits), targets)

        of_frames = frame_bce if self.whole else labelled_frame_bce

        def of_both(logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
            return of_frames(logits, targets) + self.tag_weight * known_tag_bce(model.tags(logits), known)

        return of_tags if self.weak else of_frames if self.tags is None else of_both

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        if self.tags is None:
            return (self.targets,)
        return self.targets, self.tags, np.array([self.tag_weight])


@runtime_checkable
class Guided(Protocol):
    """Clips that are learnt beside the average of the network's own weights."""

    def guided_loss(self, model: Any, teacher: Any) -> Loss:
        """The loss, as `Learnable.loss` gives it; teacher: the averaged network, which the steps change."""


def order_of(clips: int, *, seed: int, epoch: int) -> Which:
    """The order in which epoch `epoch` visits the clips; a function of its arguments alone."""
    return np.random.default_rng([seed, epoch]).permutation(clips)


def batch_of(clips: int, *, size: int, seed: int, step: int) -> Which:
    """The clips of training step `step` (from 0): epochs follow each other without a short batch."""
    first = step * size
    wanted = np.arange(first, first + size)
    orders = {epoch: order_of(clips, seed=seed, epoch=epoch) for epoch in np.unique(wanted // clips).tolist()}
    return np.array([orders[i // clips][i % clips] for i in wanted.tolist()], dtype=np.int64)
