"""Made-up score folders with reference events, the same in every numpy: drawn from the frozen stream of RandomState.

Only numpy is needed here, so that the peer's environment can make the same cases.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Spans = dict[str, list[tuple[float, float, str]]]
HOP = 0.0415


@dataclass(frozen=True)
class Case:
    """scores: `(clips, frames, classes)` float32; edges: `(clips, frames + 1)` seconds; the rest by clip's name.

    A clip has `frames[clip]` frames; after them its scores are -inf and its edges stand still.
    """

    scores: npt.NDArray[np.float32]
    edges: npt.NDArray[np.float64]
    frames: dict[str, int]
    classes: list[str]
    reference: Spans
    durations: dict[str, float]

    @property
    def clips(self) -> list[str]:
        return list(self.frames)


def noisy(
    seed: int,
    *,
    clips: int = 40,
    frames: int = 240,
    classes: int = 5,
    levels: int = 0,
    step: float = 0.001,
    lift: float = 0.6,
    overlaps: bool = False,
) -> Case:
    """Smoothed noise raised where events are; about one clip in three is empty.

    levels: round scores to so many; step: of events' times, in seconds; lift: of scores in events, over
    noise from 0 to 1; overlaps: events of a class may overlap.
    """
    random = np.random.RandomState(seed)
    labels = [f"class {k}" for k in range(classes)]
    names = [f"clip-{i:03d}" for i in range(clips)]
    seconds = frames * HOP
    scores = random.random_sample((clips, frames, classes))
    reference: Spans = {name: [] for name in names}
    for i, name in enumerate(names):
        for k in range(classes):
            at, left = 0.0, random.randint(0, 3) if random.random_sample() < 0.35 else 0
            while left:
                onset = round((at + 0.25 * seconds * random.random_sample()) / step) * step
                offset = onset + max(round(0.4 * seconds * random.random_sample() ** 2 / step), 1) * step
                at = onset + 0.01 if overlaps else offset + step
                left -= 1
                if offset > seconds:
                    break
                reference[name].append((onset, offset, labels[k]))
                a, b = int(onset / HOP) + random.randint(-3, 4), int(offset / HOP) + random.randint(-3, 4)
                scores[i, max(a, 0) : max(b, 0), k] += lift
                scores[i, max(a, 0) : max(b, 0), (k + 1) % classes] += 0.7 * lift * random.random_sample()
    smooth = np.stack([np.roll(scores, shift, axis=1) for shift in range(-4, 5)]).mean(axis=0) / 2
    if levels:
        smooth = np.round(smooth * levels) / levels
    return Case(
        scores=smooth.astype(np.float32),
        edges=np.tile(np.arange(frames + 1) * HOP, (clips, 1)),
        frames=dict.fromkeys(names, frames),
        classes=labels,
        reference=reference,
        durations=dict.fromkeys(names, seconds),
    )


def on_the_border(seed: int) -> Case:
    """Few score levels, and events whose borders are frames' borders, so that shares fall on 0.1, 0.3 and 0.7 exactly."""
    return noisy(seed, clips=60, frames=60, levels=6, step=HOP, lift=2.0)


def ragged(seed: int) -> Case:
    """Clips of many lengths, the last frame cut short, and durations that are not those of the frames."""
    case = noisy(seed, clips=30)
    random = np.random.RandomState(seed + 1)
    scores, edges, frames = case.scores.copy(), case.edges.copy(), dict(case.frames)
    for i, name in enumerate(case.clips):
        frames[name] = int(random.randint(100, 241))
        scores[i, frames[name] :] = -np.inf
        end = case.edges[i, frames[name]] - 0.01
        edges[i, frames[name] :] = end
        case.reference[name][:] = [event for event in case.reference[name] if event[1] <= end]
    durations = {name: float(edges[i, -1] + random.random_sample()) for i, name in enumerate(case.clips)}
    return Case(scores, edges, frames, case.classes, case.reference, durations)


def flat(seed: int) -> Case:
    """One class with one score everywhere, one that is silent but for two clips."""
    case = noisy(seed, clips=24)
    scores = case.scores.copy()
    scores[:, :, 0] = 0.5
    scores[2:, :, 1] = 0.0
    return Case(scores, case.edges, case.frames, case.classes, case.reference, case.durations)


def absent(seed: int) -> Case:
    """The last class has no reference event; the peer, which refuses it, judges the others alone."""
    case = noisy(seed)
    for events in case.reference.values():
        events[:] = [event for event in events if event[2] != case.classes[-1]]
    return case


CASES: dict[str, Callable[[], Case]] = {
    "noisy": lambda: noisy(1),
    "many classes": lambda: noisy(2, clips=20, frames=80, classes=12),
    "two classes": lambda: noisy(3, classes=2),
    "many ties": lambda: noisy(4, levels=12, lift=1.2),
    "on the border": lambda: on_the_border(5),
    "ragged": lambda: ragged(6),
    "flat": lambda: flat(7),
    "absent class": lambda: absent(8),
    "overlaps": lambda: noisy(9, overlaps=True),
}
