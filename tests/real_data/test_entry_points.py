"""Entry points on real label files and real recordings: folders named by KD_REAL_DATA and KD_REAL_CORPUS."""

import json
import os
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.jobs import results_of

DATA = os.environ.get("KD_REAL_DATA", "")
CORPUS = os.environ.get("KD_REAL_CORPUS", "")
needs_data = pytest.mark.skipif(not DATA, reason="KD_REAL_DATA names no folder")
needs_corpus = pytest.mark.skipif(not CORPUS, reason="KD_REAL_CORPUS names no folder")


@needs_data
@pytest.mark.parametrize(
    ("reference", "predictions", "expected"),
    [
        (
            "dcase2020_baseline_outputs/ground_truth/validation.tsv",
            "dcase2020_baseline_outputs/teacher/predictions0.5.csv",
            (42.14, 42.35, 71.57, 77.03),
        ),
        (
            "dcase2018_task4_metadata/metadata/eval/eval.csv",
            "dcase2018_task4_metadata/baseline_eval_predictions/eval_results_baseline.csv",
            (10.95, 4.75, 52.39, 58.44),
        ),
    ],
)
def test_published_scores(
    place: Place, reference: str, predictions: str, expected: tuple[float, float, float, float]
) -> None:
    out = place.folder / "result.json"
    done = place.run("evaluate", reference=Path(DATA) / reference, predictions=Path(DATA) / predictions, out=out)
    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    event, segment = found["event_based"], found["segment_based"]
    figures = (event["macro"]["f1"], event["micro"]["f1"], segment["macro"]["f1"], segment["micro"]["f1"])
    assert tuple(round(100 * value, 2) for value in figures) == expected


@needs_data
def test_the_real_teacher_at_two_operating_points(place: Place) -> None:
    folder, out = Path(DATA) / "dcase2020_baseline_outputs", place.folder / "difference.json"
    points = [folder / "teacher" / "operating_points" / f"predictions_th_{point}.tsv" for point in ("0.27", "0.51")]
    truth = folder / "ground_truth" / "validation.tsv"
    done = place.run("compare", a=points[0], b=points[1], reference=truth, out=out)
    assert done.returncode == 0 and "1000 resamples by clip" in done.stdout, done.stderr
    found = json.loads(out.read_text())
    assert [round(100 * found[side]["event_based"]["macro"]["f1"], 2) for side in "ab"] == [38.48, 41.97]
    change = found["difference"]
    assert change["macro"]["f1"]["low"] > 0 and change["macro"]["f1"]["excludes_zero"] is True
    assert change["classes"]["Speech"]["f1"]["excludes_zero"] is True
    assert change["classes"]["Dog"]["f1"]["excludes_zero"] is False
    assert change["by"] == "clip" and found["settings"]["clips"] == 1168
    checked = place.run("evaluate", predictions=points[0], reference=truth, check="sed_eval", resamples=0)
    assert checked.returncode == 0 and "sed_eval agrees: 132 numbers" in checked.stdout, checked.stderr


@needs_data
def test_check_data_describes_folders_without_audio(place: Place) -> None:
    real = Path(DATA)
    roles = {"select_on": "test/test", "report_on": "eval/eval"}
    done = place.run("check_data", data=real / "dcase2018_task4_metadata", **roles)
    assert done.returncode == 0 and "there is no audio" in done.stdout, done.stderr
    done = place.run("check_data", data=real / "desed_metadata", report_on="eval/public")
    assert done.returncode == 0 and "1168" in done.stdout, done.stdout + done.stderr


@needs_corpus
@pytest.mark.slow
def test_one_pass_on_real_recordings(place: Place) -> None:
    checked = place.run("check_data", data=CORPUS)
    assert checked.returncode == 0, checked.stdout
    done = place.run("iterate", data=CORPUS, passes=1, steps=8)
    assert done.returncode == 0, done.stderr
    record = results_of(place)
    assert len(record["classes"]) == 10 and record["final"]["report"]["tuned"]["macro"]["f1"] >= 0
    for split in ("select", "report"):
        about = record["selection"][split]
        assert about["by"] == "maker" and set(about["makers"]) == set(record["classes"])
    assert "95 % intervals by maker" in done.stdout
