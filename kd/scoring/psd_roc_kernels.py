"""The compiled inner loops of `psds`: from the clips' changes to PSD-ROCs and their areas, for many samples of clips.

They share one file because numba's cache looks at nothing else (see `kd.jit`). Arguments are positional here; the plain
twins are in `reference_psds`.
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
                for k in range(classes):
                    cross[s, k] += weights[s, i] * event_seconds[i, k]
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
def keep_least(rates: Floats, found: Ints, least: Floats) -> None:
    """Enter the least rate of each sample at the number of events it has found, and begin anew."""
    for s in range(found.shape[0]):
        rates[s, found[s]] = min(rates[s, found[s]], least[s])
        least[s] = np.inf


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

    One class, from rows of falling threshold; weights: `(clips, samples)`, how often each clip counts; prices as from
    `price_changes`, cross_price as `(classes, samples)`; events: `(samples,)`. Gives `(samples, most events + 1)`. A
    rate is read where all rows of one threshold are in, never between them. The samples are the inner loops: few rows
    find events, and in all others these loops are a handful of vector instructions.
    """
    rows, samples = thresholds.shape[0], weights.shape[1]
    most = 0
    for s in range(samples):
        most = max(most, events[s])
    rates = np.full((samples, most + 1), np.inf)
    found, false, crossing = np.zeros(samples, np.int64), np.zeros(samples), np.zeros(samples)
    least = np.zeros(samples)  # least rate since the last row that found or lost an event
    pending = True  # whether `least` is not in `rates` yet
    for i in range(rows):
        clip, gained, falsely = clips[i], tp[i], fp[i]
        if gained != 0:
            if pending:
                keep_least(rates, found, least)
                pending = False
            for s in range(samples):
                found[s] += weights[clip, s] * gained
        for s in range(samples):
            false[s] += weights[clip, s] * falsely
        for e in range(cross_starts[i], cross_starts[i + 1]):
            k, change = cross_classes[e], cross[e]
            for s in range(samples):
                crossing[s] += weights[clip, s] * change * cross_price[k, s]
        if i + 1 == rows or thresholds[i + 1] != thresholds[i]:
            pending = True
            for s in range(samples):
                rate = false[s] * false_price[s] + crossing[s]
                least[s] = rate if rate < least[s] else least[s]
    keep_least(rates, found, least)
    for s in range(samples):
        for n in range(most, -1, -1):
            after = rates[s, n + 1] if n < most else np.inf
            rates[s, n] = min(max(rates[s, n], 0.0), after)
    return rates


@compiled
def areas(rates: Floats, starts: Ints, events: Ints, alpha_st: float, most_rate: float) -> tuple[float, Floats]:
    """PSDS and the area of each class from its least rates; NaN for a class without events, and where none has any.

    rates: those of class k are `starts[k]` to `starts[k + 1]`, from n = 0; events: `(classes,)`.

    Class k finds a share r_k(e) of its events at effective rate e, a staircase. The area of a class is the mean of r_k
    over e from 0 to most_rate; PSDS is that of max(mean_k r_k(e) - alpha_st * std_k r_k(e), 0).
    """
    classes, counted = events.shape[0], 0
    by_class, found = np.full(classes, np.nan), np.zeros(classes, np.int64)
    for k in range(classes):
        if events[k] > 0:
            counted += 1
            by_class[k] = 0.0
            for n in range(1, events[k] + 1):
                by_class[k] += max(most_rate - rates[starts[k] + n], 0.0) / most_rate
            by_class[k] /= events[k]
    if counted == 0:
        return math.nan, by_class
    area, height, at = 0.0, 0.0, 0.0
    while at < most_rate:
        step = most_rate  # the next rate at which a staircase rises
        for k in range(classes):
            if found[k] < events[k]:
                step = min(step, rates[starts[k] + found[k] + 1])
        area += height * (step - at)
        at = step
        mean, spread = 0.0, 0.0
        for k in range(classes):
            while found[k] < events[k] and rates[starts[k] + found[k] + 1] <= at:
                found[k] += 1
            if events[k] > 0:
                mean += found[k] / events[k] / counted
        for k in range(classes):
            if events[k] > 0:
                spread += (found[k] / events[k] - mean) ** 2 / counted
        height = max(mean - alpha_st * math.sqrt(spread), 0.0)
    return area / most_rate, by_class
