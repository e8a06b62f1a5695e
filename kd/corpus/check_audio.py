"""Listening to every file of a split: what decodes, how long it is, what is silent, what is there twice."""

import collections
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from kd.corpus.audio_files import AudioFacts, probe
from kd.corpus.layout import list_audio
from kd.corpus.splits import Clip, Split


@dataclass(frozen=True)
class Heard:
    """What a split's audio is. split: its clips with paths and facts; absent: listed without a file.

    bad: one line per file that cannot be used; silent: names of clips of zeros; twins: groups of names of one content.
    """

    split: Split
    absent: tuple[str, ...]
    bad: tuple[str, ...]
    silent: tuple[str, ...]
    twins: tuple[tuple[str, ...], ...]

    @property
    def facts(self) -> tuple[AudioFacts, ...]:
        """Facts of the usable files."""
        return tuple(c.facts for c in self.split.clips if c.facts is not None and not c.facts.problem)


def hear(root: Path, split: Split, known: dict[Path, tuple[AudioFacts, bool]]) -> Heard:
    """Decode all of a split's files. known: what earlier splits heard, by path; grows."""
    listing = list_audio(root, split.audio_dir)
    paths = {name: listing.files[name] for name in split.names if name in listing.files}
    new = [path for path in paths.values() if path not in known]
    known.update(zip(new, heard_all(new), strict=True))
    clips = [Clip(n, paths.get(n), known[paths[n]][0] if n in paths else None) for n in split.names]
    links = [listing.problems[n] for n in split.names if n in listing.problems]
    bad = [f"{c.path}: {c.facts.problem}" for c in clips if c.facts is not None and c.facts.problem]
    same: dict[str, list[str]] = collections.defaultdict(list)
    for clip in clips:
        if clip.facts is not None and clip.facts.size:
            same[clip.facts.sha256].append(clip.name)
    return Heard(
        split=replace(split, clips=tuple(clips)),
        absent=tuple(n for n in split.names if n not in paths and n not in listing.problems),
        bad=tuple(links + bad),
        silent=tuple(n for n, path in paths.items() if known[path][1]),
        twins=tuple(tuple(names) for names in same.values() if len(names) > 1),
    )


def heard_all(paths: Sequence[Path]) -> list[tuple[AudioFacts, bool]]:
    """What `decode` says of each file."""
    with ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 1)) as threads:
        return list(threads.map(decode, paths))


def decode(path: Path) -> tuple[AudioFacts, bool]:
    """(facts, whether all samples are zero), every sample read, in blocks. A decoding error becomes facts.problem."""
    import numpy as np
    import soundfile

    facts = probe(path)
    if facts.problem:
        return facts, False
    frames, loudest = 0, 0.0
    try:
        with soundfile.SoundFile(str(path)) as sound:
            for block in sound.blocks(blocksize=1 << 18, dtype="float32", always_2d=True):
                frames += len(block)
                if not np.isfinite(block).all():
                    return replace(facts, problem="a sample is NaN or infinite"), False
                loudest = max(loudest, float(np.abs(block).max(initial=0.0)))
    except (soundfile.SoundFileError, RuntimeError, OSError, ValueError) as error:
        text = " ".join(str(getattr(error, "error_string", error)).split()).rstrip(".")
        return replace(facts, problem=f"unreadable after {frames} samples: {text}"), False
    if not frames:
        return replace(facts, problem="zero-length: no samples"), False
    if frames < facts.frames:
        return replace(facts, problem=f"cut short: {frames} of {facts.frames} samples"), False
    return facts, loudest == 0.0
