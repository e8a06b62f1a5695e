"""A model on disk: a folder with `weights.safetensors` and `model.json`. No pickle.

`model.json` is {schema, config, extra, sha256}, sha256 being that of the weights file. It is written last, so that a
folder whose two files do not belong together is recognised as such.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import nn

from kd.errors import UserError
from kd.files import atomic_write_bytes, atomic_write_text
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.network import Network
from kd.models.scene_config import SOUNDS, SceneConfig
from kd.models.scene_network import SceneNetwork

WEIGHTS, DESCRIPTION = "weights.safetensors", "model.json"
SCHEMA = 1
HINT = "restore the folder from a copy, or train the model again"


def save_model(folder: Path | str, model: nn.Module, config: ModelConfig | SceneConfig, extra: dict[str, Any]) -> None:
    """Write the model; `extra` is any JSON object to keep with it (feature settings, where it comes from)."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    weights = safetensors.torch.save(tensors)
    about = {"schema": SCHEMA, "config": config.to_dict(), "extra": extra, "sha256": sha256(weights).hexdigest()}
    text = json.dumps(about, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    atomic_write_bytes(Path(folder) / WEIGHTS, weights)
    atomic_write_text(Path(folder) / DESCRIPTION, text)


def load_model(folder: Path | str) -> tuple[Network, ModelConfig, dict[str, Any]]:
    """(model in evaluation mode on the CPU, config, extra). Raises UserError for anything but an intact folder, and for
    one that holds a scene network."""
    model, config, extra = load_any(folder)
    if not isinstance(model, Network) or not isinstance(config, ModelConfig):
        raise UserError(f"{folder} holds a scene network ({config.architecture})", "use classify, or name a detector's")
    return model, config, extra


def load_scene_model(folder: Path | str) -> tuple[SceneNetwork, SceneConfig, dict[str, Any]]:
    """The same of a scene network. Raises UserError for a detector's network."""
    model, config, extra = load_any(folder)
    if not isinstance(model, SceneNetwork) or not isinstance(config, SceneConfig):
        raise UserError(f"{folder} holds a detector's network ({config.architecture})", "use detect, or name a scene's")
    return model, config, extra


def load_any(folder: Path | str) -> tuple[Network | SceneNetwork, ModelConfig | SceneConfig, dict[str, Any]]:
    """The same of any network."""
    path = Path(folder)
    about = _description(path / DESCRIPTION)
    weights = _read(path / WEIGHTS)
    if sha256(weights).hexdigest() != about["sha256"]:
        raise UserError(f"{path / WEIGHTS} is damaged: its sha256 is not the one in {DESCRIPTION}", HINT)
    kind = SceneConfig if about["config"].get("architecture") in SOUNDS else ModelConfig
    config = kind.from_dict(about["config"])
    model = build(config)
    try:
        model.load_state_dict(safetensors.torch.load(weights))
    except (RuntimeError, safetensors.SafetensorError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path / WEIGHTS} does not fit {DESCRIPTION}: {reason}", HINT) from error
    return model.eval(), config, about["extra"]


def weights_digest(folder: Path | str) -> str:
    """sha256 of the weights of a saved model, as its description has it."""
    return str(_description(Path(folder) / DESCRIPTION)["sha256"])


def _description(path: Path) -> dict[str, Any]:
    try:
        about = json.loads(_read(path).decode("utf-8"))
    except ValueError as error:
        raise UserError(f"{path} is damaged: {error}", HINT) from error
    kinds = {"schema": int, "config": dict, "extra": dict, "sha256": str}
    if not isinstance(about, dict) or any(not isinstance(about.get(key), kind) for key, kind in kinds.items()):
        raise UserError(f"{path} is not the description of a model", HINT)
    if about["schema"] != SCHEMA:
        message = f"{path} has schema {about['schema']}, this program reads {SCHEMA}"
        raise UserError(message, "use the program that wrote it")
    return about


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror or error}"
        raise UserError(message, "name a folder that holds a saved model") from error
