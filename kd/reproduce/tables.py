"""The numbers of tables of what has been run: figures, seeds, intervals, ratios, paired differences, mistakes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from kd.corpus.corpus import Corpus
from kd.files import atomic_write_text
from kd.reproduce.markdown import in_markdown
from kd.reproduce.tasks import BASELINE, MEAN_TEACHER, OURS, PAPER
from kd.scoring.contrast import averaged
from kd.scoring.headline import Sampling, bounds, draw
from kd.scoring.intervals import marked
from kd.scoring.measure import Rules, measure
from kd.scoring.mistakes import Mistakes, mistakes
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
BY_PASS = ("select", "crossfit", "report")  # scores of the merged detector after each pass


def tables(out: Path, corpora: Mapping[str, Corpus]) -> str:
    """Markdown of each of these tables, of all results of its corpus in `out`; the same as numbers in `tables.json`."""
    found: dict[str, Any] = {}
    for table, corpus in corpora.items():
        kept = [
            record for path in sorted(out.glob(f"{table}-*-seed*.json")) if (record := _record(path, corpus.digest))
        ]
        split = corpus.report or corpus.select
        if kept:
            made = numbers(out, kept, read_reference(split.table), corpus.classes, table)
            found[table] = {"corpus": corpus.digest, "split": split.name, **made}
    atomic_write_text(out / "tables.json", json.dumps(found, indent=1, allow_nan=False) + "\n")
    return "\n\n".join(in_markdown(name, table) for name, table in found.items()) + "\n"


def _record(path: Path, corpus: str) -> Record | None:
    try:
        record: Record = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    return record if record.get("corpus") == corpus else None


def numbers(
    out: Path, records: Sequence[Record], reference: Reference, classes: Sequence[str], table: str
) -> dict[str, Any]:
    """`{systems: {title: row}, ratios: {title: [ours, its, ratio]}, differences: {title: {unit: interval}}, mistakes: {class:
    Mistakes.to_dict()}, passes: {score: [after each pass]}, optimism, machines}`; the last four but one of ours, all seeds."""
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
    whole = by_key.get((OURS, "tuned"), []) if table != "ablation" else []
    wrong = [mistakes(system, collars=Rules().collars) for system in systems[OURS, "tuned"]] if whole else []
    return {
        "systems": rows,
        "ratios": _ratios(rows),
        "differences": differences,
        "mistakes": {label: sum((each[label] for each in wrong), Mistakes()).to_dict() for label in classes if wrong},
        "passes": {name: _by_pass([record[name] for record in whole]) for name in BY_PASS if whole and whole[0][name]},
        "optimism": [record["optimism"]["tuned"] for record in whole if record["optimism"]],
        "machines": sorted({record["machine"]["processor"] for record in records}),
    }


def _by_pass(f1: Sequence[Sequence[float | None]]) -> list[float | None]:
    """The mean over seeds after each pass."""
    return [averaged(each) for each in zip(*f1, strict=True)]


def _ratios(rows: Mapping[str, Any]) -> dict[str, Any]:
    """Macro event F1 of ours and of each form of the baseline, and the one by the other."""
    found = {}
    for other in (TITLES[BASELINE, "letter"], TITLES[BASELINE, "tuned"]):
        if {TITLES[OURS, "tuned"], other} <= rows.keys():
            mine, its = (rows[title]["event_based"]["macro"]["f1"] for title in (TITLES[OURS, "tuned"], other))
            found[other] = [mine, its, mine / its if its else None]
    return found


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
    own = record.get("parts", {}).get(name, record)
    return {key: own[key] for key in ("clip_steps", "seconds")}
