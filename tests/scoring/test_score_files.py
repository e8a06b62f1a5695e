"""Folders of score tables: read strictly, written whole, and exchanged with sed_scores_eval."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kd.corpus.tables import Event
from kd.errors import UserError
from kd.scoring.decode import decode_clips
from kd.scoring.grid import FrameGrid
from kd.scoring.psds import PSDS1, psds
from kd.scoring.score_files import read_score_files, stem, write_score_files

GRID = FrameGrid(hop=0.0415, window=0.064, frames=20, seconds=0.85)
CLASSES = ("Dog", "Alarm bell/ringing")
GOLDEN = Path(__file__).parent.parent / "goldens" / "score_files"
ROWS = "onset\toffset\tDog\tCat\n0.0\t0.1\t0.5\t0.25\n0.1\t0.2\t1e-3\t-inf\n"


def table(folder: Path, text: str, name: str = "x") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.tsv"
    path.write_text(text)
    return path


def test_what_is_written_reads_back_the_same(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).random((3, 20, 2), dtype=np.float32)
    scores[0, 3, 1] = -np.inf
    clips = ["b_1.000.wav", "a.FLAC", "c"]
    write_score_files(tmp_path / "out", scores=scores, clips=clips, classes=CLASSES, grid=GRID)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["a.tsv", "b_1.000.tsv", "c.tsv"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    found = read_score_files(tmp_path / "out", clips=clips)
    assert (found.clips, found.classes) == (tuple(clips), CLASSES)
    np.testing.assert_array_equal(found.scores, scores)
    np.testing.assert_array_equal(found.edges, np.tile(GRID.edges(), (3, 1)))
    grid = found.grid()
    assert (grid.frames, grid.seconds) == (GRID.frames, GRID.seconds)
    assert (grid.hop, grid.window) == pytest.approx((GRID.hop, GRID.window))
    assert read_score_files(tmp_path / "out").clips == ("a", "b_1.000", "c")


def test_clips_of_many_lengths_and_frames_of_many_lengths(tmp_path: Path) -> None:
    scores = np.random.default_rng(1).random((2, 4, 1), dtype=np.float32)
    scores[1, 2:] = -np.inf
    edges = np.array([[0.0, 0.1, 0.35, 0.4, 1.0], [0.05, 0.2, 0.3, 0.3, 0.3]])
    write_score_files(tmp_path / "out", scores=scores, clips=["x", "y"], classes=["a"], grid=edges)
    found = read_score_files(tmp_path / "out")
    np.testing.assert_array_equal(found.scores, scores)
    np.testing.assert_array_equal(found.edges, edges)
    assert found.durations() == {"x": 1.0, "y": 0.3}
    with pytest.raises(UserError, match="not those of one uniform grid"):
        found.grid()
    reference = {"x": [Event(0.1, 0.4, "a")]}
    value = psds(found.scores, reference, clips=found.clips, grid=found.edges, classes=["a"]).value
    assert value == psds(scores, reference, clips=["x", "y"], grid=edges, classes=["a"]).value


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_shorter_clip_lies_on_the_grid_of_the_longest(tmp_path: Path, frames: int) -> None:
    """Times with three decimals, the short clip ending within a frame."""
    rows = [f"{i * 0.0415:.3f}\t{(i + 1) * 0.0415:.3f}\t0.9\n" for i in range(9)]
    table(tmp_path / "in", "onset\toffset\ta\n" + "".join(rows), "long")
    short = [*rows[: frames - 1], f"{(frames - 1) * 0.0415:.3f}\t{(frames - 0.5) * 0.0415:.3f}\t0.9\n"]
    table(tmp_path / "in", "onset\toffset\ta\n" + "".join(short), "short")
    found = read_score_files(tmp_path / "in")
    grid = found.grid()
    assert (grid.frames, round(grid.hop, 3)) == (9, 0.042)
    events = decode_clips(
        found.scores, clips=found.clips, grid=grid, thresholds=[0.5], windows=[1], classes=found.classes
    )
    assert [round(event.offset / 0.0415) for event in events["short"]] == [frames]


@pytest.mark.parametrize("frames", [1, 2])
def test_tiny_grids(tmp_path: Path, frames: int) -> None:
    grid = FrameGrid(hop=0.5, window=0.5, frames=frames, seconds=0.5 * frames)
    write_score_files(
        tmp_path / "out", scores=np.zeros((1, frames, 1), np.float32), clips=["x"], classes=["a"], grid=grid
    )
    assert read_score_files(tmp_path / "out").grid() == grid


def test_frames_after_the_clips_end_are_not_written(tmp_path: Path) -> None:
    grid = FrameGrid(hop=0.1, window=0.1, frames=10, seconds=0.75)
    write_score_files(tmp_path / "out", scores=np.zeros((1, 10, 1), np.float32), clips=["x"], classes=["a"], grid=grid)
    assert read_score_files(tmp_path / "out").scores.shape == (1, 8, 1)


BAD_TABLES = {
    "no classes": ("onset\toffset\n0\t1\n", 1, "columns"),
    "other order": ("offset\tonset\ta\n0\t1\t1\n", 1, "columns"),
    "commas": ("onset,offset,a\n0,1,1\n", 1, "columns"),
    "class twice": ("onset\toffset\ta\ta\n0\t1\t1\t1\n", 1, "twice"),
    "unnamed class": ("onset\toffset\ta\t\n0\t1\t1\t1\n", 1, "empty"),
    "no frames": ("onset\toffset\ta\n", None, "no frames"),
    "empty": ("", None, "empty"),
    "not a number": ("onset\toffset\ta\n0\t1\thigh\n", 2, "'high' is not a number"),
    "underscore": ("onset\toffset\ta\n0\t1\t1_0\n", 2, "not a number"),
    "decimal comma": ("onset\toffset\ta\n0\t1\t0,5\n", 2, "not a number"),
    "NaN": ("onset\toffset\ta\n0\t1\t0.5\n1\t2\tnan\n", 3, "not a number"),
    "blank score": ("onset\toffset\ta\n0\t1\t\n", 2, "not a number"),
    "infinity": ("onset\toffset\ta\n0\t1\tinf\n", 2, "not a number"),
    "beyond float32": ("onset\toffset\ta\n0\t1\t1e39\n", 2, "not a number"),
    "endless frame": ("onset\toffset\ta\n0\t-inf\t1\n", 2, "not a number"),
    "ragged": ("onset\toffset\ta\n0\t1\t1\n1\t2\n", 3, "2 fields where the header has 3"),
    "negative": ("onset\toffset\ta\n-1\t1\t1\n", 2, "negative"),
    "no length": ("onset\toffset\ta\n0\t1\t1\n1\t1\t1\n", 3, "not after"),
    "backwards": ("onset\toffset\ta\n0\t1\t1\n1\t0.5\t1\n", 3, "not after"),
    "gap": ("onset\toffset\ta\n0\t1\t1\n1.1\t2\t1\n", 3, "not the offset"),
    "overlap": ("onset\toffset\ta\n0\t1\t1\n0.9\t2\t1\n", 3, "not the offset"),
}


@pytest.mark.parametrize("what", BAD_TABLES)
def test_bad_tables_are_refused_by_file_and_line(tmp_path: Path, what: str) -> None:
    text, line, message = BAD_TABLES[what]
    path = table(tmp_path / "in", text)
    with pytest.raises(UserError, match=message) as caught:
        read_score_files(tmp_path / "in")
    assert caught.value.message.startswith(f"{path}:{line}:" if line else f"{path}:")
    assert caught.value.hint


def test_bad_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such folder"):
        read_score_files(tmp_path / "none")
    with pytest.raises(UserError, match=r"holds no \.tsv"):
        read_score_files(tmp_path)
    table(tmp_path / "in", ROWS)
    table(tmp_path / "in", ROWS.replace("Cat", "Cow"), "y")
    with pytest.raises(UserError, match=r"y\.tsv:1: the classes Dog, Cow where x\.tsv has Dog, Cat"):
        read_score_files(tmp_path / "in")
    assert read_score_files(tmp_path / "in", clips=["x.wav"]).classes == ("Dog", "Cat")
    with pytest.raises(UserError, match=r"z\.tsv: there is no such table \(1 of 2 clips have none\)"):
        read_score_files(tmp_path / "in", clips=["x", "z"])
    for clips in (["../x"], ["a/b.wav"], [".wav"], ["...wav"], ["x", "x"], ["x.wav", "x.flac"], [""]):
        with pytest.raises(UserError):
            read_score_files(tmp_path / "in", clips=clips)
    (tmp_path / "in" / "notes.txt").write_text("")
    with pytest.raises(UserError, match=r"notes\.txt: this is no \.tsv"):
        read_score_files(tmp_path / "in")


def test_nothing_is_written_over_and_nothing_is_left_half_written(tmp_path: Path) -> None:
    scores = np.zeros((2, 20, 1), np.float32)
    kept = table(tmp_path / "out", ROWS)
    with pytest.raises(UserError, match="taken"):
        write_score_files(tmp_path / "out", scores=scores, clips=["x", "y"], classes=["a"], grid=GRID)
    assert kept.read_text() == ROWS
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_score_files(tmp_path / "file" / "out", scores=scores, clips=["x", "y"], classes=["a"], grid=GRID)
    for clips, classes in (
        (["x", "../y"], ["a"]),
        (["x", "x.wav"], ["a"]),
        (["x", "y"], ["a\tb"]),
        (["x", "y"], ["a\\"]),
    ):
        with pytest.raises(UserError):
            write_score_files(tmp_path / "new", scores=scores, clips=clips, classes=classes, grid=GRID)
    for wrong in (scores * np.nan, scores + np.inf, scores[:1]):
        with pytest.raises(ValueError, match="scores"):
            write_score_files(tmp_path / "new", scores=wrong, clips=["x", "y"], classes=["a"], grid=GRID)
    torn = np.tile(GRID.edges(), (2, 1))
    torn[1, 5] = torn[1, 4]
    with pytest.raises(ValueError, match="'y' are not in order"):  # after the first table was made
        write_score_files(tmp_path / "new", scores=scores, clips=["x", "y"], classes=["a"], grid=torn)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "out"]


def test_names_without_their_audio_extension() -> None:
    assert [stem(name) for name in ("a.wav", "b.WAV", "Y1_30.000_40.000", "c.tar.flac")] == [
        "a",
        "b",
        "Y1_30.000_40.000",
        "c.tar",
    ]


def test_a_folder_that_sed_scores_eval_wrote() -> None:
    """Made by tests/goldens/make_score_files.py, with the PSDS1 that sed_scores_eval finds up to 5000 per hour."""
    found = read_score_files(GOLDEN / "scores")
    assert (found.clips, found.classes) == (("empty", "one", "short"), ("Dog", "Cat"))
    assert found.scores.shape == (3, 12, 2)
    assert (found.scores[2, 8:] == -np.inf).all() and found.durations()["short"] == 0.75
    reference = {"one": [Event(0.2, 0.6, "Dog"), Event(0.5, 0.9, "Cat")], "short": [Event(0.1, 0.7, "Cat")]}
    value = psds(
        found.scores,
        reference,
        clips=found.clips,
        grid=found.edges,
        classes=found.classes,
        parameters=replace(PSDS1, max_efpr=5000.0),
    ).value
    assert value == pytest.approx(float((GOLDEN / "psds1.txt").read_text()), rel=1e-9)
    grid = found.grid()
    assert (grid.hop, grid.window, grid.frames) == (pytest.approx(0.1), pytest.approx(0.1), 12)
