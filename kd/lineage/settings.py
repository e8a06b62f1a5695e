"""Parameters of `lineage`."""

from dataclasses import dataclass

from kd.config import option


@dataclass(frozen=True)
class LineageSettings:
    """Parameters of `lineage`."""

    model: str = option(
        "models:/kd-sed@merged", help="registered model, as a models:/ address, or the id of a run that registered one"
    )
    data: str = option("", help="corpus folder to compare with the one it was trained on; empty: not compared")
    out: str = option("", help="file to write, FILE.html: a page with a drawing, or FILE.json; empty: none")
