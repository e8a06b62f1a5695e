"""The log-mel network of scenes: S3, Table 3.

    bands (l × 256)   Conv1 7×7  l × 252 × 30     Res1  l × 252 × 30
    Res2 /2  l/2 × 126 × 60     Res3 /2  l/4 × 63 × 120     Res4 /3  l/12 × 21 × 240
    global mean 240     Output

A 7×7 kernel leaves 252 of 256 bands where one is padded at each end; time is padded by three.
Deviation: the table has no dense layer before the output: its 240 means are the embedding. Both channels are read, as by the
waveform network; the report does not say.
"""

from __future__ import annotations

from torch import Tensor, nn

from kd.models.norm import norm_relu_pool
from kd.models.scene_network import BandsNetwork, widened
from kd.models.spectrogram import CHANNELS, blocks


class Mel(BandsNetwork):
    """Bands (batch, channels, frames, mels) → `Seen`."""

    def __init__(self, *, classes: int, channels: int = 2, mels: int = 256, width: float = 1.0) -> None:
        sizes = widened(width, *CHANNELS)
        super().__init__(mels=mels, channels=channels, embedding_size=sizes[-1], classes=classes)
        self.conv = nn.Conv2d(channels, sizes[0], 7, padding=(3, 1), bias=False)
        self.norm = nn.BatchNorm2d(sizes[0])
        self.blocks = blocks(sizes)

    def embed(self, sound: Tensor) -> Tensor:
        maps: Tensor = self.blocks(norm_relu_pool(x=self.conv(self.normalised(sound)), norm=self.norm))
        return maps.mean(dim=(2, 3))
