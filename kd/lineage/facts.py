"""A version as its tags describe it; what a person wrote there, or left out, is no error."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kd.tracking.lineage import Found, Key
from kd.tracking.registry import NAME, NUMBER

SOURCES = {
    "tags": "weak labels",
    "tags+pseudo": "weak labels, and the tagger's tags of clips without",
    "tags+strong": "weak and strong labels",
    "strong": "strong labels",
}


@dataclass(frozen=True)
class Facts:
    """What is recorded of a version.

    kind: `tagger`, `candidate`, `merged`, `single`, `class_frame_network`, `student`, or empty; index: its pass, 0 outside
    a loop; job: the job that made it; champions, teachers: class to version; labels: as in `origin.Origin`, None: not recorded;
    label_run: the run that logged them; features: descriptions; tuned, fixed: class to F1 on the selection split.
    """

    key: Key
    run: str = ""
    kind: str = ""
    index: int = 0
    name: str = ""
    architecture: str = ""
    job: str = ""
    corpus: str = ""
    code: str = ""
    commit: str = ""
    champions: Mapping[str, Key] = field(default_factory=dict)
    teachers: Mapping[str, Key] = field(default_factory=dict)
    labels: Mapping[str, Any] | None = None
    label_run: str = ""
    features: tuple[Mapping[str, Any], ...] = ()
    tuned: Mapping[str, float | None] = field(default_factory=dict)
    fixed: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def merged(self) -> bool:
        """Whether it is made of champions."""
        return self.kind == "merged" or bool(self.champions)

    @property
    def recorded(self) -> bool:
        """Whether it is recorded what it learnt from or is made of."""
        return self.labels is not None or bool(self.champions or self.teachers) or self.kind == "tagger"

    @property
    def title(self) -> str:
        """`pass 3 deep-median`, `merged, pass 3`, or its name alone."""
        if self.merged:
            return f"merged, pass {self.index}" if self.index else "merged"
        where = f"pass {self.index} " if self.index else ""
        return f"{where}{self.name}" if self.name else "without a name"

    def macro(self, kind: str = "tuned") -> float | None:
        """Mean F1 of the classes where it is defined."""
        known = [value for value in getattr(self, kind).values() if value is not None]
        return sum(known) / len(known) if known else None


def facts_of(found: Found) -> Facts:
    """The facts in a version's tags and its run's parameters."""
    version, tags = found.version, found.version.tags
    labels = _object(tags.get("kd.labels", ""))
    features = _parsed(tags.get("kd.features", ""))
    index = tags.get("kd.pass", "")
    return Facts(
        key=(version.name, version.number),
        run=version.run_id,
        kind=tags.get("kd.kind", ""),
        index=int(index) if index.isdecimal() and len(index) < 6 else 0,
        name=tags.get("kd.name", ""),
        architecture=found.params.get("cfg.architecture", ""),
        job=version.iterate_id,
        corpus=tags.get("kd.corpus", ""),
        code=tags.get("kd.code", ""),
        commit=tags.get("kd.commit", ""),
        champions=_versions(tags.get("kd.champions", ""), version.name),
        teachers=_versions(tags.get("kd.teachers", ""), tags.get("kd.teachers_model") or version.name),
        labels=labels or None,
        label_run=tags.get("kd.label_run", ""),
        features=tuple(each for each in features if isinstance(each, dict)) if isinstance(features, list) else (),
        tuned=_scores(tags.get("kd.f1.tuned", "")),
        fixed=_scores(tags.get("kd.f1.fixed", "")),
    )


def labels_in_brief(facts: Facts) -> str:
    """One phrase on what a network learnt from."""
    if facts.labels is None:
        return "weak labels" if facts.kind == "tagger" else "labels that are not recorded"
    labels = facts.labels
    kind = str(labels.get("kind", ""))
    if kind in SOURCES:
        return SOURCES[kind]
    if kind == "class-frame":
        ends = f"threshold {_number(labels, 'start')} down to {_number(labels, 'floor')}"
        return f"class-frame pseudo-labels, {ends} in {labels.get('updates', '?')} updates"
    if kind == "teachers":
        names = {name for shares in _weights(labels) for name in shares}
        return (
            f"labels of {len(names)} teachers, weighed for each class, temperature {_number(labels, 'temperature')}, known "
            f"labels {_number(labels, 'weight')} of the loss"
        )
    words = [f"{kind} labels"]
    words += [f"median {labels['window']}"] if "window" in labels else []
    words += [f"Gaussian {_number(labels, 'sigma')}"] if "sigma" in labels else []
    words += ["unsmoothed"] if labels.get("smoothing") == "none" else []
    words += [f"temperature {_number(labels, 'temperature')}"] if "temperature" in labels else []
    if "threshold" in labels:
        words.append(f"threshold {_number(labels, 'threshold')} on the {labels.get('scale', 'own')} scale")
    words += ["clamped"] if labels.get("clamp") is True else []
    words += ["exact matches only"] if labels.get("accept") == "exact" else []
    return ", ".join(words)


def percent(value: float | None) -> str:
    """F1 in per cent; `-` where undefined."""
    return "-" if value is None else f"{100 * value:.1f}"


def _number(labels: Mapping[str, Any], key: str) -> str:
    value = labels.get(key)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _weights(labels: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each class, teacher to weight."""
    found = labels.get("weights")
    return [each for each in found.values() if isinstance(each, dict)] if isinstance(found, dict) else []


def _parsed(text: str) -> Any:
    """What a JSON text says, numbers beyond all bounds as None; None where it is no JSON."""
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (RecursionError, ValueError):
        return None


def _finite(text: str) -> float | None:
    return float(text) if math.isfinite(float(text)) else None


def _object(text: str) -> dict[str, Any]:
    found = _parsed(text)
    return found if isinstance(found, dict) else {}


def _versions(text: str, model: str) -> dict[str, Key]:
    """Class to version; empty where the text is no such thing."""
    if not NAME.fullmatch(model):
        return {}
    numbers = {label: number for label, number in _object(text).items() if NUMBER.fullmatch(str(number))}
    return {label: (model, int(number)) for label, number in numbers.items()}


def _scores(text: str) -> dict[str, float | None]:
    """Class to F1; what is none is left out."""
    values = _object(text).items()
    return {
        label: value for label, value in values if value is None or (type(value) in (int, float) and 0 <= value <= 1)
    }
