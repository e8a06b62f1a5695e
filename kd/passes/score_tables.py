"""Scores as people read them."""

from collections.abc import Mapping, Sequence
from typing import Any

from kd.passes.results import percent
from kd.scoring.verdicts import NOTHING
from kd.text import aligned

Part = Mapping[str, Any]
NONE: Part = {"f1": None, "precision": None, "recall": None}
HEADLINES = (  # name, where the value stands, where its interval does, if there is one
    ("segment F1, macro", ("segment_based", "macro", "f1"), ("segment_based", "macro", "f1")),
    ("tagging F1, macro", ("tagging", "macro", "f1"), ("tagging", "macro", "f1")),
    ("PSDS1", ("psds1",), ("psds1",)),
    ("PSDS2", ("psds2",), ("psds2",)),
    ("average precision of clips, mean", ("average_precision", "macro"), ("average_precision",)),
    ("calibration error of frames, mean", ("calibration", "error"), ("calibration_error",)),
    ("the same at the model's temperatures", ("calibration", "tempered", "error"), ()),
    ("error rate, events", ("error_rate", "event_based", "overall", "error"), ("error_rate", "event_based")),
    ("error rate, segments", ("error_rate", "segment_based", "overall", "error"), ("error_rate", "segment_based")),
)
MOST = 30  # characters of a class's name
SHOWN = 2  # classes that events of another were taken for most often


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
    told = [aligned(rows), "", _headlines(found), "", aligned(mistake_rows(found["mistakes"]))]
    return "\n".join([*told, "", *_about(found["settings"], drawn, few)])


def mistake_rows(found: Part) -> list[list[str]]:
    """A head, and a row for each class: what became of its events (`scoring.mistakes`)."""
    rows = [["events", "hits", "near: onset", "offset", "both", "misses", "false alarms", "misses taken for"]]
    for label, each in found.items():
        others = [f"{name[:MOST]} {count}" for name, count in each["taken_for"].items() if name != NOTHING]
        counts = (each["hits"], *each["near"].values(), each["misses"], each["false_alarms"])
        rows.append([label[:MOST], *map(str, counts), ", ".join(others[:SHOWN])])
    return rows


def comparison(found: Part) -> str:
    """The table of `scoring.contrast.contrast`."""
    change = found["difference"]
    few = set(change["few_makers"])
    several = any(len(found[side]["systems"]) > 1 for side in "ab")
    rows = [["", "a", "b", "b - a", "95 % interval", "", *(["of two systems"] if several else [])]]
    for name, place in _places(found["a"]["event_based"]["classes"]):
        values = [_at(found[side]["event_based"], place)["f1"] for side in "ab"]
        rows.append(
            [f"event F1, {_named(name, few)}", *map(percent, values), *_change(_at(change, place)["f1"], several)]
        )
    for name, value, drawn in HEADLINES:
        values = [_reach(found[side], value) for side in "ab"]
        if all(each is not None for each in values):
            plain = {"value": values[1] - values[0], "low": None, "high": None, "excludes_zero": None}
            changed = _reach(change, drawn) if drawn else None
            rows.append([name, *map(percent, values), *_change(changed or plain, several)])
    below = "all numbers times 100; *: the interval excludes zero"
    if several:
        below += "; of two systems: the least and the greatest difference of one of b and one of a"
    return "\n".join([aligned(rows), "", below, *_about(found["settings"], change, few)])


def _places(classes: Part) -> list[tuple[str, tuple[str, ...]]]:
    """Names of rows, and where their figures stand."""
    return [("macro", ("macro",)), ("micro", ("micro",)), *((label, ("classes", label)) for label in classes)]


def _at(found: Part, place: Sequence[str]) -> Part:
    for key in place:
        found = found.get(key, NONE)
    return found


def _named(name: str, few: set[str]) -> str:
    return name[:MOST] + (" (few)" if name in few else "")


def _reach(found: Any, place: Sequence[str]) -> Any:
    """What stands at a place; None where something on the way is None."""
    for key in place:
        found = None if found is None else found[key]
    return found


def _span(interval: Part | None) -> str:
    if interval is None or interval["low"] is None:
        return "-"
    return f"{100 * interval['low']:.2f} to {100 * interval['high']:.2f}"


def _change(interval: Part, several: bool) -> list[str]:
    """Difference, its interval, a star where that excludes zero, and with several systems its extremes."""
    spread = interval.get("seeds")
    range_ = "-" if spread is None else f"{100 * spread['min']:+.2f} to {100 * spread['max']:+.2f}"
    extremes = [range_] if several else []
    if interval["value"] is None:
        return ["-", "-", "", *extremes]
    star = "*" if interval["excludes_zero"] else ""
    return [f"{100 * interval['value']:+.2f}", _span(interval), star, *extremes]


def _headlines(found: Part) -> str:
    drawn = found["intervals"]
    rows = [["%, all classes", "value", *(["95 % interval"] if drawn else [])]]
    for name, value, place in HEADLINES:
        if _reach(found, value) is not None:
            rows.append(
                [
                    name,
                    percent(_reach(found, value)),
                    *([_span(_reach(drawn, place) if place else None)] if drawn else []),
                ]
            )
    return aligned(rows)


def _about(settings: Part, drawn: Part | None, few: set[str]) -> list[str]:
    """How the scores came about, and notes."""
    collars = settings["collars"]
    lines = [f"clips: {settings['clips']}, reference events: {settings['reference_events']}"]
    if drawn:
        lines.append(f"intervals: 95 %, {drawn['resamples']} resamples by {drawn['by']}, seed {drawn['seed']}")
    if few:
        lines.append("(few): fewer than 5 makers, the interval is not to be relied on")
    empty = ", ".join(f"{kind.removesuffix('_based')} {policy}" for kind, policy in settings["empty_class"].items())
    lines.append(
        f"collars: onset {collars['onset_collar']:g} s, offset {collars['offset_collar']:g} s or, if more, "
        f"{100 * collars['offset_share']:g} % of the event, tolerance {collars['tolerance']:g} s; "
        f"segments of {settings['resolution']:g} s; empty classes: {empty}"
    )
    return [*lines, *(f"note: {note}" for note in settings["notes"])]
