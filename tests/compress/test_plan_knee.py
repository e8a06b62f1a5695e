"""Which students there are, how small they are, and which of them is proposed."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.compress.knee import front, knee
from kd.compress.plan import Student, config_of, reference_size, students
from kd.compress.settings import CompressSettings
from kd.errors import UserError
from kd.models.build import build, count_parameters

TEN = tuple("abcdefghij")
points = st.lists(st.tuples(st.integers(100, 10**6), st.floats(0, 1)), min_size=1, max_size=12)


@pytest.mark.parametrize("architecture", ["small", "small-conv"])
@pytest.mark.parametrize("ratio", [10, 25, 50, 77.7, 100, 200])
def test_the_ratio_is_kept(architecture: str, ratio: float) -> None:
    reference = reference_size(TEN, [143306], mels=64)
    assert reference == 332298  # the deep network's, also where only a shallow one teaches
    config = config_of(Student(architecture, ratio, "mean"), TEN, mels=64, direction="both", reference=reference)
    size = count_parameters(build(config))
    assert ratio <= reference / size < 1.25 * ratio
    if ratio == 50:
        assert size <= 6645


def test_a_larger_teacher_is_the_reference() -> None:
    assert reference_size(TEN, [143306, 999999], mels=64) == 999999


def test_every_student_is_made_once_largest_first() -> None:
    made = students(CompressSettings(ratios="100,10,50", weightings="convex,none", architectures="small,small-conv"))
    assert [each.name for each in made][:4] == ["small-10-convex", "small-10-none", "small-50-convex", "small-50-none"]
    assert len({each.name for each in made}) == 12
    assert [each.name for each in students(CompressSettings())] == ["small-50-convex"]


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"ratios": "10,x"}, "ratios='x' is not a number"),
        ({"ratios": "10,,20"}, "empty or repeated"),
        ({"ratios": "10,0.5"}, "out of range"),
        ({"ratios": "nan"}, "not a number"),
        ({"weightings": "convex,meen"}, "unknown 'meen'"),
        ({"architectures": "deep"}, "unknown 'deep'"),
        ({"architectures": "small-conv", "direction": "forward"}, "direction=forward"),
    ],
)
def test_words_that_are_none_are_refused(given_: dict[str, str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        students(CompressSettings(**given_))


@given(points)
def test_nothing_beats_the_front_and_the_knee_is_on_it(some: list[tuple[int, float]]) -> None:
    kept = front(some)
    for i, (size, f1) in enumerate(some):
        beaten = any(s <= size and f >= f1 and (s, f) != (size, f1) for s, f in some)
        if i in kept:
            assert not beaten
        else:
            assert beaten or (size, f1) in [some[k] for k in kept]
    assert knee(some) in kept


def test_the_knee_is_where_more_size_stops_paying() -> None:
    sizes = [1500, 3300, 6600, 13200, 33000]
    assert knee(list(zip(sizes, [0.05, 0.08, 0.14, 0.145, 0.15], strict=True))) == 2
    assert knee(list(zip(sizes, [0.10, 0.13, 0.14, 0.15, 0.152], strict=True))) == 1
    assert knee([(100, 0.1), (200, 0.3)]) == 1
    assert knee([(100, 0.2), (200, 0.1)]) == 0
    line = [(round(math.exp(x)), x / 10) for x in range(5, 10)]
    assert knee(line) in range(5)
