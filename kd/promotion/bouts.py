"""Two versions on the same clips: paired differences with their intervals."""

from dataclasses import dataclass, field, replace
from typing import Any

from kd.passes.systems import at_fixed_points, of_version
from kd.promotion.policies import Proposal, Versions
from kd.promotion.settings import PromoteSettings
from kd.scoring.assess import assess
from kd.scoring.contrast import contrast
from kd.scoring.headline import Sampling
from kd.scoring.system import System


@dataclass
class Bouts:
    """Systems and differences, each computed once."""

    versions: Versions
    settings: PromoteSettings
    systems: dict[int, System] = field(default_factory=dict)
    found: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)

    def system(self, number: int) -> System:
        """A version on the split, by the operating points that `judged_by=` asks for."""
        if number not in self.systems:
            system = of_version(self.versions[number], self.settings, makers=True)
            self.systems[number] = at_fixed_points(system) if self.settings.judged_by == "fixed" else system
        return self.systems[number]

    def told(self) -> str:
        """One line on what was scored: the clips, and where the scores came from."""
        kept = [number for number, system in self.systems.items() if "run" in (system.about or {})]
        fresh = [number for number in self.systems if number not in kept]
        said = [f"{word} {', '.join(map(str, some))}" for word, some in (("kept", kept), ("predicted", fresh)) if some]
        clips = max((len(system.clips) for system in self.systems.values()), default=0)
        return f"on {clips} clips of data={self.settings.data}, {self.settings.split}; scores of versions: {'; '.join(said)}"

    def between(self, old: int, new: int) -> dict[str, Any]:
        """`contrast` of two versions; a difference is new minus old."""
        if (old, new) not in self.found:
            sampling = Sampling(resamples=self.settings.resamples)
            self.found[old, new] = contrast([self.system(old)], [self.system(new)], sampling=sampling)
        return self.found[old, new]

    def alone(self, number: int) -> dict[str, Any]:
        """`assess` of one version, without intervals."""
        return assess(self.system(number), sampling=Sampling(resamples=0))


def significant(proposals: list[Proposal], bouts: Bouts) -> list[Proposal]:
    """The same, held back where the 95 % interval of the difference does not lie above zero."""
    return [_tested(each, bouts, each.old) if each.moves and each.old is not None else each for each in proposals]


def _tested(proposal: Proposal, bouts: Bouts, old: int) -> Proposal:
    change = bouts.between(old, proposal.new)["difference"]
    drawn = change["classes"].get(proposal.label, {}).get("f1")
    if drawn is None or drawn["low"] is None:
        return replace(proposal, held="no events of it to tell by")
    difference = {**drawn, "by": change["by"], "few_makers": proposal.label in change["few_makers"]}
    held = "" if drawn["low"] > 0 else "interval not above zero"
    return replace(proposal, difference=difference, held=held)
