"""Jobs that tune their labels beside the paper's recipe, several seeds, equal steps: what tuning is worth.

    python -m benchmarks.tuned --data CORPUS [--seeds 3] [--passes 3] [--steps 300] [--home FOLDER] [--out FOLDER]

One job after the other, `recipe=default` and `recipe=paper` of each seed, in the stores of one folder. A finished job leaves
its results and its events on the reported split in `--out`; those found there are not run again, and a job that was
interrupted goes on. At the end the merged detectors of the last passes are compared on the reported split, the seeds
averaged inside each resample, makers drawn where the corpus knows them.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.keep import machine, stores_in

RECIPES = ("paper", "default")
REPORTED = "test/test"


def main(words: Sequence[str] | None = None) -> int:
    """Run what is missing, compare, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--passes", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--home", type=Path, default=Path("tuned-stores"))
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "results" / "tuned")
    chosen = parser.parse_args(words)
    chosen.out.mkdir(parents=True, exist_ok=True)
    chosen.home.mkdir(parents=True, exist_ok=True)
    home = chosen.home.absolute()
    os.environ |= stores_in(home)
    for seed in range(chosen.seeds):
        for recipe in RECIPES:
            kept = chosen.out / f"{recipe}-seed{seed}.json"
            if not kept.exists():
                job(chosen, recipe=recipe, seed=seed, kept=kept)
    return compare(chosen)


def job(chosen: argparse.Namespace, *, recipe: str, seed: int, kept: Path) -> None:
    """One job, its results and events kept."""
    from kd.passes.systems import of_run

    given = {"data": chosen.data, "passes": chosen.passes, "steps": chosen.steps, "seed": seed, "recipe": recipe}
    given |= {"model": f"{recipe}-{seed}", "batch": 12}
    words = [word for key, value in given.items() for word in (f"--{key}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "entrypoints.iterate", *words], check=True, capture_output=True, text=True
    )
    path = next(line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("results: "))
    record = json.loads(Path(path).read_text())
    system = of_run(record["passes"][-1]["run_id"], Where(data=str(chosen.data)), makers=False)
    with kept.with_suffix(".tsv").open("w", newline="") as file:
        rows = csv.writer(file, delimiter="\t", lineterminator="\n")
        rows.writerow(["filename", "onset", "offset", "event_label"])
        for clip, events in system.events.items():
            rows.writerows([clip, f"{e.onset:.4f}", f"{e.offset:.4f}", e.label] for e in events)
            if not events:
                rows.writerow([clip, "", "", ""])
    about = {"machine": machine(), "parameters": {**given, "data": Path(chosen.data).name}, "results": record}
    kept.write_text(json.dumps(about, indent=1) + "\n")


class Where:
    """Where `kd.passes.systems` looks for a corpus."""

    split, missing, precision, threads = REPORTED, "error", "auto", 0

    def __init__(self, *, data: str) -> None:
        self.data = data


def compare(chosen: argparse.Namespace) -> int:
    """The paired difference on the reported split: tuned minus paper."""
    tables = {
        recipe: ",".join(str(chosen.out / f"{recipe}-seed{seed}.tsv") for seed in range(chosen.seeds))
        for recipe in RECIPES
    }
    reference = next(chosen.data.glob(f"metadata/{REPORTED}.*sv"))
    words = ["--reference", str(reference), "--a", tables["paper"], "--b", tables["default"]]
    words += ["--out", str(chosen.out / "difference.json")]
    return subprocess.run([sys.executable, "-m", "entrypoints.compare", *words]).returncode


if __name__ == "__main__":
    sys.exit(main())
