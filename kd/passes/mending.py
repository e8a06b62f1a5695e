"""Packaged networks that were damaged after they were made, put back from the steps that made them."""

import contextlib
from pathlib import Path

from kd.config import say
from kd.errors import UserError
from kd.files import atomic_write_bytes, digest_of
from kd.models.files import DESCRIPTION, WEIGHTS, load_model, weights_digest
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
            source = _made_by(steps, names_of(member))
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
        with contextlib.suppress(UserError):  # damaged itself
            if weights_digest(network) in digests and steps.is_whole(network.parent):
                return network
    return None


def names_of(network: Path) -> set[str]:
    """The sha256 that a network's description names, and that of its weights, as far as they can be read."""
    found = set()
    with contextlib.suppress(UserError):
        found.add(weights_digest(network))
    with contextlib.suppress(OSError):
        found.add(digest_of(network / WEIGHTS))
    return found
