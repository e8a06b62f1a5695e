"""What a lineage says besides who taught whom: corpus, features, code, job and runs; and all of it as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from kd.audio.spec import FeatureSpec
from kd.errors import UserError
from kd.lineage.facts import Facts, labels_in_brief
from kd.lineage.graph import Lineage
from kd.lineage.tree import called
from kd.text import aligned
from kd.tracking.lineage import Key

SCHEMA = 1


@dataclass(frozen=True)
class Surroundings:
    """What lies around the versions. jobs: job to its top run; data: the corpus given to compare with; digest: its digest.

    digest is empty where it was not computed; why: the reason.
    """

    jobs: Mapping[str, str] = field(default_factory=dict)
    data: str = ""
    digest: str = ""
    why: str = ""


def summary(lineage: Lineage, around: Surroundings) -> list[tuple[str, str]]:
    """(what, in words) of the whole lineage: a line each."""
    known = [facts for facts in lineage.versions.values() if facts is not None]
    rows = [
        ("corpus", _by_value(lineage, {f.key: f.corpus for f in known})),
        *([("data", _compared(lineage, around))] if around.data else []),
        ("features", _by_value(lineage, {f.key: features_in_brief(f) for f in known})),
        ("code", _by_value(lineage, {f.key: f.code for f in known})),
        ("commit", _by_value(lineage, {f.key: f.commit for f in known})),
        ("job", _by_value(lineage, {f.key: _job(f, around) for f in known})),
    ]
    gone = [called(lineage, key) for key, facts in lineage.versions.items() if facts is None]
    if gone:
        rows.append(("deleted", ", ".join(gone)))
    bare = [called(lineage, facts.key) for facts in known if not facts.recorded]
    if bare:
        rows.append(("not recorded", f"what made {', '.join(bare)}"))
    return rows


def block(lineage: Lineage, around: Surroundings) -> str:
    """`summary` and the runs, for a terminal."""
    runs = [
        (called(lineage, key), facts.run or "no run") for key, facts in lineage.versions.items() if facts is not None
    ]
    rows = [[name, text] for name, text in summary(lineage, around)]
    rows += [["runs" if i == 0 else "", f"{run}  {name}"] for i, (name, run) in enumerate(runs)]
    return aligned(rows, left=2)


def features_in_brief(facts: Facts) -> str:
    """Each description in a phrase; empty where none is recorded."""
    return "; ".join(_features(each) for each in facts.features)


def to_dict(lineage: Lineage, around: Surroundings) -> dict[str, Any]:
    """All of it as plain JSON values."""
    return {
        "schema": SCHEMA,
        "root": _named(lineage.root),
        "versions": [_facts(lineage, key, facts) for key, facts in lineage.versions.items()],
        "links": [
            {
                "source": _named(link.source),
                "target": _named(link.target),
                "classes": list(link.classes),
                "as": "champion" if link.champion else "teacher",
            }
            for link in lineage.links
        ],
        "jobs": dict(around.jobs),
        "data": {"path": around.data, "digest": around.digest or None, "why": around.why} if around.data else None,
    }


def _facts(lineage: Lineage, key: Key, facts: Facts | None) -> dict[str, Any]:
    if facts is None:
        return {**_named(key), "deleted": True}
    found = asdict(facts)
    del found["key"], found["champions"], found["teachers"]
    shown = {"deleted": False, "recorded": facts.recorded, "final": key in lineage.final, "level": lineage.levels[key]}
    return {**_named(key), **shown, **found, "features": list(found["features"]), "brief": labels_in_brief(facts)}


def _named(key: Key) -> dict[str, Any]:
    return {"model": key[0], "version": key[1]}


def _by_value(lineage: Lineage, values: Mapping[Key, str]) -> str:
    """A value that all share, else each with the versions that have it."""
    groups: dict[str, list[str]] = {}
    for key, value in values.items():
        groups.setdefault(value or "not recorded", []).append(called(lineage, key))
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{value} ({_few(names)})" for value, names in groups.items()) or "not recorded"


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed) if len(listed) < 5 else f"{listed[0]} and {len(listed) - 1} more"


def _compared(lineage: Lineage, around: Surroundings) -> str:
    facts = lineage.versions[lineage.root]
    if facts is None or not facts.corpus or not around.digest:
        return f"{around.data}: not compared, {around.why or 'the digest of its corpus is not recorded'}"
    if around.digest == facts.corpus:
        return f"{around.data}: the same now"
    return f"{around.data}: another now, {around.digest}"


def _features(values: Mapping[str, Any]) -> str:
    try:
        spec = FeatureSpec.from_dict(dict(values))
        bands = f"{spec.mels} mel bands at {spec.rate} Hz, {spec.frames} frames of {1000 * spec.grid.hop:.1f} ms"
        return f"{bands} in {spec.seconds:g} s, {spec.scaling} scaled"
    except (ArithmeticError, TypeError, UserError):
        return ", ".join(f"{key} {value}" for key, value in values.items())


def _job(facts: Facts, around: Surroundings) -> str:
    if not facts.job:
        return "none, a run by itself" if facts.kind in ("single", "merged") else ""
    run = around.jobs.get(facts.job)
    return f"{facts.job}, run {run}" if run else f"{facts.job}, whose run is gone"
