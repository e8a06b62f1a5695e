"""The back end, and classifiers on disk."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from kd.audio.scene_spec import SceneSpec
from kd.errors import UserError
from kd.models.build import build
from kd.models.files import save_model
from kd.models.scene_config import SceneConfig
from kd.scenes.classifier import load_classifier, save_classifier
from kd.scenes.svm import FILE, Svm, fit_svm, load_svm

RNG = np.random.default_rng(0)


def data(classes: int) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(90) % classes
    return (RNG.normal(size=(90, 8)) * 3 + np.eye(8)[labels] * 9 + 50).astype(np.float32), labels


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_it_is_scikit_learns_on_scaled_embeddings(classes: int) -> None:
    embeddings, labels = data(classes)
    found = fit_svm(embeddings, labels, classes=classes).scores(embeddings)
    scaler = StandardScaler().fit(embeddings)
    machine = LinearSVC(C=1.0, random_state=0, max_iter=5000).fit(scaler.transform(embeddings), labels)
    wanted = machine.decision_function(scaler.transform(embeddings))
    if classes == 2:
        wanted = np.stack([-wanted, wanted], axis=1)
    assert found.shape == (90, classes) and np.allclose(found, wanted, atol=1e-3)
    assert (found.argmax(axis=1) == labels).mean() > 0.8


def test_it_is_read_as_it_was_written_however_it_lay_in_memory(tmp_path: Path) -> None:
    svm = Svm(np.asfortranarray(RNG.normal(size=(3, 8)).astype(np.float32)), RNG.normal(size=3).astype(np.float32))
    svm.save(tmp_path)
    found = load_svm(tmp_path)
    assert np.array_equal(found.matrix, svm.matrix) and np.array_equal(found.bias, svm.bias)
    (tmp_path / FILE).write_bytes(b"broken")
    with pytest.raises(UserError, match="cannot be read"):
        load_svm(tmp_path)


def saved(folder: Path) -> Path:
    networks, specs = [], []
    for i, (name, kind) in enumerate((("waveform", "waveform"), ("mel", "mel"))):
        torch.manual_seed(i)
        config = SceneConfig(name, ("a", "b", "c"), 2, 256, 0.05)
        save_model(folder / name, build(config), config, {})
        networks.append(folder / name)
        specs.append(SceneSpec(kind, 16_000, 2, 2.0))
    svm = Svm(RNG.normal(size=(3, 64)).astype(np.float32), np.zeros(3, np.float32))
    save_classifier(folder / "c", classes=("a", "b", "c"), networks=networks, specs=specs, svms=[svm, None], corpus="x")
    return folder / "c"


def test_an_ensemble_is_the_mean_of_its_members(tmp_path: Path) -> None:
    found = load_classifier(saved(tmp_path))
    samples = RNG.normal(0, 0.1, (2, 32_000)).astype(np.float32)
    whole = found.scores(samples, precision="float32")
    alone = [type(found)(found.classes, (member,), "").scores(samples, precision="float32") for member in found.members]
    assert np.allclose(whole, np.mean(alone, axis=0), atol=1e-5) and alone[1].sum() == pytest.approx(1, abs=1e-5)
    assert np.allclose(found.scores(samples[:1], precision="float32").shape, (3,))  # mono is repeated


def test_what_is_no_classifier(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    with pytest.raises(UserError, match=r"holds no classifier\.json"):
        load_classifier(tmp_path)
    about = json.loads((folder / "classifier.json").read_text())
    (folder / "classifier.json").write_text(json.dumps({**about, "schema": 99}))
    with pytest.raises(UserError, match="schema 99"):
        load_classifier(folder)
    (folder / "classifier.json").write_text(json.dumps(about))
    weights = folder / "member-0" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\1\2\3")
    with pytest.raises(UserError, match="damaged"):
        load_classifier(folder)
    (tmp_path / "detector.json").write_text("{}")
    with pytest.raises(UserError, match="detector of sound events"):
        load_classifier(tmp_path)
