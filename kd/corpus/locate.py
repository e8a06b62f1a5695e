"""The corpus folder that `data=` means."""

from pathlib import Path

from kd.corpus.layout import corpus_root


def locate(data: str, *, home: Path) -> Path:
    """The folder `data`."""
    return corpus_root(Path(data))
