"""Promotion, champions and pruning on a job's registry, through their entry points."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kd.lock import locked
from tests.conftest import Place
from tests.faults.test_bad_input import refused
from tests.forks import Forks
from tests.jobs import results_of

QUICK = {"passes": 2, "steps": 6, "batch": 4, "smoothings": "median", "threads": 1, "tuning": "off"}


@pytest.fixture(scope="module")
def job(new_place: Callable[[], Place], corpus: Path, forks: Forks) -> Place:
    """A place with a job of two passes; tests leave its aliases as they found them."""
    place = new_place()
    done = place.run("iterate", data=corpus, **QUICK)
    assert done.returncode == 0, done.stderr
    place.forks = forks
    return place


def client_of(place: Place) -> Any:
    """A client of the place's stores, in this process."""
    from mlflow import MlflowClient

    uri = place.env["MLFLOW_TRACKING_URI"]
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def registry_of(place: Place) -> tuple[dict[str, int], dict[int, dict[str, str]]]:
    """Aliases, and the tags of versions with their runs."""
    client = client_of(place)
    aliases = {alias: int(number) for alias, number in client.get_registered_model("kd-sed").aliases.items()}
    versions = client.search_model_versions("name='kd-sed'")
    return aliases, {int(each.version): {**each.tags, "run": each.run_id} for each in versions}


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """What a command that went well printed."""
    assert done.returncode == 0, done.stderr
    return done.stdout


def number_of(text: str) -> int:
    """The number of the moves that `promote` recorded."""
    found = re.search(r"recorded as moves (\d+)", text)
    assert found is not None, text
    return int(found[1])


def run_of(text: str) -> str:
    """The run that `promote` logged its evidence on."""
    found = re.search(r"evidence: run (\w+)", text)
    assert found is not None, text
    return found[1]


def evidence(place: Place, text: str) -> dict[str, Any]:
    """`promotion.json` of a promotion."""
    folder = client_of(place).get_run(run_of(text)).info.artifact_uri.removeprefix("file://")
    found: dict[str, Any] = json.loads((Path(folder) / "promotion.json").read_text())
    return found


def test_every_move_of_a_job_is_listed(job: Place) -> None:
    record, text = results_of(job), said(job.ask("promote", list="true"))
    for index, each in enumerate(record["passes"], start=1):
        assert re.search(rf"job: pass {index} +merged +\S+ +\d+ +{each['run_id']}", text)
    aliases, _ = registry_of(job)
    last: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        alias, _, new = re.split(r"  +", line)[4:7] if "job: " in line else ("", "", "")
        last[alias] = new
    assert {alias: int(last[alias]) for alias in aliases} == aliases


def test_a_move_by_hand_is_recorded_with_evidence_and_taken_back(job: Place) -> None:
    before, versions = registry_of(job)
    single = {number: tags for number, tags in versions.items() if tags["kd.kind"] != "merged"}
    other = next(number for number in single if number != before["best-Dog"])
    moves = {"policy": "manual", "moves": f"Dog:{other},merged:{other}"}
    assert "would move: best-Dog, merged" in said(job.ask("promote", dry_run="true", **moves))
    assert registry_of(job)[0] == before
    text = said(job.ask("promote", **moves))
    assert registry_of(job)[0] == {**before, "best-Dog": other, "merged": other}
    number, found, run = number_of(text), evidence(job, text), run_of(text)
    made = client_of(job).get_run(run)
    assert (made.info.run_name, made.info.status) == ("promote", "FINISHED")
    assert (made.data.tags["kd.kind"], made.data.tags["kd.model"]) == ("promotion", "kd-sed")
    f1 = {key: json.loads(versions[key]["kd.f1.tuned"])["Dog"] for key in (before["best-Dog"], other)}
    (dog, merged) = found["moves"]
    assert dog["f1"] == {"from": f1[before["best-Dog"]], "to": f1[other]} and merged["to"] == other
    assert (found["policy"], dog["class"], dog["from"], dog["to"]) == ("manual", "Dog", before["best-Dog"], other)
    listed = said(job.ask("promote", list="true"))
    assert re.search(rf"\n{number} .*person: manual +best-Dog +{before['best-Dog']} +{other} +{run}", listed)
    shown = said(job.ask("champions"))
    assert re.search(rf"\nDog +best-Dog +{other} +\w+ +\d +[\w-]+ .*person: manual", shown)
    assert "nothing moves" in said(job.ask("promote", **moves))
    assert "would move" in said(job.ask("promote", undo=number, dry_run="true"))
    back = number_of(said(job.ask("promote", undo=number)))
    assert registry_of(job)[0] == before
    refused(job.ask("promote", undo=number), f"undo={number}", "best-Dog", f"moves {back}")


@pytest.mark.slow
def test_best_puts_every_class_back_to_its_best_version(job: Place) -> None:
    before, versions = registry_of(job)
    f1 = {n: json.loads(tags["kd.f1.tuned"]) for n, tags in versions.items() if tags["kd.kind"] != "merged"}
    worst = {
        label: min(sorted(f1), key=lambda n, label=label: f1[n][label] or 0.0)  # type: ignore[misc]
        for label in f1[min(f1)]
    }
    moved = number_of(said(job.ask("promote", policy="manual", moves=",".join(f"{k}:{v}" for k, v in worst.items()))))
    one = sorted(worst, key=lambda c: max(f1[n][c] or 0.0 for n in f1) - (f1[worst[c]][c] or 0.0))[-1]
    single = number_of(said(job.ask("promote", policy="best", classes=one)))
    text = said(job.ask("promote", policy="best"))
    numbers = [number_of(text)] if "recorded" in text else []
    for label, first in worst.items():
        top = max(values[label] or 0.0 for values in f1.values())
        now = registry_of(job)[0][f"best-{label}"]
        tied = min(n for n in f1 if (f1[n][label] or 0.0) == top)
        assert now == (first if (f1[first][label] or 0.0) == top else tied)
    for number in (*reversed(numbers), single, moved):
        said(job.ask("promote", undo=number))
    assert registry_of(job)[0] == before


def test_significance_is_what_compare_says(job: Place, corpus: Path, tmp_path: Path) -> None:
    before, versions = registry_of(job)
    candidates = {n: json.loads(t["kd.f1.tuned"]) for n, t in versions.items() if t["kd.kind"] == "candidate"}
    label, old, new = max(
        ((c, a, b) for c in candidates[min(candidates)] for a in candidates for b in candidates),
        key=lambda x: (candidates[x[2]][x[0]] or 0.0) - (candidates[x[1]][x[0]] or 0.0),
    )
    moved = number_of(said(job.ask("promote", policy="manual", moves=f"{label}:{old}")))
    asked = {"policy": "significant", "classes": label, "versions": new, "data": corpus, "resamples": 200}
    text = said(job.ask("promote", dry_run="true", **asked))
    out = tmp_path / "compare.json"
    given = {"data": corpus, "split": "validation/validation", "resamples": 200, "out": out}
    said(job.ask("compare", a=versions[old]["run"], b=versions[new]["run"], **given))
    drawn = json.loads(out.read_text())["difference"]["classes"][label]["f1"]
    assert f"{100 * drawn['value']:+.2f}  [{100 * drawn['low']:.1f}, {100 * drawn['high']:.1f}]" in text
    assert ("would move" in text) == (drawn["low"] > 0)
    assert f"scores of versions: kept {old}, {new}" in text
    said(job.ask("promote", undo=moved))
    assert registry_of(job)[0] == before


@pytest.mark.slow
def test_a_detector_goes_from_stage_to_stage_through_gates(job: Place, corpus: Path) -> None:
    before, versions = registry_of(job)
    first = next(n for n, tags in versions.items() if tags["kd.kind"] == "merged" and tags["kd.pass"] == "1")
    wide = {"data": corpus, "calibration": 1, "latency_ms": 60000}
    refused(job.ask("promote", stage="staging", **wide), "no version has the alias candidate")
    one = number_of(said(job.ask("promote", stage="candidate", version=first, **wide)))
    two = said(job.ask("promote", stage="staging", **wide))
    three = said(job.ask("promote", stage="production", **wide))
    assert {a: n for a, n in registry_of(job)[0].items() if a not in before} == dict.fromkeys(
        ("candidate", "staging", "production"), first
    )
    found = evidence(job, three)
    assert found["gates"][0]["gate"] == "calibration error" and found["difference"] is None
    tight = {"data": corpus, "calibration": 0, "latency_ms": 0, "class_drop": 1}
    done = job.ask("promote", stage="production", version=before["merged"], **tight)
    refused(done, "not put to production", "calibration error is", "more than 0", "gates=off")
    assert re.search(r"one clip takes \d+ ms", done.stderr) and "calibration error" in done.stdout
    dry = said(job.ask("promote", stage="production", version=before["merged"], dry_run="true", **tight))
    assert "would be refused" in dry and registry_of(job)[0]["production"] == first
    off = said(job.ask("promote", stage="production", version=before["merged"], gates="off"))
    assert evidence(job, off)["gates"] == "off" and registry_of(job)[0]["production"] == before["merged"]
    assert "gates off" in said(job.ask("promote", list="true"))
    same = said(
        job.ask("promote", stage="candidate", version=before["merged"], **{**wide, "class_drop": 1}, gates="on")
    )
    found = evidence(job, same)
    assert found["holder"] == before["merged"] and found["difference"]["value"] == 0
    shown = said(job.ask("champions"))
    assert re.search(rf"\nproduction +{before['merged']} ", shown) and re.search(rf"\nstaging +{first} ", shown)
    for number in (*map(number_of, (same, off, three, two)), one):
        said(job.ask("promote", undo=number))
    assert registry_of(job)[0] == before


def test_nothing_moves_while_another_job_holds_the_model(job: Place) -> None:
    (lock,) = (job.folder / "home" / "jobs").glob("*/lock")
    with locked(lock, what="held"):
        for name, given in (
            ("promote", {"policy": "best"}),
            ("promote", {"undo": 1}),
            ("prune", {"dry_run": "false"}),
        ):
            refused(job.ask(name, **given), "another job works on model 'kd-sed'")
        said(job.ask("promote", policy="best", dry_run="true"))


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("promote", {}, "nothing to promote by"),
        ("promote", {"policy": "better"}, "not one of"),
        ("promote", {"policy": "best", "undo": 1}, "one at a time"),
        ("promote", {"policy": "best", "moves": "Dog:1"}, "moves= goes with policy=manual only"),
        ("promote", {"policy": "manual", "moves": ""}, "moves= is empty"),
        ("promote", {"policy": "manual", "moves": "Dog:1", "classes": "Dog"}, "policy=manual moves what moves= names"),
        ("promote", {"stage": "staging", "classes": "Dog"}, "classes= goes with policy= only"),
        ("promote", {"stage": "staging", "version": 99}, "version=99: there is no such version"),
        ("promote", {"undo": 99}, "no moves of that number"),
        ("promote", {"list": "true", "model": "nope"}, "nope"),
        ("champions", {"model": "nope"}, "nope"),
        ("champions", {"model": "a b"}, "is no name for a model"),
        ("prune", {"model": "nope"}, "nope"),
        ("prune", {"keep": "all"}, "not one of"),
    ],
)
def test_what_cannot_be_is_refused(job: Place, name: str, given: dict[str, object], says: str) -> None:
    refused(job.ask(name, **given), says)


@pytest.mark.slow
def test_pruning_keeps_what_is_needed_and_jobs_go_on(
    new_place: Callable[[], Place], corpus: Path, forks: Forks
) -> None:
    given = {**QUICK, "merge": "network"}  # of each pass, one network at most is needed
    job = new_place()
    said(job.run("iterate", data=corpus, **given))
    job.forks = forks
    aliases, versions = registry_of(job)
    again = said(job.run("iterate", data=corpus, **given))
    dry = said(job.ask("prune"))
    assert registry_of(job)[1].keys() == versions.keys() and "would go" in dry
    lean = said(job.ask("prune", keep="lineage"))
    text = said(job.ask("prune", dry_run="false"))
    left = registry_of(job)[1]
    merged = {n for n, t in versions.items() if t["kd.kind"] == "merged"}
    made = {int(v) for n in merged for v in json.loads(versions[n]["kd.champions"]).values()}
    assert left.keys() >= merged | made | set(aliases.values()) and len(left) < len(versions)
    gone = versions.keys() - left.keys()
    assert all(re.search(rf"\n{n} .*nothing: goes", text) for n in gone)
    assert all(re.search(rf"\n{n} .*nothing: goes", lean) for n in merged - set(aliases.values()))
    freed = re.search(r"versions, (\d+) bytes freed", text)
    assert freed is not None and int(freed[1]) > 0 and f"{freed[1]} bytes" in dry
    assert said(job.ask("promote", policy="best", dry_run="true"))
    after = said(job.run("iterate", data=corpus, **given))
    assert after == again and "this job is finished" in after


@pytest.mark.slow
def test_the_next_job_honours_a_promotion_after_pruning_too(job: Place, corpus: Path) -> None:
    before, versions = registry_of(job)
    other = next(n for n, t in versions.items() if t["kd.kind"] == "candidate" and n != before["best-Dog"])
    said(job.ask("promote", policy="manual", moves=f"Dog:{other}"))
    said(job.ask("prune", dry_run="false"))
    done = said(job.run("iterate", data=corpus, seed=1, **{**QUICK, "passes": 1, "architectures": "shallow"}))
    assert f"the alias of Dog's champion was moved by hand to version {other}; it is honoured" in done
