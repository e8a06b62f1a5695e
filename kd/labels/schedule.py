"""The threshold of pseudo-labels, lower with each update of them."""


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
