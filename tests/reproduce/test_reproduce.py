"""`reproduce` on the smallest corpus: what it runs, what it keeps, what its tables say."""

import json
from pathlib import Path
from typing import Any

import pytest

from kd.errors import UserError
from kd.passes.settings import IterateSettings
from kd.reproduce.settings import ReproduceSettings
from kd.reproduce.tasks import ABLATIONS, clip_steps_of, tasks
from tests.conftest import Place
from tests.forks import Forks

SMALL = {"clip_seconds": 2, "passes": 2, "steps": 6, "seeds": 1, "epochs": 1, "threads": 1}


def test_all_systems_have_the_same_clip_steps() -> None:
    found = {task.system: task for task in tasks(ReproduceSettings(), steps=300)}
    assert list(found) == ["baseline", "default", "mean-teacher", "paper"]
    ours = clip_steps_of(IterateSettings(), steps=300)
    assert ours == (17 * 300 + 6 * 100) * 12
    assert [clip_steps_of(IterateSettings(), steps=300, done=done) for done in (0, 1, 2)] == [3600, 10800, 25200]
    assert abs(found["mean-teacher"].given["steps"] * 12 - ours) <= 12
    assert abs(found["paper"].given["steps"] * 45 * 12 - ours) <= 45 * 12 / 2
    assert len(tasks(ReproduceSettings(seeds=3), steps=300)) == 12


def test_what_is_asked_names_a_result() -> None:
    one, two = (tasks(ReproduceSettings(), steps=steps)[1] for steps in (300, 301))
    assert one.digest(ReproduceSettings()) != two.digest(ReproduceSettings())
    assert one.digest(ReproduceSettings(select_on="other")) != one.digest(ReproduceSettings())
    assert one.digest(ReproduceSettings(out="elsewhere", data="moved")) == one.digest(ReproduceSettings())


def test_an_ablation_changes_one_thing_at_a_time() -> None:
    found = tasks(ReproduceSettings(tables="ablation"), steps=300)
    assert [task.system for task in found] == list(ABLATIONS)
    long = found[-1].given
    assert long["passes"] == 1 and abs(3 * long["steps"] - (7 * 300 + 600)) <= 3
    for task in found:
        IterateSettings(**task.given)


@pytest.mark.parametrize("wrong", [{"tables": "mains"}, {"systems": "ours"}, {"tables": "main,"}])
def test_unknown_words_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        tasks(ReproduceSettings(**wrong), steps=300)


def test_every_system_is_run_once_and_the_tables_are_made_of_what_is_there(
    place: Place, micro: Path, forks: Forks
) -> None:
    place.forks = forks
    out = place.folder / "results"
    first = place.ask("reproduce", data=micro, out=out, systems="baseline,default,mean-teacher", **SMALL)
    assert first.returncode == 0, first.stderr
    names = {path.name for path in out.glob("*.json")}
    assert names == {f"main-{name}-seed0.json" for name in ("baseline", "default", "mean-teacher")} | {"tables.json"}
    ours = json.loads((out / "main-default-seed0.json").read_text())
    assert set(ours["systems"]) == {"tagger", "pass1", "tuned", "fixed"} and len(ours["report"]) == 2
    assert ours["clip_steps"] == json.loads((out / "main-mean-teacher-seed0.json").read_text())["clip_steps"]
    teacher = json.loads((out / "main-mean-teacher-seed0.json").read_text())
    steps = teacher["clip_steps"] // 12
    assert len(teacher["looks"]) == 8 and str(steps) in teacher["looks"]
    tables = json.loads((out / "tables.json").read_text())
    rows = tables["main"]["systems"]
    assert list(rows) == [
        "DCASE 2018 baseline, by the letter",
        "the same, tuned as ours",
        "tagger on the weak labels",
        "mean teacher",
        "ours, after pass 1",
        "ours",
    ]
    costs = [rows[name]["clip_steps"] for name in ("tagger on the weak labels", "ours, after pass 1", "ours")]
    assert costs[0] == 6 * 12 and costs[1] == 3 * costs[0] < costs[2] == ours["clip_steps"]
    assert 0 < rows["tagger on the weak labels"]["seconds"] < rows["ours, after pass 1"]["seconds"] < ours["seconds"]
    for row in rows.values():
        assert row["intervals"]["clip"]["value"] == pytest.approx(row["event_based"]["macro"]["f1"], abs=1e-3)
    change = tables["main"]["differences"]["ours minus mean teacher"]["clip"]
    want = rows["ours"]["event_based"]["macro"]["f1"] - rows["mean teacher"]["event_based"]["macro"]["f1"]
    assert change["value"] == pytest.approx(want, abs=1e-3)
    events = sum(ours["systems"]["tuned"]["reference_events"].values())
    found = tables["main"]["mistakes"].values()
    assert sum(each["hits"] + sum(each["near"].values()) + each["misses"] for each in found) == events
    assert tables["main"]["passes"]["report"] == pytest.approx(ours["report"])
    assert tables["main"]["ratios"]["DCASE 2018 baseline, by the letter"][0] == pytest.approx(
        want + rows["mean teacher"]["event_based"]["macro"]["f1"]
    )
    assert "| ours |" in (out / "tables.md").read_text() and "Ours to DCASE 2018 baseline" in first.stdout

    whole = json.loads((out / "main-baseline-seed0.json").read_text())
    (out / "main-baseline-seed0.json").write_text("half a file")
    again = place.ask("reproduce", data=micro, out=out, systems="baseline,default,mean-teacher", **SMALL)
    assert again.returncode == 0, again.stderr
    assert again.stdout.count(": kept") == 2 and "training 1 epoch 1" not in again.stdout  # its weights were kept
    assert json.loads((out / "main-baseline-seed0.json").read_text())["systems"] == whole["systems"]
    assert json.loads((out / "main-default-seed0.json").read_text()) == ours
