"""What twins say of events."""

from pathlib import Path

import pytest

from kd.corpus.provenance import facts_about, provenance_of
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


def test_an_event_joined_of_several_is_told_of_by_the_first() -> None:
    known = {("a.wav", Event(1.0, 2.0, "Dog")): {"maker": "x"}, ("a.wav", Event(1.8, 3.0, "Dog")): {"maker": "y"}}
    assert facts_about(known, "a.wav", Event(1.0, 3.0, "Dog")) == {"maker": "x"}
    assert facts_about(known, "a.wav", Event(1.8, 3.0, "Dog")) == {"maker": "y"}
    assert (
        facts_about(known, "a.wav", Event(4.0, 5.0, "Dog")) == facts_about(known, "b.wav", Event(1.0, 2.0, "Dog")) == {}
    )


def test_other_tables_say_nothing_and_broken_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "weak.tsv").write_text("filename\tevent_labels\na.wav\tDog\n")
    assert provenance_of(tmp_path / "weak.tsv") == {}
    (tmp_path / "broken.tsv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError):
        provenance_of(tmp_path / "broken.tsv")
