"""The compiled inner loops of `psds_cells`, in one file because numba's cache looks at nothing else (see `kd.jit`).

Arguments are positional here; the plain twin is `reference_psds.clip_counts`. Reference events travel as in `kernels`:
onsets and offsets in seconds `(events,)` and `starts`; the events of clip i and class k are `starts[i * classes + k]` to
`starts[i * classes + k + 1]`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kd.jit import compiled

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Shorts = npt.NDArray[np.int32]
Changes = tuple[Scores, Shorts, Ints, Shorts]


@compiled
def at_least(seconds: float, needed: float) -> bool:
    """Whether seconds >= needed once both are rounded to a microsecond, so that float noise decides nothing."""
    return bool(np.rint(seconds * 1e6) >= np.rint(needed * 1e6))


@compiled
def overlap(on: float, off: float, ref_on: float, ref_off: float) -> float:
    """Seconds that two spans share."""
    return max(min(off, ref_off) - max(on, ref_on), 0.0)


@compiled
def grow_runs(order: Ints, runs: Ints) -> None:
    """The runs that arise as frames become active one by one, in this order; run i at step i.

    Fills runs, `(4, frames)`: first and last frame, and the runs that it takes in on its left and on its right, or -1.
    """
    frames = order.shape[0]
    run_at = np.full(frames + 2, -1, np.int64)  # the run that begins or ends at frame f, at f + 1
    for i in range(frames):
        f = order[i]
        left, right = run_at[f], run_at[f + 2]
        first = runs[0, left] if left >= 0 else f
        last = runs[1, right] if right >= 0 else f
        runs[0, i], runs[1, i], runs[2, i], runs[3, i] = first, last, left, right
        run_at[first + 1] = i
        run_at[last + 1] = i


@compiled
def judge_runs(
    runs: Ints,
    edges: Floats,
    ref_on: Floats,
    ref_off: Floats,
    starts: Ints,
    own: int,
    there: Ints,
    dtc: float,
    cttc: float,
    covered: Floats,
    false: Ints,
    crossed: Ints,
) -> None:
    """What the runs of one clip count as detections of class `own`.

    starts: `(classes + 1,)`, of this clip; there: other classes with events in this clip, none where cross-triggers are
    not counted. Fills covered `(frames, own events)`, the seconds of each event that the run shares if it is relevant;
    false `(frames,)`, 1 for a false alarm; crossed `(frames, there)`, 1 for a cross-trigger. All are 0 before.
    """
    begin, end = starts[own], starts[own + 1]
    for i in range(runs.shape[1]):
        on, off = edges[runs[0, i]], edges[runs[1, i] + 1]
        length, inside = off - on, 0.0
        if length <= 0:
            continue
        for r in range(begin, end):
            covered[i, r - begin] = overlap(on, off, ref_on[r], ref_off[r])
            inside += covered[i, r - begin]
        if at_least(inside, dtc * length):
            continue
        false[i] = 1
        for r in range(end - begin):
            covered[i, r] = 0.0
        for j in range(there.shape[0]):
            inside = 0.0
            for r in range(starts[there[j]], starts[there[j] + 1]):
                inside += overlap(on, off, ref_on[r], ref_off[r])
            crossed[i, j] = at_least(inside, cttc * length)


@compiled
def take_back(runs: Ints, covered: Floats, false: Ints, crossed: Ints) -> None:
    """From what each run counts to what its step changes: less what the runs that it took in had counted."""
    for i in range(runs.shape[1] - 1, -1, -1):
        for side in range(2, 4):
            taken = runs[side, i]
            if taken >= 0:
                false[i] -= false[taken]
                for r in range(covered.shape[1]):
                    covered[i, r] -= covered[taken, r]
                for j in range(crossed.shape[1]):
                    crossed[i, j] -= crossed[taken, j]


@compiled
def with_room(entries: Shorts) -> Shorts:
    """The same entries `(2, n)` in an array of twice the length."""
    larger = np.empty((2, 2 * entries.shape[1]), np.int32)
    for e in range(entries.shape[1]):
        larger[0, e] = entries[0, e]
        larger[1, e] = entries[1, e]
    return larger


@compiled
def changes_of_class(
    scores: Scores,
    order: Ints,
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
    """How the counts of each clip change as the threshold falls.

    scores: `(clips, frames)` of class `own`; order: its frames by falling score, of the same shape; edges:
    `(clips, frames + 1)`, seconds. Frames become active in this order, those of equal score at one threshold; one of
    -inf never does.

    Gives rows, clip by clip, thresholds falling, only those with a change: thresholds `(rows,)`; changes `(3, rows)`,
    clip, tp and fp; and the changes of cross-triggers, `(2, entries)`, class and change, those of row i from
    `starts[i]` to `starts[i + 1]`, starts being `(rows + 1,)`.
    """
    clips, frames = scores.shape
    thresholds, rows, entries = np.empty(clips * frames, np.float32), 0, 0
    changes, cross = np.empty((3, clips * frames), np.int32), np.empty((2, 64), np.int32)
    cross_starts = np.zeros(clips * frames + 1, np.int64)
    runs, there_of = np.empty((4, frames), np.int64), np.empty(classes, np.int64)
    for clip in range(clips):
        starts, row = ref_starts[clip * classes : (clip + 1) * classes + 1], scores[clip]
        begin, events = starts[own], starts[own + 1] - starts[own]
        others = 0
        for k in range(classes):
            if crossing and k != own and starts[k + 1] > starts[k]:
                there_of[others] = k
                others += 1
        there, held = there_of[:others], np.zeros(events)
        covered, false, crossed = (
            np.zeros((frames, events)),
            np.zeros(frames, np.int64),
            np.zeros((frames, others), np.int64),
        )
        falling = order[clip]
        grow_runs(falling, runs)
        judge_runs(runs, edges[clip], ref_on, ref_off, starts, own, there, dtc, cttc, covered, false, crossed)
        take_back(runs, covered, false, crossed)
        found, at = 0, 0
        while at < frames and row[falling[at]] > -np.inf:
            i = at + 1  # steps at to i share one threshold; `at` takes the changes of all
            while i < frames and row[falling[i]] == row[falling[at]]:
                false[at] += false[i]
                for r in range(events):
                    covered[at, r] += covered[i, r]
                for j in range(others):
                    crossed[at, j] += crossed[i, j]
                i += 1
            gained, kept = -found, entries
            for r in range(events):
                held[r] += covered[at, r]
                gained += at_least(held[r], gtc * (ref_off[begin + r] - ref_on[begin + r]))
            found += gained
            for j in range(others):
                if crossed[at, j] != 0:
                    if entries == cross.shape[1]:
                        cross = with_room(cross)
                    cross[0, entries], cross[1, entries] = there[j], crossed[at, j]
                    entries += 1
            if gained != 0 or false[at] != 0 or entries != kept:
                thresholds[rows] = row[falling[at]]
                changes[0, rows], changes[1, rows], changes[2, rows] = clip, gained, false[at]
                rows += 1
                cross_starts[rows] = entries
            at = i
    return thresholds[:rows], changes[:, :rows], cross_starts[: rows + 1], cross[:, :entries]
