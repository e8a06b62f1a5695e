"""Packaged networks that were damaged after they were made, put back from the steps that made them."""

import json
from hashlib import sha256
from pathlib import Path

from kd.config import say
from kd.errors import UserError
from kd.files import atomic_write_bytes
from kd.models.files import DESCRIPTION, WEIGHTS, load_model
from kd.passes.steps import Steps


def mended(folder: Path, steps: Steps) -> bool:
    """Put back every damaged network of a detector's folder that a finished step still has; whether there was any.

    A network is known by its weights: by the sha256 that its description names, or by that of the weights beside a
    description that cannot be read.
    """
    done = False
    for member in sorted(folder.glob("member-*")):
        try:
            load_model(member)
        except UserError as error:
            source = _made_by(steps, {_named(member), _digest(member / WEIGHTS)} - {""})
            if source is None:
                continue
            for name in (WEIGHTS, DESCRIPTION):
                atomic_write_bytes(member / name, (source / name).read_bytes())
            say(f"warning: {error.message}; it was put back from the step that made it")
            done = True
    return done


def _made_by(steps: Steps, digests: set[str]) -> Path | None:
    """The network of a finished, whole training whose weights have one of these digests."""
    for network in steps.folder.glob("train-*/network"):
        if _named(network) in digests and steps.is_whole(network.parent):
            return network
    return None


def _named(network: Path) -> str:
    try:
        return str(json.loads((network / DESCRIPTION).read_bytes())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
