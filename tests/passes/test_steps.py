"""Steps appear whole or not at all."""

import json
from pathlib import Path

import pytest

from kd.code import code_digest, imported
from kd.passes.steps import Steps

CODE = ("kd.labels.merging",)


def writes(text: str, calls: list[str]) -> object:
    def make(outputs: Path, scratch: Path) -> None:
        calls.append(text)
        (outputs / "a.txt").write_text(text)
        (scratch / "checkpoint").write_text("half")

    return make


def test_a_step_is_made_once_for_each_input_and_salt(tmp_path: Path) -> None:
    calls: list[str] = []
    for salt, inputs in (("", {"x": 1}), ("", {"x": 1}), ("", {"x": 2}), ("s", {"x": 1})):
        folder = Steps(tmp_path, salt=salt).run("step", code=CODE, inputs=inputs, make=writes("t", calls))  # type: ignore[arg-type]
        assert (folder / "a.txt").read_text() == "t"
    assert len(calls) == 3
    assert not list(tmp_path.glob("*.scratch"))


def test_a_step_that_fails_leaves_nothing_but_its_scratch(tmp_path: Path) -> None:
    def make(outputs: Path, scratch: Path) -> None:
        (outputs / "a.txt").write_text("half")
        (scratch / "checkpoint").write_text("10")
        raise OSError("power cut")

    steps = Steps(tmp_path)
    with pytest.raises(OSError, match="power cut"):
        steps.run("step", code=CODE, inputs={}, make=make)
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".new", ".scratch", ".lock")]
    assert next(tmp_path.glob("*.scratch/checkpoint")).read_text() == "10"


@pytest.mark.parametrize("damage", ["change", "remove", "manifest"])
def test_a_damaged_step_is_made_again(tmp_path: Path, damage: str) -> None:
    calls: list[str] = []
    steps = Steps(tmp_path)
    folder = steps.run("step", code=CODE, inputs={}, make=writes("whole", calls))  # type: ignore[arg-type]
    if damage == "change":
        (folder / "a.txt").write_text("other")
    elif damage == "remove":
        (folder / "a.txt").unlink()
    else:
        (folder / "manifest.json").write_text("{")
    again = steps.run("step", code=CODE, inputs={}, make=writes("whole", calls))  # type: ignore[arg-type]
    assert again == folder and (folder / "a.txt").read_text() == "whole" and len(calls) == 2
    assert set(json.loads((folder / "manifest.json").read_text())) == {"a.txt"}


def test_the_code_of_a_step_reaches_through_imports() -> None:
    assert "kd.audio.grid" in imported("kd.labels.merging")
    assert code_digest("kd.labels.merging") != code_digest("kd.labels.smoothing")
    assert not any(name.startswith("kd.tracking") for name in imported("kd.training.fit"))
