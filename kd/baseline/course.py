"""How the baseline is trained: in two steps, from weak labels, then from tags of the unlabelled clips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from kd.baseline.network import BaselineNetwork
from kd.training.checkpoint import load_checkpoint, save_checkpoint
from kd.training.precision import autocast, device

Floats = npt.NDArray[np.float32]
BATCHES = (16, 128)  # clips in a step of the first training, and of the second
RATE = 1e-3
DELAY, LEAST_GAIN, PATIENCE = 5, 0.01, 15  # epochs before the first comparison; of validation F1; epochs without a gain
HELD_OUT = 0.2  # of the weakly labelled clips, for validation
LEVELS = tuple(i / 10 for i in range(11))  # thresholds of tags that are tried
TAG = 0.5  # threshold of tags while training
SMALL = 16  # clips predicted at a time
Report = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Course:
    """What one training is: at most so many epochs of batches of so many clips, and its seed."""

    epochs: int
    batch: int
    seed: int
    precision: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """features: (clips, frames, 64), normalised; tags: (clips, classes), 0 or 1."""

    features: Floats
    tags: Floats

    def of(self, which: npt.NDArray[np.int64]) -> "Lesson":
        """These clips of it."""
        return Lesson(self.features[which], self.tags[which])


@dataclass(frozen=True, slots=True)
class Taught:
    """A trained network, the epoch whose weights it has (from 1), the epochs trained, and the clips that went into steps."""

    network: BaselineNetwork
    best: int
    epochs: int
    clip_steps: int


def baseline_network(
    weak: Lesson, unlabelled: Floats, course: Course, report: Report, *, kept: Path | None = None
) -> tuple[Taught, Taught]:
    """Both trainings: the tagger's and the detector's. report: called with training, epoch and validation F1; kept: a folder of
    checkpoints, from which trainings go on.

    The first learns tags of four fifths of the weak clips. Its tags of the unlabelled clips, at the thresholds of best F1 on
    the last fifth, are copied to all frames of these; from that learns the second, a fresh network, and the
    weak clips validate it. Without unlabelled clips the first is both. Source: dcase2018_baseline, task4_crnn.py.
    """
    order = np.random.default_rng([course.seed, 1]).permutation(len(weak.tags))
    held = max(1, round(HELD_OUT * len(order)))
    validation, training = weak.of(np.sort(order[:held])), weak.of(np.sort(order[held:]))

    def learnt(number: int, lesson: Lesson, judged: Lesson, how: Course) -> Taught:
        place = None if kept is None else kept / f"training-{number}.safetensors"
        return taught(lesson, judged, how, frames=number == 2, report=partial(report, number), kept=place)

    tagger = learnt(1, training, validation, replace(course, batch=BATCHES[0]))
    if not len(unlabelled):
        return tagger, tagger
    thresholds = best_thresholds(tags_of(tagger.network, validation.features, course.precision), validation.tags)
    tags = tags_of(tagger.network, unlabelled, course.precision) >= thresholds
    second = replace(course, batch=BATCHES[1], seed=course.seed + 1)
    return tagger, learnt(2, Lesson(unlabelled, tags.astype(np.float32)), weak, second)


def taught(
    training: Lesson,
    validation: Lesson,
    course: Course,
    *,
    frames: bool,
    report: Callable[[int, float], None],
    kept: Path | None,
) -> Taught:
    """A fresh network taught tags of clips, or with `frames` the same tags in every frame, until validation F1 stops rising.

    F1 of tags, macro, at 0.5, after each epoch; a gain is more than 0.01; without one for 15 epochs after the fifth
    training ends, and the best epoch's weights are taken. kept: file of a checkpoint, to go on from.
    """
    torch.manual_seed(course.seed)
    network, best = (BaselineNetwork(classes=training.tags.shape[1]).to(device()) for _ in range(2))
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, eps=1e-7, fused=True)
    history: list[float] = []
    if kept is not None:
        _, history = load_checkpoint(kept, model=network, optimizer=optimizer, average=best)
    while len(history) < course.epochs and waited(history) < PATIENCE:
        epoch = len(history) + 1
        torch.manual_seed(int(np.random.SeedSequence([course.seed, epoch]).generate_state(1)[0]))  # of dropout
        network.train()
        order = np.random.default_rng([course.seed, epoch]).permutation(len(training.tags))
        for start in range(0, len(order), course.batch):
            step(network, optimizer, training.of(order[start : start + course.batch]), frames, course.precision)
        history.append(macro_f1(tags_of(network, validation.features, course.precision) >= TAG, validation.tags))
        report(epoch, history[-1])
        if best_of(history) == epoch:
            best.load_state_dict(network.state_dict())
        if kept is not None:
            save_checkpoint(kept, model=network, optimizer=optimizer, step=epoch, losses=history, average=best)
    return Taught(best, best_of(history), len(history), len(history) * len(training.tags))


def best_of(history: Sequence[float]) -> int:
    """The epoch, from 1, whose weights are taken: the last that gained more than 0.01 over the best before it."""
    best, top = 0, -1.0
    for epoch, f1 in enumerate(history, 1):
        if f1 > top + LEAST_GAIN or best == 0:
            best, top = epoch, f1
    return best


def waited(history: Sequence[float]) -> int:
    """Epochs without a gain, from the sixth on."""
    return max(0, len(history) - max(DELAY, best_of(history)))


def step(
    network: BaselineNetwork, optimizer: torch.optim.Optimizer, batch: Lesson, frames: bool, precision: str
) -> None:
    """One step of binary cross-entropy."""
    where = next(network.parameters()).device
    inputs, tags = torch.from_numpy(batch.features).to(where), torch.from_numpy(batch.tags).to(where)
    optimizer.zero_grad(set_to_none=True)
    with autocast(precision, where):
        logits: Tensor = network(inputs)
    if frames:
        loss = nn.functional.binary_cross_entropy_with_logits(logits, tags[:, None].expand_as(logits))
    else:
        pooled = torch.sigmoid(logits).mean(dim=1).clamp(1e-7, 1 - 1e-7)
        loss = nn.functional.binary_cross_entropy(pooled, tags)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def scores_of(network: BaselineNetwork, features: Floats, precision: str) -> Floats:
    """Probabilities of frames, (clips, frames, classes)."""
    where = next(network.parameters()).device
    network.eval()
    found = []
    for start in range(0, len(features), SMALL):
        with torch.inference_mode(), autocast(precision, where):
            logits = network(torch.from_numpy(features[start : start + SMALL]).to(where))
            found.append(torch.sigmoid(logits.float()).cpu().numpy())
    return np.concatenate(found)


def tags_of(network: BaselineNetwork, features: Floats, precision: str) -> Floats:
    """Probabilities of clips' tags, (clips, classes): the mean over frames."""
    return np.asarray(scores_of(network, features, precision).mean(axis=1), np.float32)


def best_thresholds(tags: Floats, truth: Floats) -> Floats:
    """Of each class, the threshold among 0, 0.1, …, 1 whose tags have the best F1; the lowest among equals."""
    f1 = np.stack([class_f1(tags >= level, truth) for level in LEVELS])
    return np.asarray(np.array(LEVELS, np.float32)[f1.argmax(axis=0)])


def macro_f1(found: npt.NDArray[np.bool_], truth: Floats) -> float:
    """Mean over classes of the F1 of tags, (clips, classes) both."""
    return float(class_f1(found, truth).mean())


def class_f1(found: npt.NDArray[np.bool_], truth: Floats) -> npt.NDArray[np.float64]:
    """F1 of each class's tags, 0 where there are none."""
    hits = (found & (truth > 0)).sum(axis=0)
    f1: npt.NDArray[np.float64] = 2 * hits / np.maximum(found.sum(axis=0) + (truth > 0).sum(axis=0), 1)
    return f1
