"""Tables of README and docs, made from `benchmarks/results/`.

python -m benchmarks.table          # writes each between its two markers
"""

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks import scaling
from benchmarks.keep import RESULTS, rewrite
from benchmarks.reproduced import mistakes, results

ROOT = RESULTS.parent.parent
Line = tuple[str, float, str, float, float]  # work, seconds, peer, its seconds, how many times


def lines_of(name: str, found: dict[str, Any]) -> Iterator[Line]:
    """The lines of one file of results."""
    for row in found.get("rows", []):
        if "peer_s" in row:
            yield row["work"], row["ours_s"], row["peer"], row["peer_s"], row["ratio"]
    if name == "job":
        work = f"demo job, {found['work']['passes']} passes of {found['work']['steps']} steps, from the first import on"
        peer = "the same with plain PyTorch networks"
        yield work, found["ours"]["seconds"], peer, found["twin"]["seconds"], found["ratio"]
    if name == "scoring":
        every, best = found["all_operating_points"], found["best_f1_over_every_score"]
        work = "300 clips, 10 classes: event counts at 50 thresholds, 12 windows"
        peer_s = every["sed_eval_all_points_s_extrapolated"]
        peer = f"sed_eval, from {every['sed_eval_points_timed']} of {every['operating_points']} points"
        yield work, every["ours_all_points_s"], peer, peer_s, every["all_points_times_faster"]
        spent = best["sed_scores_eval_s"]
        peer_s = min(spent["best_1_process"], spent["best_2_processes"]) + spent["filter"] + spent["frames"]
        work = "the same: best F1 over every score, 12 windows"
        yield work, best["ours_s"], "sed_scores_eval", peer_s, best["times_faster_with_filter_and_frames"]
    if name == "psds":
        ours, peer = (
            min(spent["both"] for who, spent in found["seconds"].items() if who.startswith(side))
            for side in ("ours", "sed_scores_eval")
        )
        yield "the same: PSDS1 and PSDS2", ours, "sed_scores_eval", peer, peer / ours


def speed() -> str:
    """One table for each machine."""
    machines: dict[str, list[str]] = {}
    for name in ("training", "training-epyc", "scenes-speed", "data-path", "job", "scoring", "psds"):
        path = RESULTS / f"{name}.json"
        if not path.exists():
            continue
        found = json.loads(path.read_text())
        about = found["machine"]
        units = f"with bfloat16 {about['bfloat16']}" if about.get("bfloat16") else "without bfloat16"
        title = f"{about['cores']} cores, {about['processor']}, {units}; torch {about['torch']}"
        rows = machines.setdefault(title, [])
        for work, seconds, peer, other, ratio in lines_of(name, found):
            rows.append(f"| {work} | {_time(seconds)} | {peer} | {_time(other)} | {_ratio(ratio)} |")
    head = "| work | kd | peer | | times |\n|---|---|---|---|---|"
    return "\n\n".join(f"{title}:\n\n{head}\n" + "\n".join(rows) for title, rows in machines.items())


def _time(seconds: float) -> str:
    if seconds >= 100:
        return f"{seconds:.0f} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _ratio(times: float) -> str:
    return f"{times:.0f}" if times >= 100 else f"{times:.1f}"


MARKED: dict[tuple[str, str], Callable[[], str]] = {  # file and name of what stands between markers
    ("README.md", "results"): results,
    ("README.md", "speed"): speed,
    ("docs/mistakes.md", "mistakes"): mistakes,
    ("docs/scaling.md", "measured"): scaling.figures,
    ("docs/scaling.md", "model"): scaling.table,
}


def main() -> int:
    """Rewrite README and docs."""
    for (path, name), made in MARKED.items():
        rewrite(ROOT / path, name, made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
