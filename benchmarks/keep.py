"""Keep the result of a finished job, with the machine it ran on.

    python -m benchmarks.keep NAME RESULTS.json [NOTE]

Writes benchmarks/results/NAME.json and prints the job's tables.
"""

import json
import sys
from pathlib import Path

from kd.machine import machine
from kd.passes import class_frame_scores, results

RESULTS = Path(__file__).resolve().parent / "results"


def stores_in(folder: Path) -> dict[str, str]:
    """The environment in which a job keeps all its stores in one folder, made where it is absent."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "KD_HOME": str(folder),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "KD_OPTUNA_URI": f"sqlite:///{folder / 'optuna.db'}",
    }


def rewrite(path: Path, name: str, text: str) -> None:
    """Put a text between its two markers in a file. Raises ValueError where the file lacks them."""
    begin, end = f"<!-- {name}: made by benchmarks/table.py -->", f"<!-- end of {name} -->"
    before, marker, rest = path.read_text().partition(begin)
    _, other, after = rest.partition(end)
    if not marker or not other:
        raise ValueError(f"{path} lacks the markers of {name}")
    path.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def main(words: list[str]) -> int:
    """Write the file; 2 on wrong use."""
    if len(words) < 2:
        sys.stderr.write(__doc__ or "")
        return 2
    name, path, note = words[0], Path(words[1]), " ".join(words[2:])
    record = json.loads(path.read_text())
    kept = {"name": name, "note": note, "machine": machine(), "results": record}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, indent=1) + "\n")
    tables = results.tables if "passes" in record else class_frame_scores.tables
    sys.stdout.write(tables(record) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
