"""Scene systems judged: one network with its own outputs or a back end, or several whose scores are averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.scenes.bench import SceneBench, Trained
from kd.scenes.inputs import SELECT, TRAIN
from kd.scenes.svm import Svm, fit_svm
from kd.scoring.accuracy import accuracy, confusion

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]
OWN, SVM = "softmax", "svm"  # back ends


@dataclass(frozen=True, eq=False)
class System:
    """What is scored. members: networks, svms: what each one's embeddings are given to, None: its own outputs count.

    scores: of each scored part, (clips, classes).
    """

    name: str
    members: tuple[Trained, ...]
    svms: tuple[Svm | None, ...]
    scores: Mapping[str, Floats]
    bench: SceneBench

    def found(self, part: str) -> Whole:
        """The class of the highest score of each clip, (clips,)."""
        return np.asarray(self.scores[part].argmax(axis=1), np.int64)

    @cached_property
    def figures(self) -> dict[str, Any]:
        """By part: `accuracy` with its interval, those of `classes`, and `confusion`, rows what is true."""
        return {part: figures_of(self, part) for part in self.bench.inputs.scored}

    @property
    def selected(self) -> float:
        """Accuracy on the part that is chosen on."""
        return float(np.mean(self.found(SELECT) == self.bench.inputs.labels(SELECT)))


def figures_of(system: System, part: str) -> dict[str, Any]:
    """What a system reaches on a part."""
    truth, found = system.bench.inputs.truth(part), system.found(part)
    bounds = accuracy(truth, [found])
    return {
        "accuracy": bounds["overall"],
        "classes": bounds["classes"],
        "confusion": confusion(truth, found).tolist(),
        "found": found.tolist(),
    }


def judged(bench: SceneBench, trained: Trained, *, back: str) -> System:
    """A network as a system; `svm`: its embeddings of the training clips train the back end. Source: S5 section 2.2."""
    svm = None
    if back == SVM:
        embeddings = bench.said(trained, TRAIN).embeddings
        svm = fit_svm(embeddings, bench.inputs.labels(TRAIN), classes=len(bench.inputs.classes))
    scores = {part: bench.said(trained, part).scores(svm) for part in bench.inputs.scored}
    return System(trained.name, (trained,), (svm,), scores, bench)


def ensemble(name: str, systems: Sequence[System]) -> System:
    """Several systems as one: the mean of their scores. Source: S5 section 2.2, "the scores … are averaged"."""
    first = systems[0]
    scores = {part: np.mean([system.scores[part] for system in systems], axis=0) for part in first.scores}
    members = tuple(member for system in systems for member in system.members)
    return System(name, members, tuple(svm for system in systems for svm in system.svms), scores, first.bench)


def difference(before: System, after: System) -> dict[str, Any]:
    """By part, the accuracy of one system minus that of another on the same clips, with its interval."""
    inputs = before.bench.inputs
    return {
        part: accuracy(inputs.truth(part), [after.found(part)], against=[before.found(part)])["overall"]
        for part in inputs.scored
    }
