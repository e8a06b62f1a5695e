"""A clip with its scene, and the clips that play one part."""

from dataclasses import dataclass
from pathlib import Path

from kd.corpus.audio_files import AudioFacts


@dataclass(frozen=True, slots=True)
class SceneClip:
    """A clip. name: as tables have it; label: its scene; place: where it was recorded, its name where that is not said."""

    name: str
    path: Path
    label: str
    place: str
    facts: AudioFacts


@dataclass(frozen=True)
class ScenePart:
    """Clips that play one part. name: of the table they are from."""

    name: str
    clips: tuple[SceneClip, ...]
