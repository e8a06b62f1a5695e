"""`evaluate` and `compare` on a job's models and runs, on files, and on both."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kd.corpus.tables import Event, write_events
from kd.scoring.psds import PSDS1, PSDS2, psds
from kd.scoring.score_files import write_score_files
from tests.conftest import Place
from tests.goldens.psds_cases import Case, noisy
from tests.jobs import results_of


@pytest.fixture(scope="module")
def job(new_place: Callable[[], Place], corpus: Path) -> Place:
    """A place with a job of one pass."""
    place = new_place()
    quick = {"passes": 1, "steps": 12, "batch": 4, "architectures": "shallow", "smoothings": "median", "threads": 1}
    done = place.run("iterate", data=corpus, **quick)
    assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Case, dict[str, list[Event]]]:
    """A place with `scores/`, one table for each clip, `reference.tsv` and `makers.tsv`, and what they were made from."""
    place = tmp_path_factory.mktemp("scores")
    case = noisy(5, clips=30, classes=3)
    names = [f"{clip}.wav" for clip in case.clips]
    write_score_files(place / "scores", scores=case.scores, clips=names, classes=case.classes, grid=case.edges)
    reference = {f"{clip}.wav": [Event(*span) for span in spans] for clip, spans in case.reference.items()}
    write_events(place / "reference.tsv", reference)
    rows = [
        (clip, e.onset, e.offset, e.label, f"maker {i % (3 if e.label == case.classes[0] else 9)}")
        for i, (clip, events) in enumerate(reference.items())
        for e in events
    ]
    with (place / "makers.tsv").open("w", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerows([("filename", "onset", "offset", "event_label", "maker"), *rows])
        writer.writerows((clip, "", "", "", "") for clip, events in reference.items() if not events)
    return place, case, reference


def scored(place: Place, name: str, out: Path, **parameters: object) -> tuple[dict[str, Any], str]:
    """The JSON that an entry point wrote, and what it printed."""
    done = place.run(name, out=out, **parameters)
    assert done.returncode == 0, done.stderr
    return json.loads(out.read_text()), done.stdout


def test_a_score_folder_gives_what_the_library_gives(
    place: Place, folder: tuple[Path, Case, dict[str, list[Event]]], tmp_path: Path
) -> None:
    files, case, reference = folder
    given = {"reference": files / "reference.tsv", "scores": files / "scores", "window": 5, "threshold": 0.6}
    found, said = scored(place, "evaluate", tmp_path / "a.json", resamples=200, check="sed_eval", **given)
    for name, parameters in (("psds1", PSDS1), ("psds2", PSDS2)):
        wanted = psds(
            case.scores,
            reference,
            clips=list(reference),
            grid=case.edges,
            classes=case.classes,
            parameters=parameters,
            windows=[5] * 3,
        )
        assert found[name] == wanted.value and found["psds_by_class"][name] == wanted.classes
        bounds = found["intervals"][name]
        assert bounds["value"] == found[name] and bounds["low"] < bounds["high"]
        assert re.search(rf"{name.upper()} +{100 * found[name]:.2f} ", said)
    assert "sed_eval agrees" in said and "200 resamples by clip" in said
    assert found["settings"]["thresholds"] == [0.6] * 3 and found["settings"]["windows"] == [5] * 3
    assert found["intervals"]["macro"]["f1"]["value"] == found["event_based"]["macro"]["f1"]
    hits = sum(each["hits"] for each in found["mistakes"].values())
    assert hits / found["settings"]["reference_events"] == found["event_based"]["micro"]["recall"]
    assert "near: onset" in said
    assert 0 < found["calibration"]["error"] < 1 and 0 < found["average_precision"]["macro"] <= 1
    again, _ = scored(place, "evaluate", tmp_path / "b.json", resamples=200, check="sed_eval", **given)
    assert again == found
    other, _ = scored(place, "evaluate", tmp_path / "c.json", resamples=200, seed=1, **given)
    assert other["event_based"] == found["event_based"] and other["intervals"] != found["intervals"]


def test_the_unit_is_the_maker_where_makers_are_known(
    place: Place, folder: tuple[Path, Case, dict[str, list[Event]]], tmp_path: Path
) -> None:
    files, case, _ = folder
    given = {"reference": files / "makers.tsv", "scores": files / "scores", "resamples": 100}
    found, said = scored(place, "evaluate", tmp_path / "a.json", **given)
    assert found["intervals"]["by"] == "maker" and "100 resamples by maker" in said
    assert found["intervals"]["makers"][case.classes[0]] == 3
    assert found["intervals"]["few_makers"] == [case.classes[0]] and f"{case.classes[0]} (few)" in said
    by_clip, _ = scored(place, "evaluate", tmp_path / "b.json", unit="clip", **given)
    assert by_clip["intervals"]["by"] == "clip" and by_clip["intervals"]["makers"] is None
    assert by_clip["event_based"] == found["event_based"] and by_clip["psds1"] == found["psds1"]


def test_files_are_compared(place: Place, folder: tuple[Path, Case, dict[str, list[Event]]], tmp_path: Path) -> None:
    files, case, reference = folder
    np.testing.assert_array_less(case.scores, 2)
    write_score_files(
        tmp_path / "worse", scores=np.flip(case.scores, 2), clips=list(reference), classes=case.classes, grid=case.edges
    )
    given = {"reference": files / "reference.tsv", "resamples": 100, "window": 5}
    found, said = scored(place, "compare", tmp_path / "a.json", a=files / "scores", b=tmp_path / "worse", **given)
    for name in ("psds1", "psds2"):
        assert found["difference"][name]["value"] == found["b"][name] - found["a"][name] < 0
        assert found["difference"][name]["excludes_zero"] is True
    assert "PSDS1" in said and "100 resamples by clip" in said and "clips: 30" in said
    found, said = scored(place, "compare", tmp_path / "b.json", a=files / "scores", b=files / "reference.tsv", **given)
    assert found["difference"]["psds1"] is None and found["b"]["event_based"]["macro"]["f1"] == 1.0
    gain = 1 - found["a"]["event_based"]["macro"]["f1"]
    assert found["difference"]["macro"]["f1"]["value"] == pytest.approx(gain)
    assert found["difference"]["macro"]["f1"]["excludes_zero"] is True


def without_intervals(figures: dict[str, Any]) -> dict[str, Any]:
    """`E` of `results.json` as `evaluate` has it."""
    return {
        key: without_intervals(value) if isinstance(value, dict) else value
        for key, value in figures.items()
        if key != "f1_interval"
    }


def test_a_model_is_evaluated_and_tracked(job: Place, corpus: Path, tmp_path: Path) -> None:
    given = {"model": "models:/kd-sed@merged", "data": corpus}
    found, said = scored(job, "evaluate", tmp_path / "a.json", track="true", check="sed_eval", **given)
    assert found["psds1"] is not None and found["calibration"]["error"] is not None
    record = results_of(job)["final"]["report"]["tuned"]
    assert found["event_based"] == without_intervals(record)
    drawn = found["intervals"]["macro"]["f1"]
    assert [drawn["low"], drawn["high"]] == record["macro"]["f1_interval"]
    run = said.rsplit("run: ", 1)[1].split()[0]
    script = f"""
import json, mlflow
client = mlflow.MlflowClient()
run = client.get_run("{run}")
names = [f.path for f in client.list_artifacts("{run}")]
print(json.dumps([run.info.status, run.data.metrics, names]))"""
    status, metrics, names = json.loads(job.python(script))
    assert status == "FINISHED" and metrics["psds1"] == found["psds1"]
    assert metrics["event_f1/macro"] == found["event_based"]["macro"]["f1"]
    assert set(names) == {"result.json", "table.txt", "classes.tsv", "curves.json", "curves.png"}


@pytest.mark.slow
def test_models_runs_and_files_are_compared(job: Place, corpus: Path, tmp_path: Path) -> None:
    record = results_of(job)
    candidate = record["passes"][0]["candidates"][0]["run_id"]
    top = job.python(
        "import mlflow; print(next(r.info.run_id for r in mlflow.MlflowClient().search_runs(['0']) "
        "if r.info.run_name == 'iterate'))"
    ).strip()
    given = {"data": corpus, "resamples": 50}
    found, _ = scored(job, "compare", tmp_path / "a.json", a="models:/kd-sed@merged", b=top, **given)
    assert found["a"]["systems"][0]["model"] == found["b"]["systems"][0]["model"]
    assert found["a"]["psds1"] == found["b"]["psds1"] and found["difference"]["psds1"]["excludes_zero"] is False
    assert all(part["f1"]["value"] in (0.0, None) for part in found["difference"]["classes"].values())
    found, _ = scored(
        job,
        "compare",
        tmp_path / "b.json",
        a=record["tagger"]["run_id"],
        b=candidate,
        split="validation/validation",
        **given,
    )
    first = record["passes"][0]["candidates"][0]
    for side, kept in (("a", record["tagger"]), ("b", first)):
        assert found[side]["event_based"]["macro"] == without_intervals(kept["select"]["tuned"])["macro"]
    pair = f"{candidate}, {record['tagger']['run_id']}"
    found, said = scored(job, "compare", tmp_path / "seeds.json", a=record["tagger"]["run_id"], b=pair, **given)
    seeds = found["difference"]["macro"]["f1"]["seeds"]
    assert seeds["min"] <= found["difference"]["macro"]["f1"]["value"] <= seeds["max"]
    assert len(found["b"]["systems"]) == 2 and "b: the mean of 2: " in said
    found, _ = scored(
        job, "compare", tmp_path / "c.json", a=candidate, b=corpus / "metadata" / "test" / "test.tsv", **given
    )
    assert found["b"]["event_based"]["micro"]["f1"] == 1.0 and found["difference"]["psds2"] is None
    assert found["settings"]["clips"] == 8
