"""A model that goes on from another's weights."""

from pathlib import Path

from torch import nn

from kd.errors import UserError
from kd.models.files import load_any

ADDED = "recurrent."  # of the names of weights that a model may have and the one it goes on from may not


def go_on_from(model: nn.Module, folder: Path) -> None:
    """Give a model the weights of the one saved in a folder; a recurrent layer that the saved one lacks stays fresh.

    Raises UserError where the weights are of another model.
    """
    try:
        missing, unexpected = model.load_state_dict(load_any(folder)[0].state_dict(), strict=False)
    except RuntimeError as error:
        raise UserError(f"{folder} holds weights of another model ({str(error).splitlines()[-1].strip()})") from None
    other = [*unexpected, *(name for name in missing if not name.startswith(ADDED))]
    if other:
        raise UserError(f"{folder} holds weights of another model: {other[0]}", "go on from one of the same kind")
