"""What a packaged classifier is asked, and what it answers: rows of sound in, a row with a scene for each out."""

from typing import Any

from kd.detection.rows import KINDS, row_name, row_sound
from kd.errors import UserError
from kd.scenes.classifier import Classifier
from kd.scenes.hearing import pieces, scene_row, together

Rows = list[dict[str, Any]]


def answered(classifier: Classifier, rows: Rows, *, scores: bool, serving: bool, precision: str) -> Rows:
    """A row for each: filename, scene_label, score, and with `scores` those of all classes.

    rows, serving: as `kd.detection.rows.row_sound` takes them. Raises UserError, naming the row, for what is no sound.
    """
    if not rows:
        raise UserError("the request holds no rows, or no column of sound", f"give {KINDS}")
    answer: Rows = []
    for number, row in enumerate(rows):
        try:
            with row_sound(row, serving=serving) as (file, where):
                found = together(list(pieces(classifier, file, name=where, precision=precision)))
        except UserError as error:
            raise UserError(f"row {number}: {error.message}", error.hint) from None
        answer.append({"filename": row_name(row, number), **scene_row(classifier, found, scores=scores)})
    return answer
