"""How the last merged detector errs: by how much times are off, what is taken for what, which sounds are missed."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dashboards.figures import COLOURS, SCALE, figure
from dashboards.kept import JobRecord
from dashboards.markup import Cell, Figure, Section, chart, number, percent, quiet, table
from kd.corpus.tables import Event
from kd.scoring.verdicts import FALSE_ALARM, HIT, MISS, NEAR, NOTHING, Pair, taken_for

LENGTHS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # seconds at which bins of event length begin
LEVELS = (-100.0, 0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0)  # dB at which bins of SNR begin
SNR = ("snr_db", "snr")
MOST_MAKERS = 60
Verdicts = Mapping[str, Sequence[Pair]]
Facts = Mapping[tuple[str, Event], Mapping[str, str]]
Key = TypeVar("Key", int, str)


def section(job: JobRecord, found: Verdicts, split: str, clips: Mapping[str, Any]) -> Section:
    """Counts, errors of onset and offset, confusions, F1 by length, recall by level and by maker."""
    facts = {(clip["name"], Event(*event[:3])): event[3] for clip in clips["clips"] for event in clip["events"]}
    figures = {"onset-errors": offs(found, "onset"), "offset-errors": offs(found, "offset")}
    figures |= {"confusions": confusions(job.classes, found), "by-length": by_length(found)}
    parts = [
        quiet(
            f"The last merged detector on the {split} split. A near miss overlaps a reference event of its class but begins "
            "or ends outside the collars; for F1 it is a miss and a false alarm."
        ),
        counts(job.classes, found),
        "<div class=two>",
        chart(
            "onset-errors", label="Histogram of onset errors in seconds", height=280, note="Below 0: found too early."
        ),
        chart(
            "offset-errors", label="Histogram of offset errors in seconds", height=280, note="Below 0: ended too early."
        ),
        "</div>",
        chart(
            "confusions",
            label="Which class was found where another one sounds",
            height=140 + 24 * len(job.classes),
            least=620,
            note="Missed events by the class of a false alarm that covers half of the shorter of the two; nothing: missed "
            "with no such false alarm. The diagonal holds hits and near misses.",
        ),
        chart("by-length", label="F1, recall and precision by length of events", height=320),
    ]
    bins = by_fact(found, facts, level_of)
    if bins:
        levels = {span(i, LEVELS, "dB"): row for i, row in bins.items()}
        figures["by-level"] = recall_bars(levels, x="level above the background, dB")
        parts.append(chart("by-level", label="Recall by level of the event above its background", height=300))
    makers = by_fact(found, facts, lambda each: each.get("maker"))
    if makers:
        parts.append(_makers(makers))
    return Section("errors", "Errors", "".join(parts), figures)


def counts(classes: Sequence[str], found: Verdicts) -> str:
    """Hits, near misses, misses and false alarms of each class, and of what collar near misses fail."""
    rows: list[list[Cell | str]] = []
    every = [pair for pairs in found.values() for pair in pairs]
    for label in classes:
        own = Counter(pair.kind for pair in every if pair.label == label)
        tp, wrong = own[HIT], own[NEAR] + own[FALSE_ALARM]
        missed = own[NEAR] + own[MISS]
        f1 = 2 * tp / (2 * tp + wrong + missed) if tp + wrong + missed else None
        rows.append([label, percent(f1), *(number(own[kind], digits=0) for kind in (HIT, NEAR, MISS, FALSE_ALARM))])
    head = ["class", "F1, %", "hits", "near misses", "misses", "false alarms"]
    return table(head, rows, caption="What became of the events")


def offs(found: Verdicts, end: str) -> Figure:
    """Errors of hits and near misses."""
    data = []
    for kind, colour in ((HIT, COLOURS[2]), (NEAR, COLOURS[1])):
        values = [getattr(pair, end) for pairs in found.values() for pair in pairs if pair.kind == kind]
        name = "hits" if kind == HIT else "near misses"
        data.append(
            {
                "type": "histogram", "x": [round(min(2.05, max(-2.05, value)), 3) for value in values], "name": name,
                "xbins": {"start": -2.1, "end": 2.1, "size": 0.1}, "marker": {"color": colour},
            }
        )  # fmt: skip
    return figure(data, x=f"{end} error, s (beyond 2 s at the ends)", y="events", barmode="stack")


def confusions(classes: Sequence[str], found: Verdicts) -> Figure:
    """Reference class by found class."""
    columns = [*classes, NOTHING]
    cells = {label: dict.fromkeys(columns, 0) for label in classes}
    for pairs in found.values():
        alarms = [pair for pair in pairs if pair.kind == FALSE_ALARM]
        for pair in pairs:
            if pair.kind in (HIT, NEAR):
                cells[pair.label][pair.label] += 1
            elif pair.kind == MISS:
                cells[pair.label][taken_for(pair, alarms)] += 1
    values = [[cells[row][column] for column in columns] for row in reversed(classes)]
    shares = [[value / max(1, sum(row)) for value in row] for row in values]
    trace = {
        "type": "heatmap", "x": columns, "y": list(reversed(classes)), "z": shares, "text": values, "colorscale": SCALE,
        "zmin": 0, "zmax": 1, "colorbar": {"title": {"text": "share"}}, "xgap": 1, "ygap": 1,
        "hovertemplate": "%{y} taken for %{x}: %{text}<extra></extra>",
    }  # fmt: skip
    if len(classes) <= 20:
        trace["texttemplate"] = "%{text}"
    axes = {"xaxis": {"automargin": True, "tickangle": -45}, "yaxis": {"automargin": True}}
    return figure([trace], x="found", y="", title={"text": "Taken for"}, **axes)


def by_length(found: Verdicts) -> Figure:
    """Recall by the length of reference events, precision by that of predicted ones, and the F1 of the two."""
    truth: Counter[int] = Counter()
    guess: Counter[int] = Counter()
    hit_truth: Counter[int] = Counter()
    hit_guess: Counter[int] = Counter()
    for pairs in found.values():
        for pair in pairs:
            for event, every, hit in ((pair.reference, truth, hit_truth), (pair.predicted, guess, hit_guess)):
                if event is not None:
                    place = bin_of(event.offset - event.onset, LENGTHS)
                    every[place] += 1
                    hit[place] += pair.kind == HIT
    names, recall, precision, f1 = [], [], [], []
    for i in range(len(LENGTHS)):
        if not truth[i] and not guess[i]:
            continue
        names.append(span(i, LENGTHS, "s"))
        r, p = (hit[i] / every[i] if every[i] else 0.0 for hit, every in ((hit_truth, truth), (hit_guess, guess)))
        recall.append(round(100 * r, 2))
        precision.append(round(100 * p, 2))
        f1.append(round(100 * 2 * r * p / (r + p), 2) if r + p else 0.0)
    sizes = [f"{truth[i]} reference, {guess[i]} found" for i in range(len(LENGTHS)) if truth[i] or guess[i]]
    data = [
        {"type": "bar", "x": names, "y": values, "name": name, "text": sizes, "textposition": "none", "marker": {"color": colour}}
        for name, values, colour in (("F1", f1, COLOURS[0]), ("recall", recall, COLOURS[4]), ("precision", precision, COLOURS[1]))
    ]  # fmt: skip
    return figure(data, x="length of the event", y="%", barmode="group", title={"text": "By length"})


def by_fact(
    found: Verdicts, facts: Facts, key: Callable[[Mapping[str, str]], Key | None]
) -> dict[Key, tuple[int, int, int]]:
    """What an event's provenance says to (events, hits, near misses), sorted; empty where it says nothing."""
    rows: dict[Key, list[int]] = {}
    for clip, pairs in found.items():
        for pair in pairs:
            if pair.reference is None or (name := key(facts.get((clip, pair.reference), {}))) is None:
                continue
            row = rows.setdefault(name, [0, 0, 0])
            row[0] += 1
            row[1] += pair.kind == HIT
            row[2] += pair.kind == NEAR
    return {name: (row[0], row[1], row[2]) for name, row in sorted(rows.items())}


def level_of(facts: Mapping[str, str]) -> int | None:
    """The bin of an event's signal-to-noise ratio, where its provenance gives one."""
    for name in SNR:
        try:
            return bin_of(float(facts[name]), LEVELS)
        except (KeyError, ValueError):
            continue
    return None


def bin_of(value: float, starts: Sequence[float]) -> int:
    """The last bin that begins at or below a value."""
    return max([i for i, start in enumerate(starts) if value >= start], default=0)


def span(i: int, starts: Sequence[float], unit: str) -> str:
    """A bin in words."""
    if i == len(starts) - 1:
        return f"from {starts[i]:g} {unit}"
    return f"below {starts[1]:g} {unit}" if i == 0 else f"{starts[i]:g}–{starts[i + 1]:g} {unit}"


def recall_bars(rows: Mapping[str, tuple[int, int, int]], *, x: str) -> Figure:
    """Shares of hits and near misses."""
    names = list(rows)
    data = [
        {
            "type": "bar", "x": names, "y": [round(100 * row[which] / row[0], 2) for row in rows.values()], "name": name,
            "customdata": [row[0] for row in rows.values()], "marker": {"color": colour},
            "hovertemplate": "%{y:.1f} % of %{customdata} events",
        }
        for which, name, colour in ((1, "hits", COLOURS[2]), (2, "near misses", COLOURS[1]))
    ]  # fmt: skip
    return figure(data, x=x, y="reference events, %", barmode="stack", title={"text": "By level"})


def _makers(rows: Mapping[str, tuple[int, int, int]]) -> str:
    most = sorted(rows.items(), key=lambda item: -item[1][0])[:MOST_MAKERS]
    cells: list[list[Cell | str]] = [
        [name, number(n, digits=0), percent(hits / n), percent(near / n)] for name, (n, hits, near) in most
    ]
    shown = f", the {MOST_MAKERS} with most events of {len(rows)}" if len(rows) > MOST_MAKERS else ""
    return table(["maker", "events", "found, %", "nearly, %"], cells, caption=f"By maker of the sound{shown}")
