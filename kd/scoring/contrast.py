"""Two systems on the same clips: what both score, and the paired differences with their intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kd.scoring.assess import figures, joined_note, settings_of
from kd.scoring.headline import Sampling, bounds, draw
from kd.scoring.measure import Rules, measure
from kd.scoring.system import System, shared


def contrast(a: System, b: System, *, rules: Rules | None = None, sampling: Sampling | None = None) -> dict[str, Any]:
    """`{a, b, difference, settings}`, JSON-able; a difference is b minus a.

    a, b: the figures of `assess.figures` and where the system came from; difference: as `headline.bounds` has it, every
    interval with `excludes_zero`. Both are drawn in the same resamples. Raises UserError for what `system.shared` refuses.
    """
    rules, sampling = rules or Rules(), sampling or Sampling()
    ours, theirs, notes = shared(a, b)
    makers = ours.makers if ours.makers is not None else theirs.makers
    weights = draw(replace(ours, makers=makers), sampling=sampling)
    if weights is None:
        raise ValueError("a difference needs resamples")
    first, second = (measure(one, rules=rules) for one in (ours, theirs))
    settings = settings_of(first, rules=rules)
    del settings["predicted_events"]
    return {
        "a": {**figures(first, rules=rules), "settings": dict(a.about or {})},
        "b": {**figures(second, rules=rules), "settings": dict(b.about or {})},
        "difference": _marked(bounds(second, weights=weights, rules=rules, against=first)),
        "settings": {
            **settings,
            "notes": [
                *(f"a: {note}" for note in a.notes),
                *(f"b: {note}" for note in b.notes),
                *notes,
                *joined_note([first, second]),
            ],
        },
    }


def _marked(found: Any) -> Any:
    """The same with `excludes_zero` in every interval, None where it is undefined."""
    if not isinstance(found, dict):
        return found
    if "low" in found and "high" in found:
        low, high = found["low"], found["high"]
        return {**found, "excludes_zero": None if low is None or high is None else bool(low > 0 or high < 0)}
    return {key: _marked(value) for key, value in found.items()}
