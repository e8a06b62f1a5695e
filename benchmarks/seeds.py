"""What benchmarks over several seeds share: a job's results and events kept as files, and paired differences of them."""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.keep import stores_in
from kd.machine import machine
from kd.reproduce.events import write_events

REPORTED = "test/test"


def parser(about: str, *, name: str) -> argparse.ArgumentParser:
    """Options of every such benchmark: data, seeds, steps, home, out; name: of its folder among the results."""
    found = argparse.ArgumentParser(description=about.partition("\n")[0])
    found.add_argument("--data", type=Path, required=True)
    found.add_argument("--seeds", type=int, default=3)
    found.add_argument("--steps", type=int, default=300)
    found.add_argument("--home", type=Path, default=Path(f"{name}-stores"))
    found.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "results" / name)
    return found


def ready(options: argparse.ArgumentParser, words: Sequence[str] | None) -> argparse.Namespace:
    """The options chosen, with the folder of results made and all stores in the one of `--home`."""
    chosen = options.parse_args(words)
    chosen.out.mkdir(parents=True, exist_ok=True)
    os.environ |= stores_in(chosen.home.absolute())
    return chosen


def tables_of(out: Path, names: Sequence[str], *, seeds: int) -> dict[str, list[Path]]:
    """Where the events of each system are kept, a table per seed."""
    return {name: [out / f"{name}-seed{seed}.tsv" for seed in range(seeds)] for name in names}


def job(entry: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The results of a job of an entry point, run here or resumed."""
    words = [word for key, value in given.items() for word in (f"--{key}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", f"entrypoints.{entry}", *words], check=True, stdout=subprocess.PIPE, text=True
    )
    path = next(line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("results: "))
    record: dict[str, Any] = json.loads(Path(path).read_text())
    return record


def keep(path: Path, record: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Write results with the machine and the parameters."""
    about = {
        "machine": machine(),
        "parameters": {**given, "data": Path(given["data"]).name},
        "results": record,
    }
    path.write_text(json.dumps(about, indent=1) + "\n")


def keep_events(path: Path, run: str, *, data: Path) -> None:
    """Write the events that the model of a run gives on the reported split."""
    from kd.passes.systems import of_run

    write_events(path, of_run(run, Where(data=str(data)), makers=False))


class Where:
    """Where `kd.passes.systems` looks for a corpus."""

    split, missing, precision, threads = REPORTED, "error", "auto", 0

    def __init__(self, *, data: str) -> None:
        self.data = data


def compare(data: Path, a: Sequence[Path], b: Sequence[Path], *, out: Path) -> int:
    """The paired difference of two systems on the reported split, b minus a, each the mean of its tables of events."""
    reference = next(data.glob(f"metadata/{REPORTED}.*sv"))
    words = ["--reference", str(reference), "--a", ",".join(map(str, a)), "--b", ",".join(map(str, b))]
    words += ["--out", str(out)]
    return subprocess.run([sys.executable, "-m", "entrypoints.compare", *words]).returncode
