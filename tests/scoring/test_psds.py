"""PSDS against its slow twin, against sed_scores_eval's values, and under resampling."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kd.corpus.tables import Event
from kd.scoring import reference_psds as slow
from kd.scoring.grid import FrameGrid
from kd.scoring.median import median_filter
from kd.scoring.psds import PSDS1, PSDS2, Psds, PsdsParameters, psds, psds_cells, psds_of, psds_of_samples
from kd.scoring.psds_cells import PsdsCells, join_events
from tests.goldens.psds_cases import CASES, Case

GOLDENS = json.loads((Path(__file__).parent.parent / "goldens" / "psds.json").read_text())
OTHER = PsdsParameters(dtc=0.5, gtc=0.3, cttc=0.2, alpha_ct=1.0, alpha_st=0.5, max_efpr=40.0)
PARAMETERS = {"psds1": PSDS1, "psds2": PSDS2, "other": OTHER}
T = TypeVar("T")
TIGHT = {"rel": 1e-9, "abs": 1e-12}


def applied(function: Callable[..., T], case: Case, parameters: PsdsParameters, **more: Any) -> T:
    reference = {name: [Event(*event) for event in events] for name, events in case.reference.items()}
    return function(
        case.scores,
        reference,
        clips=case.clips,
        grid=case.edges,
        classes=case.classes,
        parameters=parameters,
        durations=case.durations,
        **more,
    )


def scored(case: Case, parameters: PsdsParameters, **more: Any) -> Psds:
    return applied(psds, case, parameters, **more)


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_sed_scores_eval(name: str) -> None:
    case, golden = CASES[name](), GOLDENS["cases"][name]
    for key, parameters in PARAMETERS.items():
        ours, want = scored(case, parameters), golden[key]
        assert ours.value == pytest.approx(want["value"], **TIGHT)
        for label in case.classes:
            assert ours.classes[label] == (
                pytest.approx(want["classes"][label], **TIGHT) if label in want["classes"] else None
            )
        there = sum(map(len, case.reference.values()))
        assert there - ours.joined == golden["events"]
        if parameters.cttc is None:  # with cross-triggers, float noise may split a step of the curve
            assert {label: len(roc.tpr) for label, roc in ours.class_rocs.items()} == want["points"]


def test_the_goldens_cover_what_they_name() -> None:
    assert scored(CASES["overlaps"](), PSDS1).joined > 0
    assert None in scored(CASES["absent class"](), PSDS1).classes.values()
    assert {key: PsdsParameters(**_renamed(given)) for key, given in GOLDENS["parameters"].items()} == PARAMETERS


def _renamed(given: dict[str, float]) -> dict[str, float]:
    return {key.removesuffix("_threshold"): value for key, value in given.items()}


CLASSES = ("a", "b", "c")
FRAMES = 12
levels = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.4, 0.7, 1.0, -math.inf])
spans = st.tuples(st.integers(0, 11), st.integers(1, 6)).map(lambda t: (t[0] / 10, (t[0] + t[1]) / 10))
shares = st.sampled_from([0.1, 0.3, 0.5, 0.7, 1.0])


@st.composite
def parameter_sets(draw: st.DrawFn) -> PsdsParameters:
    """Published ones, and others with few false alarms an hour, so that the limit cuts curves of a few seconds."""
    limits = st.sampled_from([100.0, 1000.0, 2999.0, 20000.0])
    if draw(st.booleans()):
        return replace(draw(st.sampled_from([PSDS1, PSDS2])), max_efpr=draw(limits))
    cost = draw(st.sampled_from([0.0, 0.5, 1.0]))
    return PsdsParameters(
        dtc=draw(shares),
        gtc=draw(shares),
        cttc=draw(shares) if cost else None,
        alpha_ct=cost,
        alpha_st=draw(st.sampled_from([0.0, 0.5, 1.0])),
        max_efpr=draw(limits),
    )


@st.composite
def small_cases(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], list[dict[str, list[tuple[float, float]]]]]:
    """Scores with many ties, and per clip the spans of each class, which may overlap."""
    clips = draw(st.integers(1, 4))
    rows = st.lists(levels, min_size=FRAMES, max_size=FRAMES)
    scores = [[draw(rows) for _ in CLASSES] for _ in range(clips)]
    events = [{label: draw(st.lists(spans, max_size=2)) for label in CLASSES} for _ in range(clips)]
    return np.array(scores, np.float32).transpose(0, 2, 1), events


GRID = FrameGrid(hop=0.1, window=0.1, frames=FRAMES, seconds=0.1 * FRAMES)


def names(count: int) -> list[str]:
    return [f"clip {i}" for i in range(count)]


def as_reference(events: list[dict[str, list[tuple[float, float]]]]) -> dict[str, list[Event]]:
    return {
        name: [Event(on, off, label) for label, found in clip.items() for on, off in found]
        for name, clip in zip(names(len(events)), events, strict=True)
    }


def plain(
    scores: npt.NDArray[np.float32],
    events: list[dict[str, list[tuple[float, float]]]],
    parameters: PsdsParameters,
    times: list[int] | None = None,
) -> tuple[float | None, list[float | None]]:
    clips = [
        slow.PlainClip(
            seconds=GRID.seconds,
            edges=GRID.edges().tolist(),
            scores=scores[i].T.tolist(),
            events=[
                [(e.onset, e.offset) for e in join_events([Event(on, off, label) for on, off in clip[label]])]
                for label in CLASSES
            ],
        )
        for i, clip in enumerate(events)
    ]
    repeated = [clip for clip, count in zip(clips, times or [1] * len(clips), strict=True) for _ in range(count)]
    return slow.psds(clips=repeated, parameters=parameters)


def near(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(small_cases(), parameter_sets())
def test_the_slow_twin_agrees(case: Any, parameters: PsdsParameters) -> None:
    scores, events = case
    ours = psds(
        scores, as_reference(events), clips=names(len(events)), grid=GRID, classes=CLASSES, parameters=parameters
    )
    value, areas = plain(scores, events, parameters)
    assert ours.value == near(value)
    assert list(ours.classes.values()) == [near(area) for area in areas]


@settings(max_examples=100, deadline=None)
@given(small_cases(), parameter_sets(), st.data())
def test_weights_are_clips_repeated(case: Any, parameters: PsdsParameters, data: st.DataObject) -> None:
    scores, events = case
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(events), max_size=len(events)).filter(any))
    cells = psds_cells(
        scores, as_reference(events), clips=names(len(events)), grid=GRID, classes=CLASSES, parameters=parameters
    )
    value, areas = plain(scores, events, parameters, times)
    assert psds_of(cells, np.array(times)) == near(value)
    _, ours = psds_of_samples(cells, np.array([times]))
    assert [None if math.isnan(area) else area for area in ours[0]] == [near(area) for area in areas]


@pytest.mark.parametrize("parameters", [PSDS1, PSDS2], ids=["psds1", "psds2"])
def test_samples_equal_one_by_one_and_threads_change_nothing(parameters: PsdsParameters) -> None:
    case = CASES["many ties"]()
    cells = cells_of(case, parameters)
    weights = np.random.default_rng(0).multinomial(len(case.clips), [1 / len(case.clips)] * len(case.clips), size=40)
    one, two = (psds_of_samples(cells, weights, workers=workers) for workers in (1, 3))
    for ours, others in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours, others)
    assert [psds_of(cells, row) for row in weights] == one[0].tolist()
    assert np.ptp(one[0]) > 0
    alike = np.repeat(weights[:, :, np.newaxis], len(case.classes), axis=2)
    np.testing.assert_array_equal(psds_of_samples(cells, alike)[0], one[0])


@pytest.mark.parametrize("parameters", [PSDS1, PSDS2], ids=["psds1", "psds2"])
def test_classes_may_take_clips_of_their_own(parameters: PsdsParameters) -> None:
    case = CASES["noisy"]()
    cells = cells_of(case, parameters)
    own = np.random.default_rng(1).integers(0, 3, (len(case.clips), len(case.classes)))
    _, together = psds_of_samples(cells, own[np.newaxis])
    for k in range(len(case.classes)):
        _, alone = psds_of_samples(cells, own[np.newaxis, :, k])
        assert together[0, k] == alone[0, k]


def cells_of(case: Case, parameters: PsdsParameters, **more: Any) -> PsdsCells:
    return applied(psds_cells, case, parameters, **more)


def test_the_rows_sum_to_the_counts_of_one_threshold() -> None:
    case = CASES["many ties"]()
    cells = cells_of(case, PSDS2)
    plains = [
        slow.PlainClip(
            seconds=case.durations[name],
            edges=case.edges[i].tolist(),
            scores=case.scores[i].T.tolist(),
            events=[[e[:2] for e in case.reference[name] if e[2] == label] for label in case.classes],
        )
        for i, name in enumerate(case.clips)
    ]
    others = [1, 2, 3, 4]
    changes = cells.changes[0]
    assert (np.diff(changes.thresholds) <= 0).all()
    for threshold in np.unique(changes.thresholds)[[1, 5, -2]]:
        counts = [
            slow.clip_counts(clip=clip, own=0, threshold=float(threshold), others=others, parameters=PSDS2)
            for clip in plains
        ]
        rows = changes.thresholds >= threshold
        assert changes.tp[rows].sum() == sum(count[0] for count in counts)
        assert changes.fp[rows].sum() == sum(count[1] for count in counts)
        entries = np.repeat(rows, np.diff(changes.cross_starts))
        for k in others:
            crossed = changes.cross[entries & (changes.cross_classes == k)].sum()
            assert crossed == sum(count[2][k] for count in counts)


@pytest.mark.parametrize("parameters", [PSDS1, PSDS2, OTHER], ids=["psds1", "psds2", "other"])
def test_values_are_the_areas_of_the_curves(parameters: PsdsParameters) -> None:
    result = scored(CASES["noisy"](), parameters)
    assert result.roc is not None
    assert result.value == pytest.approx(_area(result.roc.efpr, result.roc.tpr, parameters.max_efpr))
    for label, roc in result.class_rocs.items():
        assert (np.diff(roc.efpr) > 0).all() and (np.diff(roc.tpr) > 0).all()
        assert result.classes[label] == pytest.approx(_area(roc.efpr, roc.tpr, parameters.max_efpr))


def _area(rates: npt.NDArray[np.float64], heights: npt.NDArray[np.float64], most: float) -> float:
    return float((heights * np.diff(np.append(rates, most))).sum() / most)


def test_a_perfect_detector_and_a_silent_one() -> None:
    reference = {"x": [Event(0.2, 0.5, "a")], "y": [Event(0.0, 0.4, "b"), Event(0.6, 0.9, "a")], "z": []}
    scores = np.full((3, FRAMES, 2), -np.inf, np.float32)
    for how in (PSDS1, PSDS2):
        nothing = psds(scores, reference, clips="xyz", grid=GRID, classes="ab", parameters=how)
        assert (nothing.value, list(nothing.classes.values())) == (0.0, [0.0, 0.0])
    scores[0, 2:5, 0] = scores[1, 0:4, 1] = scores[1, 6:9, 0] = 1.0
    for how in (PSDS1, PSDS2):
        perfect = psds(scores, reference, clips="xyz", grid=GRID, classes="ab", parameters=how)
        assert perfect.value == pytest.approx(1.0)


def test_a_class_without_events_is_as_if_not_there() -> None:
    case = CASES["absent class"]()
    for parameters in (PSDS1, PSDS2):
        all_of_them = scored(case, parameters)
        less = replace(case, scores=case.scores[:, :, :-1], classes=case.classes[:-1])
        without = scored(less, parameters)
        assert all_of_them.value == without.value is not None
        assert all_of_them.classes == {**without.classes, case.classes[-1]: None}
    nothing = psds(case.scores, {}, clips=case.clips, grid=case.edges, classes=case.classes)
    assert nothing.value is None and nothing.roc is None and set(nothing.classes.values()) == {None}
    assert psds_of(cells_of(case, PSDS2), np.zeros(len(case.clips), np.int64)) is None


def test_overlapping_and_touching_events_are_one() -> None:
    events = [Event(1.0, 2.0, "a"), Event(0.5, 1.0, "a"), Event(1.5, 1.7, "a"), Event(2.1, 3.0, "a")]
    assert join_events(events) == [Event(0.5, 2.0, "a"), Event(2.1, 3.0, "a")]


def test_windows_are_medians_of_each_class() -> None:
    case = CASES["two classes"]()
    smooth = case.scores.copy()
    smooth[:, :, 0] = median_filter(np.ascontiguousarray(smooth[:, :, 0]), 9)
    for parameters in (PSDS1, PSDS2):
        ours = scored(case, parameters, windows=[9, 1])
        assert ours.value == scored(replace(case, scores=smooth), parameters).value
    assert scored(case, PSDS1, windows=[9, 1]).value != scored(case, PSDS1).value


def test_frames_after_the_end_of_a_clip_change_nothing() -> None:
    """A grid whose last frames have no length, whatever their scores."""
    scores = np.random.default_rng(2).random((3, FRAMES, 1), dtype=np.float32)
    reference = {"x": [Event(0.2, 0.5, "a")], "z": [Event(0.0, 0.4, "a")]}
    short = FrameGrid(hop=0.1, window=0.1, frames=FRAMES, seconds=0.8)
    cut = FrameGrid(hop=0.1, window=0.1, frames=8, seconds=0.8)
    how = replace(PSDS1, max_efpr=5000.0)
    ours, want = (
        psds(scores[:, : grid.frames], reference, clips="xyz", grid=grid, classes="a", parameters=how)
        for grid in (short, cut)
    )
    assert ours.value == want.value


def test_what_cannot_be_scored_is_refused() -> None:
    scores = np.zeros((2, FRAMES, 1), np.float32)
    for clips, grid, wrong, message in (
        ("xyz", GRID, scores, "scores are"),
        ("xy", GRID, scores * np.nan, "NaN"),
        ("xx", GRID, scores, "twice"),
        ("xy", np.tile([*GRID.edges()[:-1], 0.0], (2, 1)), scores, "borders"),
    ):
        with pytest.raises(ValueError, match=message):
            psds(wrong, {}, clips=clips, grid=grid, classes="a")
    with pytest.raises(ValueError, match="windows"):
        psds(scores, {}, clips="xy", grid=GRID, classes="a", windows=[1, 1])
    with pytest.raises(ValueError, match="odd"):
        psds(scores, {}, clips="xy", grid=GRID, classes="a", windows=[2])
    for bad in ({"dtc": 0.0}, {"gtc": 1.1}, {"cttc": 0.3}, {"alpha_ct": 0.5}, {"max_efpr": 0.0}, {"alpha_st": -1.0}):
        with pytest.raises(ValueError, match=r"must be|goes with"):
            replace(PSDS1, **bad)
    cells = psds_cells(scores, {}, clips="xy", grid=GRID, classes="a")
    for weights in ([1, 1, 1], [-1, 1], [0.5, 1.0]):
        with pytest.raises(ValueError, match="weights"):
            psds_of(cells, np.array(weights))
