"""Which versions of a registered model are needed, and by what."""

import json
import re
from collections.abc import Collection, Mapping

from kd.promotion.policies import Versions
from kd.tracking.registry import MERGED, Version

PARENTS = {"kd.champions": "made", "kd.teachers": "taught"}  # tag that names versions: what these did


def needed(
    versions: Versions,
    aliases: Mapping[str, int],
    *,
    passes: bool,
    copies: Mapping[str, str],
    running: Collection[str] = (),
) -> dict[int, str]:
    """Version to why it is kept: an alias, a pass's merged detector, or what a kept one was made of or taught by.

    passes: whether passes keep their merged detectors; copies: as of `Registry.copies`; running: jobs, by
    `kd.iterate_id`, whose versions are not judged yet.
    """
    kept: dict[int, str] = {}
    for alias, number in sorted(aliases.items()):
        kept[number] = f"{kept[number]}, {alias}" if number in kept else f"alias {alias}"
    for number, version in versions.items():
        why = _by_itself(version, passes=passes, copies=copies, running=running)
        if why and number not in kept:
            kept[number] = why
    left = sorted(kept, reverse=True)
    while left:
        number = left.pop(0)
        for parent, did in parents(versions[number]).items() if number in versions else ():
            if parent in versions and parent not in kept:
                kept[parent] = f"{did} {number}"
                left.append(parent)
    return {number: why for number, why in kept.items() if number in versions}


def parents(version: Version) -> dict[int, str]:
    """The versions of its own model that one was made of, taught by or copied from, and which of these it was.

    Unreadable tags name none.
    """
    found: dict[int, str] = {}
    elsewhere = version.tags.get("kd.teachers_model", version.name) != version.name
    for tag, did in PARENTS.items():
        if tag == "kd.teachers" and elsewhere:
            continue
        try:
            named = json.loads(version.tags.get(tag, "{}"))
            found |= {int(number): did for number in named.values()}
        except (ValueError, TypeError, AttributeError):
            continue
    source = re.fullmatch(rf"models:/{re.escape(version.name)}/(\d+)", version.source)
    return found | ({int(source[1]): "copied as"} if source else {})


def _by_itself(version: Version, *, passes: bool, copies: Mapping[str, str], running: Collection[str]) -> str:
    for source in (version.source, f"models:/{version.name}/{version.number}"):
        if source in copies:
            return f"source of {copies[source]}"
    if version.iterate_id and version.iterate_id in running:
        return "its job has not ended"
    index = version.tags.get("kd.pass", "0")
    if passes and version.kind == MERGED and index != "0":
        return f"merged in pass {index}"
    return ""
