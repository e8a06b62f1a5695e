"""From a version back to what made it: the graph, the tree, the drawing and the page."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.lineage.facts import Facts, facts_of, labels_in_brief
from kd.lineage.graph import Lineage, trace
from kd.lineage.layout import BOX, Spot, layout, left, written
from kd.lineage.page import page
from kd.lineage.report import Surroundings, block, to_dict
from kd.lineage.tree import tree
from kd.tracking.lineage import Found, Key
from kd.tracking.registry import Version

M = "m"
F1 = {"Cat": 0.25, "Dog": 0.5, "Owl": None}


def key(number: int) -> Key:
    return (M, number)


def network(number: int, index: int, name: str, teachers: dict[str, int], **more: object) -> Facts:
    """A network with the same F1 as all others."""
    given_ = {"labels": {"kind": "binary", "smoothing": "median", "window": 7}, "tuned": F1, **more}
    found = {label: key(number) for label, number in teachers.items()}
    architecture = name.partition("-")[0]
    return Facts(key(number), f"run{number}", "candidate", index, name, architecture, teachers=found, **given_)  # type: ignore[arg-type]


JOB = {
    1: Facts(key(1), "run1", "tagger", 0, "tagger", "deep", labels={"kind": "tags"}, tuned=F1),
    2: network(2, 1, "deep", dict.fromkeys(F1, 1), labels={"kind": "tags+pseudo"}),
    3: network(3, 1, "shallow", dict.fromkeys(F1, 1), labels={"kind": "tags+pseudo"}),
    5: network(5, 2, "deep-median", {"Cat": 2, "Dog": 3, "Owl": 4}),
    6: network(6, 2, "shallow-median", {"Cat": 2, "Dog": 3, "Owl": 4}, labels=None),
    7: Facts(key(7), "run7", "merged", 2, "merged", champions={"Cat": key(5), "Dog": key(3), "Owl": key(6)}, tuned=F1),
}
TREE = """\
models:/m/7  merged, pass 2: all 3 classes, F1 37.5
├─ version 3  pass 1 shallow: Dog 50.0; learnt from weak labels, and the tagger's tags of clips without
│  └─ version 1  tagger (deep): all 3 classes, F1 37.5; learnt from weak labels
├─ version 5  pass 2 deep-median: Cat 25.0; learnt from binary labels, median 7
│  ├─ version 2  pass 1 deep: Cat 25.0; learnt from weak labels, and the tagger's tags of clips without
│  │  └─ see above: version 1 (all classes)
│  ├─ version 4  no longer in the registry: Owl
│  └─ see above: version 3 (Dog)
└─ version 6  pass 2 shallow-median: Owl -; learnt from labels that are not recorded
   └─ see above: version 2 (Cat); version 3 (Dog); version 4 (Owl)"""


def of_job(root: int = 7) -> Lineage:
    return trace(key(root), lambda asked: JOB.get(asked[1]))


def test_the_tree_is_short_and_whole() -> None:
    assert tree(of_job()) == TREE
    assert tree(of_job(4)) == "models:/m/4  not in the registry"


def test_what_was_made_by_hand_is_said_to_be_unknown() -> None:
    bare = facts_of(Found(Version(M, 9, "", {})))
    lineage = trace(key(9), {key(9): bare}.get)
    assert tree(lineage) == "models:/m/9  without a name: no F1 recorded; what made it is not recorded"
    assert "not recorded  what made version 9" in block(lineage, Surroundings())
    assert "9 · network" in page(lineage, Surroundings())


@st.composite
def graphs(draw: st.DrawFn, *, circles: bool) -> dict[Key, Facts | None]:
    """Versions 0.. taught by earlier ones, or with circles by any; some deleted; the last is the root."""
    count = draw(st.integers(1, 12))
    made: dict[Key, Facts | None] = {}
    for number in range(1, count + 1):
        others = st.integers(1, count if circles else max(number - 1, 1))
        teachers = draw(st.dictionaries(st.sampled_from("abcde"), others, max_size=5))
        if not circles and number == 1:
            teachers = {}
        facts = network(number, draw(st.integers(0, 3)), "deep", teachers)
        made[key(number)] = None if number < count and draw(st.integers(0, 9)) == 0 else facts
    return made


def reached(made: dict[Key, Facts | None], root: Key) -> set[Key]:
    """The root and its ancestors, by the plainest of searches."""
    found: set[Key] = set()
    waiting = [root]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            facts = made[at]
            waiting += [] if facts is None else list(facts.teachers.values())
    return found


@given(graphs(circles=False) | graphs(circles=True))
def test_every_ancestor_stands_once_in_full_and_each_link_is_told(made: dict[Key, Facts | None]) -> None:
    root = max(made)
    lineage = trace(root, made.__getitem__)
    assert set(lineage.versions) == reached(made, root)
    joined = " ".join(re.sub(r"^[│├└─ ]+", "", line) for line in tree(lineage).splitlines())
    full = re.findall(r"(?:models:/m/|version )(\d+)  ", joined)
    assert sorted(map(int, full)) == sorted(number for _, number in lineage.versions)
    lines = [line.lstrip("│├└─ ") for line in tree(lineage).splitlines()]
    assert lines[0].startswith(f"models:/m/{root[1]}  ")
    named = len(re.findall(r"version \d+", joined))
    assert named == len(lineage.links)


@given(graphs(circles=False) | graphs(circles=True))
def test_links_lead_right_past_all_boxes(made: dict[Key, Facts | None]) -> None:
    lineage = trace(max(made), made.__getitem__)
    placed = layout(lineage)
    boxes = [spot for column in placed.spots for spot in column if not spot.lane]
    assert sorted(spot.key for spot in boxes) == sorted(lineage.versions)
    for number, column in enumerate(placed.spots):
        assert any(not spot.lane for spot in column) and all(spot.column == number for spot in column)
        for above, below in pairwise(column):
            assert bottom(above) <= below.y - below.tall / 2
        assert all(spot.y - spot.tall / 2 >= 0 and bottom(spot) <= placed.height for spot in column)
        assert left(number) + BOX <= placed.width
    drawn = 0
    for knot in placed.knots:
        for source, _ in knot.sources:
            at = placed.box(source).column
            assert at < knot.column
            way = [spot for spot in placed.spots[knot.column - 1] if spot.key == source]
            assert len(way) == 1 and knot in way[0].ports and way[0].lane == (at < knot.column - 1)
            assert all(any(s.key == source and s.lane for s in placed.spots[c]) for c in range(at + 1, knot.column))
            drawn += len(knot.targets)
    assert drawn + len(placed.undrawn) == len(lineage.links)


def bottom(spot: Spot) -> float:
    return spot.y + spot.tall / 2


@given(graphs(circles=False))
def test_without_circles_every_link_is_drawn(made: dict[Key, Facts | None]) -> None:
    assert layout(trace(max(made), made.__getitem__)).undrawn == ()


def test_a_long_line_of_teachers_is_followed_to_its_end() -> None:
    lineage = trace(key(3000), lambda asked: network(asked[1], 0, "deep", {"a": asked[1] - 1} if asked[1] > 1 else {}))
    assert len(lineage.versions) == 3000 and lineage.levels[key(3000)] == 2999
    assert tree(lineage).count("version ") == 2999


def test_each_version_stands_in_the_column_of_its_pass() -> None:
    levels = {number: level for (_, number), level in of_job().levels.items()}
    assert levels == {1: 0, 2: 1, 3: 1, 4: 1, 5: 2, 6: 2, 7: 3}
    assert of_job().final == {key(7), key(5), key(3), key(6)}


@pytest.mark.parametrize(
    ("classes", "lines"),
    [
        (["Cat"], ["Cat"]),
        (["Cat", "Running water"], ["Cat,", "Running\u00a0water"]),
        (["Electric_shaver_toothbrush"], ["Electric_sha…"]),
        (
            ["Alarm_bell", "Blender", "Cat", "Dishes", "Running_water", "Speech"],
            ["Alarm_bell,", "Blender, Cat,", "Dishes,", "and 2 more"],
        ),
    ],
)
def test_classes_on_a_link_are_cut_and_counted(classes: list[str], lines: list[str]) -> None:
    assert written(classes) == lines


class Reader(HTMLParser):
    """Open elements, ids, links, texts."""

    VOID = ("meta", "br", "rect", "path", "circle")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.names: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_whole_and_asks_for_nothing() -> None:
    text = page(of_job(), Surroundings(data="d", digest="e"))
    read = Reader(text)
    assert read.open == [] and len(set(read.ids)) == len(read.ids)
    assert all(link.startswith("#") and link[1:] in read.ids for link in read.links)
    assert not re.search(r"https?:|url\((?!#)|@import|<script|<link|<img", text)
    for number in range(1, 8):
        assert {f"box-m-{number}", f"row-m-{number}", f"record-m-{number}"} <= set(read.ids)
    said = " ".join(read.texts)
    for words in ("7 · merged", "3 networks", "F1 37.5", "deleted", "no longer in the registry", "all 3 classes"):
        assert words in said
    assert "prefers-color-scheme" in text or "light-dark(" in text


def test_every_name_is_escaped() -> None:
    bad = "<script>alert('&\"')</script>"
    facts = Facts(
        ("m", 2), bad, "candidate", 1, bad, bad, bad, bad, bad, bad, {}, {bad: key(1)}, {"kind": bad, bad: bad}, bad,
        ({"rate": bad, bad: bad},), {bad: 0.5}, {bad: 0.5},
    )  # fmt: skip
    other = Facts(key(1), kind=bad, name=bad, tuned={bad: 0.1, "x": 0.2})
    lineage = trace(key(2), {key(2): facts, key(1): other}.get)
    text = page(lineage, Surroundings({bad: bad}, bad, bad, bad))
    read = Reader(text)
    assert read.open == [] and "script" not in read.names and "alert" in "".join(read.texts)
    assert bad in block(lineage, Surroundings())


def test_json_holds_everything() -> None:
    found = json.loads(json.dumps(to_dict(of_job(), Surroundings({"j": "r"}, "d", "", "why")), allow_nan=False))
    assert found["root"] == {"model": M, "version": 7} and found["jobs"] == {"j": "r"}
    by_number = {each["version"]: each for each in found["versions"]}
    assert by_number[4] == {"model": M, "version": 4, "deleted": True}
    assert by_number[5]["labels"]["window"] == 7 and by_number[5]["final"] and not by_number[2]["final"]
    ways = {(link["source"]["version"], link["target"]["version"]): link for link in found["links"]}
    assert ways[5, 7]["as"] == "champion" and ways[5, 7]["classes"] == ["Cat"]
    assert ways[1, 2]["as"] == "teacher" and ways[1, 2]["classes"] == ["Cat", "Dog", "Owl"]
    assert found["data"] == {"path": "d", "digest": None, "why": "why"}


@pytest.mark.parametrize(
    ("around", "words"),
    [
        (Surroundings(data="here", digest="c"), "here: the same now"),
        (Surroundings(data="here", digest="x"), "here: another now, x"),
        (Surroundings(data="here", why="a reason"), "here: not compared, a reason"),
    ],
)
def test_the_corpus_is_compared_with_the_one_given(around: Surroundings, words: str) -> None:
    facts = network(2, 1, "deep", {}, corpus="c")
    assert words in block(trace(key(2), {key(2): facts}.get), around)


def test_tags_are_read_whatever_a_person_wrote_there() -> None:
    tags = {
        "kd.pass": "³",
        "kd.labels": "[" * 5000,
        "kd.teachers": '{"Cat": 3, "Dog": -1, "Owl": "x", "Hen": 99999999999, "Emu": null}',
        "kd.champions": '["a"]',
        "kd.features": '{"rate": 1}',
        "kd.f1.tuned": '{"Cat": 0.5, "Dog": NaN, "Owl": 1e999, "Hen": "x", "Emu": true, "Cow": 7}',
    }
    facts = facts_of(Found(Version(M, 2, "r", tags)))
    assert facts.teachers == {"Cat": key(3)} and facts.champions == {} and facts.features == ()
    assert facts.tuned == {"Cat": 0.5, "Dog": None, "Owl": None} and facts.index == 0 and facts.labels is None
    other = facts_of(Found(Version(M, 2, "r", {"kd.teachers": '{"Cat": 3}', "kd.teachers_model": "other"})))
    assert other.teachers == {"Cat": ("other", 3)}
    assert "version 3 of other  no longer" in tree(trace(key(2), {key(2): other}.get))
    odd = facts_of(Found(Version(M, 2, "r", {"kd.teachers": '{"Cat": 3}', "kd.teachers_model": "a/b"})))
    assert odd.teachers == {}


def test_labels_in_a_phrase() -> None:
    def brief(**labels: object) -> str:
        return labels_in_brief(network(2, 1, "deep", {}, labels=labels))

    soft = brief(kind="soft", smoothing="none", temperature=2.0, clamp=False, accept="exact")
    assert soft == "soft labels, unsmoothed, temperature 2, exact matches only"
    gated = brief(
        kind="gated", smoothing="median+gaussian", window=9, sigma=1.25, threshold=0.6, scale="own", clamp=True
    )
    assert gated == "gated labels, median 9, Gaussian 1.25, threshold 0.6 on the own scale, clamped"
    frames = brief(kind="class-frame", start=0.75, floor=0.25, updates=4)
    assert frames == "class-frame pseudo-labels, threshold 0.75 down to 0.25 in 4 updates"
    assert labels_in_brief(JOB[6]) == "labels that are not recorded"
