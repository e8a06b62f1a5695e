"""The command `check_data`, of a corpus of scenes or of sound events."""

from kd.corpus.check_command import CheckDataSettings, shown
from kd.corpus.check_command import check_data as check_events
from kd.corpus.layout import is_scene_layout
from kd.corpus.locate import DEMO, named_folder


def check_data(settings: CheckDataSettings) -> int:
    """Describe a corpus of either kind; 2 where something spoils training, else 0."""
    if settings.data == DEMO or not is_scene_layout(named_folder(settings.data)):
        return check_events(settings)
    from kd.scenes.checks import check_scenes

    return shown(check_scenes(named_folder(settings.data)))
