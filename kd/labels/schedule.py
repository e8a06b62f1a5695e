"""The threshold of pseudo-labels, which falls from one label update to the next."""


def threshold(*, start: float, decay: float, floor: float, update: int) -> float:
    """θ = max(start - δ · i, floor) of label update i, from 0.

    start, decay (δ), floor: on the scale of probabilities; start 3/4 and floor 1/4 are the paper's.
    Source: S2 equation (5).
    Deviation: printed as min(-δ · i + 3/4, 1/4), which begins at 1/4 and ends below 0; its text says from 0.75 to 0.25.
    """
    return max(start - decay * update, floor)
