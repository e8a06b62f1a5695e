"""Parameters of `convert_scenes`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class ConvertSettings:
    """Parameters of `convert_scenes`."""

    source: str = option("", help="folder with class/recording or fold/class/recording")
    out: str = option("", help="folder for the corpus; absent or empty")
    group: str = option(
        "^(.*)-",
        help="regular expression on a recording's name; what its group finds is the place it belongs to, by default "
        "everything before the last dash; places are never torn apart",
    )
    folds: int = option(4, help="folds that are made where folders name none", low=2, high=100)
    seed: int = option(0, help="of these folds", low=0, high=2**31)
