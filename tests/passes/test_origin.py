"""What is recorded of a version: only what bears on it, and never more than a registry takes."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kd.audio.grid import FrameGrid
from kd.audio.spec import s1, s2
from kd.labels.artifact import LabelArtifact
from kd.labels.rule import LabelRule
from kd.labels.settings import LabelSettings
from kd.labels.smoothing import smoothing
from kd.passes.context import Bench
from kd.passes.judging import Verdict
from kd.passes.lesson import logged_by, teachers_behind
from kd.passes.one_pass import tag_origin
from kd.passes.options import ClampOptions
from kd.passes.origin import LONGEST, Origin, artifact_labels_used, labels_used, made_tags, parted
from kd.passes.recording import register

NONE, MEDIAN, BOTH = (smoothing(name) for name in ("none", "median", "median+gaussian"))
THRESHOLD = {"threshold": 0.5, "start": 0.5, "decay": 0.0, "floor": 0.25, "scale": "own"}
ALWAYS = {"clamp": True, "accept": "all"}
EARLIER = [
    {"index": 1, "run_id": "one", "champions": {"a": {"version": 2}, "b": {"version": 3}}},
    {"index": 2, "run_id": "two", "champions": {"a": {"version": 5}, "b": {"version": 3}}},
]


@pytest.mark.parametrize(
    ("settings", "how", "used"),
    [
        (LabelSettings(), MEDIAN, {"kind": "binary", "smoothing": "median", "window": 7, **THRESHOLD, **ALWAYS}),
        (LabelSettings(temperature=2.0), NONE, {"kind": "binary", "smoothing": "none", **THRESHOLD, **ALWAYS}),
        (
            LabelSettings(kind="soft", temperature=2.0),
            BOTH,
            {"kind": "soft", "smoothing": "median+gaussian", "window": 7, "sigma": 1.0, "temperature": 2.0, **ALWAYS},
        ),
        (
            LabelSettings(kind="soft", accept="exact", clamp=False),
            NONE,
            {
                "kind": "soft",
                "smoothing": "none",
                "temperature": 1.0,
                "scale": "own",
                "clamp": False,
                "accept": "exact",
            },
        ),
        (
            LabelSettings(kind="gated", start=0.75, decay=0.25, scale="absolute"),
            NONE,
            {"kind": "gated", "smoothing": "none", "temperature": 1.0, "threshold": 0.5, "start": 0.75, "decay": 0.25}
            | {"floor": 0.25, "scale": "absolute", **ALWAYS},
        ),
    ],
)
def test_only_settings_that_are_used_are_recorded(settings: LabelSettings, how: Any, used: dict[str, Any]) -> None:
    assert labels_used(settings, how, index=3) == used


def test_an_artifact_gives_its_own_thresholds() -> None:
    grid = FrameGrid(hop=0.1, window=0.1, frames=2, seconds=0.2)
    labels = LabelArtifact(("a", "b"), grid, {"a": 1, "b": 2}, LabelRule("binary", 1.0, (0.3, 0.6)), (BOTH,), 1, {})
    used = artifact_labels_used(labels, BOTH, ClampOptions(clamp=False, tag_weight=0.0))
    assert used == {"kind": "binary", "smoothing": "median+gaussian", "window": 7, "sigma": 1.0} | {
        "thresholds": {"a": 0.3, "b": 0.6},
        "clamp": False,
        "accept": "all",
    }
    soft = replace(labels, rule=LabelRule("soft", 3.0, (0.3, 0.6)))
    assert artifact_labels_used(soft, NONE, ClampOptions(tag_weight=0.0))["temperature"] == 3.0
    assert "thresholds" not in artifact_labels_used(soft, NONE, ClampOptions(tag_weight=0.0))
    assert "thresholds" in artifact_labels_used(soft, NONE, ClampOptions(accept="exact"))


def test_tags_hold_what_there_is() -> None:
    assert Origin({"kind": "tags"}).tags() == {"kd.labels": '{"kind": "tags"}'}
    tags = Origin({"kind": "soft"}, {"b": 2, "a": 1}, "other", "run").tags()
    assert tags["kd.teachers"] == '{"a": 1, "b": 2}' and tags["kd.teachers_model"] == "other"
    assert tags["kd.label_run"] == "run"
    assert tag_origin(("a", "b"), 4) == Origin({"kind": "tags+pseudo"}, {"a": 4, "b": 4})
    assert tag_origin(("a", "b"), None) == Origin({"kind": "tags"})


def test_each_description_of_features_is_recorded_once() -> None:
    tags = made_tags([s1(), s2(), s1()], code="c0de")
    assert json.loads(tags["kd.features"]) == [s1().to_dict(), s2().to_dict()] and tags["kd.code"] == "c0de"


def test_a_class_that_keeps_old_labels_names_their_teacher_and_one_without_labels_none() -> None:
    teachers = {"a": 5, "b": 3}
    fine: dict[str, Any] = {"collapsed": {}, "kept_from": {}}
    assert teachers_behind(teachers, EARLIER, fine) == teachers
    kept = {"collapsed": {"a": "nowhere"}, "kept_from": {"a": 2}}
    assert teachers_behind(teachers, EARLIER, kept) == {"a": 2, "b": 3}
    assert teachers_behind(teachers, EARLIER, {"collapsed": {"a": "nowhere"}, "kept_from": {}}) == {"b": 3}


def test_the_label_run_is_named_only_where_its_labels_are_those_learnt_from() -> None:
    assert logged_by({"a": 5, "b": 3}, EARLIER) == "two"
    assert logged_by({"a": 2, "b": 3}, EARLIER) == ""


def test_what_no_tag_can_hold_stays_on_the_run() -> None:
    long, short = "x" * (LONGEST + 1), "x" * LONGEST
    assert parted({"a": short, "b": long}) == ({"a": short}, {"b": long})
    logged: dict[str, Any] = {}
    added: dict[str, Any] = {}
    bench = SimpleNamespace(
        runs=SimpleNamespace(json=lambda run, value, name: logged.update({name: value})),
        registry=SimpleNamespace(add=lambda **words: added.update(words) or 7),
        inputs=SimpleNamespace(corpus=SimpleNamespace(digest="d")),
    )
    scores = {"tuned": {"macro": {"f1": None}}, "fixed": {"macro": {"f1": None}}}
    verdict = SimpleNamespace(f1=lambda kind: {"a": 0.5}, select=scores)
    number = register(
        cast(Bench, bench),
        run="r",
        logged="m",
        verdict=cast(Verdict, verdict),
        tags={"kd.pass": "1", "kd.name": "deep"},
        made={"kd.labels": short, "kd.teachers": long},
    )
    assert number == 7 and logged == {"origin.json": {"kd.teachers": long}}
    assert added["tags"]["kd.labels"] == short and "kd.teachers" not in added["tags"]
    assert added["tags"]["kd.origin"] == "origin.json"
