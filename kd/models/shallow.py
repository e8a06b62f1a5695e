"""The shallow recurrent CNN: S1 (Koutini 2018), Table 3; the DCASE 2018 task 4 baseline with an SRU.

    3 × [3×3 conv 64, BN, ReLU; max-pool 1×4]
    bidirectional SRU 128 (`direction="forward"`: one direction of 256; frame t sees 3 frames ahead)
    1×1 conv to the classes (the sigmoid is the loss's and the pooling's)

Its 3×3 convolutions with padding 1 keep the length. The table also pads the last 1×1 convolution by 1, which adds one
frame of bare bias at each end: both paddings cut it, so `same` and `literal` are one network here.
"""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from kd.models.blocks import ConvBlock
from kd.models.network import RecurrentCNN

CHANNELS = (1, 64, 64, 64)


class Shallow(RecurrentCNN):
    """(batch, frames, mels=64) → logits (batch, frames, classes); 143306 parameters for 10 classes."""

    def __init__(
        self,
        *,
        classes: int,
        mels: int = 64,
        sru_version: int = 1,
        recurrent_activation: str = "tanh",
        direction: str = "both",
    ) -> None:
        blocks = [ConvBlock(inputs, outputs, size=3, padding=1, pool=4) for inputs, outputs in pairwise(CHANNELS)]
        super().__init__(
            front=nn.Sequential(*blocks),
            channels=CHANNELS[-1],
            classes=classes,
            mels=mels,
            margin=0,
            sru_version=sru_version,
            recurrent_activation=recurrent_activation,
            direction=direction,
        )
