"""Scenes on real recordings: ESC-10 converted, a short job of each paper, and classification."""

import os
from pathlib import Path

import pytest

from kd.scenes.corpus import load_scenes
from tests.conftest import Place
from tests.jobs import results_of

DATA = os.environ.get("KD_REAL_DATA", "")
pytestmark = pytest.mark.skipif(not DATA, reason="KD_REAL_DATA names no folder")
QUICK = {"steps": 2, "batch": 4, "width": 0.05, "tuning": "off", "clip_seconds": 4, "rate": 16_000}


def converted(place: Place) -> Path:
    out = place.folder / "esc10"
    done = place.run("convert_scenes", source=Path(DATA) / "esc10", out=out)
    assert done.returncode == 0 and "320 recordings of 10 scenes in 4 folds" in done.stdout, done.stderr
    return out


def test_the_official_folds_are_kept(place: Place) -> None:
    out = converted(place)
    for fold in range(1, 5):
        corpus = load_scenes(out, train=f"fold{fold}_train", report_on=f"fold{fold}_evaluate")
        assert corpus.report and len(corpus.report.clips) == 80
        assert {Path(clip.name).name.split("-")[1] for clip in corpus.report.clips} == {f"fold{fold}"}
        assert not any("places of" in note for note in corpus.notes)


@pytest.mark.slow
def test_both_jobs_and_a_recording_classified(place: Place) -> None:
    out = converted(place)
    done = place.run("scenes_specialists", data=out, **QUICK)
    assert done.returncode == 0 and "mono" in done.stdout, done.stderr
    assert len(results_of(place)["clips"]["report"]["names"]) == 80
    done = place.run("scenes_teacher_student", data=out, tables="false", **QUICK)
    assert done.returncode == 0 and "Table 6" in done.stdout, done.stderr
    said = place.run("classify", audio=Path(DATA) / "esc10" / "fold1" / "rain")
    assert said.returncode == 0 and len(said.stdout.splitlines()) == 9, said.stderr
