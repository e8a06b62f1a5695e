"""Which split of a corpus plays which part."""

from dataclasses import dataclass, fields

from kd.corpus.names import check_split_name
from kd.errors import UserError

TRAINING = ("weak", "in_domain", "out_of_domain", "strong")
SCORED = ("select_on", "report_on")
REQUIRED = ("weak", "select_on")


@dataclass(frozen=True)
class Roles:
    """The split of each role: its table's path below metadata/ without extension; an empty string is an unused role.

    A split other than the default must exist.
    Raises UserError for a split name that is none, for an unused `weak` or `select_on`, and for one split in two roles
    (except that `select_on` and `report_on` may be the same).
    """

    weak: str = "train/weak"
    in_domain: str = "train/unlabel_in_domain"
    out_of_domain: str = "train/unlabel_out_of_domain"
    strong: str = ""
    select_on: str = "validation/validation"
    report_on: str = "test/test"

    def __post_init__(self) -> None:
        taken: dict[str, str] = {}
        for role, split in self.items():
            if not split:
                if role in REQUIRED:
                    raise UserError(f"{role} is empty", f"name its split, such as {role}={_default(role)}")
                continue
            check_split_name(split, role=role)
            other = taken.setdefault(split, role)
            if other != role and {other, role} != set(SCORED):
                raise UserError(f"{other} and {role} are both {split!r}", "a split plays one part: name another")

    def items(self) -> tuple[tuple[str, str], ...]:
        """(role, split) of all roles, those of training first."""
        return tuple((role, getattr(self, role)) for role in TRAINING + SCORED)

    def must_exist(self, role: str) -> bool:
        """Whether the user named this role's split, so that its absence is an error."""
        return str(getattr(self, role)) != _default(role)


def _default(role: str) -> str:
    return str(next(field.default for field in fields(Roles) if field.name == role))
