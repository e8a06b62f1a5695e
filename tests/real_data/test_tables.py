"""The published label files, as they are."""

import os
from pathlib import Path

import pytest

from kd.corpus import Roles, load_corpus, read_events, read_names, read_table_kind, read_weak
from kd.corpus.checks import check

DATA = Path(os.environ.get("KD_REAL_DATA", ""))
pytestmark = pytest.mark.skipif("KD_REAL_DATA" not in os.environ, reason="KD_REAL_DATA names no folder")
DCASE, DESED = DATA / "dcase2018_task4_metadata", DATA / "desed_metadata"
BASELINE = DATA / "dcase2020_baseline_outputs"


@pytest.mark.parametrize(
    ("path", "clips", "events", "empty"),
    [
        (DCASE / "metadata/test/test.csv", 288, 908, 0),
        (DCASE / "metadata/eval/eval.csv", 880, 3328, 15),
        (DCASE / "baseline_eval_predictions/eval_results_baseline.csv", 875, 1811, 0),
        (DESED / "metadata/validation/validation.tsv", 1168, 4224, 15),
        (DESED / "metadata/validation/test_dcase2018.tsv", 288, 896, 0),
        (DESED / "metadata/validation/eval_dcase2018.tsv", 880, 3328, 15),
        (DESED / "metadata/eval/public.tsv", 692, 2765, 0),
        (BASELINE / "teacher/predictions0.5.csv", 1145, 3351, 0),
        (BASELINE / "teacher/operating_points/predictions_th_0.03.tsv", None, 6398, 0),
    ],
)
def test_strong_tables(path: Path, clips: int | None, events: int, empty: int) -> None:
    assert read_table_kind(path) == "strong"
    found = read_events(path)
    assert clips in (None, len(found))
    assert sum(map(len, found.values())) == events
    assert sum(not e for e in found.values()) == empty


@pytest.mark.parametrize("root", [DCASE, DESED])
def test_training_tables(root: Path) -> None:
    ext = ".csv" if root is DCASE else ".tsv"
    weak = read_weak(root / f"metadata/train/weak{ext}")
    assert len(weak) == 1578 and len({label for tags in weak.values() for label in tags}) == 10
    assert len(read_names(root / f"metadata/train/unlabel_in_domain{ext}")) == 14412
    if root is DCASE:
        assert len(read_names(root / "metadata/train/unlabel_out_of_domain.csv")) == 39999


def test_overlapping_events_of_one_class_are_kept() -> None:
    events = read_events(DCASE / "metadata/test/test.csv").values()
    pairs = [
        (a, b)
        for found in events
        for i, a in enumerate(found)
        for b in found[i + 1 :]
        if a.label == b.label and a.onset < b.offset and b.onset < a.offset
    ]
    assert len(pairs) == 12


def test_dcase_2018_is_a_corpus_and_shares_no_clip() -> None:
    roles = Roles(select_on="test/test", report_on="eval/eval")
    corpus = load_corpus(DCASE, roles=roles, need_audio=False)
    assert [len(s.clips) for s in corpus.splits()] == [1578, 14412, 39999, 288, 880]
    assert len(corpus.classes) == 10 and corpus.notes == ()
    trained = {name for split in corpus.training() for name in split.names}
    assert not trained & {name for split in corpus.scored() for name in split.names}
    report = check(DCASE, roles=roles)
    assert report.spoils == () and "46 of them in train/weak" in report.text


def test_desed_is_a_corpus_whose_scored_splits_may_overlap() -> None:
    report = check(DESED)
    assert report.spoils == ()
    assert "validation/eval_dcase2018 and validation/validation share 880 clips" in report.text
    assert "there is no audio" in report.text
