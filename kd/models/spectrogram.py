"""The spectrogram network of scenes, convolutions and a recurrent layer: S5, Table 3.

    bands (249 × 256 × 2)   Conv1 7×7  249 × 256 × 30     Res1  249 × 256 × 30
    Res2 /2  125 × 128 × 60     Res3 /2  63 × 64 × 120     Res4 /3  21 × 22 × 240
    mean and maximum over frequency, 21 × 480     GRU 480     Dense1 64     Output

Deviation: Table 3 prints 120 channels for Res4 and pools 240: 240, as S3's Table 3 has it. What the 256 coefficients of a
spectrogram are is not said: mel bands, as in S3. The embedding of the GRU is its last state. Without the recurrent layer
(the first step of the multi-step training) the mean over time takes its place.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kd.models.norm import norm_relu_pool
from kd.models.resnet import Unit
from kd.models.scene_network import EMBEDDING, BandsNetwork, widened

CHANNELS = (30, 30, 60, 120, 240)  # of Conv1 and the blocks
STRIDES = (1, 2, 2, 3)


def blocks(sizes: list[int]) -> nn.Sequential:
    """Res1 to Res4: a residual unit each, whose first convolution has the stride."""
    units = zip(sizes, sizes[1:], STRIDES, strict=False)
    return nn.Sequential(*(Unit(a, b, stride=stride, first=a != b or stride > 1) for a, b, stride in units))


class Spectrogram(BandsNetwork):
    """Bands (batch, channels, frames, mels) → `Seen`."""

    def __init__(
        self, *, classes: int, channels: int = 2, mels: int = 256, width: float = 1.0, recurrent: bool = True
    ) -> None:
        super().__init__(mels=mels, channels=channels, embedding_size=EMBEDDING, classes=classes)
        sizes = widened(width, *CHANNELS)
        self.conv = nn.Conv2d(channels, sizes[0], 7, padding=3, bias=False)
        self.norm = nn.BatchNorm2d(sizes[0])
        self.blocks = blocks(sizes)
        both = 2 * sizes[-1]
        self.recurrent = nn.GRU(both, both, batch_first=True) if recurrent else None
        self.dense = nn.Linear(both, EMBEDDING)

    def pooled(self, sound: Tensor) -> Tensor:
        """Mean and maximum over frequency, (batch, ⌈frames / 12⌉, 480)."""
        maps = self.blocks(norm_relu_pool(x=self.conv(self.normalised(sound)), norm=self.norm))
        return torch.cat([maps.mean(dim=3), maps.amax(dim=3)], dim=1).transpose(1, 2)

    def embed(self, sound: Tensor) -> Tensor:
        rows = self.pooled(sound)
        last = rows.mean(dim=1) if self.recurrent is None else self.recurrent(rows)[1][-1]
        embedding: Tensor = self.dense(last)
        return embedding
