"""A table of `reproduce` in Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.passes.score_tables import mistake_rows

HEAD = ("P", "R", "micro", "segment F1", "PSDS1", "PSDS2", "clip-steps", "minutes")


def in_markdown(name: str, table: Mapping[str, Any]) -> str:
    """All of a table's numbers, as `tables.numbers` gives them."""
    rows = table["systems"]
    units = units_of(table)
    lines = [f"### {name}: {table['split']}, per cent", ""]
    intervals = [f"95 % by {unit}" for unit in units]
    lines += grid(
        ["system", "event F1", *intervals, "seeds", *HEAD], [_system(title, row, units) for title, row in rows.items()]
    )
    lines += [f"\nOurs to {other}: {ratio(each)}." for other, each in table["ratios"].items()]
    classes = next(iter(rows.values()))["reference_events"]
    by_class = [
        [title, *(percent(row["event_based"]["classes"][label]["f1"]) for label in classes)]
        for title, row in rows.items()
    ]
    lines += ["", *grid(["event F1", *(f"{label} ({count})" for label, count in classes.items())], by_class)]
    lines += ["", *grid(["difference of event F1", *(f"by {unit}" for unit in units)], differences(table))]
    if table["mistakes"]:
        head, *counts = mistake_rows(table["mistakes"])
        lines += ["", "What became of the events of ours, all seeds together:", "", *grid(head, counts)]
    lines += [
        f"\nOurs after each pass, {split}: {', '.join(map(percent, f1))}." for split, f1 in table["passes"].items()
    ]
    if table["optimism"]:
        said = ", ".join(f"{signed(each['value'])} {between(each)}" for each in table["optimism"])
        lines += ["", f"Optimism on the selection split, by seed: {said}."]
    return "\n".join([*lines, "", f"Machines: {'; '.join(table['machines'])}."])


def units_of(table: Mapping[str, Any]) -> list[str]:
    """Of the intervals that all rows have."""
    rows = table["systems"].values()
    return ["clip", *(["maker"] if all("maker" in row["intervals"] for row in rows) else [])]


def differences(table: Mapping[str, Any]) -> list[list[str]]:
    """A row for each paired difference."""
    units = units_of(table)
    return [
        [title, *(f"{signed(each[unit]['value'])} {between(each[unit])}" for unit in units)]
        for title, each in table["differences"].items()
    ]


def ratio(found: Sequence[float | None]) -> str:
    """`ours / its = ratio`, the first two in per cent."""
    mine, its, times = found
    return f"{percent(mine)} / {percent(its)} = {'-' if times is None else f'{times:.2f}'}"


def seeds(row: Mapping[str, Any]) -> str:
    """The least and the greatest F1 of its seeds."""
    if len(row["seeds"]) == 1:
        return f"seed {row['seeds'][0]}"
    return f"{percent(min(row['of_seeds']))} to {percent(max(row['of_seeds']))}"


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


def percent(value: float | None) -> str:
    """Two digits."""
    return "-" if value is None else f"{100 * value:.2f}"


def signed(value: float | None) -> str:
    """Two digits and the sign."""
    return "-" if value is None else f"{100 * value:+.2f}"


def between(interval: Mapping[str, Any]) -> str:
    """`[low, high]`, empty where there is none."""
    low, high = interval["low"], interval["high"]
    return "" if low is None or high is None else f"[{100 * low:.2f}, {100 * high:.2f}]"


def _system(title: str, row: Mapping[str, Any], units: Sequence[str]) -> list[str]:
    event = row["event_based"]
    return [
        title,
        percent(event["macro"]["f1"]),
        *(between(row["intervals"][unit]) for unit in units),
        seeds(row),
        *(percent(event["macro"][key]) for key in ("precision", "recall")),
        percent(event["micro"]["f1"]),
        percent(row["segment_based"]["macro"]["f1"]),
        percent(row["psds1"]),
        percent(row["psds2"]),
        f"{row['clip_steps']:.0f}",
        f"{row['seconds'] / 60:.0f}",
    ]
