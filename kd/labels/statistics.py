"""What a set of labels is like: how much of it is positive, and how much of it was so before."""

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def positive_share(positive: Bools) -> Floats:
    """Share of positive frames of each class: (clips, frames, classes) to (classes,); 0 without clips."""
    return np.asarray(positive.mean(axis=(0, 1)) if positive.size else np.zeros(positive.shape[2]), dtype=np.float64)


def agreement(one: Bools, other: Bools) -> Floats:
    """Positive frames that two sets of labels share, over those of either, (classes,); 1 where neither has any."""
    both, either = (one & other).sum(axis=(0, 1)), (one | other).sum(axis=(0, 1))
    return np.where(either == 0, 1.0, both / np.maximum(either, 1))
