"""The baseline's network."""

from torch import Tensor, nn

from kd.models.first import first_block
from kd.models.norm import norm_relu_pool

CHANNELS, POOL, HIDDEN, DROPOUT = 64, 4, 64, 0.3


class Block(nn.Module):
    """(clips, inputs, frames, bins) → (clips, 64, frames, bins // 4).

    The convolution's bias changes nothing, since batch normalisation takes it away again; it is there to be counted.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, CHANNELS, 3, padding=1)
        self.norm = nn.BatchNorm2d(CHANNELS, eps=1e-3, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        block = first_block if self.conv.in_channels == 1 else conv_block
        y: Tensor = block(x=x, conv=self.conv, norm=self.norm, pool=POOL)
        return nn.functional.dropout(y, DROPOUT, self.training)


def conv_block(*, x: Tensor, conv: nn.Conv2d, norm: nn.BatchNorm2d, pool: int) -> Tensor:
    """Convolution, batch normalisation, ReLU, max-pooling over frequency."""
    return norm_relu_pool(x=conv(x), norm=norm, pool=pool)


class BaselineNetwork(nn.Module):
    """(batch, frames, 64), normalised → logits (batch, frames, classes); 126090 parameters for 10 classes.

        3 × [3×3 conv 64, BN, ReLU; max-pool 1×4; dropout 0.3]
        bidirectional GRU 64, its input dropped by 0.3, the same features in all frames
        dense to the classes (the sigmoid is the loss's, the mean over frames the tagging's)

    Weights start as Keras starts them: uniform by Glorot, orthogonal where recurrent, biases 0. Source:
    dcase2018_baseline, task4_crnn.yaml and task4_crnn.py.
    Deviation: torch's GRU has two bias vectors where Keras's of 2018 had one, and applies the reset gate after the
    recurrent product, not before. (The 384 numbers more are as many as the statistics of batch normalisation, which Keras
    counts: both say 126090.)
    """

    def __init__(self, *, classes: int) -> None:
        super().__init__()
        self.front = nn.Sequential(*(Block(inputs) for inputs in (1, CHANNELS, CHANNELS)))
        self.recurrent = nn.GRU(CHANNELS, HIDDEN, batch_first=True, bidirectional=True)
        self.classify = nn.Linear(2 * HIDDEN, classes)
        for name, weight in self.named_parameters():
            if "weight_hh" in name:
                nn.init.orthogonal_(weight)
            elif weight.ndim > 1:
                nn.init.xavier_uniform_(weight)
            elif "bias" in name:
                nn.init.zeros_(weight)

    def forward(self, features: Tensor) -> Tensor:
        x = self.front(features[:, None]).flatten(2).transpose(1, 2)
        x = nn.functional.dropout1d(x.transpose(1, 2), DROPOUT, self.training).transpose(1, 2)
        logits: Tensor = self.classify(self.recurrent(x)[0].float())
        return logits
