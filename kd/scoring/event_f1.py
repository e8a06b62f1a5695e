"""Event-based F1: an event counts when its onset and its offset are near enough (see `matching`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kd.scoring.counts import CellCounts, Policy, Scores
from kd.scoring.matching import Collars, flatten, matches_of_cells
from kd.scoring.selection import by_cell, classes_to_score, clips_to_score, labels_of

if TYPE_CHECKING:
    from kd.corpus.tables import Event


def event_cells(
    *,
    reference: Mapping[str, Sequence[Event]],
    predicted: Mapping[str, Sequence[Event]],
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    collars: Collars | None = None,
) -> CellCounts:
    """Hits, false alarms and misses of each clip and class.

    reference, predicted: events by clip; clips default to all of the reference, also those without events; classes
    default to every label found, sorted.
    """
    names = clips_to_score(reference=reference, predicted=predicted, clips=clips)
    labels = classes_to_score(labels=labels_of(reference, predicted, clips=names), classes=classes)
    truth = flatten(by_cell(events=reference, clips=names, classes=labels))
    guess = flatten(by_cell(events=predicted, clips=names, classes=labels))
    shape = (len(names), len(labels))
    tp = matches_of_cells(reference=truth, estimated=guess, collars=collars).reshape(shape)
    return CellCounts(
        clips=names,
        classes=labels,
        tp=tp,
        fp=guess.sizes().reshape(shape) - tp,
        fn=truth.sizes().reshape(shape) - tp,
    )


def event_based(
    reference: Mapping[str, Sequence[Event]],
    predicted: Mapping[str, Sequence[Event]],
    *,
    clips: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    onset_collar: float = 0.2,
    offset_collar: float = 0.2,
    offset_share: float = 0.2,
    tolerance: float = 0.0,
    empty: Policy = "zero_score",
) -> Scores:
    """Event-based F1, precision and recall; by default equal to sed_eval 0.2.1 with `zero_score`, to the last bit.

    sed_eval's micro figures come from one matching over all classes of a clip that joins equal labels only; its size is
    the sum of the classes' matchings, so here they are summed. Arguments as in `event_cells`, `Collars` and
    `Counts.scores`.
    """
    collars = Collars(
        onset_collar=onset_collar, offset_collar=offset_collar, offset_share=offset_share, tolerance=tolerance
    )
    cells = event_cells(reference=reference, predicted=predicted, clips=clips, classes=classes, collars=collars)
    return cells.total().scores(empty=empty)
