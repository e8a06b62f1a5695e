"""The check by sed_eval: it agrees where it should, and says so where it does not."""

import random
from dataclasses import replace

import pytest

from kd.corpus.tables import Event
from kd.errors import UserError
from kd.scoring import sed_eval_check
from kd.scoring.matching import Collars
from kd.scoring.measure import Measured, Rules, measure
from kd.scoring.sed_eval_check import check
from kd.scoring.system import System


def made_up(seed: int) -> System:
    rng = random.Random(seed)

    def table() -> dict[str, list[Event]]:
        rows: dict[str, list[Event]] = {}
        for clip in ("x", "y", "z"):
            onsets = [round(rng.uniform(0, 8), 1) for _ in range(rng.randint(0, 6))]
            rows[clip] = [Event(on, on + rng.choice((0.2, 1.0, 2.5)), rng.choice("ab")) for on in onsets]
        return rows

    return System(clips=("x", "y", "z"), classes=("a", "b", "never"), reference=table(), events=table())


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees(seed: int) -> None:
    wide = Rules(collars=Collars(onset_collar=0.5, offset_collar=0.5, offset_share=0.5), empty="undefined")
    for rules in (Rules(), wide, Rules(resolution=0.5)):
        assert check(made_up(seed), rules=rules) == 2 * (5 * 3 + 3 * 3)


def test_a_difference_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(system: System, *, rules: Rules) -> Measured:
        measured = measure(system, rules=rules)
        cells = measured.cells["event_based"]
        return replace(measured, cells={**measured.cells, "event_based": replace(cells, fp=cells.fp + 1)})

    monkeypatch.setattr(sed_eval_check, "measure", wrong)
    with pytest.raises(UserError, match="sed_eval differs: event_based"):
        check(made_up(0), rules=Rules())


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        (Rules(collars=Collars(tolerance=1e-6)), "tolerance"),
        (Rules(collars=Collars(onset_collar=0.1)), "one collar"),
        (Rules(empty="zero"), "empty_class=zero:"),
        (Rules(empty="zero_score"), "for segments"),
    ],
)
def test_rules_that_sed_eval_does_not_have_are_refused(rules: Rules, says: str) -> None:
    with pytest.raises(UserError, match=says):
        check(made_up(0), rules=rules)
