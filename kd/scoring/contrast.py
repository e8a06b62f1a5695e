"""Two systems on the same clips: what both score, and the paired differences with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from kd.scoring.assess import figures, joined_note, settings_of
from kd.scoring.headline import Sampling, bounds, draw
from kd.scoring.intervals import marked
from kd.scoring.measure import Rules, measure
from kd.scoring.system import System, shared


def contrast(
    a: Sequence[System], b: Sequence[System], *, rules: Rules | None = None, sampling: Sampling | None = None
) -> dict[str, Any]:
    """`{a, b, difference, settings}`, JSON-able; a difference is b minus a.

    a, b: one system each, or several, such as seeds of one training, which are averaged: their figures, and inside each
    resample their differences. `a` and `b` hold the figures of `assess.figures` and where each system came from;
    `difference` is as `headline.bounds` has it, every interval with `excludes_zero`, and with several systems with the
    least and the greatest difference of two of them, `seeds`. All are drawn in the same resamples. Raises UserError for
    what `system.shared` refuses.
    """
    rules, sampling = rules or Rules(), sampling or Sampling()
    sides = {"a": a, "b": b}
    names = {
        side: [f"{side} ({i})" for i in range(1, len(systems) + 1)] if len(systems) > 1 else [side]
        for side, systems in sides.items()
    }
    aligned, notes = shared({name: one for side in sides for name, one in zip(names[side], sides[side], strict=True)})
    makers = next((one.makers for one in aligned.values() if one.makers is not None), None)
    weights = draw(replace(next(iter(aligned.values())), makers=makers), sampling=sampling)
    if weights is None:
        raise ValueError("a difference needs resamples")
    measured = {side: [measure(aligned[name], rules=rules) for name in names[side]] for side in sides}
    settings = settings_of(measured["a"][0], rules=rules)
    del settings["predicted_events"]
    return {
        **{
            side: {
                **averaged([figures(one, rules=rules) for one in measured[side]]),
                "systems": [dict(one.about or {}) for one in sides[side]],
            }
            for side in sides
        },
        "difference": marked(bounds(measured["b"], weights=weights, rules=rules, against=measured["a"])),
        "settings": {
            **settings,
            "notes": [
                *(f"{name}: {note}" for name, one in aligned.items() for note in one.notes),
                *notes,
                *joined_note([*measured["a"], *measured["b"]]),
            ],
        },
    }


def averaged(found: Sequence[Any]) -> Any:
    """Figures of one shape, number by number: the mean of those that are defined, None where none is; curves are None."""
    known = [each for each in found if each is not None]
    if len(found) == 1 or not known:
        return found[0]
    if isinstance(known[0], dict):
        return {key: averaged([each[key] for each in known]) for key in known[0]}
    if isinstance(known[0], list | tuple):
        return None
    return known[0] if isinstance(known[0], str) else sum(known) / len(known)
