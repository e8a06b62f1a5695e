"""Scene jobs over seeds or folds: what each paper's method is worth, with intervals over all of them together.

    python -m benchmarks.scene_jobs JOB [--data CORPUS] [--seeds 3] [--folds 1] [--set key=value ...] [--home F] [--out F]

JOB is scenes_teacher_student or scenes_specialists. A job for each seed and fold, in the stores of one folder; a finished one
leaves its results in `--out` and is not run again, one that was interrupted goes on. At the end, on the reported clips, each
network's and the ensemble's accuracy before and after, the paired difference with its 95 % interval by place (seeds averaged
inside each resample, the clips of folds put together), and the same of clips that are taken for the other class of a pair
designed to be confused, or else of the two pairs most confused before.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.keep import stores_in
from benchmarks.seeds import job
from kd.machine import machine
from kd.scoring.accuracy import Truth, accuracy, confusion, most_confused

Record = dict[str, Any]
DESIGNED = {("airport", "shopping_mall"), ("metro", "tram")}
EQUAL = "at equal steps"


def pairs_of(record: Record) -> dict[str, tuple[str, str]]:
    """The systems before and after, by network and of the ensemble."""
    table = record["tables"]["table 6"]
    if record["kind"] == "scenes_teacher_student":
        return {name: (names[0], names[1]) for name, names in table.items()}
    found = {name: (names[0], names[-1]) for name, names in table.items()}
    found |= {f"{name} {EQUAL}": (names[1], names[-1]) for name, names in table.items()}
    if len(table) > 1:
        found["ensemble"] = (record["confusions"]["before"], record["confusions"]["after"])
    return found


def truth_of(records: Sequence[Record]) -> Truth:
    """The reported clips of a seed's folds together."""
    classes = tuple(records[0]["classes"])
    parts = [record["clips"]["report"] for record in records]
    names = tuple(name for part in parts for name in part["names"])
    places = tuple(place for part in parts for place in part["places"])
    return Truth(names, np.concatenate([part["labels"] for part in parts]).astype(np.int64), classes, places)


def found_of(records: Sequence[Record], network: str, side: int) -> np.ndarray:
    """What a side's systems found of them."""
    named = [record["systems"][pairs_of(record)[network][side]]["report"]["found"] for record in records]
    return np.concatenate(named).astype(np.int64)


def apart(truth: Truth, found: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """The same, where a clip counts as right unless it is taken for the other class of its pair."""
    other = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    taken = np.array([other.get(int(label), -1) for label in truth.labels]) == found
    return np.where(taken, found, truth.labels)


def compared(seeds: Sequence[Sequence[Record]]) -> Record:
    """By network: accuracy before, after and the difference; pairs: clips taken for the other class."""
    truth = truth_of(seeds[0])
    result: Record = {}
    for network in pairs_of(seeds[0][0]):
        before, after = ([found_of(records, network, side) for records in seeds] for side in (0, 1))
        designed = [tuple(map(truth.classes.index, pair)) for pair in DESIGNED if set(pair) <= set(truth.classes)]
        pairs = designed or most_confused(np.sum([confusion(truth, each) for each in before], axis=0))
        ours, theirs = ([apart(truth, each, pairs) for each in side] for side in (after, before))
        result[network] = {
            "before": accuracy(truth, before)["overall"],
            "after": accuracy(truth, after)["overall"],
            "difference": accuracy(truth, after, against=before)["overall"],
            "pairs": {
                "classes": [[truth.classes[i] for i in pair] for pair in pairs],
                "taken_before": [int((each != truth.labels).sum()) for each in theirs],
                "taken_after": [int((each != truth.labels).sum()) for each in ours],
                "difference_in_clips_not_taken": accuracy(truth, ours, against=theirs)["overall"],
            },
        }
    return result


def main(words: Sequence[str] | None = None) -> int:
    """Run what is missing, compare, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("job", choices=("scenes_teacher_student", "scenes_specialists"))
    parser.add_argument("--data", default="demo")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=1)
    parser.add_argument("--set", nargs="*", default=[], metavar="key=value")
    parser.add_argument("--home", type=Path, default=Path("scene-stores"))
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(words)
    chosen.out.mkdir(parents=True, exist_ok=True)
    os.environ |= stores_in(chosen.home.absolute())
    given = dict(word.partition("=")[::2] for word in chosen.set)
    for seed in range(chosen.seeds):
        for fold in range(1, chosen.folds + 1):
            path = chosen.out / f"seed{seed}-fold{fold}.json"
            if path.exists():
                continue
            tables = {"train": f"fold{fold}_train", "report_on": f"fold{fold}_evaluate"}
            first = {"tables": "true" if seed == 0 and fold == 1 else "false"} if "student" in chosen.job else {}
            settings = {
                "data": chosen.data,
                "seed": seed,
                **tables,
                **first,
                **given,
                "model": f"{chosen.job}-{seed}-{fold}",
            }
            record = job(chosen.job, settings)
            about = {**settings, "data": Path(chosen.data).name}
            path.write_text(json.dumps({"machine": machine(), "parameters": about, "results": record}) + "\n")
    seeds = [
        [json.loads((chosen.out / f"seed{s}-fold{f}.json").read_text())["results"] for f in range(1, chosen.folds + 1)]
        for s in range(chosen.seeds)
    ]
    found = {"job": chosen.job, "seeds": chosen.seeds, "folds": chosen.folds, "networks": compared(seeds)}
    (chosen.out / "difference.json").write_text(json.dumps(found, indent=1) + "\n")
    for network, each in found["networks"].items():
        change, apart_ = each["difference"], each["pairs"]["difference_in_clips_not_taken"]
        sys.stdout.write(
            f"{network:28} {100 * each['before']['value']:6.2f} {100 * each['after']['value']:6.2f}  "
            f"{100 * change['value']:+.2f} [{100 * change['low']:.2f}, {100 * change['high']:.2f}]  pairs "
            f"{each['pairs']['taken_before']} {each['pairs']['taken_after']} {100 * apart_['value']:+.2f} "
            f"[{100 * apart_['low']:.2f}, {100 * apart_['high']:.2f}]\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
