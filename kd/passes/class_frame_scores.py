"""What `class_frame` says of its networks: S2's Table 1, and the paired difference with minus without pseudo-labels."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kd.passes.inputs import Part
from kd.passes.judged import Judged, system_of
from kd.passes.results import KINDS, between, percent
from kd.scoring.assess import assess
from kd.scoring.contrast import contrast
from kd.scoring.grid import FrameGrid
from kd.scoring.system import System
from kd.text import aligned

SCHEMA = 1
TITLES = {
    "stage-1": "ResNet, first stage",
    "without": "ResNet without pseudo-labels",
    "with": "ResNet with pseudo-labels",
}


def segment_figures(system: System) -> dict[str, Any]:
    """Segment-based F1, precision and recall by macro, micro and class; `f1_interval`, 95 %, of macro and micro."""
    found = assess(system)
    figures: dict[str, Any] = found["segment_based"]
    for name in ("macro", "micro"):
        one = found["intervals"]["segment_based"][name]["f1"]
        figures[name]["f1_interval"] = None if one["low"] is None else [one["low"], one["high"]]
    return figures


def compared(
    judged: Mapping[str, Judged], splits: Mapping[str, Part], *, grid: FrameGrid, classes: Sequence[str], root: Path
) -> dict[str, Any]:
    """`{segments: {network: {split: {kind: figures}}}, differences: {split: {kind: contrast}}}`, with minus without."""
    segments: dict[str, Any] = {name: {split: {} for split in splits} for name in judged}
    differences: dict[str, Any] = {split: {} for split in splits}
    for split, part in splits.items():
        for kind in KINDS:
            systems = {
                name: system_of(each, split, kind, part=part, grid=grid, classes=classes, root=root).without_scores()
                for name, each in judged.items()
            }
            for name, system in systems.items():
                segments[name][split][kind] = segment_figures(system)
            found = contrast([systems["without"]], [systems["with"]])
            differences[split][kind] = {
                "event_based": {key: found["difference"][key] for key in ("macro", "micro", "classes")},
                "segment_based": found["difference"]["segment_based"],
                "by": found["difference"]["by"],
                "resamples": found["difference"]["resamples"],
            }
    return {"segments": segments, "differences": differences}


def table(record: Mapping[str, Any], *, split: str, kind: str) -> str:
    """Event- and segment-based macro F1 in per cent, in the form of S2's Table 1, and the difference below."""
    rows = [["", "clip-steps", "event-based F1", "95 %", "segment-based F1", "95 %"]]
    for each in record["networks"]:
        event, segment = each[split][kind]["macro"], each["segment_based"][split][kind]["macro"]
        figures = [
            text
            for one in (event, segment)
            for text in (percent(one["f1"]), between(*(one["f1_interval"] or (None, None))))
        ]
        rows.append([TITLES[each["name"]], str(each["clip_steps"]), *figures])
    found = record["differences"][split][kind]
    changes = [found[based]["macro"]["f1"] for based in ("event_based", "segment_based")]
    rows.append(
        [
            "with minus without",
            "",
            *(text for one in changes for text in (signed(one), between(one["low"], one["high"]))),
        ]
    )
    where = f"{record['splits'][split]}, {kind} operating points"
    marks = [
        f"{based}-based: the interval of the difference {'excludes' if one['excludes_zero'] else 'holds'} zero"
        for based, one in zip(("event", "segment"), changes, strict=True)
        if one["excludes_zero"] is not None
    ]
    head = f"macro F1, %, {where}, 95 % intervals by {found['by']}; the difference is paired"
    return "\n".join([head, aligned(rows), *marks])


def signed(change: Mapping[str, Any]) -> str:
    """A difference in per cent with its sign."""
    return "-" if change["value"] is None else f"{100 * change['value']:+.2f}"


def tables(record: Mapping[str, Any]) -> str:
    """Every table of a job."""
    return "\n\n".join(table(record, split=split, kind=kind) for split in record["splits"] for kind in KINDS)
