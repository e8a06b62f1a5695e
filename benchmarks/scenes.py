"""Training steps of the scene networks beside plain PyTorch, at the papers' width, and the memory of the raw waveform's.

    python -m benchmarks.scenes [--repeats 5] [--out RESULT.json]

Ours in the fastest arithmetic of the machine and in float32, plain PyTorch in float32, each in a process of its own, in
turns; stereo of 48 kHz. Memory is the peak of a fresh process that takes three steps: batch 40 of 10 s (S5), 24 of 5 s (S3).
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.turns import Side, Work, in_turns, line_of, serve

CLASSES, RATE = 10, 48_000
BATCH = {"waveform": 4, "spectrogram": 4, "mel": 4}
SECONDS = 10
MEMORY = {"S5": (40, 480_000), "S3": (24, 240_000)}


def sound_of(architecture: str, *, batch: int, samples: int = SECONDS * RATE) -> Any:
    """Noise as a network reads it."""
    import torch

    if architecture == "waveform":
        return 0.1 * torch.randn(batch, samples, 2)
    return torch.randn(batch, 2, 249, 256)


def step(side: str, architecture: str, *, batch: int = 0, samples: int = SECONDS * RATE) -> Work:
    """A training step with Adam on hard labels."""
    import torch

    from benchmarks.scenes_plain import plain_scene_network
    from kd.models.build import build
    from kd.models.scene_config import SceneConfig
    from kd.training.precision import autocast, fastest

    torch.manual_seed(0)
    batch = batch or BATCH[architecture]
    x, y = sound_of(architecture, batch=batch, samples=samples), torch.arange(batch) % CLASSES
    network: Any
    if side == "plain":
        network = plain_scene_network(architecture, CLASSES)
    else:
        network = build(SceneConfig(architecture, tuple(f"class {i}" for i in range(CLASSES))))
    optimizer = torch.optim.Adam(network.train().parameters(), lr=1e-3, fused=True)
    precision = fastest() if side == "ours" else "float32"

    def work() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast(precision, x.device):
            found = network(x)
        logits = found if side == "plain" else found.logits
        torch.nn.functional.cross_entropy(logits.float(), y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return work


def memory(side: str, paper: str) -> float:
    """Peak resident memory of this process after three steps of the raw-waveform network, MB of 2**20 bytes."""
    from kd.cost import peak_megabytes

    batch, samples = MEMORY[paper]
    work = step(side, "waveform", batch=batch, samples=samples)
    for _ in range(3):
        work()
    return peak_megabytes()


def asked(side: str, paper: str) -> float:
    """`memory` of a fresh process."""
    words = [sys.executable, "-m", "benchmarks.scenes", "--memory", side, paper]
    return float(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--memory", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    if chosen.serve or chosen.memory:
        if "plain" not in (chosen.serve, *(chosen.memory or ())):
            from kd.models.memory import keep_freed_memory

            keep_freed_memory()
        if chosen.memory:
            sys.stdout.write(f"{memory(*chosen.memory):.0f}\n")
        else:
            serve({name: partial(step, chosen.serve, name) for name in BATCH})
        return 0
    from kd.machine import machine

    names = ("ours", "float32", "plain")
    sides = {name: Side(["-m", "benchmarks.scenes", "--serve", name], ours=name != "plain") for name in names}
    rows = []
    for architecture, batch in BATCH.items():
        seconds = in_turns({name: side.work(architecture) for name, side in sides.items()}, repeats=chosen.repeats)
        for name, how in (("ours", "default arithmetic"), ("float32", "float32")):
            rows.append(
                {
                    "work": f"{architecture}: training step of {batch} clips of 10 s, {how}",
                    "ours_s": seconds[name],
                    "peer": "plain PyTorch, float32",
                    "peer_s": seconds["plain"],
                    "ratio": seconds["plain"] / seconds[name],
                }
            )
            sys.stdout.write(line_of(rows[-1]))
    for side in sides.values():
        side.close()
    peaks = {paper: {side: asked(side, paper) for side in ("ours", "plain")} for paper in MEMORY}
    sys.stdout.write(json.dumps(peaks) + "\n")
    if chosen.out:
        found = {"machine": machine(), "rows": rows, "peak_megabytes": peaks, "batches": MEMORY}
        chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
