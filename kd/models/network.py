"""What models share: normalised features in; and, of the deep and the shallow one: convolve, recur, classify each frame."""

from __future__ import annotations

from torch import Tensor, nn

from kd.errors import UserError
from kd.models.blocks import as_map, as_sequence, bins_after, frames_ahead
from kd.models.normalise import Normalise
from kd.models.pooling import POOLS
from kd.models.sru import SRU

HIDDEN = 128  # units of each direction in S1; of the forward one twice as many where there is no other


class Network(nn.Module):
    """(batch, frames, mels) → logits (batch, frames / stride, classes); the first layer normalises, the last one,
    `classify`, is linear; subclasses make it, and what is given to it.
    """

    classify: nn.Linear
    pooling = "mean"

    def __init__(self, *, mels: int) -> None:
        super().__init__()
        self.mels = mels
        self.normalise = Normalise(mels)

    @property
    def lookahead(self) -> int | None:
        """Frames of features after frame t that the logits of frame t depend on; None: no bound is stated."""
        return None

    def set_statistics(self, mean: object, std: object) -> None:
        """Mean and standard deviation of each mel band over the training clips, (mels,) each."""
        self.normalise.set_statistics(mean, std)

    def embed(self, features: Tensor) -> Tensor:
        """What the last layer is given: (batch, frames, mels) → (batch, frames / stride, dimensions)."""
        raise NotImplementedError

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.classify(self.embed(features))
        return logits

    def tags(self, logits: Tensor) -> Tensor:
        """Probabilities of a clip's tags, (batch, classes), of its logits (batch, frames, classes), as `pooling` says."""
        return POOLS[self.pooling](logits)

    def normalised(self, features: Tensor) -> Tensor:
        """Features with the statistics applied. Raises UserError for features of another shape."""
        if features.ndim != 3 or features.shape[2] != self.mels:
            raise UserError(
                f"features have shape {tuple(features.shape)}, the model takes (batch, frames, {self.mels})",
                "extract the features under the model's own settings",
            )
        normalised: Tensor = self.normalise(features)
        return normalised


class Embedder(nn.Module):
    """A network without its last layer: (batch, frames, mels) → (batch, frames / stride, dimensions)."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        return self.network.embed(features)


class RecurrentCNN(Network):
    """(batch, frames, mels) → logits (batch, frames, classes).

    front: (batch, 1, frames, mels) → (batch, channels, frames + 2 · margin, 1); the margin is cut off at the end.
    hidden: units of each direction; direction: `both`, or `forward`: one direction of twice the units, so that width and
    number of parameters stay.
    """

    def __init__(
        self,
        *,
        front: nn.Sequential,
        channels: int,
        classes: int,
        mels: int,
        margin: int = 0,
        hidden: int = HIDDEN,
        sru_version: int,
        recurrent_activation: str,
        direction: str,
    ) -> None:
        super().__init__(mels=mels)
        check_bins(front, mels=mels, drop=margin > 0)
        self.margin = margin
        self.front = front
        both = direction == "both"
        self.recurrent = SRU(
            input_size=channels,
            hidden_size=hidden if both else 2 * hidden,
            bidirectional=both,
            version=sru_version,
            activation=recurrent_activation,
        )
        self.classify = nn.Linear(2 * hidden, classes)

    @property
    def lookahead(self) -> int | None:
        """What the convolutions see ahead, where the recurrent unit walks forward only; else None."""
        return frames_ahead(self.front) + self.margin if self.recurrent.directions == 1 else None

    def embed(self, features: Tensor) -> Tensor:
        x: Tensor = self.recurrent(as_sequence(self.front(as_map(self.normalised(features)))))
        return x[:, self.margin : x.shape[1] - self.margin] if self.margin else x


def check_bins(front: nn.Module, *, mels: int, drop: bool = False) -> None:
    """Raises UserError where `mels` bands do not leave `front` as 1 bin. drop: a pooling may leave over the last ones."""
    if bins_after(front, mels=mels, drop=drop) != 1:
        raise UserError(
            f"{mels} mel bands do not come down to 1 bin of frequency in the convolutions",
            "the models of the paper take 64 bands",
        )
