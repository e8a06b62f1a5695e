"""The maximum bipartite matching that sed_eval finds: where several are maximal, the very same one.

Which one it is does not matter to F1, but the events left over decide the substitutions of the error rate.
The algorithm is Hopcroft and Karp's (1973), in the order of steps of David Eppstein's recipe (2002), which mir_eval and,
from it, sed_eval's `bipartite_match` follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def matching(graph: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """{right: left} of a maximum matching. graph: of each left node the right nodes it may be matched with."""
    matched: dict[int, int] = {}
    for left, rights in graph.items():
        free = next((right for right in rights if right not in matched), None)
        if free is not None:
            matched[free] = left
    while _grow(graph, matched):
        pass
    return matched


def _grow(graph: Mapping[int, Sequence[int]], matched: dict[int, int]) -> bool:
    """Enlarge a matching along shortest alternating paths, as many as one search finds; False where there is none.

    From the left nodes without partner, layers of right and left nodes are added in turn until a right node without
    partner is met. `into` holds the left nodes that lead to a right node, `back` the right node that led to a left one,
    None where the search began.
    """
    taken = set(matched.values())
    back: dict[int, int | None] = {left: None for left in graph if left not in taken}
    into: dict[int, list[int]] = {}
    layer, ends = list(back), list[int]()
    while layer and not ends:
        reached: dict[int, list[int]] = {}
        for left in layer:
            for right in graph[left]:
                if right not in into:
                    reached.setdefault(right, []).append(left)
        into.update(reached)
        ends = [right for right in reached if right not in matched]
        layer = [matched[right] for right in reached if right in matched]
        back.update({matched[right]: right for right in reached if right in matched})

    def free(right: int) -> bool:
        """Give `right` a partner, that partner's old one another, and so on back to where the search began."""
        for left in into.pop(right, ()):
            if left in back:
                before = back.pop(left)
                if before is None or free(before):
                    matched[right] = left
                    return True
        return False

    for right in ends:
        free(right)
    return bool(ends)
