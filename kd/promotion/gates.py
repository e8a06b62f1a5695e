"""What a merged detector must pass on its way to use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kd.errors import UserError
from kd.passes.results import percent

ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: what it is of, the figure, the least or greatest that passes, and both in words."""

    name: str
    value: float
    bound: float
    passed: bool
    said: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"gate": self.name, "value": self.value, "bound": self.bound, "passed": self.passed, "said": self.said}


@dataclass(frozen=True, slots=True)
class Limits:
    """class_drop: F1, a fraction; calibration: error of frames; latency: seconds for one clip."""

    class_drop: float
    calibration: float
    latency: float


def gates(
    new: Mapping[str, Any], old: Mapping[str, Any] | None, *, lost: Sequence[str], latency: float, limits: Limits
) -> list[Gate]:
    """The gates of a detector against the one that stands there, figures of both as of `assess.figures`.

    old: None where none stands there; lost: classes that only that one knows; latency: seconds for one clip. Raises
    UserError where there is nothing to score on.
    """
    macro = new["event_based"]["macro"]["f1"]
    if macro is None:
        raise UserError("the split holds no event of the detector's classes", "name its corpus with data= and split=")
    found = [] if old is None else [_macro(macro, old), *_classes(new, old, lost, limits.class_drop)]
    return [*found, _calibration(new, limits.calibration), _latency(latency, limits.latency)]


def refusal(found: Sequence[Gate], *, stage: str, closer: str) -> UserError | None:
    """What to tell the user where a gate is not passed; None where all are. closer: how to look closer."""
    failed = [gate.said for gate in found if not gate.passed]
    if not failed:
        return None
    return UserError(
        f"not put to {stage}: {'; '.join(failed)}",
        f"to look closer: {closer}; class_drop=, calibration= and latency_ms= set limits, gates=off skips them",
    )


def _macro(value: float, old: Mapping[str, Any]) -> Gate:
    bound = old["event_based"]["macro"]["f1"]
    return Gate(
        "macro event F1, %",
        value,
        bound,
        value >= bound,
        f"macro event F1 is {percent(value)} %, the present holder's {percent(bound)} %",
    )


def _classes(new: Mapping[str, Any], old: Mapping[str, Any], lost: Sequence[str], drop: float) -> list[Gate]:
    """The class that loses most, and the classes that would be gone."""
    before, after = ({c: x["f1"] for c, x in one["event_based"]["classes"].items()} for one in (old, new))
    change = {c: (after[c] or 0.0) - x for c, x in before.items() if x is not None and c in after}
    found = []
    if change:
        label = min(change, key=lambda c: (change[c], c))
        was, value = before[label] or 0.0, after[label] or 0.0
        found.append(
            Gate(
                f"event F1 of {label}, %",
                value,
                max(was - drop, 0.0),
                change[label] >= -drop - ROUNDING,
                f"event F1 of {label} is {percent(value)} %, the present holder's {percent(was)} %, "
                f"and no class may lose more than {percent(drop)}",
            )
        )
    if lost:
        said = f"it does not know {len(lost)} of the present holder's classes, {lost[0]!r} among them"
        found.append(Gate("classes lost", float(len(lost)), 0.0, False, said))
    return found


def _calibration(new: Mapping[str, Any], limit: float) -> Gate:
    value = new["calibration"]["tempered"]["error"]
    return Gate(
        "calibration error", value, limit, value <= limit, f"calibration error is {value:.4f}, more than {limit:g}"
    )


def _latency(seconds: float, limit: float) -> Gate:
    value, bound = 1000 * seconds, 1000 * limit
    return Gate("latency, ms", value, bound, value <= bound, f"one clip takes {value:.0f} ms, more than {bound:g}")
