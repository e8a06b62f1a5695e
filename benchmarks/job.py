"""The whole job beside the same job with plain PyTorch networks switched in.

    python -m benchmarks.job [--passes 8] [--steps 100] [--data demo] [--out RESULT.json]

Both run `iterate` with equal steps in empty stores, one after the other: ours as shipped; the twin with the networks of
`benchmarks.plain` in float32, each trained with all cores, because that is how it is fastest.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.keep import stores_in


def as_twin(words: list[str]) -> int:
    """`iterate` with plain networks, in this process."""
    from torch import Tensor

    import kd.models.files
    import kd.passes.networks
    import kd.passes.speed
    from benchmarks.plain import plain_deep, plain_shallow
    from entrypoints.iterate import main as iterate
    from kd.models.config import ModelConfig
    from kd.models.network import Network

    class Twin(Network):
        """A plain network behind the normalisation of the features."""

        def __init__(self, config: ModelConfig) -> None:
            super().__init__(mels=config.mels)
            self.network = (plain_deep if config.architecture == "deep" else plain_shallow)(len(config.classes))

        def forward(self, features: Tensor) -> Tensor:
            logits: Tensor = self.network(self.normalised(features))
            return logits

    for module in (kd.passes.networks, kd.models.files, kd.passes.speed):
        vars(module)["build"] = Twin
    sys.argv = ["iterate", *words]
    return iterate()


def timed(kind: str, words: list[str], folder: Path) -> dict[str, Any]:
    """One job in stores of its own: seconds of the whole command, and the reported score."""
    environment = os.environ | stores_in(folder)
    command = ["-m", "entrypoints.iterate"] if kind == "ours" else ["-m", "benchmarks.job", "--twin"]
    started = time.perf_counter()
    subprocess.run([sys.executable, *command, *words], env=environment, check=True, stdout=sys.stderr)
    seconds = time.perf_counter() - started
    (results,) = folder.glob("jobs/*/results-*.json")
    final = json.loads(results.read_text())["passes"][-1]["merged"]["report"]["tuned"]["macro"]["f1"]
    return {"seconds": seconds, "report_f1": final}


def main(words: Sequence[str] | None = None) -> int:
    """Run both, print, write."""
    given = sys.argv[1:] if words is None else list(words)
    if given[:1] == ["--twin"]:
        return as_twin(given[1:])
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--passes", type=int, default=8)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(given)
    from kd.machine import machine

    same = ["--passes", str(chosen.passes), "--steps", str(chosen.steps), "--data", chosen.data]
    found = {}
    for kind, more in (("ours", []), ("twin", ["--workers", "1", "--precision", "float32"])):
        with tempfile.TemporaryDirectory() as folder:
            found[kind] = timed(kind, [*same, *more], Path(folder))
    ratio = found["twin"]["seconds"] / found["ours"]["seconds"]
    result = {"machine": machine(), "work": vars(chosen) | {"out": None}, **found, "ratio": ratio}
    sys.stdout.write(json.dumps({"ours": found["ours"], "twin": found["twin"], "ratio": ratio}, indent=1) + "\n")
    if chosen.out:
        chosen.out.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
