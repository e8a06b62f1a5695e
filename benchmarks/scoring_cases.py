"""Random and nasty cases on which event counts must be equal three ways: ours, the slow twin's, sed_eval's.

    python -m benchmarks.scoring_cases [--cases 100000] [--seed 0] [--out FILE.json]

A case is one clip and class: scores, thresholds, a median window and reference events, many of them on a collar, one bit
beside it, touching, nested, crowded, repeated or past the clip's end. Ours counts all thresholds in one walk; the other two see
one threshold at a time. Prints one JSON object and exits with 1 if any case disagrees.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from kd.corpus.tables import Event
from kd.scoring import reference as slow
from kd.scoring.decode import decode
from kd.scoring.grid import FrameGrid
from kd.scoring.grid_counts import count_levels, levels_of
from kd.scoring.matching import Collars, flatten, matches
from kd.scoring.median import median_of_levels

Pairs = list[tuple[int, int]]


@dataclass(frozen=True)
class Case:
    """scores: `(frames,)`; reference: (onset, offset) in seconds; collar: of both; share: of the length, for offsets."""

    grid: FrameGrid
    scores: tuple[float, ...]
    thresholds: tuple[float, ...]
    window: int
    reference: tuple[tuple[float, float], ...]
    collar: float = 0.2
    share: float = 0.2

    def collars(self) -> Collars:
        """As ours takes them."""
        return Collars(onset_collar=self.collar, offset_collar=self.collar, offset_share=self.share)


def made_up(rng: random.Random) -> Case:
    """One case; clips are short, so that events crowd."""
    return crowded(rng) if rng.random() < 0.25 else on_the_border(rng)


def crowded(rng: random.Random) -> Case:
    """Two events a frame apart, and reference events that both may hit, some inside others: the order may decide."""
    lengths = [rng.randint(0, 2), rng.randint(1, 3), 1, rng.randint(1, 4), rng.randint(0, 2)]
    levels = [0.0, 1.0, rng.choice([0.0, 0.5]), 1.0, 0.0]
    scores = tuple(level for level, length in zip(levels, lengths, strict=True) for _ in range(length))
    frames, collar = len(scores), rng.choice([2, 3])
    _, first_on, first_off, second_on, second_off, _ = np.cumsum([0, *lengths]).tolist()
    reference = []
    for _ in range(rng.randint(2, 4)):
        inside = rng.randint(0, 2)
        onset = max(rng.randint(second_on - collar, first_on + collar) + inside, 0)
        offset = rng.randint(*sorted((second_off - collar, first_off + collar))) - rng.randint(0, inside)
        reference.append((float(onset), float(max(offset, onset + 1))))
    grid = FrameGrid(hop=1.0, window=1.0, frames=frames, seconds=float(frames))
    return Case(grid, scores, (0.5, 1.0), 1, tuple(reference), float(collar), rng.choice([0.0, 0.0, 0.25, 1.0]))


def on_the_border(rng: random.Random) -> Case:
    """Reference events on, just inside or just outside the collars of runs of frames."""
    frames, hop = rng.randint(1, 16), rng.choice([0.05, 0.1, 0.1, 0.2, 0.0415])
    grid = FrameGrid(hop=hop, window=hop, frames=frames, seconds=frames * hop * rng.choice([1, 1, 1, 0.7]))
    thresholds = tuple(rng.sample([0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 1.0], rng.randint(1, 5)))
    scores, value = [], rng.random()
    for _ in range(frames):
        if rng.random() < 0.4:
            value = rng.choice([0.0, 1.0, 0.5, rng.random(), rng.choice(thresholds)])
        scores.append(float(np.float32(value)))
    edges = grid.edges().tolist()
    share = rng.choice([0.2, 0.2, 0.2, 0.5, 0.0])
    reference = [_event(rng, edges, share) for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 6]))]
    if rng.random() < 0.3:  # in order, each touching the one before
        borders = sorted({time for event in reference for time in event})
        reference = list(pairwise(borders))
    rng.shuffle(reference)
    return Case(grid, tuple(scores), thresholds, rng.choice([1, 1, 3, 5, 7]), tuple(reference[:6]), share=share)


def _event(rng: random.Random, edges: Sequence[float], share: float) -> tuple[float, float]:
    """An event on, just inside or just outside the collars of some run of frames."""
    first, last = sorted(rng.choices(range(len(edges)), k=2))
    length = max(edges[last] - edges[first], 0.01)
    moves = [0.0, 0.0, 0.2, -0.2, 0.1, -0.1, share * length, -share * length, 0.3]
    onset, offset = (
        _nudged(rng, rng.choice([time, round(time, 1)]) + rng.choice(moves)) for time in (edges[first], edges[last])
    )
    if rng.random() < 0.1:
        offset += 2.0
    onset = max(onset, 0.0)
    return onset, max(offset, onset + 0.01)


def _nudged(rng: random.Random, time: float) -> float:
    return rng.choice([time, time, time, math.nextafter(time, math.inf), math.nextafter(time, -math.inf)])


def ours(case: Case) -> Pairs:
    """(hits, estimated events) at each threshold, from one walk over the levels."""
    ascending = np.sort(np.array(case.thresholds))
    levels = levels_of(np.array([case.scores], np.float32), ascending=ascending)
    smooth = median_of_levels(levels, window=case.window, count=len(ascending))
    truth = flatten([[Event(on, off, "") for on, off in case.reference]])
    hits, found = count_levels(smooth, truth, count=len(ascending), edges=case.grid.edges(), collars=case.collars())
    at = np.searchsorted(ascending, case.thresholds)
    return list(zip(hits[0, at].tolist(), found[0, at].tolist(), strict=True))


def ours_one_by_one(case: Case) -> Pairs:
    """The same from events, by augmenting paths."""
    truth, collars = [Event(on, off, "") for on, off in case.reference], case.collars()
    events = [decoded(case, threshold) for threshold in case.thresholds]
    return [(matches(reference=truth, estimated=found, collars=collars), len(found)) for found in events]


def twin(case: Case) -> Pairs:
    """The same from the slow twin."""
    edges = case.grid.edges().tolist()
    return [
        slow.event_counts(
            row=case.scores,
            window=case.window,
            threshold=threshold,
            edges=edges,
            reference=case.reference,
            onset_collar=case.collar,
            offset_collar=case.collar,
            offset_share=case.share,
        )
        for threshold in case.thresholds
    ]


def judged(case: Case) -> Pairs:
    """The same from sed_eval; each threshold is a class of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sed_eval.sound_event import EventBasedMetrics
    labels = [str(k) for k in range(len(case.thresholds))]
    metric = EventBasedMetrics(event_label_list=labels, t_collar=case.collar, percentage_of_length=case.share)
    events = zip(labels, (decoded(case, threshold) for threshold in case.thresholds), strict=True)
    metric.evaluate(
        reference_event_list=[_as_dict(on, off, label) for label in labels for on, off in case.reference],
        estimated_event_list=[_as_dict(event.onset, event.offset, label) for label, found in events for event in found],
    )
    return [(int(metric.class_wise[label]["Ntp"]), int(metric.class_wise[label]["Nsys"])) for label in labels]


def _as_dict(onset: float, offset: float, label: str) -> dict[str, object]:
    return {"filename": "x", "onset": onset, "offset": offset, "event_label": label}


def decoded(case: Case, threshold: float) -> list[Event]:
    """The events at one threshold."""
    scores = np.array(case.scores, np.float32)[:, None]
    return decode(scores, grid=case.grid, thresholds=[threshold], windows=[case.window], classes=[""])


WAYS = {"one walk": ours, "augmenting paths": ours_one_by_one, "slow twin": twin, "sed_eval": judged}


def compare(*, cases: int, seed: int = 0, kept: int = 20) -> dict[str, Any]:
    """How many cases agree; `differing` holds the first few that do not, with every answer."""
    rng, differing, totals, seconds = random.Random(seed), [], Counter[str](), Counter[str]()
    for _ in range(cases):
        case, answers = made_up(rng), {}
        for name, way in WAYS.items():
            started = time.perf_counter()
            answers[name] = way(case)
            seconds[name] += time.perf_counter() - started
        totals["thresholds"] += len(case.thresholds)
        totals["hits"] += sum(hits for hits, _ in answers["sed_eval"])
        totals["reference events"] += len(case.reference) * len(case.thresholds)
        totals["predicted events"] += sum(found for _, found in answers["sed_eval"])
        if any(answer != answers["sed_eval"] for answer in answers.values()):
            totals["disagreements"] += 1
            differing.append({"case": asdict(case), "answers": answers})
    return {
        "cases": cases,
        "seed": seed,
        "disagreements": totals.pop("disagreements", 0),
        "compared": dict(totals),
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "differing": differing[:kept],
    }


def main(words: Sequence[str] | None = None) -> int:
    """Compare, print, write."""
    from kd.machine import machine

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args(words)
    result = compare(cases=chosen.cases, seed=chosen.seed)
    versions = {name: version(name) for name in ("numba", "sed_eval")}
    text = json.dumps({"machine": machine() | versions, **result}, indent=1) + "\n"
    if chosen.out:
        chosen.out.write_text(text)
    sys.stdout.write(text)
    return 1 if result["disagreements"] else 0


if __name__ == "__main__":
    sys.exit(main())
