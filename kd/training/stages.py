"""What S2 trains on: weakly, strongly and pseudo-labelled clips in the same batches."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from kd.audio.store import ClipFeatures
from kd.losses.two_stages import first_stage, nec_weights, second_stage
from kd.losses.weighted import loudest, weighted_bce
from kd.models.network import Network
from kd.training.data import Augment, Floats, Loss, Step

WEAK, STRONG, PSEUDO = 0, 1, 2


@dataclass(frozen=True, slots=True)
class StageSet:
    """Clips of one stage with their tags, and frame labels of those that have any.

    features: of n clips; kinds: (n,) WEAK, STRONG, or PSEUDO, a weakly labelled clip with pseudo-labels; tags: y^v
    (n, classes), 0 or 1; frames: y^m (n, frames, classes), 0 or 1, without meaning where the kind is WEAK; weights:
    (classes,) of mean 1; balanced: as in `nec_weights`. It is not to be mixed up: mixup is of one kind of targets.
    """

    features: ClipFeatures
    kinds: npt.NDArray[np.int64]
    tags: npt.NDArray[np.float16]
    frames: npt.NDArray[np.float16]
    weights: npt.NDArray[np.float64]
    balanced: bool = False

    def __len__(self) -> int:
        return len(self.features)

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        which = step.clips(len(self))
        features, tags = augment(self.features.batch(which), self.tags[which].astype(np.float32))
        return features, (tags, self.frames[which], self.kinds[which])

    def loss(self, model: Network) -> Loss:
        """L^{all_1st} where no clip has pseudo-labels, else L^{all_2nd}: S2 equations (6) and (9).

        The numbers of clips are the set's. The mean over a kind of clips is estimated by the batch's sum divided by the
        number of clips of that kind that a batch holds on average: right on average whatever a batch holds, and over an
        epoch exactly equation (1).
        """
        strong, pseudo = (int((self.kinds == kind).sum()) for kind in (STRONG, PSEUDO))
        weak = len(self) - strong
        coefficients = nec_weights(weak, strong, pseudo, balanced=self.balanced)

        def loss(logits: Tensor, tags: Tensor, frames: Tensor, kinds: Tensor) -> Tensor:
            share = len(tags) / len(self)
            class_weights = torch.from_numpy(self.weights.astype(np.float32)).to(logits.device)

            def mean(of: Tensor, wanted: Tensor, rows: Tensor, clips: int) -> Tensor:
                if not clips:
                    return logits.new_zeros((), dtype=torch.float32)
                samples = share * clips * wanted[0, ..., 0].numel()
                return weighted_bce(of[rows], wanted[rows], weights=class_weights, samples=samples)

            vector = loudest(logits)
            means = {
                "weak_vector": mean(vector, tags, kinds != STRONG, weak),
                "strong_vector": mean(vector, tags, kinds == STRONG, strong),
                "strong_matrix": mean(logits, frames, kinds == STRONG, strong),
            }
            if not pseudo:
                return first_stage(coefficients, **means)
            return second_stage(coefficients, **means, pseudo_matrix=mean(logits, frames, kinds == PSEUDO, pseudo))

        return loss

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        return self.kinds, self.tags, self.frames, self.weights, np.array([self.balanced])
