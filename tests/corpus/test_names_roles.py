"""Class slugs, split names, roles."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kd.corpus import Roles, class_slug
from kd.corpus.names import check_slugs
from kd.errors import UserError


def test_a_slug_keeps_letters_digits_dash_underscore() -> None:
    assert class_slug("Electric_shaver_toothbrush") == "Electric_shaver_toothbrush"
    assert class_slug("Rain (heavy), 2-fold".replace(",", "")) == "Rain__heavy__2-fold"


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters=","),
        min_size=1,
        max_size=200,
    )
)
def test_a_slug_is_safe_as_a_key(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,200}", class_slug(name))


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "a,b"])
def test_a_name_without_slug_is_refused(name: str) -> None:
    with pytest.raises(UserError):
        class_slug(name)


@pytest.mark.parametrize("pair", [("a b", "a_b"), ("Dog", "dog"), ("犬", "猫")])
def test_classes_that_share_a_slug_are_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(UserError, match="share the key"):
        check_slugs(pair)
    assert list(check_slugs(pair[:1])) == [pair[0]]


@pytest.mark.parametrize(
    "name",
    [
        "../weak",
        "/train/weak",
        "train//weak",
        "train/weak/",
        ".",
        "train\\weak",
        "a\x00b",
        "train/weak.tsv",
        "metadata/train/weak",
    ],
)
def test_a_role_takes_a_plain_split_name(name: str) -> None:
    with pytest.raises(UserError, match="not a split's name"):
        Roles(in_domain=name)


@pytest.mark.parametrize("role", ["weak", "select_on"])
def test_training_needs_weak_and_select_on(role: str) -> None:
    with pytest.raises(UserError, match=f"{role} is empty"):
        Roles(**{role: ""})


def test_one_split_plays_one_part_but_may_select_and_report() -> None:
    with pytest.raises(UserError, match="weak and select_on are both"):
        Roles(select_on="train/weak")
    assert Roles(report_on="validation/validation").report_on == "validation/validation"


def test_a_split_other_than_the_default_must_exist() -> None:
    roles = Roles(strong="train/synthetic", report_on="eval/eval")
    assert [r for r, _ in roles.items() if roles.must_exist(r)] == ["strong", "report_on"]
