"""Training steps and predictions beside plain PyTorch; the SRU beside `torch.nn.GRU` and the sru package.

    python -m benchmarks.training [--peer-path FOLDER] [--repeats 9] [--out RESULT.json]

Every number is the median of several calls, ours and the peer's in turns. FOLDER holds an unpacked `sru`
(`pip install --no-deps --target FOLDER sru==2.6.0`); without it that row is left out.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.plain import plain_deep, plain_shallow
from kd.losses.frames import frame_bce
from kd.models.build import build
from kd.models.config import ModelConfig
from kd.models.memory import keep_freed_memory
from kd.models.sru import SRU
from kd.training.precision import autocast, fastest

CLASSES = 10
FRAMES, MELS = 240, 64
CPU = torch.device("cpu")
Work = Callable[[], object]


def side_by_side(ours: Work, peer: Work, repeats: int) -> dict[str, float]:
    """Medians in seconds, called in turns after two calls to warm up, and how many times faster ours is."""
    for _ in range(2):
        ours(), peer()
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for kept, work in zip(spent, (ours, peer), strict=True):
            started = time.perf_counter()
            work()
            kept.append(time.perf_counter() - started)
    a, b = median(spent[0]), median(spent[1])
    return {"ours_s": a, "peer_s": b, "ratio": b / a}


def network(architecture: str) -> nn.Module:
    """One of ours."""
    config = ModelConfig(
        architecture=architecture,
        classes=tuple(f"class {i}" for i in range(CLASSES)),
        mels=MELS,
        sru_version=1,
        recurrent_activation="tanh",
        padding="same",
    )
    return build(config)


def step_of(model: nn.Module, x: Tensor, y: Tensor, precision: str, loss: Callable[[Tensor, Tensor], Tensor]) -> Work:
    """A training step with Adam."""
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    model.train()

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast(precision, CPU):
            logits = model(x)
        loss(logits, y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return step


def training(architecture: str, batch: int, repeats: int) -> dict[str, Any]:
    """A training step beside plain PyTorch in float32, channels-last where that is the faster of its two layouts."""
    x, y = torch.randn(batch, FRAMES, MELS), (torch.rand(batch, FRAMES, CLASSES) > 0.9).float()
    peer = {"deep": plain_deep, "shallow": plain_shallow}[architecture]
    plain = nn.functional.binary_cross_entropy_with_logits
    first = step_of(peer(CLASSES), x, y, "float32", plain)
    last = step_of(peer(CLASSES).to(memory_format=torch.channels_last), x, y, "float32", plain)
    layouts = side_by_side(last, first, 3)
    ours = step_of(network(architecture), x, y, fastest(), frame_bce)
    found = side_by_side(ours, last if layouts["ratio"] > 1 else first, repeats)
    return {
        "work": f"{architecture}: training step of {batch} clips",
        "peer": "plain PyTorch, float32, nn.GRU",
        "peer_layout": "channels last" if layouts["ratio"] > 1 else "channels first",
        **found,
        "clips_per_second": batch / found["ours_s"],
    }


def prediction(batch: int, repeats: int) -> dict[str, Any]:
    """Deep and shallow, eval mode."""
    x = torch.randn(batch, FRAMES, MELS)
    ours = [network(architecture).eval() for architecture in ("deep", "shallow")]
    peers = [plain_deep(CLASSES).eval(), plain_shallow(CLASSES).eval()]

    def predict(models: list[nn.Module], precision: str) -> None:
        with torch.inference_mode(), autocast(precision, CPU):
            for model in models:
                for start in range(0, batch, 8):
                    model(x[start : start + 8])

    found = side_by_side(lambda: predict(ours, fastest()), lambda: predict(peers, "float32"), repeats)
    return {
        "work": f"deep and shallow: prediction of {batch} clips",
        "peer": "plain PyTorch, float32, nn.GRU",
        **found,
        "clips_per_second": batch / found["ours_s"],
    }


def recurrent(peer: nn.Module, name: str, repeats: int, *, frames_first: bool) -> dict[str, Any]:
    """One recurrent layer 256 → 2 x 128, forward and backward, 24 clips of 240 frames."""
    x = torch.randn(24, FRAMES, 256)
    layer = SRU(input_size=256, hidden_size=128)
    given = x.transpose(0, 1).contiguous() if frames_first else x

    def both(model: nn.Module, inputs: Tensor, precision: str) -> None:
        inputs = inputs.detach().requires_grad_()
        with autocast(precision, CPU):
            out = model(inputs)
        (out[0] if isinstance(out, tuple) else out).float().square().sum().backward()

    found = side_by_side(lambda: both(layer, x, fastest()), lambda: both(peer, given, "float32"), repeats)
    return {"work": "SRU 256 → 2 x 128, forward and backward, 24 x 240", "peer": name, **found}


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peer-path", type=Path)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    from benchmarks.keep import machine

    if chosen.threads:
        torch.set_num_threads(chosen.threads)
    torch.manual_seed(0)
    keep_freed_memory()
    gru = nn.GRU(256, 128, batch_first=True, bidirectional=True)
    rows = [recurrent(gru, "torch.nn.GRU", chosen.repeats, frames_first=False)]
    if chosen.peer_path:
        sys.path.insert(0, str(chosen.peer_path))
        from sru import SRU as Peer

        peer = Peer(256, 128, num_layers=1, bidirectional=True, v1=True)
        rows.append(recurrent(peer, "sru 2.6.0, v1", chosen.repeats, frames_first=True))
    rows += [training("deep", 12, chosen.repeats), training("shallow", 12, chosen.repeats)]
    rows.append(prediction(32, chosen.repeats))
    for row in rows:
        sys.stdout.write(
            f"{row['work']:55} {1e3 * row['ours_s']:8.1f} ms {row['peer']:32} {1e3 * row['peer_s']:8.1f} ms "
            f"{row['ratio']:6.2f} times\n"
        )
    result = {"machine": machine(), "threads": torch.get_num_threads(), "precision": fastest(), "rows": rows}
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
