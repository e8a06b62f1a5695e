"""`evaluate`: two event tables, or a registered model on a corpus."""

import json
from pathlib import Path
from typing import Any, Literal

from kd.config import home, say
from kd.errors import UserError
from kd.files import atomic_write_text
from kd.passes.results import percent
from kd.passes.settings import EvaluateSettings


def evaluate(settings: EvaluateSettings) -> int:
    """Score, print a table, write the JSON; returns the exit code."""
    if bool(settings.model) == bool(settings.predictions):
        raise UserError(
            "give either predictions= or model=", "tables: reference= and predictions=; a model: model= and data="
        )
    if settings.model and settings.reference:
        raise UserError("reference= goes with predictions=, not with model=", "a model is scored on data= and split=")
    check_out(settings)
    found = of_model(settings) if settings.model else of_tables(settings)
    if settings.out:
        atomic_write_text(settings.out, json.dumps(found, indent=1, allow_nan=False))
    say(as_table(found))
    if settings.out:
        say(f"written: {settings.out}")
    return 0


def check_out(settings: EvaluateSettings) -> None:
    """Raises UserError where `out` is a folder, or a table that is read."""
    if not settings.out:
        return
    out = Path(settings.out)
    if out.is_dir():
        raise UserError(f"out={settings.out} is a folder", "name a file")
    for name in ("reference", "predictions", "clips"):
        table = str(getattr(settings, name))
        if table and out.exists() and Path(table).exists() and out.samefile(table):
            raise UserError(f"out={settings.out} is the table that {name}= names", "name another file")


def of_tables(settings: EvaluateSettings) -> dict[str, Any]:
    """Scores of an event table against another."""
    from kd.scoring.evaluate_tables import evaluate_tables

    if not settings.reference:
        raise UserError("reference= is empty", "name the table of reference events")
    clips = Path(settings.clips) if settings.clips else None
    return dict(
        evaluate_tables(reference=Path(settings.reference), predictions=Path(settings.predictions), clips=clips)
    )


def of_model(settings: EvaluateSettings) -> dict[str, Any]:
    """Scores of a registered model on a split, with the thresholds it carries; nothing is fitted."""
    from kd.corpus.locate import locate
    from kd.corpus.one_split import scored_split
    from kd.detection.apply import detect_split
    from kd.detection.detector import load_detector
    from kd.passes.threads import precision_of, use_threads
    from kd.scoring.event_f1 import event_based
    from kd.scoring.segment_f1 import segment_based
    from kd.tracking.registry import fetch, find
    from kd.tracking.store import open_store

    use_threads(settings.threads)
    client = open_store()
    version = find(client, settings.model)
    detector = load_detector(fetch(client, version, cache=home() / "models"))
    root = locate(settings.data, home=home())
    missing: Literal["error", "skip"] = "skip" if settings.missing == "skip" else "error"
    split, notes = scored_split(root, settings.split, missing=missing, cache=home() / "audio.json")
    truth = {clip.name: split.events.get(clip.name, ()) for clip in split.clips}
    unknown = sorted({e.label for events in truth.values() for e in events} - set(detector.classes))
    predicted = detect_split(detector, split, folder=home() / "features", precision=precision_of(settings))
    notes += [f"not known to the model, left out: {', '.join(unknown)}"] if unknown else []
    kept = {name: tuple(e for e in events if e.label in detector.classes) for name, events in truth.items()}
    return {
        "event_based": event_based(kept, predicted, classes=detector.classes).to_dict(),
        "segment_based": segment_based(kept, predicted, classes=detector.classes).to_dict(),
        "settings": {
            "model": f"models:/{version.name}/{version.number}",
            "split": settings.split,
            "clips": len(truth),
            "thresholds": list(detector.points.thresholds),
            "windows": list(detector.points.windows),
            "notes": notes,
        },
    }


def as_table(found: dict[str, Any]) -> str:
    """Scores in per cent, a line per class."""

    lines = [f"{'%':26s} event F1      P      R   segment F1      P      R"]
    rows = [("macro", "macro"), ("micro", "micro"), *((c, "") for c in found["event_based"]["classes"])]
    for name, group in rows:
        event, segment = (
            found[kind][group]
            if group
            else found[kind]["classes"].get(name, {"f1": None, "precision": None, "recall": None})
            for kind in ("event_based", "segment_based")
        )
        lines.append(
            f"{name[:26]:26s}   {percent(event['f1']):>6} {percent(event['precision']):>6} {percent(event['recall']):>6}"
            f"       {percent(segment['f1']):>6} {percent(segment['precision']):>6} {percent(segment['recall']):>6}"
        )
    return "\n".join([*lines, *(f"note: {note}" for note in found["settings"].get("notes", []))])
