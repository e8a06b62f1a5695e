"""The generated corpus: whole, repeatable, sound."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from kd.corpus import Roles, demo, load_corpus, locate
from kd.corpus.checks import check
from kd.corpus.demo import DemoCounts, make_clip, make_demo
from kd.corpus.demo_foreign import FOREIGN, background
from kd.corpus.demo_sounds import CLASSES, LONG, SHORT
from kd.corpus.demo_synth import RATE
from kd.errors import UserError

FEW = DemoCounts(weak=20, in_domain=3, out_of_domain=3, strong=3, validation=4, test=4)
SOUNDS = {**SHORT, **LONG, **{f.__name__: f for f in FOREIGN}, "background": background}


def content(root: Path) -> dict[str, str]:
    files = sorted(p for p in root.rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_demo_is_a_sound_corpus_the_same_for_the_same_seed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    make_demo(tmp_path / "a", counts=FEW, progress=lambda done, total: told.append((done, total)))
    make_demo(tmp_path / "b", counts=FEW)
    make_demo(tmp_path / "c", counts=FEW, seed=1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b", "c"]
    assert told[0] == (1, 37) and told[-1] == (37, 37)
    first = content(tmp_path / "a")
    assert first == content(tmp_path / "b")
    other = content(tmp_path / "c")
    assert not {v for k, v in first.items() if k.endswith(".wav")} & set(other.values())
    assert check(tmp_path / "a", classes=load_weak(tmp_path / "a")).spoils == ()
    corpus = load_corpus(tmp_path / "a", roles=Roles(strong="train/synthetic"), classes=load_weak(tmp_path / "a"))
    counts = {split.name: len(split.clips) for split in corpus.splits()}
    assert counts == {
        "train/weak": 20,
        "train/unlabel_in_domain": 3,
        "train/unlabel_out_of_domain": 3,
        "train/synthetic": 3,
        "validation/validation": 4,
        "test/test": 4,
    }
    facts = [clip.facts for split in corpus.splits() for clip in split.clips]
    assert {(f.rate, f.channels, f.seconds) for f in facts if f} == {(16000, 1, 10.0)}


def load_weak(root: Path) -> list[str]:
    from kd.corpus import read_weak

    return sorted({label for tags in read_weak(root / "metadata/train/weak.tsv").values() for label in tags})


@pytest.mark.parametrize("name", SOUNDS)
def test_a_sound_is_finite_and_fills_its_time(name: str) -> None:
    for seed in range(12):
        x = SOUNDS[name](np.random.default_rng(seed), 4.0)
        assert x.dtype == np.float32 and x.ndim == 1 and np.isfinite(x).all()
        assert 0.08 * RATE <= len(x) <= 4.0 * RATE
        assert np.sqrt(np.mean(x.astype(float) ** 2)) == pytest.approx(1.0, rel=1e-3)
        if name in CLASSES:
            head, tail = x[: RATE // 5], x[-RATE // 5 :]
            assert np.abs(head).max() > 0.05 and np.abs(tail).max() > 0.02


def test_events_are_heard_where_the_table_says() -> None:
    louder = []
    for seed in range(40):
        x, events = make_clip(np.random.default_rng(seed))
        assert len(x) == 10 * RATE and np.abs(x).max() <= 1.0
        inside = np.zeros(len(x), bool)
        for event in events:
            assert 0 <= event.onset < event.offset <= 10 and event.onset == round(event.onset, 3)
            inside[int(event.onset * RATE) : int(event.offset * RATE)] = True
        if events and not inside.all():
            louder.append(np.sqrt(np.mean(x[inside] ** 2)) / np.sqrt(np.mean(x[~inside] ** 2)))
    assert len(louder) > 20 and np.median(louder) > 1.5


def test_classes_are_heard_about_equally_often_and_some_clips_have_none() -> None:
    clips = [make_clip(np.random.default_rng([5, i]))[1] for i in range(80)]
    tags = [label for events in clips for label in {e.label for e in events}]
    assert set(tags) == set(CLASSES)
    assert 0 <= sum(not events for events in clips) <= 10
    assert 1.3 < len(tags) / len(clips) < 2.1


def test_a_taken_place_is_refused_and_nothing_is_left_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine").write_text("x")
    with pytest.raises(UserError, match="is taken"):
        make_demo(taken, counts=FEW)
    monkeypatch.setattr(
        demo, "make_clip", lambda *_, **__: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(UserError, match="No space left"):
        make_demo(tmp_path / "full", counts=FEW)
    monkeypatch.setattr(demo, "make_clip", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        make_demo(tmp_path / "stopped", counts=FEW)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_locate_makes_the_demo_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def fake(root: Path, *, progress: object = None) -> None:
        made.append(root)
        (root / "metadata").mkdir(parents=True)

    monkeypatch.setattr(demo, "make_demo", fake)
    first = locate.locate("demo", home=tmp_path)
    assert locate.locate("demo", home=tmp_path) == first
    assert made == [tmp_path / "demo" / f"v{demo.VERSION}-seed0"]


def test_locate_refuses_what_is_no_corpus(tmp_path: Path) -> None:
    (tmp_path / "corpus" / "metadata").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    assert locate.locate(str(tmp_path / "corpus"), home=tmp_path) == tmp_path / "corpus"
    for data, what in (
        ("", "empty"),
        (" ", "empty"),
        ("a\x00", "is no path"),
        (str(tmp_path / "empty"), "empty folder"),
    ):
        with pytest.raises(UserError, match=what):
            locate.locate(data, home=tmp_path)
    with pytest.raises(UserError, match="no such folder") as caught:
        locate.locate(str(tmp_path / "corpse"), home=tmp_path)
    assert caught.value.hint == "did you mean 'corpus'?"
