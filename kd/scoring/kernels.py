"""The compiled inner loops of scoring: matching, runs, and both at every threshold in one walk.

Arrays are filled and copied by loops: a slice on the left of an assignment takes numba seconds to compile.

They share one file because numba's cache does not see a change in a callee of another file (see `kd.jit`). Arguments
are positional here; the public, keyword-only functions are in `matching`, `decode`, `grid_counts` and `curves`. The
plain twins of all of them are in `reference`.

Events of many cells (say clips) travel as three arrays: onsets and offsets in seconds, float64 `(events,)`, and
`starts`, int64 `(cells + 1,)`: the events of cell i are `starts[i]` to `starts[i + 1]`.

Scores at many thresholds travel as levels, int32: how many of the ascending thresholds a score reaches. A frame is
active at threshold k (from 0) where its level is above k.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kd.jit import compiled

Floats = npt.NDArray[np.float64]
Row = npt.NDArray[np.float32] | npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Levels = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]


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
        for e in range(estimates):
            reached_from[e] = -1
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
def runs_of_row(row: Row, threshold: float, edges: Floats, onsets: Floats, offsets: Floats) -> int:
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
def borders_before(edges: Floats, time: float, distance: float, closed: bool) -> int:
    """How many of the ascending `edges` have edge - time < distance, or <= distance if `closed`."""
    low, high = 0, edges.shape[0]
    while low < high:
        middle = (low + high) // 2
        apart = edges[middle] - time
        if apart < distance or (closed and apart == distance):
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def borders_in_reach(
    ref_on: Floats,
    ref_off: Floats,
    edges: Floats,
    onset_collar: float,
    offset_collar: float,
    offset_share: float,
    tolerance: float,
    reach: Ints,
) -> int:
    """Where events that hit one of the reference events `(R,)` begin and end, as numbers of frame borders.

    Fills a row of `reach` `(R, 4)` for each reference event that can be hit at all, and gives how many: the first and
    the last border where a hit may begin, the first and the last where it may end. The borders of a collar are
    neighbours, because a difference of doubles never falls when what is subtracted from rises. Rows are sorted by last
    beginning, then first beginning, then last end; as every onset has the same collar, both columns of beginnings rise.
    """
    count, near_onset = 0, onset_collar + tolerance
    for r in range(ref_on.shape[0]):
        near_offset = max(offset_collar, offset_share * (ref_off[r] - ref_on[r])) + tolerance
        first_on = borders_before(edges, ref_on[r], -near_onset, False)
        last_on = borders_before(edges, ref_on[r], near_onset, True) - 1
        first_off = borders_before(edges, ref_off[r], -near_offset, False)
        last_off = borders_before(edges, ref_off[r], near_offset, True) - 1
        if first_on > last_on or first_off > last_off:
            continue
        i = count
        while i > 0 and (
            reach[i - 1, 1] > last_on
            or (
                reach[i - 1, 1] == last_on
                and (reach[i - 1, 0] > first_on or (reach[i - 1, 0] == first_on and reach[i - 1, 3] > last_off))
            )
        ):
            for column in range(4):
                reach[i, column] = reach[i - 1, column]
            i -= 1
        reach[i, 0], reach[i, 1], reach[i, 2], reach[i, 3] = first_on, last_on, first_off, last_off
        count += 1
    return count


@compiled
def can_sweep(reach: Ints, count: int) -> bool:
    """Whether, of any two reference events that one event may begin, the later row of `reach` ends no sooner."""
    for r in range(count):
        later = r + 1
        while later < count and reach[later, 0] <= reach[r, 1]:
            if reach[later, 3] < reach[r, 3]:
                return False
            later += 1
    return True


@compiled
def count_runs(row: Levels, changes: Ints, found: Ints) -> None:
    """Events of `row` `(frames,)` at every threshold, into `found` `(thresholds,)`.

    An event begins at every threshold between two neighbouring levels of which the second is the higher one. `changes`
    `(thresholds + 1,)` is scratch.
    """
    for k in range(changes.shape[0]):
        changes[k] = 0
    before = 0
    for level in row:
        if level > before:
            changes[level] += 1
            changes[before] -= 1
        before = level
    running = 0
    for k in range(found.shape[0] - 1, -1, -1):
        running += changes[k + 1]
        found[k] = running


@compiled
def take_first(
    reach: Ints, first: int, count: int, start: int, stop: int, floor: int, height: int, taken: Bytes, hits: Ints
) -> None:
    """At thresholds `floor` to `height`, match the event from border `start` to `stop` with the first free reference.

    first: the first row of `reach` with a beginning at `start`; a row is free at threshold k where `taken[k]` is 0.
    """
    while first < count and (stop < reach[first, 2] or stop > reach[first, 3]):
        first += 1
    if first == count or start < reach[first, 0]:
        return
    for k in range(floor, height):
        for r in range(first, count):
            if start < reach[r, 0]:
                break
            if taken[k, r] == 0 and reach[r, 2] <= stop <= reach[r, 3]:
                taken[k, r] = 1
                hits[k] += 1
                break


@compiled
def count_hits(
    row: Levels, reach: Ints, count: int, nearest: Ints, starts: Ints, floors: Ints, taken: Bytes, hits: Ints
) -> None:
    """Matched events of `row` `(frames,)` at every threshold, into `hits` `(thresholds,)`; see `count_levels`.

    reach, count: as `borders_in_reach` gives them, fit for `can_sweep`. Where the level falls, events end, and those
    that began at one frame end together: `starts` and `floors`, scratch `(frames,)`, are a stack of the frames where
    events began and of the levels above which they did. `nearest` `(frames + 1,)` is scratch for the first row of
    `reach` with a beginning at each border, `taken` `(thresholds, R)` for `take_first`.
    """
    frames, depth = row.shape[0], 0
    height = int(np.int64(0))  # for a literal 0 numba would compile `take_first` once more
    for border in range(frames + 1):
        nearest[border] = count
    for r in range(count - 1, -1, -1):
        for border in range(reach[r, 0], min(reach[r, 1], frames) + 1):
            nearest[border] = r
    for k in range(taken.shape[0]):
        for r in range(count):
            taken[k, r] = 0
    for t in range(frames + 1):
        level = row[t] if t < frames else 0
        if level > height:
            starts[depth] = t
            floors[depth] = height
            depth += 1
        while level < height:
            start = starts[depth - 1]
            floor = max(floors[depth - 1], level)
            if nearest[start] < count:
                take_first(reach, nearest[start], count, start, t, floor, height, taken, hits)
            if floor == floors[depth - 1]:
                depth -= 1
            height = floor
        height = level


@compiled
def count_levels(
    levels: Levels,
    thresholds: int,
    edges: Floats,
    ref_on: Floats,
    ref_off: Floats,
    ref_starts: Ints,
    onset_collar: float,
    offset_collar: float,
    offset_share: float,
    tolerance: float,
) -> tuple[Ints, Ints]:
    """One class at every threshold: matched and estimated events, each `(clips, thresholds)`.

    levels: `(clips, frames)`, 0 to `thresholds`; the reference has one cell for each clip. The frames are walked in
    order of time, once to count events and, where there are reference events, once to match them: a clip has at most
    `frames` groups of equal events, whatever the number of thresholds.

    Matching: at each threshold, events come in order of time, and each takes the first reference event that it hits and
    that is free. This is a maximum matching: beginnings and ends both rise from event to event, so the events that hit
    reference event r are neighbours, say number l_r to u_r: a convex bipartite graph. There, going through the events
    in order and giving each the free r with l_r <= e <= u_r of least u_r is maximum (F. Glover, Naval Research
    Logistics Quarterly 14, 1967). And the first free one has the least u_r: u_r is the last event that neither begins
    nor ends too late for r, latest beginnings rise with r, and so do latest ends among reference events that one event
    may hit (`can_sweep`). That always holds for reference events that do not overlap if 2 * offset_share * onset_collar
    <= offset_collar: two that one event may begin are at most two onset collars apart, so the first is no longer
    than that, and its offset collar is the least there is. Clips where it does not hold go to `count_matches`.
    """
    clips, frames = levels.shape
    matched = np.zeros((clips, thresholds), np.int64)
    estimated = np.empty((clips, thresholds), np.int64)
    most = 0
    for clip in range(clips):
        most = max(most, ref_starts[clip + 1] - ref_starts[clip])
    reach = np.empty((most, 4), np.int64)
    taken = np.empty((thresholds, most), np.uint8)
    changes = np.empty(thresholds + 1, np.int64)
    nearest = np.empty(frames + 1, np.int64)
    starts, floors = np.empty(frames, np.int64), np.empty(frames, np.int64)
    onsets, offsets = np.empty(frames // 2 + 1, np.float64), np.empty(frames // 2 + 1, np.float64)
    audible = borders_before(edges, float(edges[frames]), 0.0, False)  # frames from there on have no length
    for clip in range(clips):
        row, hits = levels[clip, :audible], matched[clip]
        count_runs(row, changes, estimated[clip])
        a, b = ref_starts[clip], ref_starts[clip + 1]
        count = borders_in_reach(
            ref_on[a:b], ref_off[a:b], edges, onset_collar, offset_collar, offset_share, tolerance, reach
        )
        if can_sweep(reach, count):
            if count > 0:
                count_hits(row, reach, count, nearest, starts, floors, taken, hits)
            continue
        for k in range(thresholds):
            n = runs_of_row(row, k + 1, edges, onsets, offsets)
            hits[k] = count_matches(
                ref_on[a:b],
                ref_off[a:b],
                onsets[:n],
                offsets[:n],
                onset_collar,
                offset_collar,
                offset_share,
                tolerance,
            )
    return matched, estimated
