"""Training and the SRU kernels on a CUDA device; needs torch, numpy and numba, nothing else of this project's.

    python -m benchmarks.gpu [--batch 24] [--repeats 9] [--out RESULT.json]

Every time is the median of several runs of back-to-back calls, waited for at the end of each run. Work that fails here
(torch.compile without a compiler, say) leaves a row with the error. Without a CUDA device: one line, exit status 2.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.training import CLASSES, FRAMES, MELS, our_network
from kd.losses.frames import frame_bce
from kd.models.sru import SRU
from kd.models.sru_devices import kernels_for
from kd.models.sru_inputs import RecurrenceInputs
from kd.training.precision import autocast

INPUTS, UNITS = 256, 128
COPIED = 2**30  # bytes
LARGE = 512  # clips whose arrays no cache holds
Work = Callable[[], object]
Row = dict[str, Any]


def seconds(work: Work, repeats: int, *, calls: int = 10) -> float:
    """Median over `repeats` runs of the time of a call in a run of `calls`, after three to warm up."""
    for _ in range(3):
        work()
    spent = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        started = time.perf_counter()
        for _ in range(calls):
            work()
        torch.cuda.synchronize()
        spent.append((time.perf_counter() - started) / calls)
    return median(spent)


def row(work: str, measure: Callable[[], Row]) -> Row:
    """What was measured, or why nothing was."""
    try:
        return {"work": work, **measure()}
    except Exception as error:
        return {"work": work, "error": f"{type(error).__name__}: {error}".partition("\n")[0]}


def captured(work: Work) -> Work:
    """`work` as one CUDA graph, warmed up on a stream of its own first."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            work()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


def training(architecture: str, batch: int, repeats: int, *, graph: bool, compiled: bool) -> Row:
    """A training step with Adam in bfloat16, channels last; `compiled`: the convolutions, the SRU has its own kernels."""
    device = torch.device("cuda")
    model = our_network(architecture).to(device, memory_format=torch.channels_last).train()
    if compiled:
        model.front = torch.compile(model.front)
    x = torch.randn(batch, FRAMES, MELS, device=device)
    y = (torch.rand(batch, FRAMES, CLASSES, device=device) > 0.9).float()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True, capturable=True)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        with autocast("bfloat16", device):
            logits = model(x)
        frame_bce(logits, y).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    spent = seconds(captured(step) if graph else step, repeats)
    return {"seconds": spent, "clips_per_second": batch / spent}


def recurrent(layer: nn.Module, batch: int, repeats: int, precision: str) -> Row:
    """A recurrent layer, its matrix product included, forward and backward."""
    device = torch.device("cuda")
    layer = layer.to(device)
    x = torch.randn(batch, FRAMES, INPUTS, device=device, requires_grad=True)
    weights = torch.randn(batch, FRAMES, 2 * UNITS, device=device)

    def both() -> None:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        with autocast(precision, device):
            out = layer(x)
        y = out[0] if isinstance(out, tuple) else out
        y.backward(weights.to(y.dtype))

    return {"seconds": seconds(both, repeats)}


def kernels(batch: int, repeats: int, dtype: torch.dtype, copied_per_second: float) -> Row:
    """The recurrence alone: bytes of its arrays, each counted once per pass that reads or writes it, over time."""
    shape = (batch, FRAMES, 2, 1, UNITS)
    u, skip = (torch.randn(*shape[:3], k, UNITS, device="cuda", dtype=dtype) for k in (3, 1))
    bias = torch.zeros(2, 2, UNITS, device="cuda")
    chosen = kernels_for(projected=u, bias=bias)
    if chosen is None:
        raise RuntimeError("Triton does not work here")
    given = RecurrenceInputs(u, skip, bias)
    cells, grad = chosen.forward(given)
    forward = seconds(lambda: chosen.forward(given), repeats)
    backward = seconds(lambda: chosen.backward(given, grad=grad, cells=cells), repeats)

    def rate(tensors: Sequence[Tensor], spent: float) -> float:
        return sum(each.nbytes for each in tensors) / spent

    there, back = rate([u, skip, cells, grad], forward), rate([u, skip, cells, grad, u, skip], backward)
    return {
        "forward_s": forward,
        "backward_s": backward,
        "forward_bytes_per_second": there,
        "backward_bytes_per_second": back,
        "forward_of_copy": there / copied_per_second,
        "backward_of_copy": back / copied_per_second,
    }


def copying(repeats: int) -> float:
    """Bytes read and written per second by a large copy."""
    source = torch.empty(COPIED, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return 2 * COPIED / seconds(lambda: target.copy_(source), repeats)


def machine() -> Row:
    """Device and versions."""
    device = torch.cuda.get_device_properties(0)
    found: Row = {
        "device": device.name,
        "capability": f"{device.major}.{device.minor}",
        "memory_bytes": device.total_memory,
        "multiprocessors": device.multi_processor_count,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "python": platform.python_version(),
    }
    for package in ("torch", "triton", "numpy", "numba"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Run all, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    if not torch.cuda.is_available():
        sys.stderr.write("no CUDA device: nothing to measure\n")
        return 2
    torch.manual_seed(0)
    batch, repeats = chosen.batch, chosen.repeats
    copied = copying(repeats)
    rows: list[Row] = [{"work": "copy", "bytes_per_second": copied}]
    for dtype in (torch.float32, torch.bfloat16):
        name = str(dtype).removeprefix("torch.")
        for clips in (batch, LARGE):
            work = f"SRU kernels, {name}, {clips} clips"
            rows.append(row(work, lambda clips=clips, dtype=dtype: kernels(clips, repeats, dtype, copied)))
        layers = {
            "SRU": SRU(input_size=INPUTS, hidden_size=UNITS),
            "torch.nn.GRU": nn.GRU(INPUTS, UNITS, batch_first=True, bidirectional=True),
        }
        for title, layer in layers.items():
            work = f"{title} {INPUTS} → 2 x {UNITS}, forward and backward, {name}"
            rows.append(row(work, lambda layer=layer, name=name: recurrent(layer, batch, repeats, name)))
    for architecture in ("deep", "shallow"):
        for compiled in (False, True):
            for graph in (False, True):
                how = ", convolutions compiled" * compiled + ", CUDA graph" * graph
                options = {"graph": graph, "compiled": compiled}
                rows.append(
                    row(
                        f"{architecture}: training step{how}",
                        lambda name=architecture, options=options: training(name, batch, repeats, **options),
                    )
                )
    for each in rows:
        values = [f"{key} {value:.4g}" for key, value in each.items() if isinstance(value, float)]
        sys.stdout.write(f"{each['work']:60} {', '.join(values) or each['error']}\n")
    result = {"machine": machine(), "batch": batch, "frames": FRAMES, "repeats": repeats, "rows": rows}
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
