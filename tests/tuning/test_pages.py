"""A study's page and table."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from kd.tuning.attempt import Attempt
from kd.tuning.importance import importances, untold
from kd.tuning.outcome import Studied
from kd.tuning.pages import page, table
from kd.tuning.space import Choice, Real, Space, Value, Whole
from kd.tuning.store import Studies, open_studies
from kd.tuning.study import run_study

NASTY = "a <b>$x^2$</b> & 'c'"
SPACE = Space({NASTY: Real(0, 1), "still": Real(0.5, 2, log=True), "w": Whole(2, 2), "c": Choice(("<i>", True, None))})


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Studied:
    """A study in which one setting matters, with broken constraints, attempts stopped early, and a failed one."""
    failed: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KD_OPTUNA_URI", f"sqlite:///{tmp_path_factory.mktemp('studies')}/optuna.db")
        studies = open_studies()

    def objective(attempt: Attempt) -> float:
        value = float(attempt.settings[NASTY] or 0)
        if attempt.number == 7 and not failed:
            failed.append(7)
            raise RuntimeError
        attempt.report(0, value)
        attempt.constraint("high", value - 0.9)
        attempt.note("text", "one\ttwo\nthree")
        attempt.note("list", [1.5, None])
        return value

    def run() -> Studied:
        return run_study(
            studies=studies, name=f"study {NASTY}", space=SPACE, objective=objective, trials=60, seed=0, pruner="median"
        )

    with pytest.raises(RuntimeError):
        run()
    ended = run()
    studies.close()
    return ended


@pytest.fixture(scope="module")
def text(found: Studied) -> str:
    """Its page."""
    return page(found)


def pictures(text: str) -> list[str]:
    """The drawings in a page; each must be sound XML."""
    found = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    for svg in found:
        ElementTree.fromstring(svg)
    return found


def test_a_page_holds_the_best_the_pictures_and_every_attempt(found: Studied, text: str) -> None:
    drawn = pictures(text)
    assert len(drawn) == 2 + len(SPACE.kinds)
    assert f"Attempt {found.number}, value {found.value:.4g}" in text
    assert text.count("<tr") == 2 + 1 + len(found.trials)
    assert text.count("<tr class=best>") == 1 and ">failed<" in text
    complete = [row for row in found.trials if row["state"] == "COMPLETE"]
    broken = [row for row in complete if row["value"] > 0.9]
    assert broken and found.counts["PRUNED"]
    points = [re.findall(rf"<use [^>]*{look}", drawn[0]) for look in ("fill: #3b82c4", "fill: none; stroke: #8a8f98")]
    assert [len(uses) for uses in points] == [len(complete) - len(broken), len(broken)]


def test_a_page_needs_nothing_else_and_names_are_text_in_it(found: Studied, text: str) -> None:
    assert not re.findall(r"(?:src|href)=.(?!#)|url\((?!#)|@import|<script", text)
    bare = re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert "<b>" not in bare and "<i>" not in bare and "study a &lt;b&gt;$x^2$&lt;/b&gt; &amp; &#x27;c&#x27;" in bare
    assert "#010203" not in text and "currentColor" in text
    ids = re.findall(r' id="([^"]*)"', text)
    assert len(ids) == len(set(ids)) > 10
    assert len(text) < 200_000 and text == page(found)


def test_importances_find_what_matters(found: Studied) -> None:
    shares = importances(found)
    assert next(iter(shares)) == NASTY and shares[NASTY] > 0.5
    assert sum(shares.values()) == pytest.approx(1)


@pytest.mark.parametrize(("value", "trials", "says"), [(None, 19, "there are 19"), (1.0, 20, "no setting matters")])
def test_a_sentence_stands_where_importances_cannot_be_told(
    studies: Studies, value: float | None, trials: int, says: str
) -> None:
    def objective(attempt: Attempt) -> float:
        return float(attempt.settings[NASTY] or 0) if value is None else value

    how: dict[str, Any] = {"studies": studies, "name": "s", "space": SPACE, "objective": objective, "seed": 0}
    small = run_study(trials=trials, sampler="random", **how)
    assert says in untold(small) and importances(small) == {}
    text = page(small)
    assert says in text and len(pictures(text)) == 1 + len(SPACE.kinds)


def test_a_page_says_where_nothing_met_the_constraints(studies: Studies) -> None:
    first: dict[str, Value] = {NASTY: 0.25, "still": 1.0, "w": 2, "c": None}

    def objective(attempt: Attempt) -> float:
        attempt.constraint("never", 1)
        return 0.5

    how: dict[str, Any] = {"studies": studies, "space": SPACE, "objective": objective, "trials": 1, "seed": 0}
    for given, says in (([first], "the first that was given stands"), ([], "the first stands")):
        found = run_study(name=says, first=given, **how)
        assert f"No attempt met its constraints: {says}. Its value is 0.5." in page(found)


def test_a_table_holds_everything_whole(found: Studied) -> None:
    lines = [line.split("\t") for line in table(found).splitlines()]
    head, rows = lines[0], [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    assert head[:4] == ["number", "trial", "state", "value"]
    assert head[4:8] == [f"settings.{name}" for name in SPACE]
    assert head[8:] == ["constraints.high", "notes.list", "notes.text", "reports", "seconds"]
    assert len(rows) == len(found.trials) == 61
    for row, trial in zip(rows, found.trials, strict=True):
        assert (int(row["number"]), row["state"]) == (trial["number"], trial["state"])
        assert float(row[f"settings.{NASTY}"]) == trial["settings"][NASTY]
    assert rows[0]["notes.text"] == '"one\\ttwo\\nthree"' and rows[0]["notes.list"] == "[1.5, null]"
    failed = next(row for row in rows if row["state"] == "FAIL")
    assert failed["value"] == failed["seconds"] == failed["reports"] == ""
