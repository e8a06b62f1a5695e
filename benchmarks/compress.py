"""Students fifty times smaller beside their best teacher, and beside the same students without teachers, over several seeds.

    python -m benchmarks.compress --data CORPUS --teachers models:/kd-sed@merged [--ratio 50] [--seeds 3] [--steps 0]
                                  [--weightings convex,mean,best,none] [--home FOLDER] [--out FOLDER]

The teachers are those of a finished `iterate` job in the stores of `--home`; the best of them is chosen on the selection
split. A finished seed leaves its result, and its students' events on the reported split, in `--out`; those found there are
not run again. At the end the students of each weighting, the seeds averaged inside each resample, are held against the
best teacher and against those without teachers, makers drawn where the corpus knows them.
"""

import json
import sys
from collections.abc import Sequence

from benchmarks.seeds import Where, compare, job, keep, keep_events, parser, ready, write_events

TEACHER, NONE = "best-teacher", "none"


def main(words: Sequence[str] | None = None) -> int:
    """Run what is missing, compare, write."""
    options = parser(__doc__ or "", name="compress")
    options.set_defaults(steps=0)
    options.add_argument("--teachers", default="models:/kd-sed@merged")
    options.add_argument("--ratio", type=float, default=50.0)
    options.add_argument("--weightings", default="convex,mean,best,none")
    chosen = ready(options, words)
    weightings = chosen.weightings.split(",")
    teacher = chosen.out / f"{TEACHER}.tsv"
    tables = {each: [chosen.out / f"{each}-seed{seed}.tsv" for seed in range(chosen.seeds)] for each in weightings}
    for seed in range(chosen.seeds):
        kept = chosen.out / f"seed{seed}.json"
        if kept.exists():
            continue
        given = {"data": chosen.data, "teachers": chosen.teachers, "ratio": chosen.ratio, "seed": seed}
        given |= {"weightings": chosen.weightings, "model": f"small-{seed}", "steps": chosen.steps}
        record = job("compress", given)
        for each in record["students"]:
            keep_events(tables[each["weighting"]][seed], each["run_id"], data=chosen.data)
        if not teacher.exists():
            from kd.passes.systems import of_model

            best = next(each for each in record["teachers"] if each["name"] == record["best_teacher"])
            address = f"models:/{best['model']}/{best['version']}"
            write_events(teacher, of_model(address, Where(data=str(chosen.data)), makers=False))
        keep(kept, record, given)
    code = 0
    for each in weightings:
        code |= compare(chosen.data, [teacher], tables[each], out=chosen.out / f"{each}-minus-teacher.json")
        if each != NONE and NONE in weightings:
            code |= compare(chosen.data, tables[NONE], tables[each], out=chosen.out / f"{each}-minus-none.json")
    summary = {
        path.stem: json.loads(path.read_text())["difference"]["macro"] for path in chosen.out.glob("*-minus-*.json")
    }
    (chosen.out / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
