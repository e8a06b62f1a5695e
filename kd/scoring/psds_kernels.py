"""The compiled inner loops of PSDS. They share one file because numba's cache looks at nothing else (see `kd.jit`).

Arguments are positional here; the public functions are in `psds_cells` and `psds`, the plain twins in
`reference_psds`. Reference events travel as in `kernels`: onsets and offsets in seconds `(events,)` and `starts`; the
events of clip i and class k are `starts[i * classes + k]` to `starts[i * classes + k + 1]`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kd.jit import compiled

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int32]
Changes = tuple[Scores, Shorts, Shorts, Shorts, Ints, Shorts, Shorts]


@compiled
def at_least(seconds: float, needed: float) -> bool:
    """Whether seconds >= needed once both are rounded to a microsecond, so that float noise decides nothing."""
    return bool(np.rint(seconds * 1e6) >= np.rint(needed * 1e6))


@compiled
def overlap(on: float, off: float, ref_on: float, ref_off: float) -> float:
    """Seconds that two spans share."""
    return max(min(off, ref_off) - max(on, ref_on), 0.0)


@compiled
def count_run(
    on: float,
    off: float,
    sign: int,
    ref_on: Floats,
    ref_off: Floats,
    starts: Ints,
    own: int,
    there: Ints,
    dtc: float,
    cttc: float,
    covered: Floats,
    crossed: Ints,
) -> int:
    """Enter (sign = 1) or take back (sign = -1) one detection of class `own`; the change in false alarms.

    starts: `(classes + 1,)`, of this clip; there: the other classes with events in this clip, none where cross-triggers
    are not counted. A detection that meets the DTC adds to `covered`, the seconds of each own event that such
    detections share; any other is a false alarm, and a cross-trigger of each class it meets the CTTC with.
    """
    length = off - on
    if length <= 0:
        return 0
    first, stop = starts[own], starts[own + 1]
    inside = 0.0
    for r in range(first, stop):
        inside += overlap(on, off, ref_on[r], ref_off[r])
    if at_least(inside, dtc * length):
        for r in range(first, stop):
            covered[r - first] += sign * overlap(on, off, ref_on[r], ref_off[r])
        return 0
    for k in there:
        inside = 0.0
        for r in range(starts[k], starts[k + 1]):
            inside += overlap(on, off, ref_on[r], ref_off[r])
        if at_least(inside, cttc * length):
            crossed[k] += sign
    return sign


@compiled
def activate(
    frame: int,
    active: npt.NDArray[np.bool_],
    other_end: Ints,
    edges: Floats,
    ref_on: Floats,
    ref_off: Floats,
    starts: Ints,
    own: int,
    there: Ints,
    dtc: float,
    cttc: float,
    covered: Floats,
    crossed: Ints,
) -> int:
    """Make a frame active: it starts a run, or grows or joins its neighbours' runs; the change in false alarms.

    active: `(frames + 2,)`, of frame f at f + 1; other_end: at the first frame of a run its last, at the last the
    first. The rest as in `count_run`, by which the old runs are taken back and the new one is entered.
    """
    first, last, change = frame, frame, 0
    if active[frame]:
        first = other_end[frame - 1]
        change += count_run(
            edges[first], edges[frame], -1, ref_on, ref_off, starts, own, there, dtc, cttc, covered, crossed
        )
    if active[frame + 2]:
        last = other_end[frame + 1]
        change += count_run(
            edges[frame + 1], edges[last + 1], -1, ref_on, ref_off, starts, own, there, dtc, cttc, covered, crossed
        )
    active[frame + 1] = True
    other_end[first] = last
    other_end[last] = first
    change += count_run(
        edges[first], edges[last + 1], 1, ref_on, ref_off, starts, own, there, dtc, cttc, covered, crossed
    )
    return change


@compiled
def changes_of_class(
    scores: Scores,
    edges: Floats,
    ref_on: Floats,
    ref_off: Floats,
    ref_starts: Ints,
    classes: int,
    own: int,
    dtc: float,
    gtc: float,
    cttc: float,
    crossing: bool,
) -> Changes:
    """How the counts of each clip change as the threshold falls: thresholds, clips, tp, fp and cross-triggers as CSR.

    scores: `(clips, frames)` of class `own`; edges: `(clips, frames + 1)`, seconds. Frames become active in order of
    falling score. Rows come clip by clip, thresholds falling; only those with a change are kept. A score of -inf is
    never active.
    """
    clips, frames = scores.shape
    thresholds = np.empty(clips * frames, np.float32)
    changes = np.empty((3, clips * frames), np.int32)  # clip, tp, fp
    cross_starts = np.zeros(clips * frames + 1, np.int64)
    cross_classes, cross = np.empty(64, np.int32), np.empty(64, np.int32)
    rows, entries = 0, 0
    other_end = np.empty(frames, np.int64)
    crossed, before = np.zeros(classes, np.int64), np.zeros(classes, np.int64)
    there_of = np.empty(classes, np.int64)
    for clip in range(clips):
        starts = ref_starts[clip * classes : (clip + 1) * classes + 1]
        count = 0
        for k in range(classes):
            if crossing and k != own and starts[k + 1] > starts[k]:
                there_of[count] = k
                count += 1
                crossed[k] = 0
                before[k] = 0
        there = there_of[:count]
        first, stop = starts[own], starts[own + 1]
        covered = np.zeros(stop - first, np.float64)
        active = np.zeros(frames + 2, np.bool_)
        row = scores[clip]
        order = np.argsort(-row)
        tp, fp, last_tp, last_fp, i = 0, 0, 0, 0, 0
        while i < frames:
            value = row[order[i]]
            if value == -np.inf:
                break
            while i < frames and row[order[i]] == value:
                fp += activate(
                    order[i],
                    active,
                    other_end,
                    edges[clip],
                    ref_on,
                    ref_off,
                    starts,
                    own,
                    there,
                    dtc,
                    cttc,
                    covered,
                    crossed,
                )
                i += 1
            tp = 0
            for r in range(first, stop):
                if at_least(covered[r - first], gtc * (ref_off[r] - ref_on[r])):
                    tp += 1
            kept = entries
            for k in there:
                if crossed[k] != before[k]:
                    if entries == cross.shape[0]:
                        cross_classes = np.concatenate((cross_classes, np.empty(entries, np.int32)))
                        cross = np.concatenate((cross, np.empty(entries, np.int32)))
                    cross_classes[entries] = k
                    cross[entries] = crossed[k] - before[k]
                    before[k] = crossed[k]
                    entries += 1
            if tp != last_tp or fp != last_fp or entries != kept:
                thresholds[rows] = value
                changes[0, rows], changes[1, rows], changes[2, rows] = clip, tp - last_tp, fp - last_fp
                last_tp, last_fp = tp, fp
                rows += 1
                cross_starts[rows] = entries
    return (
        thresholds[:rows].copy(),
        changes[0, :rows].copy(),
        changes[1, :rows].copy(),
        changes[2, :rows].copy(),
        cross_starts[: rows + 1].copy(),
        cross_classes[:entries].copy(),
        cross[:entries].copy(),
    )


@compiled
def price_changes(
    weights: Ints, seconds: Floats, event_seconds: Floats, own: int, alpha_ct: float
) -> tuple[Floats, Floats]:
    """What one false alarm, one cross-trigger of each class adds to the effective rate of class `own`, per hour.

    weights: `(samples, clips)`; seconds: `(clips,)`; event_seconds: `(clips, classes)`. Gives `(samples,)` and
    `(samples, classes)`. Classes without event seconds in a sample cost nothing there and are not averaged over.
    """
    samples, clips = weights.shape
    classes = event_seconds.shape[1]
    false, cross = np.zeros(samples), np.zeros((samples, classes))
    for s in range(samples):
        total, others = 0.0, 0
        for i in range(clips):
            if weights[s, i] != 0:
                total += weights[s, i] * seconds[i]
                if alpha_ct > 0:
                    cross[s] += weights[s, i] * event_seconds[i]
        cross[s, own] = 0.0
        for k in range(classes):
            others += cross[s, k] > 0
        for k in range(classes):
            if cross[s, k] > 0:
                cross[s, k] = alpha_ct * 3600.0 / (others * cross[s, k])
        if total > 0:
            false[s] = 3600.0 / total
    return false, cross


@compiled
def least_rates(
    thresholds: Scores,
    clips: Shorts,
    tp: Shorts,
    fp: Shorts,
    cross_starts: Ints,
    cross_classes: Shorts,
    cross: Shorts,
    weights: Ints,
    false_price: Floats,
    cross_price: Floats,
    events: Ints,
) -> Floats:
    """The least effective false alarm rate at which at least n events are found, n = 0 ... most events; inf if never.

    One class, from rows of falling threshold; weights: `(samples, clips)`, how often each clip counts; prices as from
    `price_changes`; events: `(samples,)`. Gives `(samples, most events + 1)`; a rate is read where all rows of one
    threshold are in, never between them.
    """
    samples, rows = weights.shape[0], thresholds.shape[0]
    most = 0
    for s in range(samples):
        most = max(most, events[s])
    rates = np.full((samples, most + 1), np.inf)
    for s in range(samples):
        weight, price, rate = weights[s], cross_price[s], rates[s]
        found, false, crossing = 0, 0, 0.0
        rate[0] = 0.0
        for i in range(rows):
            w = weight[clips[i]]
            if w != 0:
                found += w * tp[i]
                false += w * fp[i]
                for e in range(cross_starts[i], cross_starts[i + 1]):
                    crossing += w * cross[e] * price[cross_classes[e]]
            if i + 1 == rows or thresholds[i + 1] != thresholds[i]:
                rate[found] = min(rate[found], max(false * false_price[s] + crossing, 0.0))
        for n in range(most - 1, -1, -1):
            rate[n] = min(rate[n], rate[n + 1])
    return rates


@compiled
def areas(rates: Floats, starts: Ints, events: Ints, alpha_st: float, most_rate: float) -> tuple[float, Floats]:
    """PSDS and the area of each class from its least rates; NaN for a class without events, and where none has any.

    rates: those of class k are `starts[k]` to `starts[k + 1]`, from n = 0; events: `(classes,)`.

    Class k finds a share r_k(e) of its events at effective rate e, a staircase. The area of a class is the mean of r_k
    over e from 0 to most_rate; PSDS is that of max(mean_k r_k(e) - alpha_st * std_k r_k(e), 0).
    """
    classes, total = events.shape[0], 0
    by_class = np.full(classes, np.nan)
    column = np.empty(classes, np.int64)
    counted = 0
    for k in range(classes):
        if events[k] > 0:
            column[k] = counted
            counted += 1
            total += events[k]
    if counted == 0:
        return math.nan, by_class
    steps, heights, owner = np.empty(total), np.empty(total), np.empty(total, np.int64)
    size = 0
    for k in range(classes):
        if events[k] > 0:
            by_class[k] = 0.0
            for n in range(1, events[k] + 1):
                rate = rates[starts[k] + n]
                if rate >= most_rate:
                    break
                by_class[k] += (most_rate - rate) / most_rate
                steps[size], owner[size], heights[size] = rate, column[k], n / events[k]
                size += 1
            by_class[k] /= events[k]
    order = np.argsort(steps[:size])
    shares = np.zeros(counted)
    area, share, at = 0.0, 0.0, 0.0
    i = 0
    while i < size:
        rate = steps[order[i]]
        area += share * (rate - at)
        at = rate
        while i < size and steps[order[i]] == rate:
            shares[owner[order[i]]] = max(shares[owner[order[i]]], heights[order[i]])
            i += 1
        mean = shares.sum() / counted
        spread = 0.0
        for k in range(counted):
            spread += (shares[k] - mean) ** 2
        share = max(mean - alpha_st * math.sqrt(spread / counted), 0.0)
    return (area + share * (most_rate - at)) / most_rate, by_class
