"""How a job ends: its result kept and shown, each student's files on its run."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kd.compress.device import OnDevice
from kd.compress.pictures import draw_pareto
from kd.compress.tables import tables
from kd.config import say
from kd.passes.job import Job, write_result
from kd.passes.judging import Verdict, macro
from kd.progress import clock
from kd.tracking.runs import Runs
from kd.tracking.store import ui_command

PROPOSED = "proposed"  # alias of the student at the knee


def log_student(runs: Runs, run: str, device: OnDevice, in_int8: Verdict) -> None:
    """A student's files in `device/`, what they cost, and F1 in int8."""
    for numbers in device.costs:
        runs.folder(run, device.folder / numbers, f"device/{numbers}")
    found = {
        f"device/{key}/{numbers}": value for numbers, costs in device.costs.items() for key, value in costs.items()
    }
    for role, figures in (("select", in_int8.select), ("report", in_int8.report)):
        if (value := macro(figures)) is not None:
            found[f"{role}/event_f1_int8/macro"] = value
    runs.metrics(run, {key: [(0, value)] for key, value in found.items()})


def keep(runs: Runs, run: str, result: Mapping[str, Any]) -> None:
    """Log a job's result on a run: the record, tables, the chart, F1 of every student."""
    runs.json(run, result, "results.json")
    runs.text(run, tables(result), "table.txt")
    with tempfile.TemporaryDirectory(prefix="kd-") as place:
        path = Path(place) / "pareto.png"
        draw_pareto(path, result)
        runs.file(run, path)
    series = {}
    for role in result["splits"]:
        found = {f"{each['model']}-{each['version']}": each for each in result["teachers"]}
        found |= {f"teachers-{name}": each for name, each in result["weightings"].items()}
        found |= {each["name"]: each for each in result["students"]}
        for name, each in found.items():
            if (value := macro(each[role])) is not None:
                series[f"{role}/event_f1/{name}"] = [(0, value)]
    runs.metrics(run, series)


def show(job: Job) -> None:
    """Write `results.json` beside the job's state; print tables and where everything is."""
    assert job.result is not None
    written = write_result(job)
    say("\n" + tables(job.result))
    say(f"\ntime: {clock(job.seconds)}")
    say(f"results: {written}")
    address = f"models:/{job.result['model']}@{PROPOSED}"
    say(f"proposed: {job.result['proposed']}, {address}")
    say(f"for a device: python -m entrypoints.export --kind device --model {address} --out FOLDER")
    say(f"to look around: {ui_command()}")
