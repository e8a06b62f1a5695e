"""How the clips of a scored split are resampled and halved: by maker where it is known who made the sounds, else by clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from kd.corpus.makers import makers_of, twin_of
from kd.passes.inputs import Part
from kd.scoring.bootstrap import Weights, resample
from kd.scoring.counts import CellCounts
from kd.scoring.crossfit import Halves, halve
from kd.scoring.intervals import intervals
from kd.scoring.units import Units, units_of

RESAMPLES = 1000


@dataclass(frozen=True)
class Yardstick:
    """A scored split, what is drawn together in its resamples, and how it is halved for cross-fitting."""

    part: Part
    units: Units

    @cached_property
    def weights(self) -> Weights:
        """The resamples: the same for everything that is scored on this split."""
        return resample(units=self.units, resamples=RESAMPLES)

    @cached_property
    def halves(self) -> Halves:
        """Two halves of each class's cells."""
        index = {label: k for k, label in enumerate(self.units.classes)}
        events = np.zeros((len(self.units.clips), len(index)), np.int64)
        for i, name in enumerate(self.units.clips):
            for event in self.part.truth[name]:
                events[i, index[event.label]] += 1
        return halve(units=self.units, events=events)

    def figures(self, cells: CellCounts) -> dict[str, Any]:
        """`E` of `results.json`: F1, precision and recall by macro, micro and class, and `f1_interval`, 95 %."""
        figures: dict[str, Any] = {**cells.total().scores().to_dict()}
        found = intervals([cells], weights=self.weights)
        rows = [(figures["macro"], found.macro), (figures["micro"], found.micro)]
        rows += [(figures["classes"][label], found.classes[label]) for label in self.units.classes]
        for row, sampled in rows:
            one = sampled["f1"]
            row["f1_interval"] = None if one.low is None else [one.low, one.high]
        return figures

    def about(self) -> dict[str, Any]:
        """How intervals came about, as `results.json` has it."""
        return {
            "by": self.units.by,
            "resamples": RESAMPLES,
            "makers": self.units.makers,
            "few_makers": list(self.units.few),
        }


def yardstick(part: Part, *, classes: Sequence[str], root: Path) -> Yardstick:
    """The yardstick of a strongly labelled split; root: the corpus folder, which may say who made the sounds.

    Raises UserError where the makers of some events are given and of others not.
    """
    makers = makers_of(table=part.split.table, events=part.truth, twin=twin_of(root, part.split.name))
    return Yardstick(part, units_of(clips=part.names, classes=classes, makers=makers))
