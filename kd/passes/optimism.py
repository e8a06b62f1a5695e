"""What champions score on the selection split had they been chosen on its other half: how far choosing flatters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kd.passes.judging import Fits, Judge
from kd.scoring.crossfit import CrossFit, crossfit_champions, optimism
from kd.scoring.intervals import intervals


@dataclass
class Contest:
    """All that have contended for champion in a job, by version, and what they were judged by: `tuned` or `fixed`."""

    judge: Judge
    judged_by: str
    fits: dict[int, Fits] = field(default_factory=dict)

    def enter(self, version: int, fits: Fits) -> None:
        """A candidate, or a guest, contends from now on."""
        self.fits[version] = fits

    def gained(self, before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
        """Classes whose new champion beats the old one beyond chance on the selection split, or that had none before.

        Beyond chance: the 95 % interval of the paired difference of F1 excludes zero. Versions that never contended,
        which a person put there, count as beaten. before, after: class to version.
        """
        found = []
        for label, version in after.items():
            old = before.get(label)
            if old == version:
                continue
            if old not in self.fits or version not in self.fits:
                found.append(label)
                continue
            new, former = (self.fits[each][self.judged_by].same for each in (version, old))
            low = intervals([new], weights=self.judge.select.weights, against=[former]).classes[label]["f1"].low
            if low is not None and low > 0:
                found.append(label)
        return found

    def crossed(
        self, merged: Fits, blended: Callable[[Mapping[str, int]], Fits] | None = None
    ) -> dict[str, dict[str, Any]]:
        """`{crossfit: {fixed: E, tuned: E}, optimism: {fixed, tuned: {value, low, high}}}` of the merged champions.

        Candidate, threshold and window of each class are chosen on one half of its cells and scored on the other, both
        ways. merged: counts of the champions chosen on all cells; blended: counts by the blended scores of champions, class to
        version, where they are blended. What a person moved counts in merged alone, and so does what earlier champions taught the
        candidates. A class's blend holds champions of other classes, whose halves are not its own.
        """
        versions = sorted(self.fits)
        entered = [self.fits[version] for version in versions]
        by = [fits[self.judged_by] for fits in entered]
        crossed: dict[str, CrossFit[Any]] = {
            kind: replace(crossfit_champions([fits[kind] for fits in entered], by=by), same=merged[kind].same)
            for kind in merged
        }
        if blended is not None:
            chosen_on = next(iter(crossed.values())).chosen_on
            classes = self.judge.classes
            halves = [blended({c: versions[i] for c, i in zip(classes, half, strict=True)}) for half in chosen_on]
            crossed = {
                kind: replace(fit, counts_on=(halves[0][kind].counts_on[0], halves[1][kind].counts_on[1]))
                for kind, fit in crossed.items()
            }
        weights = self.judge.select.weights
        return {
            "crossfit": self.judge.figures({kind: fit.crossed for kind, fit in crossed.items()}),
            "optimism": {kind: optimism([fit], weights=weights).macro["f1"].to_dict() for kind, fit in crossed.items()},
        }
