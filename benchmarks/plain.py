"""The peers of the training benchmark: the same networks as a PyTorch user would write them, with `torch.nn.GRU`.

Layers, sizes and strides of `kd.models.deep` and `kd.models.shallow`; the recurrent layer is the one difference.
"""

from itertools import pairwise

from torch import Tensor, nn

HIDDEN = 128


class PlainCRNN(nn.Module):
    """(batch, frames, mels) → logits (batch, frames, classes)."""

    def __init__(self, front: nn.Sequential, channels: int, classes: int) -> None:
        super().__init__()
        self.front = front
        self.recurrent = nn.GRU(channels, HIDDEN, batch_first=True, bidirectional=True)
        self.classify = nn.Linear(2 * HIDDEN, classes)

    def forward(self, features: Tensor) -> Tensor:
        x = self.front(features.unsqueeze(1)).squeeze(3).transpose(1, 2)
        logits: Tensor = self.classify(self.recurrent(x)[0])
        return logits


def plain_deep(classes: int) -> PlainCRNN:
    """S1, Table 2, with a GRU; for 64 bands."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((1, 64, 64, 64, 64)):
        layers += [nn.Conv2d(inputs, outputs, 2, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        layers += [nn.Conv2d(outputs, outputs, 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d((1, 2))]
    layers += [nn.Conv2d(64, 256, 1), nn.ReLU(), nn.MaxPool2d((1, 4))]
    return PlainCRNN(nn.Sequential(*layers), 256, classes)


def plain_shallow(classes: int) -> PlainCRNN:
    """S1, Table 3, with a GRU; for 64 bands."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((1, 64, 64, 64)):
        layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        layers += [nn.MaxPool2d((1, 4))]
    return PlainCRNN(nn.Sequential(*layers), 64, classes)
