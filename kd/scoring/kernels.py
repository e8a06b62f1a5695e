"""The compiled inner loops of scoring: matching, median filter, runs, and all three over a grid of operating points.

They share one file because numba's cache does not see a change in a callee of another file (see `kd.jit`). Arguments
are positional here; the public, keyword-only functions are in `matching`, `median`, `decode` and `grid_counts`. The
plain twins of all of them are in `reference`.

Events of many cells (say clips) travel as three arrays: onsets and offsets in seconds, float64 `(events,)`, and
`starts`, int64 `(cells + 1,)`: the events of cell i are `starts[i]` to `starts[i + 1]`.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from kd.jit import compiled

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
T = TypeVar("T", np.float32, np.float64)


@compiled
def count_matches(
    ref_on: Floats,
    ref_off: Floats,
    est_on: Floats,
    est_off: Floats,
    onset_collar: float,
    offset_collar: float,
    offset_share: float,
    tolerance: float,
) -> int:
    """Size of a maximum matching between reference `(R,)` and estimated `(E,)` events; all in seconds.

    A pair may be matched where |on_r - on_e| <= onset_collar + tolerance and
    |off_r - off_e| <= max(offset_collar, offset_share * (off_r - on_r)) + tolerance; adding a tolerance of 0.0 changes
    no bit. The matching grows by breadth-first augmenting paths, one search for each reference event.
    """
    references, estimates = ref_on.shape[0], est_on.shape[0]
    if references == 0 or estimates == 0:
        return 0
    near_onset = onset_collar + tolerance
    partner_of_ref = np.full(references, -1, np.int64)
    partner_of_est = np.full(estimates, -1, np.int64)
    reached_from = np.empty(estimates, np.int64)
    queue = np.empty(references, np.int64)
    matched = 0
    for root in range(references):
        reached_from[:] = -1
        queue[0] = root
        head, tail, found = 0, 1, False
        while head < tail and not found:
            r = queue[head]
            head += 1
            near_offset = max(offset_collar, offset_share * (ref_off[r] - ref_on[r])) + tolerance
            for e in range(estimates):
                if reached_from[e] != -1:
                    continue
                if abs(ref_on[r] - est_on[e]) > near_onset or abs(ref_off[r] - est_off[e]) > near_offset:
                    continue
                reached_from[e] = r
                if partner_of_est[e] != -1:
                    queue[tail] = partner_of_est[e]
                    tail += 1
                    continue
                while True:  # e is free: swap partners along the path back to the root
                    owner = reached_from[e]
                    given_up = partner_of_ref[owner]
                    partner_of_ref[owner] = e
                    partner_of_est[e] = owner
                    if owner == root:
                        break
                    e = given_up
                matched += 1
                found = True
                break
    return matched


@compiled
def count_matches_of_cells(
    ref_on: Floats,
    ref_off: Floats,
    ref_starts: Ints,
    est_on: Floats,
    est_off: Floats,
    est_starts: Ints,
    onset_collar: float,
    offset_collar: float,
    offset_share: float,
    tolerance: float,
) -> Ints:
    """`count_matches` for each cell, int64 `(cells,)`."""
    cells = ref_starts.shape[0] - 1
    matched = np.zeros(cells, np.int64)
    for cell in range(cells):
        a, b = ref_starts[cell], ref_starts[cell + 1]
        c, d = est_starts[cell], est_starts[cell + 1]
        matched[cell] = count_matches(
            ref_on[a:b],
            ref_off[a:b],
            est_on[c:d],
            est_off[c:d],
            onset_collar,
            offset_collar,
            offset_share,
            tolerance,
        )
    return matched


@compiled
def median_of_row(row: npt.NDArray[T], window: int, out: npt.NDArray[T], ordered: npt.NDArray[T]) -> None:
    """Running median of `row` `(frames,)` over an odd `window`, ends repeated, into `out`.

    `ordered` `(window,)` is scratch: the window's values, kept in order by one removal and one insertion a step.
    """
    frames, half = row.shape[0], window // 2
    for k in range(window):
        value = row[min(max(k - half, 0), frames - 1)]
        j = k
        while j > 0 and ordered[j - 1] > value:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = value
    for t in range(frames):
        out[t] = ordered[half]
        leaving = row[max(t - half, 0)]
        entering = row[min(t + half + 1, frames - 1)]
        if leaving == entering:
            continue
        j = 0
        while j < window - 1 and ordered[j] < leaving:
            j += 1
        while j < window - 1 and ordered[j + 1] < entering:
            ordered[j] = ordered[j + 1]
            j += 1
        while j > 0 and ordered[j - 1] > entering:
            ordered[j] = ordered[j - 1]
            j -= 1
        ordered[j] = entering


@compiled
def median_of_rows(rows: npt.NDArray[T], window: int) -> npt.NDArray[T]:
    """`median_of_row` for each row of `(rows, frames)`."""
    out = np.empty_like(rows)
    ordered = np.empty(window, rows.dtype)
    for i in range(rows.shape[0]):
        median_of_row(rows[i], window, out[i], ordered)
    return out


@compiled
def runs_of_row(row: Scores, threshold: float, edges: Floats, onsets: Floats, offsets: Floats) -> int:
    """Runs of `row` `(frames,)` at or above `threshold`, as seconds by way of `edges` `(frames + 1,)`.

    Fills `onsets` and `offsets` and gives how many; runs without length (frames past the clip's end) are left out.
    """
    frames, count, start = row.shape[0], 0, -1
    for i in range(frames + 1):
        if i < frames and row[i] >= threshold:
            if start < 0:
                start = i
        elif start >= 0:
            if edges[i] > edges[start]:
                onsets[count] = edges[start]
                offsets[count] = edges[i]
                count += 1
            start = -1
    return count


@compiled
def count_grid(
    scores: Scores,
    edges: Floats,
    ref_on: Floats,
    ref_off: Floats,
    ref_starts: Ints,
    windows: Ints,
    thresholds: Floats,
    onset_collar: float,
    offset_collar: float,
    offset_share: float,
    tolerance: float,
) -> tuple[Ints, Ints]:
    """One class at every operating point: matched and estimated events, each `(clips, windows, thresholds)`.

    scores: `(clips, frames)`; the reference has one cell for each clip.
    """
    clips, frames = scores.shape
    matched = np.zeros((clips, windows.shape[0], thresholds.shape[0]), np.int64)
    estimated = np.zeros((clips, windows.shape[0], thresholds.shape[0]), np.int64)
    smooth = np.empty(frames, scores.dtype)
    onsets = np.empty(frames // 2 + 1, np.float64)
    offsets = np.empty(frames // 2 + 1, np.float64)
    for w in range(windows.shape[0]):
        ordered = np.empty(windows[w], scores.dtype)
        for clip in range(clips):
            median_of_row(scores[clip], windows[w], smooth, ordered)
            peak = smooth.max()
            a, b = ref_starts[clip], ref_starts[clip + 1]
            for k in range(thresholds.shape[0]):
                if peak < thresholds[k]:
                    continue
                count = runs_of_row(smooth, thresholds[k], edges, onsets, offsets)
                estimated[clip, w, k] = count
                if b > a:
                    matched[clip, w, k] = count_matches(
                        ref_on[a:b],
                        ref_off[a:b],
                        onsets[:count],
                        offsets[:count],
                        onset_collar,
                        offset_collar,
                        offset_share,
                        tolerance,
                    )
    return matched, estimated
