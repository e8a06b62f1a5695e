"""Error rate (ER): what must be substituted, deleted and inserted to turn the reference into the prediction.

    ER = (S + D + I) / N        N: reference events, or active reference segments

Overall, a wrong label at the right time is one substitution, not one deletion and one insertion; within a class there
are no substitutions: D are its misses, I its false alarms. Source: Mesaros, Heittola, Virtanen, "Metrics for polyphonic
sound event detection", 2016; equal to sed_eval 0.2.1. Deviation: sed_eval adds 2.2e-16 to N, which makes the rates of a
class without reference 0 or astronomic and enters them in the means; here they are undefined (None) and left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kd.scoring.counts import CellCounts, Ints
from kd.scoring.event_f1 import event_cells
from kd.scoring.hopcroft_karp import matching
from kd.scoring.matching import Collars
from kd.scoring.segment_f1 import active_segments, segment_cells

if TYPE_CHECKING:
    from kd.corpus.tables import Event

Table = Mapping[str, Sequence["Event"]]


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """error = substitution + deletion + insertion, each a share of the reference (insertions may exceed 1)."""

    error: float
    substitution: float
    deletion: float
    insertion: float


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """Overall (micro), mean over classes (macro) and of each class; None where there is no reference."""

    overall: ErrorRate | None
    macro: ErrorRate | None
    classes: Mapping[str, ErrorRate | None]


def event_error_rates(
    reference: Table,
    predicted: Table,
    *,
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    collars: Collars | None = None,
) -> ErrorRates:
    """Event-based rates; arguments as in `event_f1.event_cells`.

    Overall, hits are a maximum matching within the labels, by the algorithm of sed_eval so that the same pair up where
    several are maximal; then each missed event, in the order of the table, takes the first unused false alarm that its
    collars admit, whatever the label: a substitution.
    """
    near = collars or Collars()
    cells = event_cells(reference=reference, predicted=predicted, clips=clips, classes=classes, collars=near)
    return rates(cells, substituted=substituted_events(reference, predicted, cells=cells, collars=near))


def segment_error_rates(
    reference: Table,
    predicted: Table,
    *,
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    resolution: float = 1.0,
) -> ErrorRates:
    """Segment-based rates over segments of `resolution` seconds; arguments as in `segment_f1.segment_cells`.

    Overall, a segment with N active classes in the reference, M in the prediction and h in both has
    S = min(N, M) - h, D = max(0, N - M), I = max(0, M - N).
    """
    cells = segment_cells(reference=reference, predicted=predicted, clips=clips, classes=classes, resolution=resolution)
    return rates(cells, substituted=substituted_segments(reference, predicted, cells=cells, resolution=resolution))


def substituted_events(reference: Table, predicted: Table, *, cells: CellCounts, collars: Collars) -> Ints:
    """Substitutions in each of the clips of `cells`, among its classes, int64 `(clips,)`."""
    found = np.zeros(len(cells.clips), np.int64)
    for i, clip in enumerate(cells.clips):
        truth, guess = (
            [event for event in table.get(clip, ()) if event.label in cells.classes] for table in (reference, predicted)
        )
        found[i] = event_substitutions(reference=truth, predicted=guess, collars=collars)
    return found


def substituted_segments(reference: Table, predicted: Table, *, cells: CellCounts, resolution: float) -> Ints:
    """The same by segments of `resolution` seconds."""
    found = np.zeros(len(cells.clips), np.int64)
    for i, clip in enumerate(cells.clips):
        truth, guess = (
            _labels_by_segment(table.get(clip, ()), cells.classes, resolution) for table in (reference, predicted)
        )
        for segment in truth.keys() & guess.keys():
            there, said = truth[segment], guess[segment]
            found[i] += min(len(there), len(said)) - len(there & said)
    return found


def event_substitutions(*, reference: Sequence[Event], predicted: Sequence[Event], collars: Collars) -> int:
    """Substitutions in one clip, all labels together."""
    admitted = [[collars.admit(event, guess) for guess in predicted] for event in reference]
    graph: dict[int, list[int]] = {}
    for r, event in enumerate(reference):
        for e, guess in enumerate(predicted):
            if admitted[r][e] and event.label == guess.label:
                graph.setdefault(e, []).append(r)
    hits = matching(graph)
    free = [e for e in range(len(predicted)) if e not in hits.values()]
    count = 0
    for r in range(len(reference)):
        taken = next((e for e in free if admitted[r][e]), None) if r not in hits else None
        if taken is not None:
            free.remove(taken)
            count += 1
    return count


def _labels_by_segment(events: Iterable[Event], classes: Sequence[str], resolution: float) -> dict[int, set[str]]:
    labels: dict[int, set[str]] = {}
    for event in events:
        if event.label in classes:
            for segment in active_segments(events=[event], resolution=resolution):
                labels.setdefault(segment, set()).add(event.label)
    return labels


def rates(cells: CellCounts, *, substituted: Ints) -> ErrorRates:
    """The rates of counts; substituted: substitutions of each clip, `(clips,)`."""
    total, substitutions = cells.total(), int(substituted.sum())
    rows = zip(total.tp.tolist(), total.fp.tolist(), total.fn.tolist(), strict=True)
    by_class = [_rate(0, fn, fp, tp + fn) for tp, fp, fn in rows]
    defined = [rate for rate in by_class if rate is not None]
    tp, fp, fn = int(total.tp.sum()), int(total.fp.sum()), int(total.fn.sum())
    return ErrorRates(
        overall=_rate(substitutions, fn - substitutions, fp - substitutions, tp + fn),
        macro=_mean(defined) if defined else None,
        classes=dict(zip(total.classes, by_class, strict=True)),
    )


def _rate(substituted: int, deleted: int, inserted: int, there: int) -> ErrorRate | None:
    if not there:
        return None
    parts = (substituted / there, deleted / there, inserted / there)
    return ErrorRate(sum(parts), *parts)


def _mean(rates: Sequence[ErrorRate]) -> ErrorRate:
    def mean(values: Iterable[float]) -> float:
        return sum(values) / len(rates)

    return ErrorRate(
        mean(r.error for r in rates), 0.0, mean(r.deletion for r in rates), mean(r.insertion for r in rates)
    )
