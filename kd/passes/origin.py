"""What a version was made of, as tags of that version: teachers, labels, features, code.

Tags, all but the commit JSON or plain text: `kd.teachers`, class to the number of the version whose labels were learnt
from; `kd.teachers_model`, their registered model where it is another; `kd.labels`, how labels were made; `kd.label_run`,
the run that logged them; `kd.features`, descriptions of the features; `kd.code`, digest of the code; `kd.commit`;
`kd.origin`, the artifact of the run that holds those too long for a tag.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from kd.audio.spec import FeatureSpec
from kd.commit import project_commit
from kd.labels.artifact import LabelArtifact
from kd.labels.settings import LabelSettings
from kd.labels.smoothing import Smoothing
from kd.passes.options import ClampOptions
from kd.tracking.registry import LONGEST

ARTIFACT = "origin.json"  # of the version's run: tags that are longer


@dataclass(frozen=True)
class Origin:
    """What one network learnt from.

    labels: how its labels were made, as far as it matters, with their kind: `tags`, known tags; `tags+pseudo`, the same
    and a tagger's tags of the clips without; `strong`, known frames; else as in `LabelSettings`, or S2's `class-frame`.
    teachers: class to version, of the classes that had one; model: their registered model; empty: the network's own.
    run: the run that logged the labels; empty where none did.
    """

    labels: Mapping[str, Any]
    teachers: Mapping[str, int] = field(default_factory=dict)
    model: str = ""
    run: str = ""

    def tags(self) -> dict[str, str]:
        """As tags of a version; what is empty has none."""
        found = {"kd.labels": json.dumps(dict(self.labels))}
        if self.teachers:
            found["kd.teachers"] = json.dumps(dict(self.teachers), sort_keys=True)
        return found | {
            key: value for key, value in (("kd.teachers_model", self.model), ("kd.label_run", self.run)) if value
        }


def made_tags(specs: Sequence[FeatureSpec], *, code: str) -> dict[str, str]:
    """Tags of any version: features, each description once, the code's digest, and the commit where there is one."""
    features = [spec.to_dict() for spec in dict.fromkeys(specs)]
    commit = project_commit()
    return {"kd.features": json.dumps(features), "kd.code": code} | ({"kd.commit": commit} if commit else {})


def parted(tags: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Tags that a registry takes, and those that are too long for it."""
    short = {key: value for key, value in tags.items() if len(value) <= LONGEST}
    return short, {key: value for key, value in tags.items() if key not in short}


def labels_used(settings: LabelSettings, how: Smoothing, *, index: int) -> dict[str, Any]:
    """Of the settings of pass `index`, from 2, those that bear on labels smoothed this way."""
    found: dict[str, Any] = {"kind": settings.kind, **_smoothed(how)}
    if settings.kind != "binary":
        found["temperature"] = settings.temperature
    if settings.kind != "soft":
        schedule = {key: getattr(settings, key) for key in ("start", "decay", "floor")}
        found |= {"threshold": settings.threshold(index), **schedule, "scale": settings.scale}
    elif settings.accept == "exact":
        found["scale"] = settings.scale
    return found | _known(settings)


def artifact_labels_used(labels: LabelArtifact, how: Smoothing, known: ClampOptions) -> dict[str, Any]:
    """The same of an artifact, which holds the threshold of each class; known: what is known of clips beside it."""
    rule = labels.rule
    found: dict[str, Any] = {"kind": rule.kind, **_smoothed(how)}
    if rule.kind != "binary":
        found["temperature"] = rule.temperature
    if rule.kind != "soft" or known.accept == "exact":
        found["thresholds"] = dict(zip(labels.classes, rule.thresholds, strict=True))
    return found | _known(known)


def _known(settings: LabelSettings | ClampOptions) -> dict[str, Any]:
    weight = {"tag_weight": settings.tag_weight} if settings.tag_weight else {}
    return {"clamp": settings.clamp, "accept": settings.accept, **weight}


def _smoothed(how: Smoothing) -> dict[str, Any]:
    """A smoothing without what it does not do."""
    given = asdict(how)
    unused = {"window"} if how.window <= 1 else set()
    unused |= set() if how.sigma > 0 else {"sigma"}
    return {"smoothing": given.pop("name"), **{key: value for key, value in given.items() if key not in unused}}
