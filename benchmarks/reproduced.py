"""What `reproduce` found, in short: the README's table of results, from `benchmarks/results/reproduce/tables.json`."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks.keep import RESULTS
from kd.reproduce.markdown import between, differences, grid, percent, ratio, seeds, signed, units_of
from kd.scoring.verdicts import NOTHING

FOLDER = RESULTS / "reproduce"
TITLES = {
    "main": "Weakly labelled and unlabelled clips only",
    "strong": "The same, and the strongly labelled synthetic split for every system",
    "ablation": "Ours, three passes, one thing changed",
}


def results() -> str:
    """A table for each that was run: F1, its interval, seeds, differences, cost."""
    found = json.loads((FOLDER / "tables.json").read_text())
    return "\n\n".join(_short(TITLES[name], table, ablation=name == "ablation") for name, table in found.items())


def mistakes() -> str:
    """What became of the events of ours, in shares of the reference events and of the predicted ones."""
    found = json.loads((FOLDER / "tables.json").read_text())["main"]["mistakes"]
    every = {"all": _together(found.values()), **found}
    head = [
        "",
        "events",
        "hit",
        "near: onset",
        "offset",
        "both",
        "missed",
        "taken for",
        "false alarms for each true event",
    ]
    rows = []
    for label, each in every.items():
        near, taken = each["near"], each["taken_for"]
        events = each["hits"] + sum(near.values()) + each["misses"]
        others = {name: count for name, count in taken.items() if name != NOTHING}
        rows.append(
            [
                label,
                str(events),
                *(f"{100 * count / events:.0f} %" for count in (each["hits"], *near.values(), each["misses"])),
                ", ".join(f"{name} {100 * count / events:.0f} %" for name, count in list(others.items())[:2])
                if label != "all"
                else f"{100 * sum(others.values()) / events:.0f} %",
                f"{each['false_alarms'] / events:.2f}",
            ]
        )
    return "\n".join(grid(head, rows))


def _together(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    near, taken = Counter[str](), Counter[str]()
    total = Counter[str]()
    for each in found:
        near.update(each["near"])
        taken.update(each["taken_for"])
        total.update({key: each[key] for key in ("hits", "misses", "false_alarms")})
    return {**total, "near": near, "taken_for": taken}


def _short(title: str, table: Mapping[str, Any], *, ablation: bool) -> str:
    units = units_of(table)
    head = [
        "",
        "event F1",
        *([] if ablation else [f"95 % by {unit}" for unit in units]),
        "seeds",
        "segment F1",
        "PSDS1",
    ]
    changes = {}
    if ablation:
        head += ["minus default, 95 % by clip"]
        changes = {name.removesuffix(" minus default"): each["clip"] for name, each in table["differences"].items()}
    rows = []
    for name, row in table["systems"].items():
        event = row["event_based"]["macro"]["f1"]
        change = changes.get(name)
        rows.append(
            [
                name,
                percent(event),
                *([] if ablation else [between(row["intervals"][unit]) for unit in units]),
                seeds(row),
                percent(row["segment_based"]["macro"]["f1"]),
                percent(row["psds1"]),
                *([f"{signed(change['value'])} {between(change)}" if change else ""] if ablation else []),
                f"{row['clip_steps']:.0f}",
                *([] if ablation else [f"{row['seconds'] / 60:.0f}"]),  # an ablation finds steps of others done
            ]
        )
    lines = [
        f"**{title}** ({table['split']}, per cent):",
        "",
        *grid([*head, "clip-steps", *([] if ablation else ["min"])], rows),
    ]
    lines += [f"\nOurs to {other}: {ratio(each)}." for other, each in table["ratios"].items()]
    if not ablation:
        lines += ["", *grid(["event F1", *(f"95 % by {unit}" for unit in units)], differences(table))]
    lines += [
        f"\nOurs after each pass, {split}: {', '.join(map(percent, f1))}." for split, f1 in table["passes"].items()
    ]
    return "\n".join(lines)
