"""Scores as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.passes.results import percent

Part = Mapping[str, Any]
NONE: Part = {"f1": None, "precision": None, "recall": None}
MOST = 30  # characters of a class's name


def assessment(found: Part) -> str:
    """The table of `scoring.assess.assess`: per cent, a line for each class, headline numbers and notes below."""
    drawn = found["intervals"]
    few = set(drawn["few_makers"]) if drawn else set()
    head = ["%", "event F1", *(["95 % interval"] if drawn else []), "P", "R", "segment F1", "P", "R", "tagging F1"]
    rows = [head]
    for name, place in _places(found["event_based"]["classes"]):
        event, segment, tag = (_at(found[kind], place) for kind in ("event_based", "segment_based", "tagging"))
        row = [_named(name, few), percent(event["f1"])]
        row += [_span(_at(drawn, place)["f1"])] if drawn else []
        row += [percent(event[key]) for key in ("precision", "recall")]
        row += [percent(segment[key]) for key in ("f1", "precision", "recall")] + [percent(tag["f1"])]
        rows.append(row)
    return "\n".join([*aligned(rows), "", *_headlines(found), *_about(found["settings"], drawn, few)])


def comparison(found: Part) -> str:
    """The table of `scoring.contrast.contrast`."""
    change = found["difference"]
    few = set(change["few_makers"])
    rows = [["event F1, %", "a", "b", "b - a", "95 % interval", ""]]
    for name, place in _places(found["a"]["event_based"]["classes"]):
        values = [_at(found[side]["event_based"], place)["f1"] for side in "ab"]
        rows.append([_named(name, few), *map(percent, values), *_change(_at(change, place)["f1"])])
    for kind, name in (("segment_based", "segment F1, macro"), ("tagging", "tagging F1, macro")):
        values = [found[side][kind]["macro"]["f1"] for side in "ab"]
        rows.append([name, *map(percent, values), *_change(change[kind]["macro"]["f1"])])
    for name in ("psds1", "psds2"):
        if change[name] is not None:
            values = [found[side][name] for side in "ab"]
            rows.append([f"{name.upper()}, x 100", *map(percent, values), *_change(change[name])])
    lines = aligned(rows)
    return "\n".join([*lines, "", "*: the interval excludes zero", *_about(found["settings"], change, few)])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines: the first column to the left, the others to the right."""
    wide = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(w) if i else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, wide, strict=True))
        ).rstrip()
        for row in rows
    ]


def _places(classes: Part) -> list[tuple[str, tuple[str, ...]]]:
    """Names of rows, and where their figures stand."""
    return [("macro", ("macro",)), ("micro", ("micro",)), *((label, ("classes", label)) for label in classes)]


def _at(found: Part, place: Sequence[str]) -> Part:
    for key in place:
        found = found.get(key, NONE)
    return found


def _named(name: str, few: set[str]) -> str:
    return name[:MOST] + (" †" if name in few else "")


def _span(interval: Part, *, scale: float = 100, digits: int = 2) -> str:
    if interval["low"] is None:
        return "-"
    return f"{scale * interval['low']:.{digits}f} to {scale * interval['high']:.{digits}f}"


def _change(interval: Part) -> list[str]:
    """Difference, its interval, and a star where that excludes zero."""
    value = "-" if interval["value"] is None else f"{100 * interval['value']:+.2f}"
    return [value, _span(interval), "*" if interval["excludes_zero"] else ""]


def _headlines(found: Part) -> list[str]:
    lines, drawn = [], found["intervals"]
    for name in ("psds1", "psds2"):
        if found[name] is not None:
            span = f"   95 %: {_span(drawn[name], scale=1, digits=4)}" if drawn else ""
            lines.append(f"{name.upper()}  {found[name]:.4f}{span}")
    if found["average_precision"]:
        lines.append(
            f"mean average precision  {percent(found['average_precision']['macro'])} %   of "
            f"{found['average_precision']['of']}"
        )
    if found["calibration"]:
        lines.append(
            f"expected calibration error  {percent(found['calibration']['error'])} %   of frames, mean of classes"
        )
    rates = {kind: found["error_rate"][f"{kind}_based"]["overall"] for kind in ("event", "segment")}
    said = ", ".join(f"{kind}s {'-' if rate is None else format(rate['error'], '.4f')}" for kind, rate in rates.items())
    return [*lines, f"error rate  {said}"]


def _about(settings: Part, drawn: Part | None, few: set[str]) -> list[str]:
    """How the scores came about, and notes."""
    collars = settings["collars"]
    lines = [f"clips: {settings['clips']}, reference events: {settings['reference_events']}"]
    if drawn:
        lines.append(f"intervals: 95 %, {drawn['resamples']} resamples by {drawn['by']}, seed {drawn['seed']}")
    if few:
        lines.append("†: fewer than 5 makers, the interval is not to be relied on")
    empty = ", ".join(f"{kind.removesuffix('_based')} {policy}" for kind, policy in settings["empty_class"].items())
    lines.append(
        f"collars: onset {collars['onset_collar']:g} s, offset {collars['offset_collar']:g} s or, if more, "
        f"{100 * collars['offset_share']:g} % of the event, tolerance {collars['tolerance']:g} s; "
        f"segments of {settings['resolution']:g} s; empty classes: {empty}"
    )
    return [*lines, *(f"note: {note}" for note in settings["notes"])]
