"""Checkpoints of a training under way: one safetensors file, replaced whole."""

import json
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

from kd.files import atomic_write_bytes


def save_checkpoint(
    path: Path,
    *,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    losses: list[float],
    average: nn.Module | None = None,
) -> None:
    """Write weights, their average if there is one, the optimiser's moments, the number of steps done and the losses so far."""
    from safetensors.torch import save

    tensors: dict[str, Tensor] = {f"model.{k}": v.contiguous() for k, v in model.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{k}": torch.as_tensor(v).contiguous() for k, v in state.items()}
    if average is not None:
        tensors |= {f"average.{k}": v.contiguous() for k, v in average.state_dict().items()}
    about = {"step": str(step), "losses": json.dumps(losses)}
    atomic_write_bytes(path, save(tensors, metadata={**about, "sha256": _digest(tensors, about)}))


def load_checkpoint(
    path: Path, *, model: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None = None
) -> tuple[int, list[float]]:
    """Put model, average and optimizer where `save_checkpoint` left them; returns steps done and losses, (0, []) without a file.

    A checkpoint that cannot be read, or is not what was written, is passed over: training starts anew.
    """
    from safetensors import SafetensorError, safe_open

    if not path.exists():
        return 0, []
    try:
        with safe_open(path, framework="pt") as file:
            about = file.metadata()
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError):
        return 0, []
    if about is None or about.pop("sha256", "") != _digest(tensors, about):
        return 0, []
    for prefix, network in (("model.", model), ("average.", average)):
        if network is not None:
            network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
    states: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, index, name = key.split(".")
            states.setdefault(int(index), {})[name] = value
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": states, "param_groups": whole["param_groups"]})
    return int(about["step"]), json.loads(about["losses"])


def _digest(tensors: dict[str, Tensor], about: dict[str, str]) -> str:
    digest = sha256(json.dumps(about, sort_keys=True).encode())
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
