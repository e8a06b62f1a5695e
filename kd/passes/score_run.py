"""An evaluation as a tracked run: metrics, the whole result, the table, and curves where there are scores."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kd.config import to_dict
from kd.corpus.names import class_slug
from kd.errors import UserError
from kd.passes.recovery import ended
from kd.passes.scoring_settings import EvaluateSettings
from kd.scoring.counts import f1_of
from kd.scoring.curves import Curve, event_curves
from kd.scoring.grid import FrameGrid
from kd.scoring.measure import PSDS, Rules
from kd.scoring.psds import psds
from kd.scoring.score_files import ScoreFiles
from kd.scoring.system import FrameScores, System
from kd.text import literal
from kd.tracking.runs import Runs
from kd.tracking.store import open_store

POINTS = 300  # of a curve, at most


def track(system: System, found: Mapping[str, Any], *, table: str, settings: EvaluateSettings, rules: Rules) -> str:
    """Log a result of `scoring.assess.assess` on a run; returns the run's id."""
    runs = Runs(open_store())
    run = runs.top("evaluate", {"kd.kind": "evaluate"})
    with ended(runs), tempfile.TemporaryDirectory(prefix="kd-") as place:
        runs.params(run, to_dict(settings))
        runs.metrics(run, {name: [(0, value)] for name, value in metrics(found).items()})
        runs.json(run, found, "result.json")
        runs.text(run, table + "\n", "table.txt")
        runs.text(run, class_table(found), "classes.tsv")
        if system.scores is not None:
            curves = curves_of(system, system.scores, rules)
            runs.json(run, curves, "curves.json")
            draw(curves, Path(place) / "curves.png")
            runs.file(run, Path(place) / "curves.png")
    return run


def metrics(found: Mapping[str, Any]) -> dict[str, float]:
    """The headline numbers and the event F1 of each class by metric name; what is undefined is left out."""
    values: dict[str, float | None] = {}
    for kind in ("event", "segment"):
        part = found[f"{kind}_based"]
        for name in ("macro", "micro"):
            values |= {f"{kind}_{figure}/{name}": part[name][figure] for figure in ("f1", "precision", "recall")}
        rate = found["error_rate"][f"{kind}_based"]["overall"]
        values[f"{kind}_error_rate"] = None if rate is None else rate["error"]
    values |= {f"tagging_f1/{name}": found["tagging"][name]["f1"] for name in ("macro", "micro")}
    values |= {f"event_f1/{class_slug(label)}": x["f1"] for label, x in found["event_based"]["classes"].items()}
    values |= {name: found[name] for name in PSDS}
    values["average_precision"] = (found["average_precision"] or {}).get("macro")
    values["calibration_error"] = (found["calibration"] or {}).get("error")
    return {name: float(value) for name, value in values.items() if value is not None}


def class_table(found: Mapping[str, Any]) -> str:
    """Figures of each class as tab-separated text; undefined ones are empty."""
    figures = ("f1", "precision", "recall")
    kinds = {"event": found["event_based"], "segment": found["segment_based"], "tagging": found["tagging"]}
    drawn = found["intervals"]
    rows = [["event_label", *(f"{kind}_{name}" for kind in kinds for name in figures), "event_f1_low", "event_f1_high"]]
    for label in found["event_based"]["classes"]:
        span = drawn["classes"][label]["f1"] if drawn else {"low": None, "high": None}
        values = [kind["classes"][label][name] for kind in kinds.values() for name in figures]
        rows.append([label, *("" if x is None else repr(x) for x in (*values, span["low"], span["high"]))])
    return "".join("\t".join(row) + "\n" for row in rows)


def curves_of(system: System, scores: FrameScores, rules: Rules) -> dict[str, Any]:
    """`{psds1, psds2: {Class: {efpr, tpr}}, event_f1: {Class: {threshold, f1}}}`, thinned.

    psds1, psds2: staircases, up to the highest rate that counts; event_f1: None where the clips have no common grid.
    """
    smooth = scores.smooth()
    arguments: dict[str, Any] = {"clips": system.clips, "classes": system.classes}
    found: dict[str, Any] = {}
    for name, parameters in PSDS.items():
        rocs = psds(smooth, system.reference, grid=scores.grid, parameters=parameters, **arguments).class_rocs
        found[name] = {
            label: {"efpr": [*_thin(roc.efpr), parameters.max_efpr], "tpr": [*_thin(roc.tpr), float(roc.tpr[-1])]}
            for label, roc in rocs.items()
        }
    try:
        grid = scores.grid
        if not isinstance(grid, FrameGrid):
            grid = ScoreFiles(system.clips, system.classes, scores.values, grid).grid()
    except UserError:
        return {**found, "event_f1": None}
    windows = [1] * len(system.classes)
    found["event_f1"] = {}
    curves = event_curves(smooth, system.reference, grid=grid, windows=windows, collars=rules.collars, **arguments)
    for label, curve in zip(system.classes, curves, strict=True):
        found["event_f1"][label] = _f1_curve(curve)
    return found


def draw(curves: Mapping[str, Any], path: Path) -> None:
    """Write a PNG: the PSD-ROC of each class for both sets of parameters, and event F1 over thresholds."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(15, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)
    for axis, name in zip(axes[:2], PSDS, strict=True):
        for label, roc in curves[name].items():
            axis.step(roc["efpr"], roc["tpr"], where="post", label=literal(label))
        axis.set(title=f"PSD-ROC, {name.upper()}", xlabel="effective false alarms per hour", ylim=(0, 1))
        axis.set_xlim(0, PSDS[name].max_efpr)
    axes[0].set_ylabel("share of events found")
    for label, curve in (curves["event_f1"] or {}).items():
        axes[2].plot(curve["threshold"], curve["f1"], label=literal(label))
    axes[2].set(title="event F1", xlabel="threshold", ylim=(0, 1))
    if curves["psds1"]:
        axes[0].legend(fontsize=7)
    figure.savefig(path, dpi=100)


def _f1_curve(curve: Curve) -> dict[str, list[float]]:
    """F1 at POINTS thresholds, evenly spaced from the highest to the lowest finite score; one at most of each score."""
    finite = curve.thresholds[np.isfinite(curve.thresholds)]
    if not len(finite):
        return {"threshold": [], "f1": []}
    wanted = np.linspace(finite[0], finite[-1], POINTS)
    places = np.unique(np.minimum(np.searchsorted(-finite, -wanted), len(finite) - 1))
    f1 = f1_of(tp=curve.tp, fp=curve.fp, fn=curve.fn)
    return {"threshold": finite[places].astype(np.float64).tolist(), "f1": f1[places].tolist()}


def _thin(values: np.ndarray[Any, Any]) -> list[float]:
    """At most POINTS of the values, evenly spaced by place, ends included."""
    kept = values if len(values) <= POINTS else values[np.linspace(0, len(values) - 1, POINTS).astype(np.int64)]
    return [float(x) for x in kept]
