"""The deep recurrent CNN: S1 (Koutini 2018), Table 2.

    4 × [2×2 conv 64, BN, ReLU; 2×2 conv 64, BN, ReLU; max-pool 1×2]
    1×1 conv 256, bias, ReLU; max-pool 1×4
    bidirectional SRU 128 (`direction="forward"`: one direction of 256; frame t sees 4 frames ahead, with either padding)
    1×1 conv to the classes (the sigmoid is the loss's and the pooling's)

Deviation: the table pads every convolution by 1, so that each 2×2 convolution makes the map one frame and one bin
larger (240 frames become 252), yet it states 240 frames of output. `padding="same"` (default) pads the first of each
pair by 1 and the second by 0: the length is kept, frame t of a pair sees frames t−1..t+1, and 64 bins become 32, 16, 8,
4, 1. `padding="literal"` pads as printed (bins 64, 33, 17, 9, 5, then 7 with the padded 1×1, of which the last pool
keeps 4) and cuts 12 frames off, 6 at each end, which aligns it exactly. The padded frames of the last 1×1 convolution,
outermost of the 6, hold nothing but its bias: they are never made.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from kd.models.blocks import ConvBlock, PointBlock
from kd.models.network import RecurrentCNN

CHANNELS = (1, 64, 64, 64, 64)
WIDE = 256
LITERAL_MARGIN = 5  # frames too many at each end: 8 convolutions of half a frame, and the padded 1×1


class Deep(RecurrentCNN):
    """(batch, frames, mels=64) → logits (batch, frames, classes); 332298 parameters for 10 classes."""

    def __init__(
        self,
        *,
        classes: int,
        mels: int = 64,
        sru_version: int = 1,
        recurrent_activation: str = "tanh",
        padding: str = "same",
        direction: str = "both",
    ) -> None:
        literal = padding == "literal"
        blocks: list[nn.Module] = []
        for inputs, outputs in pairwise(CHANNELS):
            blocks.append(ConvBlock(inputs, outputs, size=2, padding=1))
            blocks.append(ConvBlock(outputs, outputs, size=2, padding=1 if literal else 0, pool=2))
        blocks.append(PointBlock(CHANNELS[-1], WIDE, padding=1 if literal else 0, pool=4))
        super().__init__(
            front=nn.Sequential(*blocks),
            channels=WIDE,
            classes=classes,
            mels=mels,
            margin=LITERAL_MARGIN if literal else 0,
            sru_version=sru_version,
            recurrent_activation=recurrent_activation,
            direction=direction,
        )
