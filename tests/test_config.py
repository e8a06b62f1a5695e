"""Parameters: parsed strictly, and the same everywhere."""

import dataclasses
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from kd import project
from kd.config import HelpRequested, as_text, from_text, help_text, parse
from kd.errors import UserError
from kd.passes.scoring_settings import CompareSettings, EvaluateSettings
from kd.passes.settings import IterateSettings

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--pases", "3"], "pases"),
        (["--passes"], "no value"),
        (["--passes", "abc"], "not a whole number"),
        (["--passes", "2.5"], "not a whole number"),
        (["--passes", "nan"], "not a whole number"),
        (["--passes", "inf"], "not a whole number"),
        (["--passes", "0"], "out of range"),
        (["--passes", "-1"], "out of range"),
        (["--passes", "1e9"], "out of range"),
        (["--passes", "1", "--passes", "2"], "twice"),
        (["--learning_rate", "2"], "out of range"),
        (["--learning_rate", "1e-9"], "out of range"),
        (["--width", "0.01"], "out of range"),
        (["--blend", "-0.5"], "out of range"),
        (["--learning_rate", "1e-3x"], "not a number"),
        (["--time_mask", "2.5"], "not a whole number"),
        (["--frequency_mask", "65"], "out of range"),
        (["--mixup", "-0.1"], "out of range"),
        (["--recipe", "papr"], "not one of"),
        (["--fresh", "maybe"], "neither true nor false"),
        (["--missing", "ignore"], "not one of"),
        (["--temperature", "0"], "out of range"),
        (["--clip_seconds", "0"], "out of range"),
        (["--precision", "float16"], "not one of"),
        (["--model", "a\nb"], "control character"),
        (["passes", "3"], "unexpected word"),
    ],
)
def test_wrong_parameters_are_refused(words: list[str], says: str) -> None:
    with pytest.raises(UserError, match=says):
        parse(IterateSettings, words)


def test_right_parameters_are_read() -> None:
    found = parse(IterateSettings, ["--passes", "3.0", "--report-on", "", "--fresh=true", "--learning_rate", "1e-4"])
    assert (found.passes, found.report_on, found.fresh, found.learning_rate) == (3, "", True, 1e-4)
    with pytest.raises(HelpRequested):
        parse(IterateSettings, ["--passes", "3", "--help"])


def test_every_default_survives_its_text() -> None:
    for _, place in project.ENTRY_POINTS.values():
        kind = project.settings_class(place)
        texts = {field.name: as_text(field.default) for field in dataclasses.fields(kind)}
        assert from_text(kind, texts) == kind()


@pytest.mark.parametrize("kind", [EvaluateSettings, CompareSettings])
def test_help_names_every_parameter_and_default(kind: type) -> None:
    text = help_text(kind, command="x", about="y")
    assert all(f"--{field.name}" in text for field in dataclasses.fields(kind))
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", ["evaluate", "compare", "export"])
def test_help_imports_nothing_heavy(name: str) -> None:
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['{name}', '--help']\n"
        f"try: runpy.run_module('entrypoints.{name}', run_name='__main__')\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'onnx', 'numpy', 'numba', 'torch', 'mlflow', 'pandas', 'sed_eval'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=ROOT)


def test_mlproject_is_what_the_settings_say() -> None:
    assert (ROOT / "MLproject").read_text() == project.rendered(), "run: python -m kd.project > MLproject"
    entries = yaml.safe_load((ROOT / "MLproject").read_text())["entry_points"]
    for name in project.ENTRY_POINTS.values():
        assert (ROOT / "entrypoints" / f"{name[0]}.py").is_file()
    assert {"main", "iterate", "test"} <= set(entries)


def test_conda_and_pyproject_name_the_same_packages() -> None:
    conda = yaml.safe_load((ROOT / "conda.yaml").read_text())["dependencies"]
    pip = next(entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
