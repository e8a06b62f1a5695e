"""Pruning, stopped between any two calls of the store, ends when it is run again."""

import json
from pathlib import Path

import pytest

from kd.promotion.pruning import prune
from kd.promotion.settings import PruneSettings
from kd.tracking.registry import Registry
from tests.conftest import Place
from tests.power_cuts import Failing, PowerCut

DELETING = ("set_model_version_tag", "get_logged_model", "delete_logged_model", "delete_model_version")


def logged_version(of: Registry, **tags: object) -> tuple[int, Path]:
    """A version with files of ten bytes; where they lie."""
    client = of.client
    model = client.create_logged_model("0", "model")
    folder = Path(model.artifact_location.removeprefix("file://"))
    (folder / "artifacts").mkdir(parents=True)
    (folder / "artifacts" / "weights").write_bytes(b"0123456789")
    texts = {f"kd.{key}": json.dumps(value) for key, value in tags.items()}
    source = f"models:/{model.model_id}"
    made = client.create_model_version(of.name, source, tags=texts, model_id=model.model_id, await_creation_for=0)
    return int(made.version), folder


@pytest.fixture
def settings(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PruneSettings:
    """For the model of `registry`."""
    monkeypatch.setenv("KD_HOME", place.env["KD_HOME"])
    monkeypatch.chdir(tmp_path)
    return PruneSettings(model="kd-test", dry_run=False)


def test_a_crash_at_any_call_is_finished_by_the_next_prune(
    registry: Registry,
    settings: PruneSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for version in registry.versions():
        registry.delete(version.number)
    teacher, files_of_teacher = logged_version(registry)
    champion, _ = logged_version(registry, teachers={"Cat": teacher})
    registry.move("best-Cat", champion)
    for left in range(100):
        gone = [logged_version(registry) for _ in range(2)]
        with monkeypatch.context() as patch:
            patch.setattr("kd.promotion.pruning.open_store", lambda n=left, **_: Failing(registry.client, n, *DELETING))
            try:
                prune(settings)
                ended = True
            except PowerCut:
                ended = False
        capsys.readouterr()
        monkeypatch.setattr("kd.promotion.pruning.open_store", lambda **_: registry.client)
        assert prune(settings) == 0
        assert {version.number for version in registry.versions()} == {teacher, champion}
        assert not any(files.exists() for _, files in gone)
        said = capsys.readouterr().out
        assert "kept by" in said and f"taught {champion}" in said
        if ended:
            break
    assert left > 6 and (files_of_teacher / "artifacts" / "weights").read_bytes() == b"0123456789"
    assert "deleted: 0 of 2 versions, 0 bytes freed" in said


def test_bytes_are_those_of_what_goes_and_a_dry_run_deletes_nothing(
    registry: Registry,
    settings: PruneSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("kd.promotion.pruning.open_store", lambda **_: registry.client)
    for version in registry.versions():
        registry.delete(version.number)
    kept, _ = logged_version(registry)
    registry.move("own", kept)
    gone, files = logged_version(registry)
    copied = registry.client.copy_model_version(f"models:/{registry.name}/{gone}", "other")
    assert prune(PruneSettings(model="kd-test")) == 0
    assert "source of other 1" in capsys.readouterr().out
    registry.client.delete_model_version("other", copied.version)
    assert prune(PruneSettings(model="kd-test")) == 0
    assert "would go: 1 of 2 versions, 10 bytes" in capsys.readouterr().out and files.exists()
    assert prune(settings) == 0
    assert "deleted: 1 of 2 versions, 10 bytes freed" in capsys.readouterr().out and not files.exists()
