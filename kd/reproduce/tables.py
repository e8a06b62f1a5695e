"""The tables of what has been run: figures, seeds, intervals, ratios, paired differences."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from kd.corpus.corpus import Corpus
from kd.files import atomic_write_text
from kd.reproduce.tasks import BASELINE, MEAN_TEACHER, OURS, PAPER
from kd.scoring.contrast import averaged
from kd.scoring.headline import Sampling, bounds, draw
from kd.scoring.intervals import marked
from kd.scoring.measure import Rules, measure
from kd.scoring.sources import Reference, of_table, read_reference

UNITS: tuple[Literal["clip", "maker"], ...] = ("clip", "maker")
Record = dict[str, Any]
TITLES = {
    (BASELINE, "letter"): "DCASE 2018 baseline, by the letter",
    (BASELINE, "tuned"): "the same, tuned as ours",
    (OURS, "tagger"): "tagger on the weak labels",
    (MEAN_TEACHER, "tuned"): "mean teacher",
    (PAPER, "fixed"): "S1 by the letter",
    (PAPER, "tuned"): "S1 by the letter, tuned as ours",
    (OURS, "pass1"): "ours, after pass 1",
    (OURS, "pass2"): "ours, after pass 2",
    (OURS, "tuned"): "ours",
}
DIFFERENCES = (  # what is taken from what
    ((BASELINE, "letter"), (OURS, "tuned")),
    ((BASELINE, "tuned"), (OURS, "tuned")),
    ((MEAN_TEACHER, "tuned"), (OURS, "tuned")),
    ((PAPER, "fixed"), (OURS, "tuned")),
    ((PAPER, "tuned"), (OURS, "tuned")),
    ((OURS, "pass1"), (OURS, "tuned")),
    ((OURS, "pass2"), (OURS, "tuned")),
)
Key = tuple[str, str]


def tables(out: Path, corpora: Mapping[str, Corpus]) -> str:
    """Markdown of each of these tables, of all results of its corpus in `out`; the same as numbers in `tables.json`."""
    found: dict[str, Any] = {}
    for table, corpus in corpora.items():
        kept = [
            record for path in sorted(out.glob(f"{table}-*-seed*.json")) if (record := _record(path, corpus.digest))
        ]
        split = corpus.report or corpus.select
        if kept:
            made = _table(out, kept, read_reference(split.table), corpus.classes, table)
            found[table] = {"corpus": corpus.digest, "split": split.name, **made}
    atomic_write_text(out / "tables.json", json.dumps(found, indent=1, allow_nan=False) + "\n")
    return "\n\n".join(_markdown(name, table) for name, table in found.items()) + "\n"


def _record(path: Path, corpus: str) -> Record | None:
    try:
        record: Record = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    return record if record.get("corpus") == corpus else None


def _table(
    out: Path, records: Sequence[Record], reference: Reference, classes: Sequence[str], table: str
) -> dict[str, Any]:
    """`{systems: {title: row}, differences: {title: {unit: interval}}}`."""
    by_key: dict[Key, list[Record]] = {}
    for record in sorted(records, key=lambda record: record["seed"]):
        for name in record["systems"]:
            by_key.setdefault((record["system"], name), []).append(record)
    wanted = TITLES if table != "ablation" else {key: key[0] for key in by_key if key[1] == "tuned"}
    keys = [key for key in wanted if key in by_key]
    systems = {
        key: [of_table(out / f"{_name(record)}-{key[1]}.tsv", reference, classes=classes) for record in by_key[key]]
        for key in keys
    }
    first = next(iter(systems.values()))[0]
    weights = {str(unit): draw(first, sampling=Sampling(unit=unit)) for unit in UNITS if unit == "clip" or first.makers}
    measured = {key: [measure(one, rules=Rules()) for one in each] for key, each in systems.items()}

    def intervals(key: Key, against: Key | None = None) -> dict[str, Any]:
        other = measured[against] if against else ()
        drawn = {
            unit: bounds(measured[key], weights=each, rules=Rules(), against=other)["macro"]["f1"]
            for unit, each in weights.items()
            if each is not None
        }
        return dict(marked(drawn)) if against else drawn

    rows = {wanted[key]: _row(by_key[key], key[1], intervals(key)) for key in keys}
    pairs: Sequence[tuple[Key, Key]] = DIFFERENCES
    if table == "ablation":
        pairs = [((OURS, "tuned"), key) for key in keys if key[0] != OURS]
    differences = {f"{wanted[b]} minus {wanted[a]}": intervals(b, a) for a, b in pairs if a in systems and b in systems}
    ours = by_key.get((OURS, "tuned"), [])
    return {
        "systems": rows,
        "differences": differences,
        "optimism": [record["optimism"]["tuned"] for record in ours if record.get("optimism")],
        "machines": sorted({record["machine"]["processor"] for record in records}),
    }


def _name(record: Record) -> str:
    return f"{record['table']}-{record['system']}-seed{record['seed']}"


def _row(records: Sequence[Record], name: str, intervals: Mapping[str, Any]) -> dict[str, Any]:
    figures = [record["systems"][name] for record in records]
    return {
        **averaged(
            [{key: each[key] for key in ("event_based", "segment_based", "psds1", "psds2")} for each in figures]
        ),
        "reference_events": figures[0]["reference_events"],
        "intervals": dict(intervals),
        "seeds": [record["seed"] for record in records],
        "of_seeds": [each["event_based"]["macro"]["f1"] for each in figures],
        **averaged([_cost(record, name) for record in records]),
        "kilowatt_hours": averaged([record["kilowatt_hours"] for record in records]),
    }


def _cost(record: Record, name: str) -> dict[str, float]:
    own = record["parts"].get(name, record)
    return {key: own[key] for key in ("clip_steps", "seconds")}


def _markdown(name: str, table: Mapping[str, Any]) -> str:
    rows = table["systems"]
    shown = ["clip", *(["maker"] if all("maker" in row["intervals"] for row in rows.values()) else [])]
    head = [
        "system",
        "event F1",
        *(f"95 % by {unit}" for unit in shown),
        "seeds",
        "P",
        "R",
        "micro",
        "segment F1",
        "PSDS1",
    ]
    head += ["PSDS2", "clip-steps", "minutes"]
    lines = [f"### {name}: {table['split']}, per cent", "", _line(head), _line(["---"] * len(head))]
    for title, row in rows.items():
        event = row["event_based"]
        lines.append(
            _line(
                [
                    title,
                    _percent(event["macro"]["f1"]),
                    *(_between(row["intervals"][unit]) for unit in shown),
                    f"{_percent(min(row['of_seeds']))} to {_percent(max(row['of_seeds']))}"
                    if len(row["seeds"]) > 1
                    else f"seed {row['seeds'][0]}",
                    *(_percent(event["macro"][key]) for key in ("precision", "recall")),
                    _percent(event["micro"]["f1"]),
                    _percent(row["segment_based"]["macro"]["f1"]),
                    _percent(row["psds1"]),
                    _percent(row["psds2"]),
                    f"{row['clip_steps']:.0f}",
                    f"{row['seconds'] / 60:.0f}",
                ]
            )
        )
    lines += ["", *_ratios(rows)]
    classes = next(iter(rows.values()))["reference_events"]
    lines += ["", _line(["event F1", *(f"{label} ({count})" for label, count in classes.items())])]
    lines.append(_line(["---"] * (1 + len(classes))))
    for title, row in rows.items():
        lines.append(_line([title, *(_percent(row["event_based"]["classes"][label]["f1"]) for label in classes)]))
    lines += [
        "",
        _line(["difference of event F1", *(f"by {unit}" for unit in shown)]),
        _line(["---"] * (1 + len(shown))),
    ]
    for title, each in table["differences"].items():
        lines.append(_line([title, *(f"{_signed(each[unit]['value'])} {_between(each[unit])}" for unit in shown)]))
    if table["optimism"]:
        said = ", ".join(f"{_signed(each['value'])} {_between(each)}" for each in table["optimism"])
        lines += ["", f"Optimism on the selection split, by seed: {said}."]
    lines += ["", f"Machines: {'; '.join(table['machines'])}."]
    return "\n".join(lines)


def _ratios(rows: Mapping[str, Any]) -> list[str]:
    ours = rows.get(TITLES[OURS, "tuned"])
    found = []
    for key in ((BASELINE, "letter"), (BASELINE, "tuned")):
        other = rows.get(TITLES[key])
        if ours and other:
            mine, its = (row["event_based"]["macro"]["f1"] for row in (ours, other))
            ratio = f"{mine / its:.2f}" if its else "-"
            found.append(f"Ours to {TITLES[key]}: {_percent(mine)} / {_percent(its)} = {ratio}.")
    return found


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:+.2f}"


def _between(interval: Mapping[str, Any]) -> str:
    low, high = interval["low"], interval["high"]
    return "" if low is None or high is None else f"[{100 * low:.2f}, {100 * high:.2f}]"
