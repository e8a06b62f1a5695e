"""Jobs that tune their labels beside the paper's recipe, several seeds, equal steps: what tuning is worth.

    python -m benchmarks.tuned --data CORPUS [--seeds 3] [--passes 3] [--steps 300] [--home FOLDER] [--out FOLDER]

One job after the other, `recipe=default` and `recipe=paper` of each seed, in the stores of one folder. A finished job leaves
its results and its events on the reported split in `--out`; those found there are not run again, and a job that was
interrupted goes on. At the end the merged detectors of the last passes are compared on the reported split, the seeds
averaged inside each resample, makers drawn where the corpus knows them.
"""

import sys
from collections.abc import Sequence

from benchmarks.seeds import compare, job, keep, keep_events, parser, ready, tables_of

RECIPES = ("paper", "default")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is missing, compare, write."""
    options = parser(__doc__ or "", name="tuned")
    options.add_argument("--passes", type=int, default=3)
    chosen = ready(options, words)
    tables = tables_of(chosen.out, RECIPES, seeds=chosen.seeds)
    for seed in range(chosen.seeds):
        for recipe in RECIPES:
            table = tables[recipe][seed]
            if table.exists():
                continue
            given = {"data": chosen.data, "passes": chosen.passes, "steps": chosen.steps, "seed": seed}
            given |= {"recipe": recipe, "model": f"{recipe}-{seed}", "batch": 12}
            record = job("iterate", given)
            keep(table.with_suffix(".json"), record, given)
            keep_events(table, record["passes"][-1]["run_id"], data=chosen.data)
    return compare(chosen.data, tables["paper"], tables["default"], out=chosen.out / "difference.json")


if __name__ == "__main__":
    sys.exit(main())
