"""The training loop."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from kd.errors import UserError
from kd.models.joint import add_gradients, own, rank, share_statistics, whole
from kd.training.augment import augmented
from kd.training.average import Average
from kd.training.checkpoint import load_checkpoint, save_checkpoint
from kd.training.data import Guided, Learnable, Loss, Step
from kd.training.precision import autocast
from kd.training.rates import share_at

Report = Callable[[int, float], None]
Watch = Callable[[int, nn.Module], None]
LONGEST = 250  # steps between checkpoints
Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How one network is trained: `steps` steps of `batch` clips.

    optimizer: `adam`, `amsgrad`, or `sgd` with `momentum`; decay: what is added to each gradient, as a share of its weight;
    schedule: of the rate, one of `kd.training.rates`; average: the decay of the moving average of weights that becomes the
    network, 0: none, the last weights do; going_on: it begins with the weights that the training begins with; time_mask,
    frequency_mask, mixup: as in `augmented`; 0: none.
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
    decay: float = 0.0
    schedule: str = "last third"
    average: float = 0.0
    going_on: bool = False


def rate_at(settings: FitSettings, step: int) -> float:
    """Learning rate of step `step` (from 0)."""
    return settings.learning_rate * share_at(settings.schedule, step, settings.steps)


def optimizer_of(model: nn.Module, settings: FitSettings) -> torch.optim.Optimizer:
    """The optimiser that the settings name, fresh."""
    rate, decay = settings.learning_rate, settings.decay
    if settings.optimizer == "sgd":
        momentum = settings.momentum
        return torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum, weight_decay=decay, fused=True)
    amsgrad = settings.optimizer == "amsgrad"
    return torch.optim.Adam(model.parameters(), lr=rate, weight_decay=decay, amsgrad=amsgrad, fused=True)


def fit(
    model: Model,
    training: Learnable[Model],
    settings: FitSettings,
    *,
    mean: npt.NDArray[np.float32] | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
    watch: Watch | None = None,
) -> list[float]:
    """Train `model` in place; returns the loss of every step. Where processes share the batches, as `joint` has it, each calls
    this, with the same arguments and a model of the same weights.

    mean: (mels,) of the training clips' features, what masked ones become; None: 0.
    checkpoint: written after each epoch, or each 250 steps of a longer one; a training that finds one goes on from it
    and ends with the same weights.
    report: called after each step with the number of steps done and the loss; watch: with that number and the network as it
    would be if this step were the last.
    """
    device = next(model.parameters()).device
    share_statistics(model)
    optimizer = optimizer_of(model, settings)
    average = Average(model, decay=settings.average, warm=settings.going_on) if settings.average else None
    averaged = None if average is None else average.network
    done, losses = 0, list[float]()
    if checkpoint:
        done, losses = load_checkpoint(checkpoint, model=model, optimizer=optimizer, average=averaged)
    every = min(max(1, len(training) // settings.batch), LONGEST)
    if averaged is not None and isinstance(training, Guided):
        loss = training.guided_loss(model, averaged)
    else:
        loss = training.loss(model)
    model.train()
    for step in range(done, settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate_at(settings, step)
        losses.append(_step(model, optimizer, loss, training, settings, step, mean, device))
        if not np.isfinite(losses[-1]):
            raise UserError(f"the loss is {losses[-1]} at step {step + 1}", "lower learning_rate, or precision=float32")
        if average is not None:
            average.update(model, step=step)
        if watch:
            watch(step + 1, averaged or model)
        if checkpoint and rank() == 0 and (step + 1) % every == 0 and step + 1 < settings.steps:
            save_checkpoint(
                checkpoint, model=model, optimizer=optimizer, step=step + 1, losses=losses, average=averaged
            )
        if report:
            report(step + 1, losses[-1])
    if averaged is not None:
        model.load_state_dict(averaged.state_dict())
    return losses


def _step(
    model: Model,
    optimizer: torch.optim.Optimizer,
    loss_of: Loss,
    training: Learnable[Model],
    settings: FitSettings,
    step: int,
    mean: npt.NDArray[np.float32] | None,
    device: torch.device,
) -> float:
    augment = partial(
        augmented,
        seed=settings.seed,
        step=step,
        time_mask=settings.time_mask,
        frequency_mask=settings.frequency_mask,
        mixup=settings.mixup,
        mean=mean,
    )
    features, targets = training.batch(Step(step, settings.batch, settings.seed), augment)
    size = len(features)
    inputs, *wanted = (torch.from_numpy(each).to(device) for each in (features[own(size)], *targets))
    optimizer.zero_grad(set_to_none=True)
    with autocast(settings.precision, device):
        given = model(inputs)
    loss = loss_of(whole(given, size=size), *wanted)
    loss.backward()  # type: ignore[no-untyped-call]
    add_gradients(model)
    optimizer.step()
    return float(loss.detach())
