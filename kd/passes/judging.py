"""Scores of logits on the scored splits: `fixed`, and `tuned` at points chosen on the selection split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from kd.audio.grid import FrameGrid
from kd.labels.smoothing import probabilities
from kd.passes.inputs import Inputs, Part
from kd.passes.yardstick import Yardstick, yardstick
from kd.scoring.calibration import calibration
from kd.scoring.counts import CellCounts
from kd.scoring.crossfit import CrossFit, crossfit
from kd.scoring.frame_truth import frame_truth
from kd.scoring.operating_points import DEFAULT_DEPTHS, OperatingPoints
from kd.scoring.temperature import fit_temperatures
from kd.scoring.tune import cells_at, tune

Logits = npt.NDArray[np.float16]
Floats = npt.NDArray[np.float32]
Fits = dict[str, CrossFit[OperatingPoints]]
PLATEAU = (1.0, 2.0)  # steps of windows and thresholds: a top of the F1 surface is judged with what is around it


@dataclass(frozen=True, slots=True)
class Verdict:
    """Scores of one set of logits.

    points: per class, chosen on the selection split; temperatures: fitted there too; select, report:
    `{fixed: E, tuned: E, calibration}` as in `results.json`, report None where nothing is reported and without
    calibration where it is cross-fitted; fits: counts on the
    selection split by kind of operating points, these being chosen on all of it and on its halves.
    """

    points: OperatingPoints
    temperatures: tuple[float, ...]
    select: dict[str, Any]
    report: dict[str, Any] | None
    fits: Fits

    def f1(self, kind: str) -> dict[str, float | None]:
        """Class to F1 on the selection split, `fixed` or `tuned`."""
        return {label: figures["f1"] for label, figures in self.select[kind]["classes"].items()}


@dataclass(frozen=True)
class Judge:
    """What scores are held against.

    select, report: the scored splits, report None where there is none; crossfit: one set serves both ends, so that what
    is reported is cross-fitted on the selection split.
    """

    classes: tuple[str, ...]
    select: Yardstick
    report: Yardstick | None
    crossfit: bool

    def verdict(
        self,
        *,
        grid: FrameGrid,
        select: Logits,
        report: Logits | None,
        points: OperatingPoints | None = None,
        temperatures: Sequence[float] = (),
    ) -> Verdict:
        """Score logits of the selection split and, at the same operating points, of the reported one.

        points, temperatures: those a detector carries; without points, both are chosen on the selection split.
        """
        fits = self.fits(select, grid=grid, points=points)
        chosen = fits["tuned"].chosen
        if points is None:
            temperatures = self._temperatures(select, grid)
        calibrated = self._calibration(self.select.part, select, grid, temperatures)
        judged = {**self.figures({kind: fit.same for kind, fit in fits.items()}), "calibration": calibrated}
        reported: dict[str, Any] | None = None
        if self.crossfit:
            reported = self.figures({kind: fit.crossed for kind, fit in fits.items()})
        elif self.report is not None and report is not None:
            part, scores = self.report.part, probabilities(report)
            both = {"fixed": OperatingPoints.fixed(classes=len(self.classes)), "tuned": chosen}
            found: dict[str, Any] = {
                kind: self.report.figures(self._cells(part, scores, grid, at)) for kind, at in both.items()
            }
            reported = {**found, "calibration": self._calibration(part, report, grid, temperatures)}
        return Verdict(chosen, tuple(temperatures), judged, reported, fits)

    def fitted(self, logits: Logits, *, grid: FrameGrid) -> tuple[OperatingPoints, tuple[float, ...]]:
        """Operating points and temperatures chosen on all of the selection split."""
        first, second = self.select.halves.masks
        return self._choose(probabilities(logits), grid, first | second), self._temperatures(logits, grid)

    def fits(self, logits: Logits, *, grid: FrameGrid, points: OperatingPoints | None = None) -> Fits:
        """Counts of the selection split at fixed points and at points chosen on it, or at known ones."""
        scores, halves = probabilities(logits), self.select.halves
        count = partial(self._cells, self.select.part, scores, grid)
        fixed = OperatingPoints.fixed(classes=len(self.classes))
        known = {"fixed": fixed} if points is None else {"fixed": fixed, "tuned": points}
        fits: Fits = {}
        for kind, at in known.items():
            cells = count(at)
            fits[kind] = CrossFit(halves, at, (at, at), cells, (cells, cells))
        if points is None:
            fits["tuned"] = crossfit(halves=halves, choose=partial(self._choose, scores, grid), count=count)
        return fits

    def figures(self, cells: Mapping[str, CellCounts]) -> dict[str, Any]:
        """`{kind: E}` of counts on the selection split."""
        return {kind: self.select.figures(each) for kind, each in cells.items()}

    def about(self) -> dict[str, Any]:
        """How figures of `results.json` were chosen, cross-fitted and resampled."""
        reported = None if self.report is None else {"split": self.report.part.split.name, **self.report.about()}
        return {
            "crossfit": self.crossfit,
            "select": {"split": self.select.part.split.name, **self.select.about()},
            "report": reported,
            "uneven": list(self.select.halves.uneven),
        }

    def _choose(self, scores: Floats, grid: FrameGrid, mask: npt.NDArray[np.bool_]) -> OperatingPoints:
        part = self.select.part
        return tune(
            scores,
            part.truth,
            clips=part.names,
            grid=grid,
            classes=self.classes,
            depths=DEFAULT_DEPTHS,
            cells=mask,
            blur=PLATEAU,
        )

    def _cells(self, part: Part, scores: Floats, grid: FrameGrid, points: OperatingPoints) -> CellCounts:
        return cells_at(scores, part.truth, clips=part.names, grid=grid, points=points, classes=self.classes)

    def _temperatures(self, logits: Logits, grid: FrameGrid) -> tuple[float, ...]:
        found = fit_temperatures(logits, self._truth(self.select.part, grid), classes=self.classes)
        return tuple(one.value for one in found.classes.values())

    def _calibration(
        self, part: Part, logits: Logits, grid: FrameGrid, temperatures: Sequence[float]
    ) -> dict[str, float | None]:
        """Calibration error over frames, mean of classes, as the network leaves it and at the temperatures."""
        z: Floats = np.asarray(logits, np.float32)
        truth = self._truth(part, grid)
        plain = calibration(probabilities(z), truth, classes=self.classes)
        divisors: Floats = np.array(temperatures, dtype=np.float32)
        tempered = calibration(probabilities(z / divisors), truth, classes=self.classes)
        return {"error": plain.error, "error_tempered": tempered.error}

    def _truth(self, part: Part, grid: FrameGrid) -> npt.NDArray[np.bool_]:
        return frame_truth(part.truth, clips=part.names, classes=self.classes, grid=grid)


def judge_of(inputs: Inputs, *, crossfit: bool = False) -> Judge:
    """The judge of a corpus; crossfit: report cross-fitted figures where no other split is reported.

    Raises UserError where the makers of some events are given and of others not.
    """
    one_set = inputs.report is None or inputs.corpus.report is inputs.corpus.select
    measure = partial(yardstick, classes=inputs.classes, root=inputs.corpus.root)
    report = None if inputs.report is None else measure(inputs.report)
    return Judge(inputs.classes, measure(inputs.select), report, crossfit and one_set)


def macro(verdict: dict[str, Any] | None, kind: str = "tuned") -> float | None:
    """Macro event F1 of a `{fixed, tuned}` record."""
    return None if verdict is None else verdict[kind]["macro"]["f1"]
