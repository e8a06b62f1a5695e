"""The training loop."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from kd.errors import UserError
from kd.losses.frames import frame_bce, labelled_frame_bce
from kd.losses.tagging import tag_bce
from kd.models.pooling import mean_pool
from kd.training.augment import augmented
from kd.training.checkpoint import load_checkpoint, save_checkpoint
from kd.training.data import TrainingSet, batch_of
from kd.training.precision import autocast

Report = Callable[[int, float], None]
Loss = Callable[[Tensor, Tensor], Tensor]
LONGEST = 250  # steps between checkpoints


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How one network is trained: Adam, `steps` steps of `batch` clips, the rate falling linearly over the last third.

    time_mask, frequency_mask, mixup: as in `augmented`; 0: none.
    """

    steps: int
    batch: int
    learning_rate: float = 1e-3
    seed: int = 0
    precision: str = "float32"
    time_mask: int = 0
    frequency_mask: int = 0
    mixup: float = 0.0


def rate_at(settings: FitSettings, step: int) -> float:
    """Learning rate of step `step` (from 0): constant for two thirds, then linear to a hundredth."""
    left = (settings.steps - step) / max(settings.steps / 3, 1)
    return settings.learning_rate * min(1.0, max(left, 0.01))


def fit(
    model: nn.Module,
    training: TrainingSet,
    settings: FitSettings,
    *,
    mean: npt.NDArray[np.float32] | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> list[float]:
    """Train `model` in place; returns the loss of every step.

    mean: (mels,) of the training clips' features, what masked ones become; None: 0.
    checkpoint: written after each epoch, or each 250 steps of a longer one; a training that finds one goes on from it
    and ends with the same weights.
    report: called after each step with the number of steps done and the loss.
    """
    device = next(model.parameters()).device
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)
    done, losses = load_checkpoint(checkpoint, model=model, optimizer=optimizer) if checkpoint else (0, [])
    every = min(max(1, len(training) // settings.batch), LONGEST)
    loss = tag_loss if training.weak else frame_bce if training.whole else labelled_frame_bce
    model.train()
    for step in range(done, settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(settings, step)
        losses.append(_step(model, optimizer, loss, training, settings, step, mean, device))
        if not np.isfinite(losses[-1]):
            raise UserError(f"the loss is {losses[-1]} at step {step + 1}", "lower learning_rate, or precision=float32")
        if checkpoint and (step + 1) % every == 0 and step + 1 < settings.steps:
            save_checkpoint(checkpoint, model=model, optimizer=optimizer, step=step + 1, losses=losses)
        if report:
            report(step + 1, losses[-1])
    return losses


def _step(
    model: nn.Module,
    optimizer: torch.optim.Adam,
    loss_of: Loss,
    training: TrainingSet,
    settings: FitSettings,
    step: int,
    mean: npt.NDArray[np.float32] | None,
    device: torch.device,
) -> float:
    which = batch_of(len(training), size=settings.batch, seed=settings.seed, step=step)
    features, targets = augmented(
        training.features.batch(which),
        training.targets[which].astype(np.float32),
        seed=settings.seed,
        step=step,
        time_mask=settings.time_mask,
        frequency_mask=settings.frequency_mask,
        mixup=settings.mixup,
        mean=mean,
    )
    inputs, wanted = torch.from_numpy(features).to(device), torch.from_numpy(targets).to(device)
    optimizer.zero_grad(set_to_none=True)
    with autocast(settings.precision, device):
        logits = model(inputs)
    loss = loss_of(logits, wanted)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())


def tag_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The loss of tags pooled from frame logits (batch, frames, classes) by their mean."""
    return tag_bce(mean_pool(logits), targets)
