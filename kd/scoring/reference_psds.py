"""Slow and obvious twin of PSDS: every distinct score of a class is a threshold, and each is counted from scratch.

What `psds` must agree with; read this first. Definitions and sources are in `psds_cells` and `psds`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, pstdev

from kd.scoring.psds_cells import PsdsParameters
from kd.scoring.reference import Span, runs

Roc = list[tuple[float, float]]  # (effective false alarms per hour, share of events found) at each threshold


@dataclass(frozen=True, slots=True)
class PlainClip:
    """One clip: its length in seconds, borders of its frames `(frames + 1)`, and for each class frame scores and events."""

    seconds: float
    edges: Sequence[float]
    scores: Sequence[Sequence[float]]
    events: Sequence[Sequence[Span]]


def psds(*, clips: Sequence[PlainClip], parameters: PsdsParameters) -> tuple[float | None, list[float | None]]:
    """PSDS and the area of each class; events of one class must not overlap."""
    classes = range(len(clips[0].events))
    there = [k for k in classes if any(clip.events[k] for clip in clips)]
    most = parameters.max_efpr
    rocs = [roc(clips=clips, own=k, others=[j for j in there if j != k], parameters=parameters) for k in there]
    steps = sorted({0.0} | {rate for points in rocs for rate, _ in points if rate < most})

    def area(heights: Sequence[float]) -> float:
        ends = [*steps[1:], most]
        return sum(h * (end - step) for h, step, end in zip(heights, steps, ends, strict=True)) / most

    shares = [[max(share for rate, share in points if rate <= step) for step in steps] for points in rocs]
    areas = dict(zip(there, map(area, shares), strict=True))
    over_classes = [
        max(fmean(at_step) - parameters.alpha_st * pstdev(at_step), 0.0) for at_step in zip(*shares, strict=True)
    ]
    return area(over_classes) if there else None, [areas.get(k) for k in classes]


def roc(*, clips: Sequence[PlainClip], own: int, others: Sequence[int], parameters: PsdsParameters) -> Roc:
    """The points of class `own`, one for each threshold, that above all scores included."""
    points = [(0.0, 0.0)]
    hours = sum(clip.seconds for clip in clips) / 3600
    events = sum(len(clip.events[own]) for clip in clips)
    for threshold in sorted({score for clip in clips for score in clip.scores[own]} - {-math.inf}):
        found, false, crossed = 0, 0, dict.fromkeys(others, 0)
        for clip in clips:
            counts = clip_counts(clip=clip, own=own, threshold=threshold, others=others, parameters=parameters)
            found, false = found + counts[0], false + counts[1]
            crossed = {k: crossed[k] + counts[2][k] for k in others}
        lengths = {k: sum(off - on for clip in clips for on, off in clip.events[k]) / 3600 for k in others}
        cross_rate = fmean(crossed[k] / lengths[k] for k in others) if others else 0.0
        points.append((false / hours + parameters.alpha_ct * cross_rate, found / events))
    return points


def clip_counts(
    *, clip: PlainClip, own: int, threshold: float, others: Sequence[int], parameters: PsdsParameters
) -> tuple[int, int, dict[int, int]]:
    """Found events, false alarms, and cross-triggers of each other class, at one threshold."""
    found = [(clip.edges[a], clip.edges[b]) for a, b in runs(active=[s >= threshold for s in clip.scores[own]])]
    detections = [span for span in found if span[1] > span[0]]
    relevant = [d for d in detections if _enough(parameters.dtc, d, clip.events[own])]
    false = [d for d in detections if d not in relevant]
    hits = sum(_enough(parameters.gtc, event, relevant) for event in clip.events[own])
    crossed = {
        k: sum(_enough(parameters.cttc, d, clip.events[k]) for d in false) if parameters.cttc is not None else 0
        for k in others
    }
    return hits, len(false), crossed


def _enough(share: float, span: Span, others: Sequence[Span]) -> bool:
    """Whether the spans `others` share at least that much of a span's length, to the microsecond."""
    common = sum(max(min(span[1], off) - max(span[0], on), 0.0) for on, off in others)
    return round(common, 6) >= round(share * (span[1] - span[0]), 6)
