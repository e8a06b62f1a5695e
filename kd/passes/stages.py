"""The two stages of S2 as steps: one network on given labels, then on with and without class-frame pseudo-labels."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.config import say
from kd.labels.acceptance import ClassFrameLabels, class_frame_labels
from kd.labels.schedule import Falling
from kd.losses.class_weights import Reals
from kd.models.config import ModelConfig
from kd.passes.context import Bench
from kd.passes.inputs import Inputs, View
from kd.passes.plan import seed_of
from kd.passes.targets import joined, true_frames
from kd.training.fit import FitSettings
from kd.training.stages import PSEUDO, STRONG, WEAK, StageSet

RESNET = "resnet"


@dataclass(frozen=True, slots=True)
class Update:
    """One update of the labels: its θ, clips accepted of the weakly labelled ones, and clips whose labels are learnt from.

    These are the accepted ones, or where there is none, those of the update before.
    """

    index: int
    threshold: float
    accepted: int
    weak: int
    used: int

    @property
    def share(self) -> float:
        """Of the weakly labelled clips, those accepted."""
        return self.accepted / self.weak if self.weak else 0.0

    def to_dict(self) -> dict[str, Any]:
        """For `results.json`."""
        return {**asdict(self), "share": self.share}


@dataclass(frozen=True)
class Trained:
    """A network: the steps that trained it, first ones first, the last of which holds it."""

    name: str
    steps: tuple[Path, ...]
    clip_steps: int

    @property
    def network(self) -> Path:
        """The folder of the network."""
        return self.steps[-1] / "network"


@dataclass(frozen=True)
class Stages:
    """What both stages share. how: of the first stage, and of each round of the second but for steps and seed."""

    bench: Bench
    config: ModelConfig
    how: FitSettings
    seed: int
    threads: int
    given: StageSet

    @property
    def view(self) -> View:
        """What the network sees."""
        return self.bench.view(RESNET)

    def first(self) -> Trained:
        """The first stage: L^{all_1st}, the labels that are given. Source: S2 section 3.3."""
        step = self._step("stage-1", self.given, replace(self.how, seed=seed_of(self.seed, "stage-1")), None)
        return Trained("stage-1", (step,), self.how.steps * self.how.batch)

    def without(self, begun: Trained, rounds: Sequence[int]) -> Trained:
        """The first stage gone on with: as many more steps as the second stage has, on the given labels alone."""
        steps = list(begun.steps)
        for i in range(len(rounds)):
            steps.append(self._round("without", i, rounds, self.given, steps[-1]))
        return self._ended("without", begun, rounds, steps)

    def with_labels(self, begun: Trained, rounds: Sequence[int], falling: Falling) -> tuple[Trained, list[Update]]:
        """The second stage: before each round, labels by the network as it is; then L^{all_2nd} on given and pseudo-labels.

        Source: S2 section 3.4. Where no clip is accepted the last labels are kept.
        """
        steps, updates = list(begun.steps), []
        labels: ClassFrameLabels | None = None
        for i in range(len(rounds)):
            found = self._labels(steps[-1] / "network", falling.at(i))
            accepted = int(found.accepted.sum())
            labels = found if accepted or labels is None else labels
            used = int(labels.accepted.sum())
            updates.append(Update(i, falling.at(i), accepted, len(found.accepted), used))
            say(told(updates[-1], len(rounds)))
            steps.append(self._round("with", i, rounds, labelled(self.given, labels), steps[-1]))
        return self._ended("with", begun, rounds, steps), updates

    def _labels(self, network: Path, theta: float) -> ClassFrameLabels:
        part = self.bench.inputs.training["weak"]
        logits = self.bench.predicted(network, self.view.spec, part)
        return class_frame_labels(logits, part.tags(self.bench.inputs.classes), threshold=theta)

    def _round(self, name: str, i: int, rounds: Sequence[int], learnt: StageSet, last: Path) -> Path:
        """Round i of the second stage; the same clips in the same order whatever the labels."""
        how = replace(self.how, steps=rounds[i], seed=seed_of(self.seed, "stage-2", i))
        return self._step(f"{name} {i + 1}/{len(rounds)}", learnt, how, last / "network")

    def _step(self, name: str, learnt: StageSet, how: FitSettings, start: Path | None) -> Path:
        progress = self.bench.progress
        work = self.bench.training(self.config, learnt, how, threads=self.threads, start=start)
        progress.begin(name, index=0, kind=RESNET, steps=how.steps, cores=self.threads)
        step = work.run(partial(progress.step, name))
        progress.end(name)
        return step

    def _ended(self, name: str, begun: Trained, rounds: Sequence[int], steps: Sequence[Path]) -> Trained:
        return Trained(name, tuple(steps), begun.clip_steps + sum(rounds) * self.how.batch)


def given_labels(inputs: Inputs, view: View, weights: Reals, *, balanced: bool) -> StageSet:
    """Weakly labelled clips with their tags, then strongly labelled ones with their frames too."""
    parts = {role: inputs.training[role] for role in ("weak", "strong")}
    tags = joined(view, parts, {role: part.tags(inputs.classes) for role, part in parts.items()})
    strong = true_frames(parts["strong"], inputs, view)
    weak = np.zeros((len(parts["weak"].names), *strong.shape[1:]), np.float16)
    kinds = np.repeat([WEAK, STRONG], [len(weak), len(strong)]).astype(np.int64)
    return StageSet(tags.features, kinds, tags.targets, np.concatenate([weak, strong]), weights, balanced)


def labelled(given: StageSet, labels: ClassFrameLabels) -> StageSet:
    """The same clips, the accepted ones among the weakly labelled, which come first, with their pseudo-labels."""
    kinds, frames = given.kinds.copy(), given.frames.copy()
    accepted = np.flatnonzero(labels.accepted)
    kinds[accepted] = PSEUDO
    frames[accepted] = labels.frames[accepted]
    return replace(given, kinds=kinds, frames=frames)


def clips_of_classes(inputs: Inputs) -> npt.NDArray[np.int64]:
    """N_c: the weakly and strongly labelled clips that hold each class, (classes,)."""
    tags = np.concatenate([inputs.training[role].tags(inputs.classes) for role in ("weak", "strong")])
    return np.asarray((tags > 0).sum(axis=0), np.int64)


def rounds_of(steps: int, updates: int) -> list[int]:
    """Steps of each round of the second stage: as even as whole numbers allow, the longer ones first."""
    return [steps // updates + (i < steps % updates) for i in range(updates)]


def told(update: Update, updates: int) -> str:
    """A line on one update of the labels."""
    line = (
        f"update {update.index + 1}/{updates}: at threshold {update.threshold:.2f}, {update.accepted} of {update.weak} "
        f"weakly labelled clips ({100 * update.share:.1f} %) are recognised as they are tagged"
    )
    if update.accepted:
        return line
    instead = (
        "the last labels are kept" if update.used else "there are no labels yet, only the given ones are learnt from"
    )
    return f"warning: {line}; {instead}"
