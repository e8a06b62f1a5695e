"""Which versions are kept, and why."""

import json

from kd.promotion.needed import needed, parents
from kd.tracking.registry import Version


def version(number: int, kind: str = "candidate", *, index: int = 1, source: str = "", **tags: object) -> Version:
    texts = {f"kd.{key}": json.dumps(value) for key, value in tags.items()}
    return Version("m", number, "", {"kd.kind": kind, "kd.pass": str(index), **texts}, source)


VERSIONS = {
    each.number: each
    for each in (
        version(1, "tagger", index=0),
        version(2),
        version(3),
        version(4, "merged", champions={"Cat": 2, "Dog": 3}),
        version(5, index=2, teachers={"Cat": 2, "Dog": 3}),
        version(6, index=2, teachers={"Cat": 2, "Dog": 3}),
        version(7, "merged", index=2, champions={"Cat": 5, "Dog": 5}),
        version(8, "merged", index=0, champions={"Cat": 6}),
    )
}
ALIASES = {"best-Cat": 5, "best-Dog": 5, "merged": 7}


def test_passes_keep_their_merged_detectors_and_champions() -> None:
    kept = needed(VERSIONS, ALIASES, passes=True, copies={})
    assert set(kept) == {2, 3, 4, 5, 7}
    assert kept[5] == "alias best-Cat, best-Dog" and kept[4] == "merged in pass 1"
    assert kept[2] == "taught 5" and kept[3] == "taught 5"


def test_lineage_is_followed_to_its_beginning() -> None:
    assert set(needed(VERSIONS, {"merged": 7}, passes=False, copies={})) == {2, 3, 5, 7}
    assert needed(VERSIONS, {"own": 8}, passes=False, copies={}) == {
        8: "alias own",
        6: "made 8",
        2: "taught 6",
        3: "taught 6",
    }


def test_copies_and_jobs_that_run_keep_versions() -> None:
    versions = {
        1: version(1, source="models:/m-1"),
        2: version(2, source="models:/m-2"),
        3: version(3, source="models:/m/1"),
        4: version(4, source="models:/m-4", iterate_id=7),
        5: version(5, source="models:/m-5"),
    }
    assert needed(versions, {}, passes=True, copies={"models:/m-2": "x 1", "models:/m/5": "y 2"}, running=("7",)) == {
        2: "source of x 1",
        4: "its job has not ended",
        5: "source of y 2",
    }
    assert needed(versions, {"a": 3}, passes=True, copies={}) == {3: "alias a", 1: "copied as 3"}


def test_spoilt_tags_name_nothing_and_absent_versions_are_no_matter() -> None:
    for spoilt in ("", "[]", "{", '{"Cat": "x"}', '{"Cat": null}', "1"):
        assert parents(Version("m", 1, "", {"kd.teachers": spoilt})) == {}
    assert needed({2: version(2, teachers={"Cat": 99})}, {"a": 2, "b": 77}, passes=True, copies={}) == {2: "alias a"}


def test_teachers_of_another_model_are_not_ones_own_versions_of_that_number() -> None:
    student = version(9, "student", index=0, teachers={"Cat": 2})
    other = Version("m", 9, "", {**student.tags, "kd.teachers_model": "kd-sed"})
    assert parents(student) == {2: "taught"} and parents(other) == {}
