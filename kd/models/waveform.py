"""The raw-waveform residual network of scenes: S5 and S3, Table 2.

    samples (479999 × 2)                     Conv1 12/12  39999 × 64
    Res1 13333 × 64                          each: two convolutions of 3, shortcut, max-pooling over 3
    Res2 4444 × 128, Res3 1481, Res4 493, Res5 164, Res6 54, Res7 18 × 128
    global max-pooling 128                   Dense1 64    Output

The tables print a stride of 1 and thirds from block to block: the pooling. Maps are (batch, channels, 1, steps),
channels-last in memory, so that time is the axis that `kd.models.norm` pools.

Deviation: what a block holds besides its kernel of 3 is not said: He et al.'s basic block, as in `kd.models.resnet`. Batch
normalisation and ReLU follow Conv1. Nothing follows Dense1: distances of embeddings and the back end want no cut at 0.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from kd.audio.scene_spec import PRE_EMPHASIS
from kd.errors import UserError
from kd.models.norm import norm_relu_pool, relu
from kd.models.scene_network import EMBEDDING, SceneNetwork, widened

CHANNELS = (64, 64, 128, 128, 128, 128, 128, 128)  # of Conv1 and the seven blocks
FIRST, POOL = 12, 3  # samples of a step of Conv1; steps that become one after each block


class WaveBlock(nn.Module):
    """relu(max_3(BN(conv(relu(BN(conv(x))))) + shortcut(x))): (batch, inputs, 1, n) → (batch, outputs, 1, ⌊n / 3⌋).

    ReLU and the maximum are both monotone: pooling first leaves less to rectify.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (1, 3), padding=(0, 1), bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.conv_again = nn.Conv2d(outputs, outputs, (1, 3), padding=(0, 1), bias=False)
        self.norm_again = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        y = norm_relu_pool(x=self.conv(x), norm=self.norm)
        y = self.norm_again(self.conv_again(y)) + self.shortcut(x)
        return relu(functional.max_pool2d(y, (1, POOL)))


class Waveform(SceneNetwork):
    """Samples (batch, samples, channels) → `Seen`; any length from one step of the last block on."""

    def __init__(self, *, classes: int, channels: int = 2, width: float = 1.0) -> None:
        super().__init__(embedding_size=EMBEDDING, classes=classes)
        self.channels = channels
        sizes = widened(width, *CHANNELS)
        self.conv = nn.Linear(FIRST * channels, sizes[0], bias=False)  # a convolution whose steps do not overlap
        self.norm = nn.BatchNorm2d(sizes[0])
        self.blocks = nn.Sequential(*(WaveBlock(inputs, outputs) for inputs, outputs in pairwise(sizes)))
        self.dense = nn.Linear(sizes[-1], EMBEDDING)

    @property
    def least(self) -> int:
        """The fewest samples that leave a step after the last block."""
        return 1 + FIRST * int(POOL ** len(self.blocks))

    def steps(self, sound: Tensor) -> Tensor:
        """Conv1 on samples after pre-emphasis: (batch, samples, channels) → (batch, 64, 1, ⌊(samples - 1) / 12⌋).

        y_t = x_{t+1} - 0.97 x_t: one sample less, as the tables print. Source: Vergin and O'Shaughnessy, 1995.
        Raises UserError for sound of another shape.
        """
        if sound.ndim != 3 or sound.shape[2] != self.channels or sound.shape[1] < self.least:
            raise UserError(
                f"sound has shape {tuple(sound.shape)}, the model takes (batch, {self.least} or more, {self.channels})",
                "give longer clips (clip_seconds), read under the model's own settings",
            )
        count = (sound.shape[1] - 1) // FIRST
        emphasised = sound[:, 1 : 1 + count * FIRST] - PRE_EMPHASIS * sound[:, : count * FIRST]
        rows: Tensor = self.conv(emphasised.reshape(len(sound), count, FIRST * self.channels))
        return rows.unsqueeze(1).permute(0, 3, 1, 2)

    def embed(self, sound: Tensor) -> Tensor:
        maps = self.blocks(norm_relu_pool(x=self.steps(sound), norm=self.norm))
        embedding: Tensor = self.dense(torch.amax(maps, dim=(2, 3)))
        return embedding
