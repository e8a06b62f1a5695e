"""A scene job's record, made up."""

from typing import Any

import numpy as np

from dashboards.scenes.record import SceneRecord


def bounds(value: float) -> dict[str, Any]:
    return {"value": value, "low": max(0.0, value - 0.1), "high": min(1.0, value + 0.1)}


def system(name: str, version: int, classes: list[str], seed: int, single: bool = True) -> dict[str, Any]:
    counts = np.random.default_rng(seed).integers(0, 4, (len(classes), len(classes))) + 8 * np.eye(
        len(classes), dtype=int
    )
    part = {
        "accuracy": bounds(float(np.trace(counts) / counts.sum())),
        "classes": {label: bounds(float(counts[i, i] / counts[i].sum())) for i, label in enumerate(classes)},
        "confusion": counts.tolist(),
        "found": [],
    }
    return {
        "name": name, "architectures": ["mel"], "run_id": "0" * 32, "version": version, "clip_steps": 10, "seconds": 3.0,
        "megabytes": 100.0, "losses": [[i, 2.0 / i] for i in range(1, 30)] if single else [], "teachers": [],
        "select": part, "report": part,
    }  # fmt: skip


def made_scenes(classes: list[str]) -> SceneRecord:
    """A job of specialists with two networks."""
    names = [f"{net} {what}" for net in ("waveform", "mel") for what in ("G", "G+", "S1", "S2", "St")]
    found = {name: system(name, i, classes, i) for i, name in enumerate(names, start=1)}
    for i, name in enumerate(("ensemble of generalists", "ensemble of students")):
        found[name] = system(name, 20 + i, classes, 20 + i, single=False)
    change = {part: {**bounds(0.05), "excludes_zero": False} for part in ("select", "report")}
    pair = [[classes[0], classes[1]]] * 2
    result = {
        "schema": 1, "kind": "scenes_specialists", "classes": classes, "model": "kd-scenes", "training_clips": 40,
        "clips": {p: {"split": f"fold1_{p}", "names": ["a"], "places": ["a"], "labels": [0]} for p in ("select", "report")},
        "systems": found, "differences": {"waveform": change, "mel": change, "ensemble": change},
        "confusions": {"before": "ensemble of generalists", "after": "ensemble of students"},
        "champions": {label: {"version": 1, "name": names[0]} for label in classes}, "final": "ensemble of students",
        "tables": {"table 6": {"waveform": names[:5], "mel": names[5:]}}, "study": None,
        "pairs": {"waveform": pair, "mel": pair}, "seconds": 12.0,
        "between": {net: {part: [[5, 3], [2, 2]] for part in ("select", "report")} for net in ("waveform", "mel")},
    }  # fmt: skip
    return SceneRecord("1" * 32, {"mlflow.user": "someone"}, {"cfg.steps": "3"}, result, None)
