"""How teachers' scores become labels: the settings that a person gives or a study chooses."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kd.errors import UserError, did_you_mean
from kd.labels.names import ACCEPTS, KINDS, SCALES
from kd.labels.rule import LabelRule
from kd.labels.schedule import Falling
from kd.labels.smoothing import Smoothing, smoothing
from kd.scoring.operating_points import OperatingPoints


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """kind: `soft`, `binary` or `gated`, see `LabelRule`; temperature: of soft and gated labels; window, sigma: of the
    median and the Gaussian, in frames; start, decay, floor: of `schedule.threshold`, whose update 0 is pass 2.

    scale: what thresholds are compared with. `absolute`: σ(z), as S2 does. `own`: scores shifted so that each class's
    own operating threshold t lies at 1/2, σ(z - logit t), after the median and the hysteresis of its operating point; at
    θ = 1/2 a label says what its teacher would detect (ours).
    clamp: labels are 0 for classes that a weakly labelled clip is known not to hold (ours). accept: `exact` gives labels
    only to weakly labelled clips whose detected tags equal the known ones (S2 section 3.4); `all` to every clip. tag_weight:
    what the loss of tags counts beside that of frames: known ones, and detected ones of other clips (ours; S1 has none).
    """

    kind: str = "binary"
    temperature: float = 1.0
    window: int = 7
    sigma: float = 1.0
    start: float = 0.5
    decay: float = 0.0
    floor: float = 0.25
    scale: str = "own"
    clamp: bool = True
    accept: str = "all"
    tag_weight: float = 0.0

    def __post_init__(self) -> None:
        for name, known in (("kind", KINDS), ("scale", SCALES), ("accept", ACCEPTS)):
            value = getattr(self, name)
            if value not in known:
                raise UserError(f"labels: unknown {name} {value!r}", did_you_mean(value, known) or f"known: {known}")

    def threshold(self, index: int) -> float:
        """θ of the labels that pass `index`, from 2, trains on."""
        return Falling(self.start, self.decay, self.floor).at(index - 2)

    def rule(self, own: OperatingPoints, *, index: int) -> LabelRule:
        """The rule of pass `index` for teachers of these operating points."""
        level = 0.5 if self.kind == "soft" else self.threshold(index)
        high = tuple(self._placed(each, level) for each in own.thresholds)
        low = tuple(self._placed(each, 1 - level) for each in own.thresholds)
        if self.scale == "absolute":
            return LabelRule(self.kind, self.temperature, high, low)
        return LabelRule(self.kind, self.temperature, high, low, own.windows, own.depths)

    def smoothings(self, names: Sequence[str]) -> tuple[Smoothing, ...]:
        """The smoothings of these names with this window and sigma."""
        return tuple(smoothing(name, window=self.window, sigma=self.sigma) for name in names)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    def _placed(self, own: float, level: float) -> float:
        """Where `level` lies on the scale of σ(z)."""
        if self.scale == "absolute":
            return level
        return own if level == 0.5 else 1 / (1 + math.exp(-_logit(own) - _logit(level)))


def _logit(share: float) -> float:
    """log(p / (1 - p)), p kept within 1e-9 of 0 and 1."""
    p = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(p / (1 - p))
