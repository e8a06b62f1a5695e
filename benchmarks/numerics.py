"""Whether the fast arithmetic learns as float32 does: loss curves of one training, fast and plain, from the same start.

    python -m benchmarks.numerics [--data demo] [--steps 250] [--out RESULT.json] [--plot PICTURE.png]

The deep and the shallow network on the weak clips of a corpus: in the fastest arithmetic of this processor; in float32
with the same kernels; and in float32 with plain torch operations in the place of every kernel.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

WAYS = ("fast", "float32", "plain float32")


@contextmanager
def plain_operations() -> Iterator[None]:
    """No kernel stands in for torch."""
    from kd.models import first, norm, sru

    kept = [(first, "kernels_apply"), (norm, "kernels_apply"), (sru, "kernels_for")]
    before = [vars(module)[name] for module, name in kept]
    for module, name in kept:
        vars(module)[name] = lambda *_, **__: None
    try:
        yield
    finally:
        for (module, name), function in zip(kept, before, strict=True):
            vars(module)[name] = function


def losses_of(data: str, architecture: str, steps: int, *, seed: int = 0) -> dict[str, list[float]]:
    """The loss of every step, each way."""
    import torch

    from kd.config import parse
    from kd.models.build import build
    from kd.passes.context import model_config
    from kd.passes.inputs import open_corpus, open_inputs
    from kd.passes.settings import IterateSettings
    from kd.passes.targets import tagging_set
    from kd.progress import Progress
    from kd.training.fit import FitSettings, fit
    from kd.training.precision import fastest

    settings = parse(IterateSettings, ["--data", data])
    progress = Progress(passes=0, batch=12)
    inputs = open_inputs(settings, open_corpus(settings, progress), progress, architectures=(architecture,))
    view = inputs.views[architecture]
    training = tagging_set(inputs, view)
    found = {}
    for way in WAYS:
        torch.manual_seed(seed)
        network = build(model_config(settings, architecture, inputs))
        network.set_statistics(view.mean, view.deviation)
        how = FitSettings(steps, 12, seed=seed, precision=fastest() if way == "fast" else "float32")
        with plain_operations() if way.startswith("plain") else nullcontext():
            found[way] = fit(network, training, how)
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Train, print, write, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", default="demo")
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plot", type=Path)
    chosen = parser.parse_args(words)
    import numpy as np

    from kd.machine import machine

    curves = {name: losses_of(chosen.data, name, chosen.steps) for name in ("deep", "shallow")}
    last = max(1, chosen.steps // 5)
    ends = {
        name: {way: float(np.mean(losses[-last:])) for way, losses in ways.items()} for name, ways in curves.items()
    }
    sys.stdout.write(json.dumps({"mean loss of the last fifth": ends}, indent=1) + "\n")
    if chosen.out:
        result = {"machine": machine(), "data": chosen.data, "ends": ends, "losses": curves}
        chosen.out.write_text(json.dumps(result) + "\n")
    if chosen.plot:
        draw(curves, chosen.plot)
    return 0


def draw(curves: dict[str, dict[str, list[float]]], path: Path) -> None:
    """Running means of 10 steps, a panel for each network."""
    import numpy as np
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4), layout="constrained")
    panels = figure.subplots(1, len(curves), sharey=True)
    for panel, (name, ways) in zip(panels, curves.items(), strict=True):
        for way, losses in ways.items():
            panel.plot(np.convolve(losses, np.ones(10) / 10, "valid"), label=way, linewidth=1)
        panel.set(title=name, xlabel="step")
    panels[0].set_ylabel("loss, mean of 10 steps")
    panels[0].legend(frameon=False)
    figure.savefig(path, dpi=130)


if __name__ == "__main__":
    sys.exit(main())
