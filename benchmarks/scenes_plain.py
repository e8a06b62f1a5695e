"""The peers of the scene benchmark: the same networks as a PyTorch user would write them."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class Wave(nn.Module):
    """A residual block of Table 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv1d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv1d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm1d(outputs))
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv1d(inputs, outputs, 1, bias=False), nn.BatchNorm1d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return functional.max_pool1d(functional.relu(self.second(self.first(x)) + self.shortcut(x)), 3)


class PlainWaveform(nn.Module):
    """S5 and S3, Table 2: (batch, samples, 2) → logits."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv1d(2, 64, 12, stride=12, bias=False), nn.BatchNorm1d(64), nn.ReLU()]
        layers += [Wave(a, b) for a, b in pairwise((64, 64, 128, 128, 128, 128, 128, 128))]
        self.front = nn.Sequential(*layers)
        self.dense, self.classify = nn.Linear(128, 64), nn.Linear(64, classes)

    def forward(self, sound: Tensor) -> Tensor:
        x = sound.transpose(1, 2)
        x = self.front(x[:, :, 1:] - 0.97 * x[:, :, :-1]).amax(dim=2)
        logits: Tensor = self.classify(self.dense(x))
        return logits


class Block(nn.Module):
    """A residual block of Table 3."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
        )
        self.second = nn.Sequential(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs or stride > 1:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.second(self.first(x)) + self.shortcut(x))


class PlainBands(nn.Module):
    """S5, Table 3, with its GRU, or S3, Table 3: (batch, 2, frames, mels) → logits."""

    def __init__(self, classes: int, *, recurrent: bool) -> None:
        super().__init__()
        padding = 3 if recurrent else (3, 1)
        layers: list[nn.Module] = [nn.Conv2d(2, 30, 7, padding=padding, bias=False), nn.BatchNorm2d(30), nn.ReLU()]
        layers += [
            Block(a, b, stride) for (a, b), stride in zip(pairwise((30, 30, 60, 120, 240)), (1, 2, 2, 3), strict=True)
        ]
        self.front = nn.Sequential(*layers)
        self.recurrent = nn.GRU(480, 480, batch_first=True) if recurrent else None
        self.dense = nn.Linear(480, 64) if recurrent else nn.Identity()
        self.classify = nn.Linear(64 if recurrent else 240, classes)

    def forward(self, sound: Tensor) -> Tensor:
        maps = self.front(sound)
        if self.recurrent is None:
            pooled = maps.mean(dim=(2, 3))
        else:
            rows = torch.cat([maps.mean(dim=3), maps.amax(dim=3)], dim=1).transpose(1, 2)
            pooled = self.recurrent(rows)[1][-1]
        logits: Tensor = self.classify(self.dense(pooled))
        return logits


def plain_scene_network(architecture: str, classes: int) -> nn.Module:
    """One of them."""
    return (
        PlainWaveform(classes)
        if architecture == "waveform"
        else PlainBands(classes, recurrent=architecture == "spectrogram")
    )
