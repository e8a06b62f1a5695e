"""S2 with minus without pseudo-labels, several seeds, equal steps: what class-frame pseudo-labels are worth.

    python -m benchmarks.pseudo_labels --data CORPUS [--seeds 3] [--steps 350] [--width 0.25] [--home FOLDER] [--out FOLDER]

One `class_frame` job per seed, on weak and strong clips, in the stores of one folder. A finished job leaves its results and
its two networks' events on the reported split in `--out`; those found there are not run again, and a job that was
interrupted goes on. At the end the two are compared on the reported split, event-based and segment-based, the seeds averaged
inside each resample, makers drawn where the corpus knows them.
"""

import sys
from collections.abc import Sequence

from benchmarks.seeds import compare, job, keep, keep_events, parser, ready, tables_of

NETWORKS = ("without", "with")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is missing, compare, write."""
    options = parser(__doc__ or "", name="pseudo-labels")
    options.add_argument("--width", type=float, default=0.25)
    chosen = ready(options, words)
    tables = tables_of(chosen.out, NETWORKS, seeds=chosen.seeds)
    for seed in range(chosen.seeds):
        if all(tables[name][seed].exists() for name in NETWORKS):
            continue
        given = {"data": chosen.data, "steps": chosen.steps, "seed": seed, "width": chosen.width}
        given |= {"model": f"class-frame-{seed}"}
        record = job("class_frame", given)
        keep(chosen.out / f"seed{seed}.json", record, given)
        runs = {each["name"]: each["run_id"] for each in record["networks"]}
        for name in NETWORKS:
            keep_events(tables[name][seed], runs[name], data=chosen.data)
    return compare(chosen.data, tables["without"], tables["with"], out=chosen.out / "difference.json")


if __name__ == "__main__":
    sys.exit(main())
