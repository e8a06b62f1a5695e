"""What scene networks learn from: batches, crops, partners, pairs, teachers."""

from pathlib import Path

import numpy as np
import pytest
import torch

from kd.audio.scene_sound import FULL
from kd.audio.store import ClipFeatures
from kd.losses.soft_labels import distilled, embedding_distance, hard_cross_entropy
from kd.models.build import build
from kd.models.files import save_model
from kd.models.scene_config import SceneConfig
from kd.models.scene_network import Seen
from kd.training.augment import mixed
from kd.training.data import Step
from kd.training.fit import FitSettings, fit
from kd.training.scene_sets import PARTNERS, Distillation, DistillSet, HardSet, SceneClips, heard_by

LABELS = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2])
SAMPLES = 27_000


def same(sound: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return sound, targets


def waves(*, crop: int = 0) -> SceneClips:
    rng = np.random.default_rng(0)
    sound = (rng.normal(0, 3000, (len(LABELS), SAMPLES, 2)) + 2000 * LABELS[:, None, None]).astype(np.int16)
    return SceneClips(ClipFeatures(sound, np.arange(len(LABELS)), np.ones(len(LABELS))), LABELS, 3, crop)


def bands() -> SceneClips:
    rng = np.random.default_rng(1)
    sound = rng.normal(size=(len(LABELS), 2, 24, 32)).astype(np.float32) + LABELS[:, None, None, None]
    return SceneClips(ClipFeatures(sound, np.arange(len(LABELS)), np.ones(len(LABELS))), LABELS, 3)


def teachers(folder: Path, count: int) -> tuple[Path, ...]:
    config = SceneConfig("mel", ("a", "b", "c"), 2, 32, 0.1)
    for number in range(count):
        torch.manual_seed(number)
        save_model(folder / f"t{number}", build(config), config, {})
    return tuple(folder / f"t{number}" for number in range(count))


def test_crops_are_random_parts_of_the_clip_itself() -> None:
    clips, step = waves(crop=5000), Step(3, 4, 7)
    first, again = (HardSet(clips).batch(step, same)[0] for _ in range(2))
    other = HardSet(clips).batch(Step(4, 4, 7), same)[0]
    assert first.shape == (4, 5000, 2) and np.array_equal(first, again) and not np.array_equal(first, other)
    for row, clip in zip(step.clips(len(clips)), first, strict=True):
        whole = clips.features.array[row].astype(np.float32) / FULL
        starts = np.flatnonzero(np.isclose(whole[:-4999, 0], clip[0, 0]))
        assert any(np.allclose(whole[start : start + 5000], clip) for start in starts)
    assert waves(crop=0).sound(np.array([0]), np.random.default_rng(0)).shape == (1, SAMPLES, 2)


def test_half_of_a_specialists_batch_is_of_its_pair() -> None:
    special = HardSet(waves(), pair=(0, 1))
    seen: list[int] = []
    for number in range(20):
        which = special.which(Step(number, 6, 0))
        assert np.isin(LABELS[which], (0, 1)).sum() == 3
        seen += which.tolist()
    assert set(seen) == set(range(len(LABELS)))
    _, (hard,) = special.batch(Step(0, 6, 0), same)
    assert np.array_equal(hard.argmax(axis=1), LABELS[special.which(Step(0, 6, 0))])


def test_partners_are_others_of_the_class() -> None:
    clips = waves()
    which = np.arange(len(LABELS))
    for seed in range(5):
        found = clips.partners(which, np.random.default_rng(seed))
        assert np.array_equal(LABELS[found], LABELS) and (found != which).all()
    alone = SceneClips(clips.features, np.arange(len(LABELS)), 12)
    assert np.array_equal(alone.partners(which, np.random.default_rng(0)), which)


def test_a_teacher_hears_another_clip_of_the_class_after_the_students(tmp_path: Path) -> None:
    clips, (teacher,) = bands(), teachers(tmp_path, 1)
    step = Step(2, 4, 5)
    how = Distillation(clips=2, temperature=3.0)
    sound, (soft, hard, embedding) = DistillSet(clips, (teacher,), how, "float32").batch(step, same)
    which = step.clips(len(clips))
    partner = clips.partners(which, step.draws(PARTNERS))
    longer = np.concatenate([clips.sound(which), clips.sound(partner)], axis=2)
    assert longer.shape == (4, 2, 48, 32) and np.array_equal(sound, clips.sound(which))
    said = heard_by(teacher, longer, precision="float32")
    assert np.allclose(soft, torch.softmax(said.logits / 3, dim=1).numpy(), atol=1e-6)
    assert np.allclose(embedding, said.embedding.numpy(), atol=1e-6) and np.allclose(soft.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(hard.argmax(axis=1), LABELS[which])


def test_generalist_and_specialists_hear_what_the_student_hears(tmp_path: Path) -> None:
    clips, folders = bands(), teachers(tmp_path, 3)
    share = np.full(4, 0.3, np.float32)

    def mixup(sound: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return mixed(sound, share), mixed(targets, share)

    for combine, total in (("mean", 1.0), ("sum", 3.0)):
        learnt = DistillSet(clips, folders, Distillation(combine=combine), "float32")
        sound, (soft, hard, _) = learnt.batch(Step(0, 4, 1), mixup)
        labels = [torch.softmax(heard_by(each, sound, precision="float32").logits, dim=1) for each in folders]
        assert np.allclose(soft, torch.stack(labels).mean(dim=0).numpy() * total, atol=1e-6)
        assert np.allclose(hard.sum(axis=1), 1) and hard.max() <= 1


@pytest.mark.parametrize("point", ["output", "embedding", "both"])
def test_losses_of_the_points(point: str) -> None:
    generator = torch.Generator().manual_seed(0)
    logits, embedding, theirs = (torch.randn(5, n, generator=generator) for n in (3, 8, 8))
    soft, hard = (
        torch.softmax(torch.randn(5, 3, generator=generator), dim=1),
        torch.eye(3)[torch.tensor([0, 1, 2, 0, 1])],
    )
    how = Distillation(point=point, temperature=4.0, weight=0.2, distance=2.0)
    found = float(how.loss(Seen(logits, embedding), soft, hard, theirs))
    near, own = float(embedding_distance(embedding, theirs)), float(hard_cross_entropy(logits, hard))
    output = float(distilled(logits, soft, hard, temperature=4.0, squared=True, weight=0.2))
    wanted = {"output": output, "embedding": 0.8 * near + 0.2 * own, "both": output + 2 * near}
    assert found == pytest.approx(wanted[point], rel=1e-5)


def test_the_temperature_of_the_student_alone() -> None:
    logits, soft = torch.randn(5, 3), torch.softmax(torch.randn(5, 3), dim=1)
    literal = Distillation(temperature=5.0, student_temperature=1.0).loss(Seen(logits, logits), soft, soft, logits)
    assert float(literal) == pytest.approx(float(distilled(logits, soft, soft, temperature=1, squared=True, weight=0)))


def test_a_student_comes_near_its_teacher(tmp_path: Path) -> None:
    (teacher,) = teachers(tmp_path, 1)
    learnt = DistillSet(bands(), (teacher,), Distillation(point="embedding"), "float32")
    torch.manual_seed(9)
    student = build(SceneConfig("mel", ("a", "b", "c"), 2, 32, 0.1))
    losses = fit(student, learnt, FitSettings(steps=60, batch=6, learning_rate=3e-3))
    assert np.mean(losses[-10:]) < 0.3 * np.mean(losses[:5])


def test_what_is_learnt_tells_it_from_all_else(tmp_path: Path) -> None:
    folders = teachers(tmp_path, 2)
    about = [
        b"".join(np.ascontiguousarray(array).tobytes() for array in each.arrays())
        for each in (
            HardSet(waves()),
            HardSet(waves(crop=9)),
            HardSet(waves(), pair=(0, 1)),
            DistillSet(waves(), folders[:1], Distillation(), "float32"),
            DistillSet(waves(), folders[1:], Distillation(), "float32"),
            DistillSet(waves(), folders[:1], Distillation(temperature=2.0), "float32"),
        )
    ]
    assert len(set(about)) == len(about)
