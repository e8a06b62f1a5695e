"""Tables and folders of scores in, scores and notes out."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kd.corpus.tables import Event
from kd.errors import UserError
from kd.scoring.assess import assess
from kd.scoring.event_f1 import event_based
from kd.scoring.headline import Sampling
from kd.scoring.sources import of_scores, of_table, read_reference

HEADER = "filename\tonset\toffset\tevent_label\n"


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def evaluate_tables(
    *, reference: Path, predictions: Path, clips: Path | None = None, classes: list[str] | None = None
) -> dict[str, Any]:
    system = of_table(predictions, read_reference(reference, clips=clips), classes=classes)
    return assess(system, sampling=Sampling(resamples=0))


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    rows = "x.wav\t0.5\t1.5\tDog\nx.wav\t3.0\t5.0\tCat\ny.wav\t\t\t\nz.wav\t0\t9\tDog\n"
    return written(tmp_path, "reference.tsv", HEADER + rows)


def test_scores_and_settings(tmp_path: Path, reference: Path) -> None:
    rows = "x.wav\t0.6\t1.5\tDog\ny.wav\t3.0\t5.0\tDogs\nx.wav\t3.0\t5.0\tCat\n"
    result = evaluate_tables(reference=reference, predictions=written(tmp_path, "predictions.tsv", HEADER + rows))
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["event_based"]["classes"]["Dog"] == {"f1": 2 / 3, "precision": 1.0, "recall": 0.5}
    assert result["event_based"]["classes"]["Dogs"] == {"f1": None, "precision": 0.0, "recall": None}
    assert result["event_based"]["macro"]["f1"] == (2 / 3 + 1) / 2
    assert result["event_based"]["micro"] == {"f1": 2 / 3, "precision": 2 / 3, "recall": 2 / 3}
    assert result["segment_based"]["classes"]["Dog"]["recall"] == 2 / 11
    settings = result["settings"]
    assert settings["clips"] == 3
    assert settings["empty_class"] == {
        "event_based": "zero_score",
        "segment_based": "undefined",
        "tagging": "zero_score",
    }
    assert settings["collars"] == {
        "onset_collar": 0.2,
        "offset_collar": 0.2,
        "offset_share": 0.2,
        "tolerance": 0.0,
    }
    assert settings["notes"] == [
        "scored clips without a predicted event: 1",
        "'Dogs' has no reference event: did you mean 'Dog'?",
    ]


def test_predictions_for_an_unknown_clip_are_an_error_unless_clips_are_named(tmp_path: Path, reference: Path) -> None:
    predictions = written(tmp_path, "predictions.tsv", HEADER + "x.wavv\t0.5\t1.5\tDog\nx.wav\t0.5\t1.5\tDog\n")
    with pytest.raises(UserError, match=r"x\.wavv") as caught:
        evaluate_tables(reference=reference, predictions=predictions)
    assert "x.wav" in caught.value.hint
    clips = written(tmp_path, "clips.tsv", "filename\nx.wav\nnew.wav\n")
    result = evaluate_tables(reference=reference, predictions=predictions, clips=clips)
    assert result["settings"]["clips"] == 2
    assert result["event_based"]["micro"] == {"f1": 2 / 3, "precision": 1.0, "recall": 0.5}
    assert result["settings"]["notes"][:3] == [
        "reference events dropped because their clip is not scored: 1",
        "predicted events dropped because their clip is not scored: 1",
        "scored clips that are not in the reference, taken as clips without events: 1",
    ]
    weak = written(tmp_path, "weak.tsv", "filename\tevent_labels\nx.wav\tDog\n")
    assert evaluate_tables(reference=reference, predictions=predictions, clips=weak)["settings"]["clips"] == 1


def test_classes_restrict(tmp_path: Path, reference: Path) -> None:
    predictions = written(tmp_path, "predictions.tsv", HEADER + "x.wav\t0.5\t1.5\tDog\n")
    result = evaluate_tables(reference=reference, predictions=predictions, classes=["Cat"])
    assert list(result["event_based"]["classes"]) == ["Cat"]
    assert result["event_based"]["micro"] == {"f1": 0.0, "precision": 0.0, "recall": 0.0}
    assert "predicted events dropped because their class is not scored: 1" in result["settings"]["notes"]


def test_false_alarms_in_empty_clips_count() -> None:
    reference = {"x": [Event(0, 1, "a")], "y": []}
    scores = event_based(reference, {"x": [Event(0, 1, "a")], "y": [Event(0, 1, "a")]})
    assert scores.micro.precision == 0.5


def test_clips_and_classes_are_named_once() -> None:
    reference = {"x": [Event(0, 1, "a")]}
    with pytest.raises(UserError, match="twice"):
        event_based(reference, {}, clips=["x", "x"])
    with pytest.raises(UserError, match="twice"):
        event_based(reference, {}, classes=["a", "a"])
    with pytest.raises(UserError, match="no class"):
        event_based({"x": []}, {})


def test_importing_compiles_nothing_and_stays_light() -> None:
    code = (
        "import sys, kd.scoring.assess, kd.scoring.sources, kd.scoring.contrast, kd.scoring.tune, kd.scoring.kernels as k\n"
        "assert not any(f.signatures for f in vars(k).values() if hasattr(f, 'signatures'))\n"
        "assert hasattr(k.count_matches, 'signatures')\n"
        "heavy = {'pandas', 'torch', 'mlflow', 'optuna', 'sed_eval'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_score_written_as_the_threshold_reaches_it_and_spare_tables_are_noted(tmp_path: Path) -> None:
    truth = written(tmp_path, "truth.tsv", HEADER + "a.wav\t0\t1\tDog\n")
    folder = tmp_path / "scores"
    folder.mkdir()
    written(folder, "a.tsv", "onset\toffset\tDog\n0\t1\t.9\n1\t2\t.2\n")
    system = of_scores(folder, read_reference(truth), threshold=0.9)
    assert system.events == {"a.wav": [Event(0.0, 1.0, "Dog")]} and not system.notes
    written(folder, "b.tsv", "")
    assert of_scores(folder, read_reference(truth)).notes == ("tables of clips that are not scored, left alone: 1",)
    written(folder, "a.tsv", "onset\toffset\tDog\n0\t1e9\t.9\n")
    with pytest.raises(UserError, match=r"a\.tsv:2: offset 1e\+09 is over"):
        of_scores(folder, read_reference(truth))
