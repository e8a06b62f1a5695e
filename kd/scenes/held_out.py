"""Training clips set aside for choosing, whole places at a time."""

import random
from collections import defaultdict
from collections.abc import Sequence

from kd.errors import UserError
from kd.scenes.clips import SceneClip


def held_out(
    clips: Sequence[SceneClip], classes: Sequence[str], *, share: float, seed: int, table: str
) -> tuple[list[SceneClip], list[SceneClip], list[str]]:
    """Clips to train on, clips to choose on, and notes; a function of the clips, the share and the seed.

    Of each class places are drawn until about `share` of its clips are set aside; a place with clips of several classes
    goes with all of them. A class with one place gives single clips, which is noted.
    Raises UserError for a class with a single clip.
    """
    aside: set[str] = set()
    by_class: dict[str, list[SceneClip]] = defaultdict(list)
    for clip in clips:
        by_class[clip.label].append(clip)
    single = []
    for label in classes:
        own = by_class[label]
        if len(own) < 2:
            raise UserError(
                f"{table}: {label!r} has {len(own)} clip, and one to train on and one to choose on are needed",
                "add clips, or name a table to choose on: select_on=",
            )
        draw = random.Random(f"{seed}/{label}")
        groups: dict[str, list[SceneClip]] = defaultdict(list)
        for clip in own:
            groups[clip.place].append(clip)
        if len(groups) < 2:
            single.append(label)
            groups = defaultdict(list, {clip.name: [clip] for clip in own})
        order = sorted(groups)
        draw.shuffle(order)
        wanted, taken = share * len(own), 0
        for place in order[:-1]:
            size = len(groups[place])
            if taken and taken + size / 2 > wanted:
                break
            aside |= {clip.name for clip in groups[place]}
            taken += size
    places = {clip.place for clip in clips if clip.name in aside and clip.label not in single}
    aside |= {clip.name for clip in clips if clip.place in places}
    train = [clip for clip in clips if clip.name not in aside]
    if lost := sorted(set(classes) - {clip.label for clip in train}):
        raise UserError(
            f"{table}: all places of {', '.join(lost)} were set aside with those of other scenes",
            "give a smaller hold_out, another seed, or a table to choose on: select_on=",
        )
    notes = [f"{table}: clips of {', '.join(single)} are of one place, and are set aside singly"] if single else []
    return train, [clip for clip in clips if clip.name in aside], notes
