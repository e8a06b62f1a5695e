"""The networks of both scene papers: the shapes that their tables print, and an independent computation."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from kd.errors import UserError
from kd.models.build import build, count_parameters
from kd.models.config import ModelConfig
from kd.models.files import load_model, load_scene_model, save_model
from kd.models.going_on import go_on_from
from kd.models.mel import Mel
from kd.models.scene_config import SceneConfig
from kd.models.scene_network import SceneNetwork
from kd.models.spectrogram import Spectrogram
from kd.models.waveform import Waveform

TEN = tuple("abcdefghij")


def a_network(architecture: str, *, seed: int = 0, **more: Any) -> SceneNetwork:
    torch.manual_seed(seed)
    return build(SceneConfig(architecture, TEN, **more))


def shapes(model: SceneNetwork, sound: torch.Tensor, *modules: nn.Module) -> list[tuple[int, ...]]:
    """Of what leaves each module, without the batch, channels last."""
    found: list[tuple[int, ...]] = []

    def heard(_module: nn.Module, _inputs: Any, out: Any) -> None:
        out = out[0] if isinstance(out, tuple) else out
        found.append(
            (*out.shape[2:], out.shape[1]) if out.ndim > 2 and not isinstance(_module, nn.GRU) else out.shape[1:]
        )

    for module in modules:
        module.register_forward_hook(heard)
    with torch.no_grad():
        model.eval()(sound)
    return found


def test_table_2_of_both_papers() -> None:
    model = a_network("waveform")
    assert isinstance(model, Waveform)
    sound = torch.zeros(1, 480_000, 2)
    assert model.steps(sound).shape == (1, 64, 1, 39_999)  # of 479999 samples after pre-emphasis
    found = shapes(model, sound, *model.blocks, model.dense, model.classify)
    steps = (13_333, 4_444, 1_481, 493, 164, 54, 18)
    assert found == [(1, 13_333, 64), *((1, n, 128) for n in steps[1:]), (64,), (10,)]
    convs = 12 * 2 * 64 + 2 * 3 * 64**2 + 3 * 64 * 128 + 11 * 3 * 128**2 + 64 * 128
    norms = 2 * (64 + 2 * 64 + 12 * 128 + 128)
    assert count_parameters(model) == convs + norms + 129 * 64 + 65 * 10
    assert model.steps(torch.zeros(1, 240_000, 2)).shape[3] == 19_999  # a crop of 239999 samples


def test_table_3_of_s5() -> None:
    model = a_network("spectrogram")
    assert isinstance(model, Spectrogram) and model.recurrent is not None
    sound = torch.zeros(1, 2, 249, 256)
    found = shapes(model, sound, model.conv, *model.blocks, model.recurrent, model.dense, model.classify)
    assert found == [
        (249, 256, 30), (249, 256, 30), (125, 128, 60), (63, 64, 120), (21, 22, 240), (21, 480), (64,), (10,)
    ]  # fmt: skip
    with torch.no_grad():
        assert model.pooled(sound).shape == (1, 21, 480) and model(sound).embedding.shape == (1, 64)


def test_table_3_of_s3() -> None:
    model = a_network("mel")
    assert isinstance(model, Mel) and model.embedding_size == 240
    found = shapes(model, torch.zeros(1, 2, 240, 256), model.conv, *model.blocks, model.classify)
    assert found == [(240, 252, 30), (240, 252, 30), (120, 126, 60), (60, 63, 120), (20, 21, 240), (10,)]


@pytest.mark.parametrize("architecture", ["waveform", "spectrogram", "mel"])
def test_a_step_moves_every_weight_and_a_clip_is_alone_in_its_batch(architecture: str) -> None:
    model = a_network(architecture, width=0.1, channels=1)
    sound = torch.randn(3, 60_000, 1) if architecture == "waveform" else torch.randn(3, 1, 50, 256)
    seen = model(sound)
    assert seen.logits.shape == (3, 10) and seen.embedding.shape == (3, model.embedding_size)
    (seen.logits.logsumexp(1).sum() + seen.embedding.square().sum()).backward()
    assert all(each.grad is not None and torch.isfinite(each.grad).all() for each in model.parameters())
    with torch.no_grad():
        model.eval()
        assert torch.allclose(model(sound).logits[1:2], model(sound[1:2]).logits, atol=1e-4)


@pytest.mark.parametrize(
    ("architecture", "sound"),
    [
        ("waveform", torch.zeros(1, 26_000, 2)),
        ("waveform", torch.zeros(1, 48_000, 1)),
        ("mel", torch.zeros(1, 2, 50, 64)),
        ("spectrogram", torch.zeros(1, 1, 50, 256)),
        ("mel", torch.zeros(1, 2, 0, 256)),
    ],
)
def test_other_sound_is_refused(architecture: str, sound: torch.Tensor) -> None:
    with pytest.raises(UserError, match="the model takes"):
        a_network(architecture, width=0.1)(sound)


def test_statistics() -> None:
    model = a_network("mel", width=0.1)
    model.set_statistics(np.full(256, 2.0, np.float32), np.full(256, 4.0, np.float32))
    assert isinstance(model, Mel) and torch.equal(
        model.normalised(torch.full((1, 2, 9, 256), 6.0)).unique(), torch.ones(1)
    )
    a_network("waveform", width=0.1).set_statistics(np.zeros(0), np.zeros(0))
    with pytest.raises(UserError, match="no bands"):
        a_network("waveform", width=0.1).set_statistics(np.zeros(3), np.zeros(3))


def test_files_and_kinds(tmp_path: Path) -> None:
    config = SceneConfig("spectrogram", TEN, 1, 32, 0.1, recurrent=False)
    alone = build(config)
    save_model(tmp_path / "scene", alone, config, {})
    loaded, found, _ = load_scene_model(tmp_path / "scene")
    assert found == config and torch.equal(loaded.classify.weight, alone.classify.weight)
    with pytest.raises(UserError, match="scene network"):
        load_model(tmp_path / "scene")
    whole = build(SceneConfig("spectrogram", TEN, 1, 32, 0.1))
    go_on_from(whole, tmp_path / "scene")
    assert torch.equal(whole.classify.weight, alone.classify.weight)  # and a fresh recurrent layer
    with pytest.raises(UserError, match="another model"):
        go_on_from(build(SceneConfig("mel", TEN, 1, 32, 0.1)), tmp_path / "scene")
    detector = ModelConfig("resnet", TEN, width=0.05)
    save_model(tmp_path / "detector", build(detector), detector, {})
    with pytest.raises(UserError, match="detector's network"):
        load_scene_model(tmp_path / "detector")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"width": 0}, "width"),
        ({"channels": 0}, "channels"),
        ({"mels": 1.5}, "mels"),
        ({"architecture": "mell"}, "mel"),
    ],
)
def test_descriptions_are_checked(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        SceneConfig(**{"architecture": "mel", "classes": TEN, **changed})


def by_hand(model: Waveform, sound: np.ndarray) -> np.ndarray:
    """Logits of one clip (samples, channels) by loops over steps, in float64."""
    w = {name: value.double().numpy() for name, value in model.state_dict().items()}

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        scale = w[f"{name}.weight"] / np.sqrt(w[f"{name}.running_var"] + 1e-5)
        return (x - w[f"{name}.running_mean"]) * scale + w[f"{name}.bias"]

    def conv(x: np.ndarray, name: str) -> np.ndarray:
        kernel = w[f"{name}.weight"][:, :, 0]  # (outputs, inputs, width)
        reach = kernel.shape[2] // 2
        padded = np.pad(x, ((reach, reach), (0, 0)))
        return np.stack([np.einsum("oiw,wi->o", kernel, padded[t : t + kernel.shape[2]]) for t in range(len(x))])

    y = sound[1:] - 0.97 * sound[:-1]
    x = np.stack([w["conv.weight"] @ y[t : t + 12].ravel() for t in range(0, len(y) - 11, 12)])
    x = np.maximum(norm(x, "norm"), 0)
    for i in range(7):
        inner = np.maximum(norm(conv(x, f"blocks.{i}.conv"), f"blocks.{i}.norm"), 0)
        inner = norm(conv(inner, f"blocks.{i}.conv_again"), f"blocks.{i}.norm_again")
        if f"blocks.{i}.shortcut.0.weight" in w:
            x = norm(conv(x, f"blocks.{i}.shortcut.0"), f"blocks.{i}.shortcut.1")
        x = np.maximum(inner + x, 0)
        x = x[: len(x) // 3 * 3].reshape(-1, 3, x.shape[1]).max(axis=1)
    embedding = w["dense.weight"] @ x.max(axis=0) + w["dense.bias"]
    return np.asarray(w["classify.weight"] @ embedding + w["classify.bias"])


def test_the_waveform_network_equals_loops() -> None:
    model = a_network("waveform", width=0.06)
    assert isinstance(model, Waveform)
    with torch.no_grad():
        for _ in range(2):  # running statistics that are not those of a fresh network
            model(torch.randn(2, 30_000, 2))
    sound = np.random.default_rng(0).standard_normal((28_000, 2))
    with torch.no_grad():
        found = model.eval()(torch.from_numpy(sound.astype(np.float32)).unsqueeze(0)).logits[0].numpy()
    assert np.allclose(found, by_hand(model, sound), atol=1e-4)
