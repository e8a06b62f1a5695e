"""What became of every event: hit, near miss, miss, false alarm.

Hits are those of the event-based F1, one maximum matching under its collars. Of what is left over, a predicted event that
overlaps a reference event of its class is a near miss: the collars failed, by the onset, the offset or both. What is then
left of the predictions is a false alarm, of the reference a miss. For F1 a near miss counts as both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kd.corpus.tables import Event
from kd.scoring.hopcroft_karp import matching
from kd.scoring.matching import Collars
from kd.scoring.system import System

HIT, NEAR, MISS, FALSE_ALARM = "hit", "near", "miss", "false alarm"
NOTHING = "nothing"  # what an event that no false alarm covers was taken for


@dataclass(frozen=True, slots=True)
class Pair:
    """Events of one class and clip that belong together, or one without the other.

    onset, offset: of the predicted event minus those of the reference, seconds; None where one is alone.
    """

    kind: str
    label: str
    reference: Event | None
    predicted: Event | None

    @property
    def onset(self) -> float | None:
        """Predicted minus reference onset."""
        return self.predicted.onset - self.reference.onset if self.predicted and self.reference else None

    @property
    def offset(self) -> float | None:
        """Predicted minus reference offset."""
        return self.predicted.offset - self.reference.offset if self.predicted and self.reference else None


def verdicts(system: System, *, collars: Collars | None = None) -> dict[str, list[Pair]]:
    """Clip to what became of its events, every event once, in the order of time."""
    found = {}
    for clip in system.clips:
        truth, guess = (by_label(table.get(clip, ())) for table in (system.reference, system.events))
        pairs = [
            pair
            for label in system.classes
            if label in truth or label in guess
            for pair in pairs_of(label, truth.get(label, ()), guess.get(label, ()), collars=collars)
        ]
        found[clip] = sorted(pairs, key=lambda pair: (pair.reference or pair.predicted).onset)  # type: ignore[union-attr]
    return found


def by_label(events: Sequence[Event]) -> dict[str, list[Event]]:
    """Events by class, in their order."""
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.label, []).append(event)
    return found


def pairs_of(
    label: str, reference: Sequence[Event], predicted: Sequence[Event], *, collars: Collars | None = None
) -> list[Pair]:
    """What became of the events of one clip and class."""
    collars = collars or Collars()
    graph = {
        i: [j for j, guess in enumerate(predicted) if collars.admit(truth, guess)] for i, truth in enumerate(reference)
    }
    hits = {left: right for right, left in matching({i: near for i, near in graph.items() if near}).items()}
    pairs = [Pair(HIT, label, reference[i], predicted[j]) for i, j in hits.items()]
    left = [i for i in range(len(reference)) if i not in hits]
    right = [j for j in range(len(predicted)) if j not in hits.values()]
    overlapping = sorted(
        (abs(predicted[j].onset - reference[i].onset) + abs(predicted[j].offset - reference[i].offset), i, j)
        for i in left
        for j in right
        if overlap(reference[i], predicted[j]) > 0
    )
    for _, i, j in overlapping:
        if i in left and j in right:
            left.remove(i)
            right.remove(j)
            pairs.append(Pair(NEAR, label, reference[i], predicted[j]))
    pairs += [Pair(MISS, label, reference[i], None) for i in left]
    return pairs + [Pair(FALSE_ALARM, label, None, predicted[j]) for j in right]


def overlap(one: Event, other: Event) -> float:
    """Seconds that two events share; not positive where they share none."""
    return min(one.offset, other.offset) - max(one.onset, other.onset)


def taken_for(missed: Pair, alarms: Sequence[Pair]) -> str:
    """The class of the false alarm that covers most of a missed event, if that is half of the shorter of the two."""
    assert missed.reference is not None
    best, name = 0.0, NOTHING
    for alarm in alarms:
        assert alarm.predicted is not None
        shorter = min(e.offset - e.onset for e in (missed.reference, alarm.predicted))
        share = overlap(missed.reference, alarm.predicted) / shorter
        if share >= 0.5 and share > best:
            best, name = share, alarm.label
    return name
