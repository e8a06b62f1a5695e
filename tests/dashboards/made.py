"""A job of any size that was never run: what its run would keep, drawn by seed."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np

from dashboards.kept import JobRecord
from kd.audio.spec import s1
from kd.tracking.runs import Runs

FRAMES, HOP = 40, 0.25
RUN = "a" * 32
TAGS = {"mlflow.runName": "iterate", "kd.kind": "iterate"}
PARAMS = {"cfg.data": "made"}


class Folder:
    """In place of a tracking store: a folder of artifacts per run, and no registry."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def kept(self, run: str, name: str) -> Path | None:
        """An artifact, where there is one."""
        path = self.root / run / name
        return path if path.exists() else None

    def tags_of(self, run: str) -> dict[str, str] | None:
        """The job's run alone is known."""
        return TAGS if run == RUN else None

    def params_of(self, run: str) -> dict[str, str]:
        """Its parameters."""
        return PARAMS if run == RUN else {}


def made_job(
    root: Path, *, classes: list[str], passes: int, clips: list[str], sample: int = 2, report: bool = True
) -> JobRecord:
    """A record of a job with these classes and scored clips, and its artifacts below a folder."""
    rng = np.random.default_rng(0)
    roles = ("select", "report") if report else ("select",)
    for role in roles:
        keep_clips(root / RUN / "clips", role, classes, clips, sample, rng)
    records = [one_pass(root, index, classes, clips, roles, rng) for index in range(1, passes + 1)]
    both: dict[str, Any] = {role: scores(classes, rng) for role in ("select", "report")}
    both["report"] = both["report"] if report else None
    result = {
        "schema": 2,
        "classes": classes,
        "tagger": {"run_id": "t", "version": 1, "seconds": 1.0, "megabytes": 100.0, **both},
        "baseline": None,
        "passes": records,
        "final": records[-1]["merged"],
        "selection": {
            "crossfit": False, "uneven": [], "select": {"split": "validation/validation", "by": "clip"},
            "report": {"split": "test/test", "by": "clip"} if report else None,
        },
        "seconds": 10.0,
        "clip_steps": 100,
    }  # fmt: skip
    (root / RUN / "results.json").write_text(json.dumps(result))
    return JobRecord(cast(Runs, Folder(root)), RUN, TAGS, PARAMS, result)


def keep_clips(
    folder: Path, role: str, classes: list[str], clips: list[str], sample: int, rng: np.random.Generator
) -> None:
    """`clips/<role>.json` and the features of a sample, without sound."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = []
    for name in clips:
        onset = round(float(rng.uniform(0, 8)), 3)
        facts = {"maker": "<b>someone</b>", "snr_db": "12.5"}
        listed.append(
            {
                "name": name,
                "seconds": 10.0,
                "path": f"audio/{name}",
                "sha256": "",
                "events": [[onset, onset + 1.0, classes[0], facts]],
            }
        )
    spec = s1(rate=16_000, seconds=10.0)
    about = {
        "split": f"{role}/{role}", "root": "/nowhere", "seconds": 10.0, "clips": listed, "makers": None,
        "sample": list(range(min(sample, len(clips)))), "features": spec.to_dict(),
    }  # fmt: skip
    (folder / f"{role}.json").write_text(json.dumps(about))
    np.save(folder / f"{role}.npy", rng.normal(size=(min(sample, len(clips)), 24, 16)).astype(np.float16))


def one_pass(
    root: Path, index: int, classes: list[str], clips: list[str], roles: tuple[str, ...], rng: np.random.Generator
) -> dict[str, Any]:
    """The record of a pass, and the scores its run keeps."""
    folder = root / f"pass{index}" / "scores"
    folder.mkdir(parents=True)
    for role in roles:
        np.save(folder / f"{role}.npy", rng.normal(size=(len(clips), FRAMES, len(classes))).astype(np.float16))
        about = {
            "split": f"{role}/{role}", "clips": clips, "classes": classes, "thresholds": [0.5] * len(classes),
            "windows": [3] * len(classes), "temperatures": [1.0] * len(classes),
            "grid": {"hop": HOP, "window": HOP, "frames": FRAMES, "seconds": 10.0},
        }  # fmt: skip
        (folder / f"{role}.json").write_text(json.dumps(about))
    merged: dict[str, Any] = {role: scores(classes, rng) for role in roles}
    merged.setdefault("report", None)
    names = [f"{kind}-median" for kind in ("deep", "shallow")]
    candidates = [
        {
            "name": name, "architecture": "deep", "smoothing": "median", "run_id": f"c{index}{i}", "version": 10 * index + i,
            "seconds": 2.0, "megabytes": 200.0, **merged,
        }
        for i, name in enumerate(names)
    ]  # fmt: skip
    labels = {
        "settings": {"kind": "binary", "temperature": 1.0, "window": 7, "sigma": 1.0, "decay": 0.1},
        "threshold": 0.5, "positive": dict.fromkeys(classes, 0.1), "agreement": None, "accepted": None, "collapsed": {},
        "quality": {"now": {"f1": 0.3}, "paper": {"f1": 0.2}},
    }  # fmt: skip
    return {
        "index": index,
        "run_id": f"pass{index}",
        "labels": labels if index > 1 else None,
        "candidates": candidates,
        "merged": {**merged, "optimism": {"tuned": {"value": 0.05, "low": 0.0, "high": 0.1}}},
        "champions": {label: {"version": 10 * index, "candidate": names[0]} for label in classes},
        "seconds": {"labels": 1.0, "networks": 4.0, "merging": 1.0},
        "megabytes": {"labels": 100.0, "networks": 100.0, "merging": 100.0},
    }


def scores(classes: list[str], rng: np.random.Generator) -> dict[str, Any]:
    """`{fixed: E, tuned: E}` of any numbers."""

    def figures() -> dict[str, Any]:
        f1 = float(rng.uniform(0.1, 0.6))
        return {"f1": f1, "precision": f1, "recall": f1, "f1_interval": [f1 - 0.05, f1 + 0.05]}

    one = {"macro": figures(), "micro": figures(), "classes": {label: figures() for label in classes}}
    return {"fixed": one, "tuned": one}
