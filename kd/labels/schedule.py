"""The threshold of pseudo-labels, lower with each update of them."""

from dataclasses import dataclass

from kd.errors import UserError


def threshold(*, start: float, delta: float, floor: float, i: int) -> float:
    """θ_i = max(start - δ · i, floor) for update i of the labels, from 0.

    Source: S2 equation (5), with start 3/4 and floor 1/4: "the threshold is set lower than previous iteration's one from
    0.75 to 0.25".
    Deviation: the equation has min in the place of max, by which θ would begin at 1/4 and fall below 0.
    """
    return max(start - delta * i, floor)


def delta_over(updates: int, *, start: float, floor: float) -> float:
    """δ with which the last of `updates` updates reaches the floor: (start - floor) / (updates - 1); 0 where there is one.

    Ours: S2 gives no δ.
    """
    return (start - floor) / (updates - 1) if updates > 1 else 0.0


@dataclass(frozen=True, slots=True)
class Falling:
    """The threshold of each update: `start`, less `decay` each time, never below `floor`."""

    start: float
    decay: float
    floor: float

    def at(self, i: int) -> float:
        """θ of update i, from 0."""
        return threshold(start=self.start, delta=self.decay, floor=self.floor, i=i)


def falling(*, start: float, decay: float, floor: float, updates: int) -> Falling:
    """The schedule that parameters ask for; a decay of -1 leads down to the floor over the updates.

    Raises UserError for a start below the floor, and for a threshold that would rise.
    """
    if start < floor:
        raise UserError(
            f"threshold_start={start:g} lies below threshold_floor={floor:g}", "thresholds fall from start to floor"
        )
    if decay < 0 and decay != -1:
        raise UserError(f"threshold_decay={decay:g} would let it rise", "give 0 or more, or -1")
    return Falling(start, delta_over(updates, start=start, floor=floor) if decay == -1 else decay, floor)
