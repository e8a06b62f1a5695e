"""What scene networks share: sound of a clip in, logits of its class and an embedding out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from kd.errors import UserError
from kd.models.normalise import Normalise

EMBEDDING = 64


class Seen(NamedTuple):
    """logits: (batch, classes); embedding: output of the last hidden layer, (batch, dimensions)."""

    logits: Tensor
    embedding: Tensor


class SceneNetwork(nn.Module):
    """Sound (batch, …) to what is `Seen`; subclasses give the embedding, the last layer is here.

    embedding_size: its dimensions; classify: the output layer.
    """

    def __init__(self, *, embedding_size: int, classes: int) -> None:
        super().__init__()
        self.embedding_size = embedding_size
        self.classify = nn.Linear(embedding_size, classes)

    def set_statistics(self, mean: object, deviation: object) -> None:
        """Mean and standard deviation of each mel band over the training clips; of waveforms, which have none, (0,) each."""
        for values in (mean, deviation):
            if torch.as_tensor(values).numel():
                raise UserError("waveforms have no bands to normalise", "give empty statistics")

    def embed(self, sound: Tensor) -> Tensor:
        """(batch, embedding_size)."""
        raise NotImplementedError

    def forward(self, sound: Tensor) -> Seen:
        embedding = self.embed(sound)
        return Seen(self.classify(embedding), embedding)


class BandsNetwork(SceneNetwork):
    """A scene network that reads log-mel (batch, channels, frames, mels), normalised first."""

    def __init__(self, *, mels: int, channels: int, embedding_size: int, classes: int) -> None:
        super().__init__(embedding_size=embedding_size, classes=classes)
        self.mels, self.channels = mels, channels
        self.normalise = Normalise(mels)

    def set_statistics(self, mean: object, deviation: object) -> None:
        self.normalise.set_statistics(mean, deviation)

    def normalised(self, sound: Tensor) -> Tensor:
        """Bands with the statistics applied, channels-last in memory. Raises UserError for sound of another shape."""
        if sound.ndim != 4 or sound.shape[1] != self.channels or sound.shape[3] != self.mels or not sound.shape[2]:
            raise UserError(
                f"sound has shape {tuple(sound.shape)}, the model takes (batch, {self.channels}, frames, {self.mels})",
                "extract it under the model's own settings",
            )
        found: Tensor = self.normalise(sound)
        return found.contiguous(memory_format=torch.channels_last)


def widened(width: float, *channels: int) -> list[int]:
    """Channels of convolutions times a factor, at least one."""
    return [max(1, round(width * each)) for each in channels]
