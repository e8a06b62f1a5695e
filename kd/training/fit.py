"""The training loop."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from kd.errors import UserError
from kd.models.network import Network
from kd.training.augment import augmented
from kd.training.checkpoint import load_checkpoint, save_checkpoint
from kd.training.data import Learnable, Loss, batch_of
from kd.training.precision import autocast

Report = Callable[[int, float], None]
LONGEST = 250  # steps between checkpoints


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How one network is trained: `steps` steps of `batch` clips, the rate falling linearly over the last third.

    optimizer: `adam`, or `sgd` with `momentum`; time_mask, frequency_mask, mixup: as in `augmented`; 0: none.
    """

    steps: int
    batch: int
    learning_rate: float = 1e-3
    seed: int = 0
    precision: str = "float32"
    time_mask: int = 0
    frequency_mask: int = 0
    mixup: float = 0.0
    optimizer: str = "adam"
    momentum: float = 0.0


def rate_at(settings: FitSettings, step: int) -> float:
    """Learning rate of step `step` (from 0): constant for two thirds, then linear to a hundredth."""
    left = (settings.steps - step) / max(settings.steps / 3, 1)
    return settings.learning_rate * min(1.0, max(left, 0.01))


def optimizer_of(model: Network, settings: FitSettings) -> torch.optim.Optimizer:
    """The optimiser that the settings name, fresh."""
    if settings.optimizer == "sgd":
        return torch.optim.SGD(model.parameters(), lr=settings.learning_rate, momentum=settings.momentum, fused=True)
    return torch.optim.Adam(model.parameters(), lr=settings.learning_rate, fused=True)


def fit(
    model: Network,
    training: Learnable,
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
    optimizer = optimizer_of(model, settings)
    done, losses = load_checkpoint(checkpoint, model=model, optimizer=optimizer) if checkpoint else (0, [])
    every = min(max(1, len(training) // settings.batch), LONGEST)
    loss = training.loss(model)
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
    model: Network,
    optimizer: torch.optim.Optimizer,
    loss_of: Loss,
    training: Learnable,
    settings: FitSettings,
    step: int,
    mean: npt.NDArray[np.float32] | None,
    device: torch.device,
) -> float:
    which = batch_of(len(training), size=settings.batch, seed=settings.seed, step=step)
    augment = partial(
        augmented,
        seed=settings.seed,
        step=step,
        time_mask=settings.time_mask,
        frequency_mask=settings.frequency_mask,
        mixup=settings.mixup,
        mean=mean,
    )
    features, targets = training.batch(which, augment)
    inputs, *wanted = (torch.from_numpy(each).to(device) for each in (features, *targets))
    optimizer.zero_grad(set_to_none=True)
    with autocast(settings.precision, device):
        logits = model(inputs)
    loss = loss_of(logits, *wanted)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return float(loss.detach())
