"""Plans, steps per candidate, champions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.errors import UserError
from kd.labels.names import KINDS
from kd.passes.champions import Contender, choose
from kd.passes.plan import fit_settings, plan, resolve_steps, seed_of, steps_for, width_of
from kd.passes.settings import IterateSettings


def test_pass_1_has_two_candidates_and_later_ones_two_or_six() -> None:
    ours = plan(IterateSettings())
    assert [c.name for c in ours.candidates(2)] == ["small-median", "shallow-median"]
    assert (ours.tagger, ours.student) == ("small", "shallow")
    paper = plan(IterateSettings(recipe="paper"))
    assert [len(paper.candidates(i)) for i in (1, 2)] == [2, 6] and paper.judged_by == "fixed"
    assert paper.architectures == ("deep", "shallow") and paper.tagger == "deep"
    assert len(plan(IterateSettings(passes=8)).trainings()) == 1 + 8 * 2


@pytest.mark.parametrize(
    ("given", "architecture", "rate", "width"),
    [
        ({}, "small", 4e-3, 2.0),
        ({}, "shallow", 2e-3, 1.0),
        ({}, "deep", 1e-3, 1.0),
        ({"recipe": "paper"}, "shallow", 1e-3, 1.0),
        ({"learning_rate": 0.01, "width": 0.5}, "small", 0.01, 0.5),
    ],
)
def test_rate_and_width_are_a_networks_own_unless_given(
    given: dict[str, object], architecture: str, rate: float, width: float
) -> None:
    settings = IterateSettings(**given)  # type: ignore[arg-type]
    assert fit_settings(settings, architecture, clips=10).learning_rate == rate
    assert width_of(settings, architecture) == width


@pytest.mark.parametrize(
    "wrong",
    [
        {"architectures": "deep,deeper"},
        {"architectures": "deep,,shallow"},
        {"smoothings": "median,median"},
        {"smoothings": "mean"},
        {"window": 8},
        {"recipe": "paper", "temperature": 2.0},
        {"recipe": "paper", "labels": "binary"},
        {"labels": "binary", "temperature": 2.0},
        {"recipe": "paper", "labels": "gated"},
        {"recipe": "paper", "tuning": "on"},
        {"recipe": "paper", "accept": "exact"},
        {"direction": "forward", "architectures": "resnet"},
        {"student_passes": "1"},
        {"student_passes": "two"},
        {"threshold_decay": -0.5},
        {"threshold_start": 0.3, "threshold_floor": 0.4},
    ],
)
def test_plans_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UserError):
        plan(IterateSettings(**wrong))  # type: ignore[arg-type]


def test_one_recurrent_network_suffices_for_a_direction() -> None:
    plan(IterateSettings(direction="forward", architectures="resnet,shallow"))


def test_labels_are_binary_by_default_and_soft_in_the_paper_or_with_a_temperature() -> None:
    kinds = [
        (made.labels.kind, made.labels.clamp)
        for made in (
            plan(IterateSettings()),
            plan(IterateSettings(recipe="paper")),
            plan(IterateSettings(temperature=2.0, clamp=False)),
            plan(IterateSettings(labels="soft")),
        )
    ]
    assert kinds == [("binary", True), ("soft", False), ("soft", False), ("soft", True)]


def test_tuning_is_on_by_default_and_off_in_the_paper() -> None:
    tuning = plan(IterateSettings()).tuning
    assert tuning is not None and tuning.labels and tuning.students == (2,) and tuning.kinds == KINDS
    assert tuning.student_trials == 6
    assert plan(IterateSettings(recipe="paper")).tuning is None and plan(IterateSettings(tuning="off")).tuning is None
    only = plan(IterateSettings(objective="student", student_passes="4,2", labels="gated")).tuning
    assert only is not None and not only.labels and only.students == (2, 4) and only.kinds == ("gated",)
    assert plan(IterateSettings(objective="labels")).tuning.students == ()  # type: ignore[union-attr]
    assert plan(IterateSettings(architectures="resnet,deep")).student == "deep"
    assert plan(IterateSettings(architectures="deep", tuning="off")).networks == ("deep",)


def test_thresholds_fall_over_the_passes_on_the_absolute_scale_and_stay_on_the_teachers_own() -> None:
    own, absolute = (plan(IterateSettings(threshold_scale=scale)).labels for scale in ("own", "absolute"))
    assert [own.threshold(i) for i in (2, 8)] == [0.5, 0.5]
    assert (
        absolute.threshold(2) == 0.75 and absolute.threshold(8) == pytest.approx(0.25) and absolute.threshold(9) == 0.25
    )


def test_default_steps_depend_on_clips_alone() -> None:
    assert [steps_for(n) for n in (1, 88, 440, 1_500, 56_000)] == [40, 50, 250, 462, 2820]
    assert all(steps_for(n) <= steps_for(n + 1) for n in range(1, 2_000))


def test_steps_before_epochs_before_default() -> None:
    assert resolve_steps(IterateSettings(steps=7), clips=100, batch=12) == 7
    assert resolve_steps(IterateSettings(epochs=2), clips=100, batch=12) == 18
    with pytest.raises(UserError, match="both"):
        resolve_steps(IterateSettings(steps=1, epochs=1), clips=10, batch=2)


def test_every_training_has_a_seed_of_its_own() -> None:
    seeds = {seed_of(0, i, c.name) for i, c in plan(IterateSettings()).trainings()}
    assert len(seeds) == 17 and seed_of(0, 1, "deep") != seed_of(1, 1, "deep")


def test_the_tagger_is_of_the_first_recurrent_architecture() -> None:
    wanted = {"deep,shallow": "deep", "shallow,deep": "shallow", "resnet,small": "small", "resnet": "deep"}
    assert {each: plan(IterateSettings(architectures=each)).tagger for each in wanted} == wanted


def test_one_network_for_all_classes_is_the_one_of_best_mean() -> None:
    contenders = [
        Contender(1, {"a": 0.9, "b": 0.0}),
        Contender(2, {"a": 0.4, "b": 0.6}),
        Contender(3, {"a": 0.5, "b": 0.5}),
    ]
    assert choose(["a", "b"], incumbents={}, challengers=contenders, together=True) == {"a": 2, "b": 2}
    held = dict.fromkeys("ab", contenders[2])
    assert choose(["a", "b"], incumbents=held, challengers=contenders, together=True) == {"a": 3, "b": 3}


def test_a_challenger_must_be_strictly_better() -> None:
    incumbents = {"a": Contender(3, {"a": 0.5, "b": 0.1})}
    chosen = choose(
        ["a", "b"],
        incumbents=incumbents,
        challengers=[Contender(5, {"a": 0.5, "b": 0.0}), Contender(4, {"a": 0.4, "b": 0.0})],
    )
    assert chosen == {"a": 3, "b": 4}


f1 = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@given(st.dictionaries(st.integers(1, 50), st.tuples(f1, f1), min_size=1))
def test_the_champion_has_the_best_f1_and_the_lowest_version(pool: dict[int, tuple[float, float]]) -> None:
    contenders = [Contender(v, {"a": a, "b": b}) for v, (a, b) in pool.items()]
    chosen = choose(["a", "b"], incumbents={}, challengers=contenders)
    for i, label in enumerate("ab"):
        best = max(scores[i] for scores in pool.values())
        assert chosen[label] == min(v for v, scores in pool.items() if scores[i] == best)
