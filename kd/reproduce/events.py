"""Events of a system as a table."""

import csv
import io
from pathlib import Path

from kd.files import atomic_write_text
from kd.scoring.system import System


def write_events(path: Path, system: System) -> None:
    """Write `filename, onset, offset, event_label`; a clip without events has a row with three empty fields."""
    text = io.StringIO()
    rows = csv.writer(text, delimiter="\t", lineterminator="\n")
    rows.writerow(["filename", "onset", "offset", "event_label"])
    for clip, events in system.events.items():
        rows.writerows([clip, f"{e.onset:.4f}", f"{e.offset:.4f}", e.label] for e in events)
        if not events:
            rows.writerow([clip, "", "", ""])
    atomic_write_text(path, text.getvalue())
