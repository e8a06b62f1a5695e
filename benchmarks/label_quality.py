"""How well the quality of labels tells what a student makes of them: the rank correlation over many label settings.

    python -m benchmarks.label_quality --data CORPUS [--trials 24] [--steps 300] [--home FOLDER] [--out RESULT.json]

Teachers are the champions of one pass. Each trial draws kind, temperature, window, Gaussian, threshold and decay at random,
takes the labels' quality, and trains a short shallow student on them. Interrupted, it goes on.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.keep import stores_in
from kd.machine import machine


def main(words: Sequence[str] | None = None) -> int:
    """Train teachers, try settings, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--trials", type=int, default=24)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--home", type=Path, default=Path("label-quality-stores"))
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    home = chosen.home.absolute()
    os.environ |= stores_in(home)
    given = ["--data", chosen.data, "--passes", "1", "--steps", str(chosen.steps), "--tuning", "off"]
    subprocess.run([sys.executable, "-m", "entrypoints.iterate", *given], check=True, stdout=sys.stderr)
    rows = tried(chosen)
    found = {
        "machine": machine(),
        "data": Path(chosen.data).name,
        "steps": chosen.steps,
        **correlations(rows),
        "rows": rows,
    }
    sys.stdout.write(json.dumps({key: found[key] for key in found if key != "rows"}, indent=1) + "\n")
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n")
    return 0


def tried(chosen: argparse.Namespace) -> list[dict[str, Any]]:
    """Settings, quality of their labels, F1 of their students."""
    from kd.config import parse
    from kd.labels.names import KINDS
    from kd.passes.label_studies import DECAYS, SIGMAS, STARTS, TEMPERATURES, WINDOWS, applied
    from kd.passes.searches import FIRST_PASS
    from kd.passes.settings import TuneSettings
    from kd.passes.tuned import StudentProgress
    from kd.passes.tuning import prepared
    from kd.tuning.attempt import Attempt
    from kd.tuning.space import Choice, Real, Space, Whole

    words = ["--data", chosen.data, "--student_steps", str(chosen.steps), "--steps", str(chosen.steps)]
    search = prepared(parse(TuneSettings, [*words, "--student_trials", str(chosen.trials), "--sampler", "random"]))
    space = Space(
        {
            "kind": Choice(KINDS),
            "temperature": Real(*TEMPERATURES, log=True),
            "window": Whole(*WINDOWS, step=2),
            "sigma": Real(*SIGMAS),
            "start": Real(*STARTS),
            "decay": Real(*DECAYS),
        }
    )
    studies = search.studies

    with StudentProgress(studies.bench.progress, studies, index=0) as heard:

        def objective(attempt: Attempt) -> float:
            settings = applied(search.labels, attempt.settings)
            quality = studies.quality(search.teacher, settings, index=FIRST_PASS)
            attempt.note("quality", {"value": quality.value, "f1": quality.f1, "log_loss": quality.log_loss})
            lessons = [partial(studies.lesson, search.teacher, settings, FIRST_PASS + step) for step in range(2)]
            return studies.student.taught(lessons, partial(heard, f"attempt {attempt.number}"))[1]

        study = studies.run("benchmark/label-quality", space, objective, [], trials=chosen.trials)
    return [
        {
            "settings": row["settings"],
            "labels": row["notes"]["quality"],
            "student": row["value"],
            "seconds": row["seconds"],
        }
        for row in study.trials
        if row["state"] == "COMPLETE"
    ]


def correlations(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Spearman's correlation of quality and F1 alone with the students' F1, over all trials and within kinds."""
    from scipy.stats import spearmanr

    def one(part: list[dict[str, Any]], key: str) -> dict[str, float]:
        found = spearmanr([row["labels"][key] for row in part], [row["student"] for row in part])
        return {"trials": len(part), "spearman": float(found.statistic), "p": float(found.pvalue)}

    kinds = sorted({row["settings"]["kind"] for row in rows})
    by_kind = {kind: [row for row in rows if row["settings"]["kind"] == kind] for kind in kinds}
    return {
        "value": one(rows, "value"),
        "f1": one(rows, "f1"),
        "within": {kind: one(part, "value") for kind, part in by_kind.items() if len(part) > 2},
    }


if __name__ == "__main__":
    sys.exit(main())
