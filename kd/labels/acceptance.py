"""Which weakly labelled clips a teacher may label: those whose known tags it finds itself."""

import numpy as np
import numpy.typing as npt

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
