"""Short students: what a trial trains to find out what labels are worth."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from kd.models.build import build
from kd.models.config import ModelConfig
from kd.passes.context import Bench
from kd.passes.inputs import Part
from kd.training.data import TrainingSet
from kd.training.fit import FitSettings, fit
from kd.training.precision import device
from kd.training.predict import Logits, predict


@dataclass(frozen=True)
class Student:
    """A network trained for `how.steps` steps, and judged on the selection split by `judged_by`, `tuned` or `fixed` F1."""

    bench: Bench
    config: ModelConfig
    how: FitSettings
    judged_by: str

    def taught(
        self,
        lessons: Sequence[Callable[[], TrainingSet]],
        heard: Callable[[int, float], None],
        report: Callable[[int, float], None] = lambda done, f1: None,
    ) -> tuple[nn.Module, float]:
        """A fresh student that learns from each lesson for an equal part of its steps, and its macro event F1.

        heard: called after each step with the steps done and the loss; report: after each lesson with the steps done and
        F1; it may raise to stop. The same lessons give the same student.
        """
        view = self.bench.view(self.config.architecture)
        torch.manual_seed(self.how.seed)
        network = build(self.config)
        network.set_statistics(view.mean, view.deviation)
        network = network.to(device())
        done, f1 = 0, 0.0
        for number, lesson in enumerate(lessons):
            steps = (number + 1) * self.how.steps // len(lessons) - done
            part = replace(self.how, steps=steps, seed=self.how.seed + number)
            fit(network, lesson(), part, mean=view.mean, report=lambda step, loss, past=done: heard(past + step, loss))  # type: ignore[misc]
            done += steps
            f1 = self.f1(network)
            report(done, f1)
        return network, f1

    def f1(self, network: nn.Module) -> float:
        """Macro event F1 on the selection split, at the operating points it is judged by; 0 where undefined."""
        view, part = self.bench.view(self.config.architecture), self.bench.inputs.select
        fits = self.bench.judge.fits(self.logits(network, part), grid=view.grid)
        return fits[self.judged_by].same.total().scores().macro.f1 or 0.0

    def logits(self, network: nn.Module, part: Part) -> Logits:
        """The student's logits on a split, (clips, frames, classes)."""
        spec = self.bench.view(self.config.architecture).spec
        return predict(network, part.features[spec], precision=self.how.precision)
