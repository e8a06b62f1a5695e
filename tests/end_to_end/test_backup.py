"""A copy taken while a job works, restored elsewhere, and the job gone on with from it."""

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Place
from tests.faults.micro import MICRO
from tests.faults.test_bad_input import refused
from tests.jobs import results_of, without_identity


@pytest.fixture(scope="module")
def copies(
    new_place: Callable[[], Place], micro: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Place, list[Path]]:
    """A finished job, and copies taken in its tagger, in its study of students, after its end."""
    place, folder = new_place(), tmp_path_factory.mktemp("copies")
    job = place.start("iterate", data=micro, **MICRO)
    assert job.stdout is not None
    taken: list[Path] = []
    for line in job.stdout:
        if re.search((r"^tagger ", r"attempt 0", r"(?!)")[len(taken)], line):
            taken.append(folder / f"copy-{len(taken)}")
            done = place.run("backup", to=taken[-1])
            assert done.returncode == 0, done.stderr
    assert job.wait(timeout=300) == 0 and len(taken) == 2
    taken.append(folder / "copy-2")
    assert place.run("backup", to=taken[-1]).returncode == 0
    return place, taken


def elsewhere(new_place: Callable[[], Place], copy: Path) -> Place:
    """A place without stores, and the copy restored there."""
    place = new_place()
    (place.folder / "mlflow.db").unlink()
    done = place.run("restore", backup=copy)
    assert done.returncode == 0 and "restored and equal to the backup" in done.stdout, done.stderr
    return place


@pytest.mark.parametrize(
    "moment", [pytest.param(0, marks=pytest.mark.slow), 1, pytest.param(2, marks=pytest.mark.slow)]
)
def test_a_job_goes_on_from_a_copy_taken_while_it_worked(
    copies: tuple[Place, list[Path]], new_place: Callable[[], Place], micro: Path, moment: int
) -> None:
    whole, taken = copies
    place = elsewhere(new_place, taken[moment])
    done = place.run("iterate", data=micro, **MICRO)
    assert done.returncode == 0, done.stderr
    assert ("this job is finished" in done.stdout) == (moment == 2)
    assert without_identity(results_of(place)) == without_identity(results_of(whole))
    with closing(sqlite3.connect(place.folder / "mlflow.db")) as database:
        statuses = {status for (status,) in database.execute("SELECT status FROM runs")}
        places = [uri for (uri,) in database.execute("SELECT artifact_uri FROM runs")]
    assert "RUNNING" not in statuses and all(uri.startswith(str(place.folder)) for uri in places)
    shutil.copytree(micro / "audio" / "test", place.folder / "heard")
    heard = place.run("detect", audio=place.folder / "heard", model="models:/kd-sed@merged")
    assert heard.returncode == 0, heard.stderr


def test_a_damaged_copy_or_a_place_that_is_taken_is_refused(
    copies: tuple[Place, list[Path]], new_place: Callable[[], Place], tmp_path: Path
) -> None:
    whole, taken = copies
    copy = Path(shutil.copytree(taken[0], tmp_path / "copy"))
    refused(whole.run("restore", backup=copy), "is there already")
    refused(whole.run("backup", to=copy), "the place of the copy is taken")
    place = new_place()
    (place.folder / "mlflow.db").unlink()
    frames = next(copy.rglob("frames.f32"))
    data = bytearray(frames.read_bytes())
    data[len(data) // 2] ^= 1
    frames.write_bytes(data)
    refused(place.run("restore", backup=copy), "frames.f32 is not as it was copied")
    frames.unlink()
    refused(place.run("restore", backup=copy), "frames.f32 is absent")
    about = json.loads((copy / "backup.json").read_text())
    (copy / "backup.json").write_text(json.dumps({**about, "files": []}))
    refused(place.run("restore", backup=copy), "is not what this version of backup writes")
    refused(place.run("restore", backup=tmp_path), "holds no backup.json")
    assert [path.name for path in place.folder.iterdir()] == ["mlruns"] or not list(place.folder.iterdir())
