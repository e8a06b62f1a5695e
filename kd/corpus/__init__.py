"""What lies on disk: label tables, the corpus layout, checks, and the generated demo corpus."""

from kd.corpus.audio_files import AudioFacts
from kd.corpus.corpus import Corpus, load_corpus
from kd.corpus.names import class_slug
from kd.corpus.roles import Roles
from kd.corpus.splits import Clip, Split
from kd.corpus.tables import Event, read_events, read_names, read_table_kind, read_weak, write_events

__all__ = [
    "AudioFacts",
    "Clip",
    "Corpus",
    "Event",
    "Roles",
    "Split",
    "class_slug",
    "load_corpus",
    "read_events",
    "read_names",
    "read_table_kind",
    "read_weak",
    "write_events",
]
