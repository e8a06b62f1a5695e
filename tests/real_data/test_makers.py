"""Makers of a corpus of real recordings: the folder named by KD_REAL_CORPUS."""

import os
from pathlib import Path

import numpy as np
import pytest

from kd.corpus import read_events
from kd.corpus.layout import corpus_root, find_table
from kd.corpus.makers import Makers, makers_of, twin_of
from kd.scoring.crossfit import halve
from kd.scoring.event_f1 import event_cells
from kd.scoring.units import maker_units

CORPUS = Path(os.environ.get("KD_REAL_CORPUS", ""))
pytestmark = pytest.mark.skipif("KD_REAL_CORPUS" not in os.environ, reason="KD_REAL_CORPUS names no folder")


def read(split: str) -> tuple[dict, Makers]:  # type: ignore[type-arg]
    root = corpus_root(CORPUS)
    table = find_table(root, split)
    assert table is not None
    events = read_events(table)
    makers = makers_of(table=table, events=events, twin=twin_of(root, split))
    assert makers is not None
    return events, makers


def test_every_cell_has_one_maker_and_no_maker_is_in_two_splits() -> None:
    seen: dict[str, set[str]] = {}
    for split in ("train/synthetic", "validation/validation", "test/test"):
        events, makers = read(split)
        assert set(makers) == {(clip, event.label) for clip, some in events.items() for event in some}
        assert all(len(who) == 1 for who in makers.values())
        seen[split] = {name for who in makers.values() for name in who}
    train, validation, test = seen.values()
    assert not train & validation and not train & test and not validation & test


def test_units_and_halves() -> None:
    events, makers = read("test/test")
    truth = event_cells(reference=events, predicted={})
    units = maker_units(clips=truth.clips, classes=truth.classes, makers=makers)
    counts = {
        label: len({name for (_, k), who in makers.items() if k == label for name in who}) for label in truth.classes
    }
    assert units.makers == counts
    halves = halve(units=units, events=truth.fn)
    assert set(halves.uneven) == {label for label, count in counts.items() if count < 2}
    assert (halves.masks.sum(axis=0) == 1).all() and np.ptp(halves.masks.sum(axis=(1, 2))) < truth.fn.size / 4
