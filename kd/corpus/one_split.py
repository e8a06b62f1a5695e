"""One strongly labelled split alone, for scoring a finished model on it."""

from pathlib import Path
from typing import Literal

from kd.corpus.audio import attach_audio
from kd.corpus.layout import corpus_root, need_table
from kd.corpus.splits import Split, read_split


def scored_split(
    root: Path, name: str, *, missing: Literal["error", "skip"], cache: Path | None = None
) -> tuple[Split, list[str]]:
    """A split with events and audio, and notes. Raises UserError for what `load_corpus` would refuse in it."""
    root = corpus_root(root)
    split = read_split(root, name, need_table(root, name, role="split"), role="split")
    return attach_audio(root, split, missing=missing, need_audio=True, cache=cache)
