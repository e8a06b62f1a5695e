"""Descriptions and saved models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from kd.errors import UserError
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.files import load_model, save_model

CONFIG = ModelConfig(architecture="shallow", classes=("Dog", "Running water", "Électrique"), sru_version=2)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = build(CONFIG)
    model.set_statistics(torch.randn(64), torch.rand(64) + 1)
    save_model(tmp_path / "model", model, CONFIG, {"spec": {"hop": 664}})
    return tmp_path / "model"


def test_round_trip(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build(CONFIG).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model.set_statistics(torch.randn(64), torch.rand(64) + 1)
    model(torch.randn(2, 9, 64))  # moves the running statistics
    save_model(tmp_path, model, CONFIG, {"spec": [1, "é"]})
    loaded, config, extra = load_model(tmp_path)
    assert (config, extra) == (CONFIG, {"spec": [1, "é"]})
    assert not loaded.training
    assert all(torch.equal(a, loaded.state_dict()[name]) for name, a in model.state_dict().items())
    x = torch.randn(1, 9, 64)
    assert torch.equal(model.eval()(x), loaded(x))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "weights.safetensors"]


def test_saving_twice_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    model, config, extra = load_model(saved)
    save_model(tmp_path / "again", model, config, extra)
    for name in ("model.json", "weights.safetensors"):
        assert (saved / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


@pytest.mark.parametrize("place", [0, 200, -1])
def test_a_changed_byte_is_noticed(saved: Path, place: int) -> None:
    weights = saved / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[place] ^= 1
    weights.write_bytes(bytes(data))
    with pytest.raises(UserError, match="damaged"):
        load_model(saved)


def test_missing_files(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        load_model(tmp_path / "nowhere")
    (saved / "weights.safetensors").unlink()
    with pytest.raises(UserError, match="cannot read"):
        load_model(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": 1, "config": {}, "extra": {}}', "\udcff"])
def test_damaged_description(saved: Path, text: str) -> None:
    (saved / "model.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"model\.json"):
        load_model(saved)


def test_weights_of_another_model(saved: Path) -> None:
    about = json.loads((saved / "model.json").read_text("utf-8"))
    about["config"]["architecture"] = "deep"
    (saved / "model.json").write_text(json.dumps(about), "utf-8")
    with pytest.raises(UserError, match="does not fit"):
        load_model(saved)


def test_models_saved_before_there_was_a_direction(saved: Path) -> None:
    about = json.loads((saved / "model.json").read_text("utf-8"))
    del about["config"]["direction"]
    (saved / "model.json").write_text(json.dumps(about), "utf-8")
    assert load_model(saved)[1] == CONFIG


def test_weights_of_another_direction(saved: Path) -> None:
    about = json.loads((saved / "model.json").read_text("utf-8"))
    about["config"]["direction"] = "forward"
    (saved / "model.json").write_text(json.dumps(about), "utf-8")
    with pytest.raises(UserError, match="does not fit"):
        load_model(saved)


def test_newer_schema(saved: Path) -> None:
    about = json.loads((saved / "model.json").read_text("utf-8"))
    (saved / "model.json").write_text(json.dumps({**about, "schema": 2}), "utf-8")
    with pytest.raises(UserError, match="schema 2"):
        load_model(saved)


def test_config_round_trip() -> None:
    assert ModelConfig.from_json(CONFIG.to_json()) == CONFIG


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        ({"architectur": "deep"}, "unknown key 'architectur'", "did you mean 'architecture'?"),
        ({"architecture": "shalow"}, "'shalow'", "did you mean 'shallow'?"),
        ({"sru_version": 3}, "sru_version=3", ""),
        ({"sru_version": True}, "sru_version=True", ""),
        ({"mels": 0}, "mels=0", ""),
        ({"mels": "64"}, "mels='64'", ""),
        ({"classes": []}, "classes", ""),
        ({"classes": "Dog"}, "classes", ""),
        ({"classes": ["Dog", "Dog"]}, "'Dog' is named twice", ""),
        ({"padding": "valid"}, "'valid'", ""),
        ({"direction": "backward"}, "direction='backward'", ""),
    ],
)
def test_wrong_config(change: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(UserError) as error:
        ModelConfig.from_dict({**CONFIG.to_dict(), **change})
    assert message in error.value.message
    assert hint in error.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{", '{"classes": ["Dog"]}'])
def test_config_that_is_none(text: str) -> None:
    with pytest.raises(UserError):
        ModelConfig.from_json(text)
