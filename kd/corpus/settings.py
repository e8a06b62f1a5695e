"""Parameters that name a corpus and the part each of its splits plays."""

from dataclasses import dataclass
from typing import Literal, cast

from kd.config import option
from kd.corpus.roles import Roles
from kd.errors import UserError


class ClassChoice:
    """What settings with `classes` and `missing` say."""

    classes: str
    missing: str

    def class_list(self) -> tuple[str, ...]:
        """The names in `classes`. Raises UserError for a name that is empty."""
        names = tuple(name.strip() for name in self.classes.split(",")) if self.classes.strip() else ()
        if not all(names):
            raise UserError(f"classes={self.classes!r} has an empty name", "separate the classes with single commas")
        return names

    def if_missing(self) -> Literal["error", "skip"]:
        """What a listed clip without audio is."""
        return cast(Literal["error", "skip"], self.missing)


@dataclass(frozen=True)
class WeakSplit:
    """Which corpus, and its weakly labelled split."""

    data: str = option("demo", help="corpus folder in the DESED layout; 'demo' generates one")
    weak: str = option("train/weak", help="split with weak labels")


@dataclass(frozen=True)
class UnlabelledSplits:
    """The splits without labels."""

    in_domain: str = option("train/unlabel_in_domain", help="unlabelled split of the same domain; empty: none")
    out_of_domain: str = option("train/unlabel_out_of_domain", help="unlabelled split of other domains; empty: none")


@dataclass(frozen=True)
class StrongSplits(ClassChoice):
    """The splits with strong labels, and what is read of all splits."""

    strong: str = option("", help="strongly labelled training split; empty: none")
    select_on: str = option("validation/validation", help="split that champions, thresholds and windows are chosen on")
    report_on: str = option("test/test", help="split that is scored and reported, never chosen on; empty: none")
    classes: str = option("", help="only these classes, comma-separated; empty: those of the training tables")
    missing: str = option("error", help="clips listed but absent", choices=("error", "skip"))


@dataclass(frozen=True)
class SplitSettings(StrongSplits, UnlabelledSplits, WeakSplit):
    """Which corpus, and which part each of its splits plays."""

    def roles(self) -> Roles:
        """The split of each role."""
        return Roles(
            weak=self.weak,
            in_domain=self.in_domain,
            out_of_domain=self.out_of_domain,
            strong=self.strong,
            select_on=self.select_on,
            report_on=self.report_on,
        )


@dataclass(frozen=True)
class LabelledSettings(StrongSplits, WeakSplit):
    """The same without unlabelled splits, and not without a strongly labelled one."""

    strong: str = option("train/synthetic", help="strongly labelled training split")

    def roles(self) -> Roles:
        """The split of each role. Raises UserError where there is no strongly labelled one."""
        if not self.strong:
            raise UserError("strong is empty", "name its split, such as strong=train/synthetic")
        return Roles(
            weak=self.weak,
            in_domain="",
            out_of_domain="",
            strong=self.strong,
            select_on=self.select_on,
            report_on=self.report_on,
        )
