"""Which of some students of different sizes to take: the Pareto front, and its knee."""

import math
from collections.abc import Sequence

Point = tuple[float, float]  # parameters, F1


def front(points: Sequence[Point]) -> list[int]:
    """Indices of the points that no other beats: none smaller or equal in size is better, smallest first."""
    order = sorted(range(len(points)), key=lambda i: (points[i][0], -points[i][1]))
    kept: list[int] = []
    for i in order:
        if not kept or points[i][1] > points[kept[-1]][1]:
            kept.append(i)
    return kept


def knee(points: Sequence[Point]) -> int:
    """The point of the front that lies furthest above the line from its smallest to its largest point.

    Sizes are compared by their logarithm, both axes brought to [0, 1]. A front of two points has no knee: the better one.
    Source: Satopää et al., Finding a "kneedle" in a haystack, ICDCS workshops 2011, whose difference curve this is.
    """
    kept = front(points)
    if len(kept) < 3:
        return kept[-1]
    sizes = [math.log(points[i][0]) for i in kept]
    scores = [points[i][1] for i in kept]
    above = [
        (score - scores[0]) / (scores[-1] - scores[0]) - (size - sizes[0]) / (sizes[-1] - sizes[0])
        for size, score in zip(sizes, scores, strict=True)
    ]
    return kept[max(range(len(kept)), key=lambda i: above[i])]
