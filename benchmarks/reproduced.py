"""What `reproduce` found, in short: the README's table of results, from `benchmarks/results/reproduce/tables.json`."""

import json
from collections.abc import Mapping
from typing import Any

from benchmarks.keep import RESULTS
from kd.reproduce.markdown import between, differences, grid, percent, ratio, seeds, signed, units_of

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
