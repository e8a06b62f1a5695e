"""The first layer of every model: z-normalisation of each mel band by the statistics of the training clips."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kd.errors import UserError


class Normalise(nn.Module):
    """(batch, frames, mels) → the same, (x − mean) / std per band. Buffers, so that they travel with the weights."""

    mean: Tensor
    std: Tensor

    def __init__(self, mels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(mels))
        self.register_buffer("std", torch.ones(mels))

    @torch.no_grad()
    def set_statistics(self, mean: object, std: object) -> None:
        """mean and std: (mels,) arrays or tensors. A band that never varies (std 0) is centred only."""
        for name, values, buffer in (("mean", mean, self.mean), ("std", std, self.std)):
            tensor = torch.as_tensor(values, dtype=torch.float32)
            if tensor.shape != buffer.shape:
                raise UserError(
                    f"the {name} of the features has shape {tuple(tensor.shape)}, the model has {buffer.numel()} bands",
                    "extract the features under the model's own settings",
                )
            if not torch.isfinite(tensor).all() or (name == "std" and (tensor < 0).any()):
                raise UserError(f"the {name} of the features is not finite or is negative", "check the training audio")
            if name == "std":
                tensor = torch.where(tensor == 0, torch.ones_like(tensor), tensor)
            buffer.copy_(tensor)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std
