"""What a split's twin in `sources/` says of each event beside its times and class: recording, maker, level, and so on.

For looking at results alone. Nothing here is required of a twin, so that what cannot be read is left out.
"""

from pathlib import Path

from kd.corpus.table_text import COLUMNS, read_header, read_lines, rows
from kd.corpus.tables import Event

Facts = dict[str, str]
Known = dict[tuple[str, Event], Facts]  # (clip, event) to what is known of it
OTHER_NAMES = {"group": "maker"}


def provenance_of(twin: Path) -> Known:
    """{(clip, event): {column: text}} of a table with the columns of a strong one; a column `group` is called `maker`.

    Raises UserError for what is no such table.
    """
    lines = read_lines(twin)
    delimiter, columns, kind = read_header(twin, lines[0])
    if kind != "strong":
        return {}
    name, onset, offset, label = (columns.index(column) for column in COLUMNS["strong"])
    more = {OTHER_NAMES.get(c, c): i for i, c in enumerate(columns) if c and c not in COLUMNS["strong"]}
    found: Known = {}
    for _, fields in rows(twin, lines, columns, delimiter):
        try:
            event = Event(float(fields[onset]), float(fields[offset]), fields[label])
        except ValueError:
            continue
        found[fields[name], event] = {column: fields[i] for column, i in more.items() if fields[i]}
    return found


def facts_about(known: Known, clip: str, event: Event) -> Facts:
    """What is known of an event: of one that was joined of several, what is known of the first of them; else nothing."""
    if (clip, event) in known:
        return known[clip, event]
    parts = [
        (other.onset, facts)
        for (name, other), facts in known.items()
        if name == clip and other.label == event.label and other.onset < event.offset and event.onset < other.offset
    ]
    return min(parts, key=lambda part: part[0])[1] if parts else {}
