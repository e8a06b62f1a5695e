"""Slow and obvious twins of the compiled kernels: what they must agree with. Read these first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

Span = tuple[float, float]


def is_hit(
    *,
    reference: Span,
    estimated: Span,
    onset_collar: float = 0.2,
    offset_collar: float = 0.2,
    offset_share: float = 0.2,
) -> bool:
    """Whether two events, (onset, offset) in seconds, may be matched. See `matching` for the rule."""
    allowed = max(offset_collar, offset_share * (reference[1] - reference[0]))
    return abs(reference[0] - estimated[0]) <= onset_collar and abs(reference[1] - estimated[1]) <= allowed


def most_matches(
    *,
    reference: Sequence[Span],
    estimated: Sequence[Span],
    onset_collar: float = 0.2,
    offset_collar: float = 0.2,
    offset_share: float = 0.2,
) -> int:
    """Size of a maximum matching, by trying every way: each reference event takes nothing, or any free hit."""
    hits = [
        [
            e
            for e, estimate in enumerate(estimated)
            if is_hit(
                reference=event,
                estimated=estimate,
                onset_collar=onset_collar,
                offset_collar=offset_collar,
                offset_share=offset_share,
            )
        ]
        for event in reference
    ]

    @cache
    def best(r: int, taken: frozenset[int]) -> int:
        if r == len(hits):
            return 0
        return max([best(r + 1, taken)] + [1 + best(r + 1, taken | {e}) for e in hits[r] if e not in taken])

    return best(0, frozenset())


def running_median(*, row: Sequence[float], window: int) -> list[float]:
    """Median over `window` (odd) frames around each frame; beyond the ends, the end values are repeated."""
    half, last = window // 2, len(row) - 1
    return [sorted(row[min(max(k, 0), last)] for k in range(t - half, t + half + 1))[half] for t in range(len(row))]


def runs(*, active: Sequence[bool]) -> list[tuple[int, int]]:
    """(first, one past the last) frame of each run of true values."""
    padded = [False, *active, False]
    starts = [i for i in range(len(active)) if padded[i + 1] and not padded[i]]
    stops = [i for i in range(1, len(active) + 1) if padded[i] and not padded[i + 1]]
    return list(zip(starts, stops, strict=True))


def event_counts(
    *,
    row: Sequence[float],
    window: int,
    threshold: float,
    edges: Sequence[float],
    reference: Sequence[Span],
    onset_collar: float = 0.2,
    offset_collar: float = 0.2,
    offset_share: float = 0.2,
) -> tuple[int, int]:
    """(hits, estimated events) of one clip and class: filter, threshold, runs as seconds, most matches.

    edges: the frames' borders in seconds, `(frames + 1,)`; runs without length (frames past the clip's end) are no events.
    """
    active = [value >= threshold for value in running_median(row=row, window=window)]
    spans = [(edges[first], edges[last]) for first, last in runs(active=active)]
    estimated = [span for span in spans if span[1] > span[0]]
    hits = most_matches(
        reference=reference,
        estimated=estimated,
        onset_collar=onset_collar,
        offset_collar=offset_collar,
        offset_share=offset_share,
    )
    return hits, len(estimated)
