"""A model of the whole of DCASE 2018 on 1 to 64 devices, from what `benchmarks.cluster` measured and what is assumed.

`table()` is the table of docs/scaling.md. Assumptions are below, by name: no figure of a device is measured.
"""

import json
from dataclasses import dataclass
from math import ceil
from typing import Any

from benchmarks.keep import RESULTS

CLIPS, PASSES, EPOCHS = 55_989, 8, 29  # 29 epochs of 31 networks: the 50 million clip-steps of the literature
DEVICES = (1, 4, 16, 64)
RATE = {"deep": 15_000.0, "shallow": 45_000.0}  # clip-steps a second of a device: aimed at, not measured
PARAMETERS = {"deep": 332_298, "shallow": 143_306}
NORMS = {"deep": 8, "shallow": 3}
BATCH = 96  # clips of a step, on all devices together, so that results do not depend on their number
FASTEST_STEP = 1.0e-3  # seconds: kernels of a step, one after the other, however few clips
BANDWIDTH, LATENCY = 12e9, 30e-6  # bytes a second and seconds of a message between machines: 100 Gbit Ethernet
PREDICTION = 3.0  # predicted clips in the time of one clip-step: no backward pass
SERIAL = 60.0  # seconds of a pass on the job's own machine: studies of labels, merging, scoring, intervals
SHORT = 6 * 100  # steps of the short students of a job's study
FRAMES, CLASSES, LABEL_BYTES = 240, 10, 2


@dataclass(frozen=True)
class Recipe:
    """Networks of each pass by architecture; all are trained at once where there are devices."""

    name: str
    first: tuple[str, ...]
    later: tuple[str, ...]

    def of(self, index: int) -> tuple[str, ...]:
        """Those of a pass."""
        return self.first if index == 1 else self.later


PAPER = Recipe("the paper's", ("deep", "shallow"), ("deep", "shallow") * 2)


@dataclass(frozen=True)
class Passed:
    """Seconds of a job by what they go into, one after the other."""

    training: float
    exchange: float
    prediction: float
    students: float
    serial: float
    logging: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.training + self.exchange + self.prediction + self.students + self.serial + self.logging


def step(kind: str, devices: int) -> tuple[float, float]:
    """Seconds of one step of a network on so many devices: work, and what they exchange.

    Exchanged: gradients, in a ring, and sums of each batch norm, forward and backward.
    """
    work = max(BATCH / (devices * RATE[kind]), FASTEST_STEP)
    if devices == 1:
        return work, 0.0
    ring = 2 * (devices - 1) / devices * 4 * PARAMETERS[kind] / BANDWIDTH + 2 * (devices - 1) * LATENCY
    return work, ring + 2 * NORMS[kind] * 2 * LATENCY


def modelled(recipe: Recipe, devices: int, *, logging: float) -> Passed:
    """A job on so many devices. logging: seconds of a network's run, version and files on the server."""
    steps = EPOCHS * CLIPS / BATCH
    training = exchange = prediction = 0.0
    networks = ["deep", *(kind for index in range(1, PASSES + 1) for kind in recipe.of(index))]
    for group in (("deep",), *(recipe.of(index) for index in range(1, PASSES + 1))):
        share = max(1, devices // len(group))
        rounds = ceil(len(group) / devices)
        of_kind = {kind: step(kind, share) for kind in group}
        slowest = max(of_kind, key=lambda kind: sum(of_kind[kind]))
        one_after_other = sum(sum(of_kind[kind]) for kind in group) if devices == 1 else rounds * sum(of_kind[slowest])
        training += steps * (one_after_other - (0 if devices == 1 else rounds * of_kind[slowest][1]))
        exchange += 0.0 if devices == 1 else steps * rounds * of_kind[slowest][1]
        prediction += sum(CLIPS / (PREDICTION * RATE[kind] * devices) for kind in group)
    students = SHORT * step("shallow", 1)[0] / min(devices, 6)
    return Passed(training, exchange, prediction, students, PASSES * SERIAL, logging * len(networks))


def measured() -> dict[str, Any]:
    """What `benchmarks.cluster` found."""
    found: dict[str, Any] = json.loads((RESULTS / "cluster.json").read_text())
    return found


def logging_seconds() -> float:
    """Of one network, from the share of tracking in a job of 39 versions on one machine."""
    found = json.loads((RESULTS / "tracking.json").read_text())
    return float(
        (found["tracking_s"] - found["calls"]["open_store"]["seconds"]) / found["calls"]["log_detector"]["calls"]
    )


def table() -> str:
    """Hours and efficiency by the number of devices."""
    head = "| devices | training | exchange | prediction | students | job's own machine | logging | together | efficiency |"
    rows = [head, "|" + "---|" * 9]
    alone = 0.0
    for devices in DEVICES:
        found = modelled(PAPER, devices, logging=logging_seconds())
        alone = alone or found.seconds
        parts = (found.training, found.exchange, found.prediction, found.students, found.serial, found.logging)
        cells = [*(f"{each / 60:.1f}" for each in parts), f"{found.seconds / 60:.0f}"]
        rows.append(f"| {devices} | {' | '.join(cells)} | {100 * alone / devices / found.seconds:.0f} % |")
    return "\n".join(rows)


def figures() -> str:
    """What was measured here, as far as it was."""
    found, rows = measured(), dict[str, str]()
    if over := found.get("overhead"):
        ray, local = (over["median"][engine] for engine in ("ray", "local"))
        repeats = len(over["seconds"]["ray"])
        what = f"a short job on a cluster that is warm, beside processes of this machine, medians of {repeats}"
        rows[what] = f"{ray:.1f} s to {local:.1f} s: {over['ratio']:.2f}"
        asked = sum(over["requests_of_a_job"].values())
        rows["requests of that job (5 networks, 2 merged detectors) to the tracking server"] = f"{asked:.0f}"
    if bare := found.get("shards"):
        rows[f"{bare['shards']:,} shards without work, two at a time"] = f"{bare['seconds']:.1f} s"
    if many := found.get("clients"):
        what = f"{many['clients']} clients that log at once, {many['sent']:,} values"
        rows[what] = f"{many['kept']:,} kept, in {many['seconds']:.0f} s"
    if hosts := found.get("efficiency"):
        megabytes = hosts["payload"] / 1e6
        what = f"tasks of {hosts['task_seconds']:.0f} s that carry {megabytes:.0f} MB each way, efficiency by number of hosts"
        each = (f"{n}: {100 * one['efficiency']:.0f} %" for n, one in hosts["by_hosts"].items())
        rows[f"{what} ({hosts['hosts']})"] = "; ".join(each)
    return "\n".join(["| | |", "|---|---|", *(f"| {what} | {value} |" for what, value in rows.items())])
