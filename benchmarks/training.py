"""Training steps and predictions beside plain PyTorch; the SRU beside `torch.nn.GRU` and the sru package.

    python -m benchmarks.training [--peer-path FOLDER] [--repeats 9] [--out RESULT.json]

Every number is the median of several calls, ours and the peer's in turns, each in a process of its own. Plain PyTorch is
taken in the faster of its two memory layouts. FOLDER holds an unpacked sru package
(`pip install --no-deps --target FOLDER sru==2.6.0`); without it that row is left out.

The limit: what the products of a step would take at the rate of a large bfloat16 (else float32) matrix product.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.turns import Side, Work, in_turns, line_of, serve

CLASSES = 10
FRAMES, MELS = 240, 64
BATCH, PREDICTED, RECURRENT = 12, 32, 24
LIMIT = 4096  # rows and columns of the large product
# (frames x bins out, inputs per output, outputs) of each product of a forward pass of one clip
DEEP = [(241 * 65, 4, 64), *((FRAMES * bins, 256, 64) for bins in (64, 32, 32, 16, 16, 8, 8)), (FRAMES * 4, 64, 256)]
SHALLOW = [(FRAMES * bins, inputs, 64) for bins, inputs in ((64, 9), (16, 576), (4, 576))]
SRU_OF = {"deep": (FRAMES, 256, 768), "shallow": (FRAMES, 64, 1024)}


def our_network(architecture: str) -> Any:
    """One of ours."""
    from kd.models.build import build
    from kd.models.config import ModelConfig

    classes = tuple(f"class {i}" for i in range(CLASSES))
    return build(
        ModelConfig(
            architecture=architecture,
            classes=classes,
            mels=MELS,
            sru_version=1,
            recurrent_activation="tanh",
            padding="same",
        )
    )


def network_of(side: str, architecture: str, layout: str = "") -> Any:
    """One of a side's networks."""
    import torch

    from benchmarks.plain import plain_deep, plain_shallow

    if side == "ours":
        return our_network(architecture)
    network = {"deep": plain_deep, "shallow": plain_shallow}[architecture](CLASSES)
    return network.to(memory_format=torch.channels_last) if layout == "channels last" else network


def step(side: str, architecture: str, layout: str = "") -> Work:
    """A training step with Adam: ours in the fastest arithmetic, the peer's in float32."""
    import torch

    from kd.losses.frames import frame_bce
    from kd.training.precision import autocast, fastest

    torch.manual_seed(0)
    x, y = torch.randn(BATCH, FRAMES, MELS), (torch.rand(BATCH, FRAMES, CLASSES) > 0.9).float()
    network = network_of(side, architecture, layout).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    precision = fastest() if side == "ours" else "float32"
    loss = frame_bce if side == "ours" else torch.nn.functional.binary_cross_entropy_with_logits

    def work() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast(precision, x.device):
            logits = network(x)
        loss(logits, y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return work


def prediction(side: str) -> Work:
    """Deep and shallow, in evaluation mode, 8 clips at a time."""
    import torch

    from kd.training.precision import autocast, fastest

    x = torch.randn(PREDICTED, FRAMES, MELS)
    networks = [network_of(side, architecture).eval() for architecture in ("deep", "shallow")]
    precision = fastest() if side == "ours" else "float32"

    def work() -> None:
        with torch.inference_mode(), autocast(precision, x.device):
            for network in networks:
                for start in range(0, PREDICTED, 8):
                    network(x[start : start + 8])

    return work


def recurrent(kind: str, folder: str = "") -> Work:
    """One recurrent layer 256 → 2 x 128, forward and backward."""
    import torch

    from kd.models.sru import SRU
    from kd.training.precision import autocast, fastest

    x, precision = torch.randn(RECURRENT, FRAMES, 256), "float32"
    layer: Any
    if kind == "ours":
        layer, precision = SRU(input_size=256, hidden_size=128), fastest()
    elif kind == "GRU":
        layer = torch.nn.GRU(256, 128, batch_first=True, bidirectional=True)
    else:
        sys.path.insert(0, folder)
        from sru import SRU as Peer

        layer, x = Peer(256, 128, num_layers=1, bidirectional=True, v1=True), x.transpose(0, 1).contiguous()

    def work() -> None:
        inputs = x.detach().requires_grad_()
        with autocast(precision, x.device):
            out = layer(inputs)
        (out[0] if isinstance(out, tuple) else out).float().square().sum().backward()

    return work


def product() -> Work:
    """A large matrix product in the fastest arithmetic."""
    import torch

    from kd.training.precision import fastest

    a, b = (torch.randn(LIMIT, LIMIT, dtype=getattr(torch, fastest())) for _ in range(2))
    return lambda: a @ b


def works(side: str, folder: str) -> dict[str, Callable[[], Work]]:
    """What a side can be asked for."""
    found: dict[str, Callable[[], Work]] = {"predict": partial(prediction, side), "product": product}
    for architecture in ("deep", "shallow"):
        for layout in ("", "channels first", "channels last"):
            found[f"{architecture} {layout}".strip()] = partial(step, side, architecture, layout)
    found["recurrent"] = partial(recurrent, "ours")
    return found | {"GRU": partial(recurrent, "GRU"), "sru": partial(recurrent, "sru", folder)}


def row(
    name: str, peer: str, seconds: dict[str, float], best: str, more: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A line of the result."""
    return {
        "work": name,
        "peer": peer,
        "ours_s": seconds["ours"],
        "peer_s": seconds[best],
        "ratio": seconds[best] / seconds["ours"],
        **(more or {}),
    }


def rows_of(ours: Side, peer: Side, repeats: int, *, sru: bool) -> list[dict[str, Any]]:
    """All lines."""
    plain = "plain PyTorch, float32, nn.GRU"
    name = f"SRU 256 → 2 x 128, forward and backward, {RECURRENT} x {FRAMES}"
    rows = [
        row(
            name,
            f"{title}, float32",
            in_turns({"ours": ours.work("recurrent"), work: peer.work(work)}, repeats=repeats),
            work,
        )
        for work, title in (("GRU", "torch.nn.GRU"), *([("sru", "sru 2.6.0, v1")] if sru else []))
    ]
    rate = 2 * LIMIT**3 / in_turns({"ours": ours.work("product")}, repeats=repeats)["ours"]
    for architecture, products in (("deep", DEEP), ("shallow", SHALLOW)):
        layouts = {layout: peer.work(f"{architecture} {layout}") for layout in ("channels first", "channels last")}
        seconds = in_turns({"ours": ours.work(architecture), **layouts}, repeats=repeats)
        best = min(layouts, key=lambda layout: seconds[layout])
        flops = 6 * BATCH * sum(a * b * c for a, b, c in (*products, SRU_OF[architecture]))
        more = {
            "clips_per_second": BATCH / seconds["ours"],
            "peer_layout": best,
            "products_gflop": flops / 1e9,
            "limit_s": flops / rate,
            "times_the_limit": seconds["ours"] * rate / flops,
        }
        rows.append(row(f"{architecture}: training step of {BATCH} clips", plain, seconds, best, more))
    seconds = in_turns({"ours": ours.work("predict"), "peer": peer.work("predict")}, repeats=repeats)
    more = {"clips_per_second": PREDICTED / seconds["ours"]}
    rows.append(row(f"deep and shallow: prediction of {PREDICTED} clips", plain, seconds, "peer", more))
    return [{**each, "limit_gflop_per_second": rate / 1e9} for each in rows]


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peer-path", default="")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--serve", choices=("ours", "peer"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    if chosen.serve:
        from kd.models.memory import keep_freed_memory

        keep_freed_memory()
        serve(works(chosen.serve, chosen.peer_path))
        return 0
    from kd.machine import machine

    ours, peer = (
        Side(["-m", "benchmarks.training", "--serve", side, "--peer-path", chosen.peer_path], ours=side == "ours")
        for side in ("ours", "peer")
    )
    rows = rows_of(ours, peer, chosen.repeats, sru=bool(chosen.peer_path))
    for side in (ours, peer):
        side.close()
    for each in rows:
        sys.stdout.write(line_of(each))
    if chosen.out:
        chosen.out.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
