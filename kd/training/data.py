"""What a network is trained on: features and targets of some clips."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.audio.store import ClipFeatures

CHUNK = 512  # clips at a time


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Clips with their targets.

    features: of n clips; targets: (n, classes) tags or (n, frames, classes) frame labels, float16 in [0, 1]; frame
    labels may be NaN, which a loss leaves out.
    """

    features: ClipFeatures
    targets: npt.NDArray[np.float16]

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


def order_of(clips: int, *, seed: int, epoch: int) -> npt.NDArray[np.int64]:
    """The order in which epoch `epoch` visits the clips; a function of its arguments alone."""
    return np.random.default_rng([seed, epoch]).permutation(clips)


def batch_of(clips: int, *, size: int, seed: int, step: int) -> npt.NDArray[np.int64]:
    """The clips of training step `step` (from 0): epochs follow each other without a short batch."""
    first = step * size
    wanted = np.arange(first, first + size)
    orders = {epoch: order_of(clips, seed=seed, epoch=epoch) for epoch in np.unique(wanted // clips).tolist()}
    return np.array([orders[i // clips][i % clips] for i in wanted.tolist()], dtype=np.int64)
