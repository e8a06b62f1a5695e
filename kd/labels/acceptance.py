"""Which weakly labelled clips a teacher may label: those whose known tags it finds itself."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kd.labels.smoothing import probabilities

Bools = npt.NDArray[np.bool_]
Reals = npt.NDArray[np.floating]


def binarised(scores: Reals, *, threshold: float) -> Bools:
    """1 where ŷ ≥ θ, else 0: scores of any shape, such as (clips, frames, classes).

    Source: S2 equation (4), for the matrix of frames; section 3.4 has the vector of tags binarised by the same θ.
    """
    return np.asarray(scores >= threshold)


def exact_match(vectors: Reals, tags: Reals, *, threshold: float) -> Bools:
    """Which clips are accepted, (clips,): those whose binarised vector equals their known tags in every class.

    vectors: ŷ^v, probabilities of clips (clips, classes); tags: y^v, 0 or 1, same shape.
    Source: S2 section 3.4, "When a binarized prediction vector of the data is equal to the ground truth of weak label, the
    data is given the class-frame pseudo label".
    """
    return np.asarray((binarised(vectors, threshold=threshold) == (tags > 0.5)).all(axis=1))


@dataclass(frozen=True, slots=True)
class ClassFrameLabels:
    """Class-frame pseudo-labels of weakly labelled clips: accepted (clips,), frames (clips, frames, classes)."""

    accepted: Bools
    frames: Bools


def class_frame_labels(logits: npt.NDArray[np.float16], tags: Reals, *, threshold: float) -> ClassFrameLabels:
    """The labels that a network's logits (clips, frames, classes) give clips of known tags (clips, classes), at one θ.

    Source: S2 section 3.4. The vector of a clip is the maximum over its frames, so that an accepted clip's frames hold
    every class that it is tagged with, and no other.
    """
    scores = probabilities(logits)
    frames = binarised(scores, threshold=threshold)
    return ClassFrameLabels(exact_match(scores.max(axis=1), tags, threshold=threshold), frames)
