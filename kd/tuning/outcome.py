"""What came of a study: its best settings, and every attempt."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from kd.tuning.draws import DRAW
from kd.tuning.space import Space, Value

COMPLETE, PRUNED, FAIL = "COMPLETE", "PRUNED", "FAIL"


@dataclass(frozen=True)
class Studied:
    """A study that has ended.

    best, value, number: settings, value and draw of the best attempt: the highest value of those that are complete and
    meet their constraints, the first of equals. feasible: False where there was none; then best is draw 0, the first of
    the `enqueued` settings that were given. trials: by number; `number` (the draw), `trial` (optuna's number), `state`,
    `value`, `settings`, `constraints`, `notes`, `reports` (value by step), `seconds`. A draw that failed stands there
    again where it was redone. counts: trials by state.
    """

    name: str
    space: Space
    sampler: str
    seed: int
    enqueued: int
    best: dict[str, Value]
    value: float | None
    number: int
    feasible: bool
    trials: tuple[dict[str, Any], ...]
    counts: dict[str, int]


def studied(
    *, name: str, space: Space, sampler: str, seed: int, enqueued: int, draws: int, trials: Iterable[Any]
) -> Studied:
    """The outcome of the first `draws` draws of a study, from optuna's trials."""
    rows = [_row(trial, space) for trial in trials if trial.system_attrs.get(DRAW, draws) < draws]
    rows = sorted(
        (row for row in rows if row["state"] in (COMPLETE, PRUNED, FAIL)), key=lambda r: (r["number"], r["trial"])
    )
    good = [row for row in rows if row["state"] == COMPLETE and met(row)]
    best = max(good, key=lambda row: (row["value"], -row["number"])) if good else _first(rows)
    return Studied(
        name=name,
        space=space,
        sampler=sampler,
        seed=seed,
        enqueued=enqueued,
        best=dict(best["settings"]),
        value=best["value"],
        number=best["number"],
        feasible=bool(good),
        trials=tuple(rows),
        counts=dict(Counter(row["state"] for row in rows)),
    )


def met(row: dict[str, Any]) -> bool:
    """Whether a trial meets all of its constraints."""
    return all(value <= 0 for value in row["constraints"].values())


def _first(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return next(row for row in rows if row["number"] == 0 and row["state"] != FAIL)


def _row(trial: Any, space: Space) -> dict[str, Any]:
    return {
        "number": trial.system_attrs[DRAW],
        "trial": trial.number,
        "state": trial.state.name,
        "value": trial.value,
        "settings": {name: trial.params[name] for name in space},
        "constraints": dict(sorted(trial.constraints.items())),
        "notes": dict(sorted(trial.user_attrs.items())),
        "reports": dict(sorted(trial.intermediate_values.items())),
        "seconds": trial.duration.total_seconds() if trial.state.name != FAIL else None,
    }
