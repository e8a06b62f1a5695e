"""The generated scenes, and corpora made of folders of recordings."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kd.scenes.corpus import load_scenes
from kd.scenes.demo import scene_clip
from tests.conftest import Place


def test_clips_are_a_function_of_their_names() -> None:
    one, again = (scene_clip("tram", "tram-train-0", seed=0, index=3) for _ in range(2))
    assert np.array_equal(one, again) and one.shape == (64_000, 2) and one.dtype == np.float32
    assert not np.array_equal(one, scene_clip("tram", "tram-train-0", seed=1, index=3))
    assert np.abs(one).max() <= 0.95 and not np.array_equal(one[:, 0], one[:, 1])


def folders(root: Path, *, folds: int, rate: int = 8000) -> Path:
    rng = np.random.default_rng(0)
    for fold in range(1, folds + 1) if folds else [0]:
        for label in ("rain", "wind"):
            folder = root / (f"fold{fold}" if fold else "") / label
            folder.mkdir(parents=True)
            for take in "AB" if folds else "ABCDEFGH":
                name = f"{fold}-77{fold}-{take}.wav" if folds else f"x{ord(take) // 2}-{take}.wav"
                soundfile.write(folder / name, rng.normal(0, 0.1, rate), rate)
    (root / "README.md").write_text("about")
    return root


def test_folders_with_folds(asked: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = asked.ask("convert_scenes", source=folders(tmp_path / "in", folds=3), out=out)
    assert done.returncode == 0 and "12 recordings of 2 scenes in 3 folds" in done.stdout, done.stderr
    corpus = load_scenes(out, train="fold2_train", report_on="fold2_evaluate", hold_out=0.5)
    assert corpus.report and {clip.name for clip in corpus.report.clips} == {
        f"audio/{label}-fold2-2-772-{take}.wav" for label in ("rain", "wind") for take in "AB"
    }
    assert {clip.place for clip in corpus.report.clips} == {"rain-2-772", "wind-2-772"}
    checked = asked.ask("check_data", data=out)
    assert checked.returncode == 0 and "nothing spoils training" in checked.stdout
    again = asked.ask("convert_scenes", source=tmp_path / "in", out=out)
    assert again.returncode == 2 and "there is something already" in again.stderr


def test_folders_without_folds_keep_places_whole(asked: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = asked.ask("convert_scenes", source=folders(tmp_path / "in", folds=0), out=out, folds=2)
    assert done.returncode == 0, done.stderr
    corpus = load_scenes(out)
    assert corpus.report and not any("places of" in note for note in corpus.notes)
    assert {clip.label for clip in corpus.report.clips} == {"rain", "wind"}


@pytest.mark.parametrize(
    ("spoil", "given", "said"),
    [
        (lambda root: shutil.rmtree(root / "fold1"), {}, ""),
        (lambda root: (root / "fold1/rain/1-771-A.wav").write_bytes(b"no"), {}, "1-771-A.wav: unreadable"),
        (lambda root: [shutil.rmtree(root / f"fold{i}/wind") for i in (1, 2, 3)], {}, "all recordings are 'rain'"),
        (lambda root: None, {"group": "("}, "no regular expression"),
        (lambda root: None, {"source": ""}, "source= is empty"),
        (lambda root: None, {"source": "nowhere"}, "there is no such folder"),
    ],
)
def test_what_cannot_be_converted(
    asked: Place, tmp_path: Path, spoil: object, given: dict[str, str], said: str
) -> None:
    source = folders(tmp_path / "in", folds=3)
    spoil(source)  # type: ignore[operator]
    done = asked.ask("convert_scenes", **{"source": source, "out": tmp_path / "out", **given})
    assert done.returncode == (2 if said else 0) and said in done.stderr
    assert (tmp_path / "out").exists() == (not said) and sorted(path.name for path in tmp_path.iterdir()) == [
        "in",
        *(["out"] if not said else []),
    ]


def test_what_spoils_is_listed(asked: Place, own_scenes: Path) -> None:
    clip = next((own_scenes / "audio").glob("bus-train-*"))
    clip.write_bytes(clip.read_bytes()[:3000])
    done = asked.ask("check_data", data=own_scenes)
    assert done.returncode == 2 and "cut short" in done.stdout and done.stderr.startswith("error: "), done.stdout
