"""The residual network: S2 (NEC 2019), section 2 and its figures 1 and 2.

    3×3 conv 64, BN, ReLU
    4 residual blocks of 64, 128, 256, 512 channels, strides 1, 2, 2, 2, each of 2 units:
        3×3 conv, BN, ReLU; 3×3 conv, BN; plus the shortcut; ReLU
    mean over frequency, ReLU
    fully connected to the classes (the sigmoid is the loss's and the pooling's)

1024 frames of 64 bands become 512 × 128 × 8, then 128 frames of logits; the clip's vector is their maximum over time
(`kd.models.pooling.max_pool`). A 3×3 convolution with stride 2 and padding 1 centres frame j of its output on frame 2j
of its input, and so does the shortcut: frame j of the logits is centred on frame 8j of the features.

Deviation: channels and strides stand in a figure only; one block without contraction and three that halve the map and
double the channels are what leads from 64 × 1024 × 64 to 512 × 128 × 8. What a unit's branch holds is not said: He et
al.'s basic block. `width` scales all channels, for processors; 1 is the paper's.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from kd.models.network import Network
from kd.models.norm import norm_relu_pool, relu
from kd.models.pooling import max_pool

CHANNELS = (64, 128, 256, 512)
STRIDE = (1, 2, 2, 2)
UNITS = 2


class Shortcut(nn.Module):
    """1×1 convolution of every `stride`-th frame and bin, and batch normalisation.

    The frames and bins are picked before: oneDNN's backward pass of a strided 1×1 convolution of few channels-last
    channels ends the process (torch 2.11, 8 channels, a processor with AVX-512).
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        picked = x[:, :, :: self.stride, :: self.stride] if self.stride > 1 else x
        y: Tensor = self.norm(self.conv(picked))
        return y


class Unit(nn.Module):
    """relu(BN(conv(relu(BN(conv(x))))) + shortcut(x)): (clips, inputs, frames, bins) → (clips, outputs, ⌈·/stride⌉, ⌈·/stride⌉).

    first: the shortcut is a 1×1 convolution and batch normalisation, as in the first unit of each block; else x itself.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int, first: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)
        self.conv_again = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm_again = nn.BatchNorm2d(outputs)
        self.shortcut = Shortcut(inputs, outputs, stride=stride) if first else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = norm_relu_pool(x=self.conv(x), norm=self.norm)
        return relu(self.norm_again(self.conv_again(y)) + self.shortcut(x))


class ResNet(Network):
    """(batch, frames, mels) → logits (batch, ⌈frames / 8⌉, classes); any number of frames and mels."""

    def __init__(self, *, classes: int, mels: int = 64, width: float = 1.0) -> None:
        super().__init__(mels=mels)
        channels = [max(1, round(width * each)) for each in CHANNELS]
        self.conv = nn.Conv2d(1, channels[0], 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels[0])
        units: list[nn.Module] = []
        for (inputs, outputs), stride in zip(pairwise([channels[0], *channels]), STRIDE, strict=True):
            units.append(Unit(inputs, outputs, stride=stride, first=True))
            units += [Unit(outputs, outputs, stride=1, first=False) for _ in range(UNITS - 1)]
        self.blocks = nn.Sequential(*units)
        self.classify = nn.Linear(channels[-1], classes)

    def maps(self, features: Tensor) -> Tensor:
        """What the residual blocks make of features: (batch, channels, ⌈frames / 8⌉, ⌈mels / 8⌉), channels-last in memory."""
        x = self.normalised(features).unsqueeze(3).permute(0, 3, 1, 2)
        maps: Tensor = self.blocks(functional.relu(self.norm(self.conv(x)), inplace=True))
        return maps

    def tags(self, logits: Tensor) -> Tensor:
        """The maximum over frames."""
        return max_pool(logits)

    def embed(self, features: Tensor) -> Tensor:
        return functional.relu(self.maps(features).mean(dim=3)).transpose(1, 2)
