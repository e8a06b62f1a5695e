"""What a student of several teachers trains on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from kd.audio.store import ClipFeatures
from kd.losses.students import known_labels_bce, similarity_distance, taught
from kd.models.network import Network
from kd.training.data import Augment, Floats, Loss, Step


@dataclass(frozen=True, slots=True)
class TaughtSet:
    """Clips with their teachers' labels and what is known of them.

    features: of n clips; soft: the teachers' combined labels (n, frames, classes), NaN where there is none; tags: known ones
    (n, classes), NaN where none are; frames: known frame labels (m, frames, classes) of the strongly labelled clips;
    strong: (n,) a clip's row there, -1 of others; weight: of known labels in the loss; embeddings: a teacher's (n clips;
    frames, dimensions), None for none, and closeness, what their similarity counts; digest: of the embeddings. It is not to
    be mixed up: known labels are of whole clips.
    """

    features: ClipFeatures
    soft: npt.NDArray[np.float16]
    tags: npt.NDArray[np.float16]
    frames: npt.NDArray[np.float16]
    strong: npt.NDArray[np.int64]
    weight: float
    embeddings: ClipFeatures | None = None
    closeness: float = 0.0
    digest: str = ""

    def __len__(self) -> int:
        return len(self.features)

    @property
    def labelled(self) -> int:
        """Clips of which something is known."""
        return int((~np.isnan(self.tags[:, 0]) | (self.strong >= 0)).sum())

    def batch(self, step: Step, augment: Augment) -> tuple[Floats, tuple[npt.NDArray[Any], ...]]:
        which = step.clips(len(self))
        features, soft = augment(self.features.batch(which), self.soft[which].astype(np.float32))
        frames = np.full(soft.shape, np.nan, np.float32)
        rows = self.strong[which]
        frames[rows >= 0] = self.frames[rows[rows >= 0]]
        given = (soft, self.tags[which].astype(np.float32), frames)
        return features, given if self.embeddings is None else (*given, self.embeddings.batch(which))

    def loss(self, model: Network) -> Loss:
        seen: dict[str, Tensor] = {}
        if self.embeddings is not None:

            def keep(_layer: nn.Module, given: tuple[Tensor]) -> None:
                seen["embedding"] = given[0]

            model.classify.register_forward_pre_hook(keep)

        def loss(logits: Tensor, soft: Tensor, tags: Tensor, frames: Tensor, *embeddings: Tensor) -> Tensor:
            known = likeness = None
            if self.weight and self.labelled:
                share = len(tags) * self.labelled / len(self)
                known = known_labels_bce(model.tags(logits), tags, logits, frames, clips=share)
            if embeddings:
                likeness = similarity_distance(seen["embedding"], embeddings[0])
            return taught(logits, soft, known, likeness, weight=self.weight, closeness=self.closeness)

        return loss

    def arrays(self) -> tuple[npt.NDArray[Any], ...]:
        numbers = np.array([self.weight, self.closeness])
        return self.soft, self.tags, self.frames, self.strong, numbers, np.frombuffer(self.digest.encode(), np.uint8)
