"""Where `detect` begins: the registry is asked while the rest is imported."""

from kd.listening.settings import DetectSettings
from kd.tracking.apart import looked_up


def detect(settings: DetectSettings) -> int:
    """Find the model, detect; returns the exit code."""
    with looked_up(settings.model) as folder:
        from kd.listening.command import detect as work

        return work(settings, folder)
