"""Which predicted events hit which reference events: sed_eval's rule, to the last bit.

Within one clip and class, reference event r and estimated event e may be matched where

    |on_r - on_e| <= c_on   and   |off_r - off_e| <= max(c_off, s * (off_r - on_r))

on bare doubles (so (0.5, 0.7) are within 0.2 s, (0.7, 0.9) are not), and the number of hits is the size of a maximum
bipartite matching. Source: sed_eval 0.2.1, `EventBasedMetrics` with `event_matching_type='optimal'`; DCASE task 4
takes c_on = c_off = 0.2 s and s = 0.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kd.scoring import kernels

if TYPE_CHECKING:
    from kd.corpus.tables import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Collars:
    """How near a hit must be.

    onset_collar, offset_collar: seconds; offset_share: of the reference event's length, so that the offset's collar is
    the larger of the two; tolerance: seconds added to both, 0 to agree with sed_eval (1e-6 mends pairs such as
    (0.7, 0.9), whose difference is 0.2 in decimal but not in binary).
    """

    onset_collar: float = 0.2
    offset_collar: float = 0.2
    offset_share: float = 0.2
    tolerance: float = 0.0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not 0 <= value < float("inf"):
                raise ValueError(f"{name} must be 0 or more and finite, not {value}")

    def begins(self, event: Event, said: Event) -> bool:
        """Whether the onset of a prediction is near enough to that of a reference event."""
        return abs(event.onset - said.onset) <= self.onset_collar + self.tolerance

    def ends(self, event: Event, said: Event) -> bool:
        """The same of its offset."""
        allowed = max(self.offset_collar, self.offset_share * (event.offset - event.onset))
        return abs(event.offset - said.offset) <= allowed + self.tolerance

    def admit(self, event: Event, said: Event) -> bool:
        """Whether a prediction may hit a reference event, whatever their labels."""
        return self.begins(event, said) and self.ends(event, said)

    def values(self) -> tuple[float, float, float, float]:
        """The four numbers in the order the kernels take them."""
        return float(self.onset_collar), float(self.offset_collar), float(self.offset_share), float(self.tolerance)


@dataclass(frozen=True, slots=True)
class CellEvents:
    """The events of many cells, flat: seconds `(events,)`, and `starts` `(cells + 1,)`."""

    onsets: npt.NDArray[np.float64]
    offsets: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]

    def sizes(self) -> npt.NDArray[np.int64]:
        """Events of each cell, `(cells,)`."""
        return np.diff(self.starts)


def flatten(cells: Sequence[Sequence[Event]]) -> CellEvents:
    """The events of each cell as flat arrays, in the order given."""
    starts = np.zeros(len(cells) + 1, np.int64)
    np.cumsum(np.array([len(cell) for cell in cells], np.int64), out=starts[1:])
    return CellEvents(
        np.array([event.onset for cell in cells for event in cell], np.float64),
        np.array([event.offset for cell in cells for event in cell], np.float64),
        starts,
    )


def matches(*, reference: Sequence[Event], estimated: Sequence[Event], collars: Collars | None = None) -> int:
    """How many events of one clip and class are hit: the size of a maximum matching. Labels are not looked at."""
    return int(matches_of_cells(reference=flatten([reference]), estimated=flatten([estimated]), collars=collars)[0])


def matches_of_cells(
    *, reference: CellEvents, estimated: CellEvents, collars: Collars | None = None
) -> npt.NDArray[np.int64]:
    """`matches` for each cell, int64 `(cells,)`."""
    if reference.starts.shape != estimated.starts.shape:
        raise ValueError("reference and estimated events must have the same cells")
    return kernels.count_matches_of_cells(
        reference.onsets,
        reference.offsets,
        reference.starts,
        estimated.onsets,
        estimated.offsets,
        estimated.starts,
        *(collars or Collars()).values(),
    )
