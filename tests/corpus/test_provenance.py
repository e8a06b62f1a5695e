"""What twins say of events."""

from pathlib import Path

import pytest

from kd.corpus.provenance import provenance_of
from kd.corpus.tables import Event
from kd.errors import UserError


def test_columns_beside_those_of_a_strong_table(tmp_path: Path) -> None:
    path = tmp_path / "test.tsv"
    path.write_text(
        "filename\tonset\toffset\tevent_label\tgroup\tsnr_db\na.wav\t0.5\t1.0\tDog\tsomeone\t12.5\nb.wav\t\t\t\t\t\n"
        "a.wav\t2\t3\tDog\t\t\n"
    )
    assert provenance_of(path) == {
        ("a.wav", Event(0.5, 1.0, "Dog")): {"maker": "someone", "snr_db": "12.5"},
        ("a.wav", Event(2.0, 3.0, "Dog")): {},
    }


def test_other_tables_say_nothing_and_broken_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weak.tsv").write_text("filename\tevent_labels\na.wav\tDog\n")
    assert provenance_of(tmp_path / "weak.tsv") == {}
    (tmp_path / "broken.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError):
        provenance_of(tmp_path / "broken.tsv")
