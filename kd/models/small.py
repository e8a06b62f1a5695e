"""Small students, scaled by one width: depthwise-separable networks for devices. Ours; S4 names no student of its own.

    3×3 conv 24, BN, ReLU; max-pool 1×2                          32 bins
    separable 3×3 to 64, BN, ReLU; max-pool 1×4                   8 bins
    separable 3×3 to 96, BN, ReLU; max-pool 1×2                   4 bins
    separable 1×4 to 64, BN, ReLU: where in frequency matters     1 bin
    `small`: bidirectional SRU of 32, whose skip is its input
    `small-conv`: 4 times x + separable 5×1 of 64, BN, ReLU, every 1, 2, 4 and 8 frames: no recurrent cell
    1×1 conv to the classes

All numbers of channels are times `width`. Separable: depthwise, then 1×1 (Chollet, *Xception*, 2017, which S4 cites).
"""

from __future__ import annotations

from torch import Tensor, nn

from kd.models.blocks import ConvBlock, SeparableBlock, as_map, as_sequence, frames_ahead
from kd.models.network import Network, RecurrentCNN, check_bins

FIRST, SECOND, THIRD, UNITS = 24, 64, 96, 32
DILATIONS = (1, 2, 4, 8)


class Small(RecurrentCNN):
    """(batch, frames, mels=64) → logits (batch, frames, classes); 28778 parameters for 10 classes at width 1."""

    def __init__(
        self,
        *,
        classes: int,
        mels: int = 64,
        width: float = 1.0,
        sru_version: int = 1,
        recurrent_activation: str = "tanh",
        direction: str = "both",
    ) -> None:
        hidden = scaled(UNITS, width)
        super().__init__(
            front=front_of(width, outputs=2 * hidden),
            channels=2 * hidden,
            classes=classes,
            mels=mels,
            hidden=hidden,
            sru_version=sru_version,
            recurrent_activation=recurrent_activation,
            direction=direction,
        )


class SmallConv(Network):
    """(batch, frames, mels=64) → logits (batch, frames, classes), by convolutions alone."""

    def __init__(self, *, classes: int, mels: int = 64, width: float = 1.0) -> None:
        super().__init__(mels=mels)
        channels = 2 * scaled(UNITS, width)
        self.front = front_of(width, outputs=channels)
        check_bins(self.front, mels=mels)
        self.context = nn.Sequential(
            *(
                SeparableBlock(channels, channels, size=(5, 1), padding=(2 * step, 0), dilation=step)
                for step in DILATIONS
            )
        )
        self.classify = nn.Linear(channels, classes)

    @property
    def lookahead(self) -> int:
        """What the convolutions see ahead."""
        return frames_ahead(self.front) + frames_ahead(self.context)

    def embed(self, features: Tensor) -> Tensor:
        x = self.front(as_map(self.normalised(features)))
        for block in self.context:
            x = x + block(x)
        return as_sequence(x)


def front_of(width: float, *, outputs: int) -> nn.Sequential:
    """64 bands down to one bin of frequency: (batch, 1, frames, 64) → (batch, outputs, frames, 1)."""
    first, second, third = (scaled(each, width) for each in (FIRST, SECOND, THIRD))
    return nn.Sequential(
        ConvBlock(1, first, size=3, padding=1, pool=2),
        SeparableBlock(first, second, size=(3, 3), padding=(1, 1), pool=4),
        SeparableBlock(second, third, size=(3, 3), padding=(1, 1), pool=2),
        SeparableBlock(third, outputs, size=(1, 4), padding=(0, 0)),
    )


def scaled(channels: int, width: float) -> int:
    """Channels times the width, at least one."""
    return max(1, round(width * channels))
