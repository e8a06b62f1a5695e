"""Short students: what a trial trains to find out what labels are worth."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from kd.audio.store import ClipFeatures
from kd.engines.pool import Pool
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import load_model
from kd.models.memory import keep_freed_memory
from kd.models.network import Network
from kd.passes.context import Bench
from kd.passes.inputs import Part
from kd.passes.threads import use_threads
from kd.training.data import TrainingSet
from kd.training.fit import FitSettings, fit
from kd.training.precision import device
from kd.training.predict import Logits, predict

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[Any]]
Told = tuple[int, float, float]  # steps done, loss, seconds by the worker's clock


@dataclass(frozen=True)
class Course:
    """One lesson for one student, as a worker is sent it.

    weights: where it begins, None for a fresh network; mean, deviation: (mels,) statistics of the features; judged_on:
    features of the clips whose logits are wanted afterwards; threads: processor threads to use.
    """

    config: ModelConfig
    weights: Weights | None
    training: TrainingSet
    mean: Floats
    deviation: Floats
    how: FitSettings
    judged_on: ClipFeatures
    threads: int


def take(course: Course, tell: Callable[[Told], None]) -> tuple[Weights, Logits]:
    """Weights and logits after a lesson; tells what is `Told` after each step."""
    use_threads(course.threads)
    keep_freed_memory()
    torch.manual_seed(course.how.seed)
    network = build(course.config)
    network.set_statistics(course.mean, course.deviation)
    if course.weights is not None:
        restore(network, course.weights)
    network = network.to(device())
    report = lambda step, loss: tell((step, loss, time.monotonic()))  # noqa: E731
    fit(network, course.training, course.how, mean=course.mean, report=report)
    logits = predict(network, course.judged_on, precision=course.how.precision)
    return {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}, logits


def weights_of(folder: Path) -> Weights:
    """The weights of the network saved in a folder."""
    return {name: tensor.numpy() for name, tensor in load_model(folder)[0].state_dict().items()}


def restore(network: Network, weights: Weights) -> None:
    """Put weights into a network."""
    network.load_state_dict({name: torch.from_numpy(np.asarray(array)) for name, array in weights.items()})


@dataclass(frozen=True)
class Student:
    """A network trained for `how.steps` steps, and judged on the selection split by `judged_by`, `tuned` or `fixed` F1.

    workers: who train it, with so many processor threads.
    """

    bench: Bench
    config: ModelConfig
    how: FitSettings
    judged_by: str
    workers: Pool
    threads: int

    def taught(
        self,
        lessons: Sequence[Callable[[], TrainingSet]],
        heard: Callable[[int, float, float], None],
        report: Callable[[int, float], None] = lambda done, f1: None,
        *,
        start: Weights | None = None,
    ) -> tuple[Weights, float]:
        """The weights of a student that learns from each lesson for an equal part of its steps; its macro event F1.

        start: where it begins; None: a fresh one. heard: called after each step with the steps done, the loss and the
        training's clock; report: after each lesson with the steps done and F1; it may raise to stop. The same lessons give
        the same student.
        """
        view, select = self.bench.view(self.config.architecture), self.bench.inputs.select
        weights = start
        done, f1 = 0, 0.0
        for number, lesson in enumerate(lessons):
            steps = (number + 1) * self.how.steps // len(lessons) - done
            course = Course(
                self.config,
                weights,
                lesson(),
                view.mean,
                view.deviation,
                replace(self.how, steps=steps, seed=self.how.seed + number),
                select.features[view.spec],
                self.threads,
            )
            told = lambda _, said, past=done: heard(past + said[0], said[1], said[2])  # noqa: E731
            ((weights, logits),) = self.workers.each(take, [course], told, threads=course.threads)
            done += steps
            f1 = self.f1(logits)
            report(done, f1)
        assert weights is not None
        return weights, f1

    def f1(self, logits: Logits) -> float:
        """Macro event F1 on the selection split, at the operating points it is judged by; 0 where undefined."""
        fits = self.bench.judge.fits(logits, grid=self.bench.view(self.config.architecture).grid)
        return fits[self.judged_by].same.total().scores().macro.f1 or 0.0

    def logits(self, weights: Weights, part: Part) -> Logits:
        """A taught student's logits on a split, (clips, frames, classes)."""
        network = build(self.config)
        restore(network, weights)
        spec = self.bench.view(self.config.architecture).spec
        return predict(network.to(device()), part.features[spec], precision=self.how.precision)
