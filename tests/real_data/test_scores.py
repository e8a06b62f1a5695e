"""Published predictions of the DCASE baselines must give the scores that sed_eval gives them."""

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from kd.scoring.assess import assess
from kd.scoring.headline import Sampling
from kd.scoring.measure import Rules
from kd.scoring.sed_eval_check import check
from kd.scoring.sources import of_table, read_reference

FOLDER = Path(os.environ.get("KD_REAL_DATA", ""))
pytestmark = pytest.mark.skipif("KD_REAL_DATA" not in os.environ, reason="KD_REAL_DATA names no folder")

TEACHER = FOLDER / "dcase2020_baseline_outputs" / "teacher"
GROUND_TRUTH = FOLDER / "dcase2020_baseline_outputs" / "ground_truth" / "validation.tsv"
DCASE_2018 = FOLDER / "dcase2018_task4_metadata"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def evaluate_tables(*, reference: Path, predictions: Path) -> dict[str, Any]:
    return assess(of_table(predictions, read_reference(reference)), sampling=Sampling(resamples=0))


def percent(value: float | None, digits: int = 4) -> float:
    assert value is not None
    return round(100 * value, digits)


@pytest.fixture(scope="module")
def baseline() -> dict[str, Any]:
    return evaluate_tables(reference=GROUND_TRUTH, predictions=TEACHER / "predictions0.5.csv")


def test_dcase_2020_baseline(baseline: dict[str, Any]) -> None:
    events, segments = baseline["event_based"], baseline["segment_based"]
    assert baseline["settings"]["clips"] == 1168
    assert baseline["settings"]["reference_events"] == 4224
    assert (percent(events["macro"]["f1"], 2), percent(events["micro"]["f1"], 2)) == (42.14, 42.35)
    assert (percent(segments["macro"]["f1"], 2), percent(segments["micro"]["f1"], 2)) == (71.57, 77.03)


def test_dcase_2020_baseline_class_by_class(baseline: dict[str, Any]) -> None:
    for scores, name in (
        (baseline["event_based"], "recomputed_event_classwise.tsv"),
        (baseline["segment_based"], "recomputed_segment_classwise.tsv"),
    ):
        table = rows(TEACHER / name)
        assert len(table) == len(scores["classes"]) == 10
        for row in table:
            figures = scores["classes"][row["event_label"]]
            assert percent(figures["f1"]) == float(row["f1"])
            assert percent(figures["precision"]) == float(row["precision"])
            assert percent(figures["recall"]) == float(row["recall"])


def test_dcase_2020_operating_points() -> None:
    table = rows(TEACHER / "recomputed_scores.tsv")
    assert len(table) == 13
    for row in table:
        scores = evaluate_tables(reference=GROUND_TRUTH, predictions=TEACHER / row["predictions"])
        assert scores["settings"]["predicted_events"] == int(row["rows"])
        for kind, figures in (("event", scores["event_based"]), ("segment", scores["segment_based"])):
            assert percent(figures["macro"]["f1"]) == float(row[f"{kind}_macro_f1"])
            assert percent(figures["micro"]["f1"]) == float(row[f"{kind}_micro_f1"])
            assert percent(figures["micro"]["precision"]) == float(row[f"{kind}_micro_precision"])
            assert percent(figures["micro"]["recall"]) == float(row[f"{kind}_micro_recall"])


@pytest.mark.parametrize("predictions", ["predictions0.5.csv", *sorted((TEACHER / "operating_points").glob("*.tsv"))])
def test_class_wise_counts_are_those_of_sed_eval_at_each_operating_point(predictions: Path | str) -> None:
    system = of_table(TEACHER / predictions, read_reference(GROUND_TRUTH))
    assert len(system.classes) == 10
    assert check(system, rules=Rules()) == 2 * (12 * 3 + 10 * 3)


def test_dcase_2018_baseline() -> None:
    scores = evaluate_tables(
        reference=DCASE_2018 / "metadata" / "eval" / "eval.csv",
        predictions=DCASE_2018 / "baseline_eval_predictions" / "eval_results_baseline.csv",
    )
    events, segments = scores["event_based"], scores["segment_based"]
    assert scores["settings"]["clips"] == 880
    assert (percent(events["macro"]["f1"], 2), percent(events["micro"]["f1"], 2)) == (10.95, 4.75)
    assert (percent(segments["macro"]["f1"], 2), percent(segments["micro"]["f1"], 2)) == (52.39, 58.44)
