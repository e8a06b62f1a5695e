"""Which weakly labelled clips a teacher understands well enough to label."""

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


def exact_match(detected: Bools, known: Bools) -> Bools:
    """Clips whose detected tags equal the known ones, in all classes: both (clips, classes), the result (clips,).

    Source: S2 section 3.4, "When a binarized prediction vector of the data is equal to the ground truth of weak label".
    """
    return np.asarray((detected == known).all(axis=1))
