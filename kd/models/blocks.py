"""The convolutional pieces that networks of log-mels are made of.

Maps are (clips, channels, frames, bins), channels-last in memory.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from kd.models.first import first_block
from kd.models.norm import bias_relu_pool, norm_relu_pool


class ConvBlock(nn.Module):
    """Convolution without bias, batch normalisation, ReLU, max-pooling over `pool` bins of frequency."""

    def __init__(self, inputs: int, outputs: int, *, size: int, padding: int, pool: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        if self.conv.in_channels == 1:
            return first_block(x=x, conv=self.conv, norm=self.norm, pool=self.pool)
        return norm_relu_pool(x=self.conv(x), norm=self.norm, pool=self.pool)


class PointBlock(nn.Module):
    """1×1 convolution with bias, ReLU, max-pooling over `pool` bins of frequency.

    The bias is added after the pooling, to `pool` times fewer values: adding it is monotone, so nothing changes.
    """

    def __init__(self, inputs: int, outputs: int, *, padding: int, pool: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1, padding=padding, bias=True)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        bias = self.conv.bias
        if bias is None:
            raise ValueError("the convolution lost its bias")
        return bias_relu_pool(
            x=functional.conv2d(x, self.conv.weight, padding=self.conv.padding), bias=bias, pool=self.pool
        )


class SeparableBlock(nn.Module):
    """Depthwise convolution, then a 1×1 one, both without bias; batch normalisation, ReLU, max-pooling over `pool` bins.

    inputs · size + inputs · outputs weights, where a plain convolution has inputs · outputs · size. Nothing stands
    between the two, as in Chollet, *Xception*, 2017.

    size, padding: (frames, bins); dilation: of frames.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        size: tuple[int, int],
        padding: tuple[int, int],
        dilation: int = 1,
        pool: int = 1,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, inputs, size, padding=padding, dilation=(dilation, 1), groups=inputs, bias=False)
        self.point = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.pool = pool

    def forward(self, x: Tensor) -> Tensor:
        return norm_relu_pool(x=self.point(self.conv(x)), norm=self.norm, pool=self.pool)


Block = ConvBlock | PointBlock | SeparableBlock


def as_map(features: Tensor) -> Tensor:
    """(batch, frames, mels) → (batch, 1, frames, mels)."""
    return features.unsqueeze(1)


def as_sequence(x: Tensor) -> Tensor:
    """(batch, channels, frames, 1) → (batch, frames, channels); without a copy where x is channels-last."""
    return x.squeeze(3).transpose(1, 2)


def frames_ahead(front: nn.Module) -> int:
    """Frames of what enters `front` after frame t that its frame t depends on; below 0 where padding moves it back."""
    blocks = [each.conv for each in front.modules() if isinstance(each, Block)]
    return sum((int(conv.kernel_size[0]) - 1) * int(conv.dilation[0]) - int(conv.padding[0]) for conv in blocks)


@torch.no_grad()
def bins_after(front: nn.Module, *, mels: int, drop: bool) -> int:
    """Bins of frequency that leave `front` when `mels` enter it; 0 where they run out on the way.

    drop: a pooling may leave over the last bins; otherwise it counts as running out.
    """
    for block in front.modules():
        if isinstance(block, Block):
            size, padding = int(block.conv.kernel_size[1]), int(block.conv.padding[1])
            mels, left = divmod(mels + 2 * padding - size + 1, block.pool)
            if mels < 1 or (left and not drop):
                return 0
    return mels
