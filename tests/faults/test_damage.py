"""Files damaged after they were written: found by their hashes, made again, and the job ends as if nothing had happened."""

import os
import re
import resource
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kd.models.files import weights_digest
from tests.conftest import Place
from tests.faults.micro import MICRO
from tests.faults.test_bad_input import refused
from tests.faults.test_sigkill import kill_at, workers_of
from tests.jobs import results_of, without_identity


def flipped(path: Path) -> None:
    """One bit in the middle of a file is another."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


@pytest.fixture(scope="module")
def whole(new_place: Callable[[], Place], micro: Path) -> object:
    """What the micro job ends with."""
    place = new_place()
    done = place.run("iterate", data=micro, **MICRO)
    assert done.returncode == 0, done.stderr
    return without_identity(results_of(place))


def test_damaged_steps_and_artifacts_are_found_and_made_again(place: Place, micro: Path, whole: object) -> None:
    """Killed in pass 2; then one bit of the tagger's training, a prediction, the weights of pass 1, and its kept scores."""
    assert kill_at(place, r"pass 2/2  .*shallow-median", signal.SIGKILL, data=micro, **MICRO) == -signal.SIGKILL
    script = """
import mlflow
client = mlflow.MlflowClient()
versions = client.search_model_versions("name = 'kd-sed'")
(version,), (tagger,) = ([v for v in versions if v.tags["kd.kind"] == kind] for kind in ("candidate", "tagger"))
print(client.get_run(version.run_id).info.artifact_uri)
for each in (version, tagger):
    print(client.get_model_version_download_uri("kd-sed", each.version) + "/artifacts/detector/member-0")"""
    run, candidate, tagger = (Path(line.removeprefix("file://")) for line in place.python(script).split())
    steps = place.folder / "home" / "jobs"
    made = [path for path in steps.glob("*/steps/train-*/network") if weights_digest(path) == weights_digest(tagger)]
    damaged = [
        made[0] / "weights.safetensors",
        candidate / "weights.safetensors",
        next(steps.glob("*/steps/predict-*/logits.npy")),
        run / "scores" / "select.npy",
    ]
    before = [path.read_bytes() for path in damaged]
    for path in damaged:
        flipped(path)
    done = place.run("iterate", data=micro, **MICRO)
    assert done.returncode == 0, done.stderr
    assert "weights.safetensors is damaged" in done.stdout and "put back from the step" in done.stdout, done.stdout
    assert "are not what was kept" in done.stdout and "made again" in done.stdout
    assert [path.read_bytes() for path in damaged[:2]] == before[:2]
    assert without_identity(results_of(place)) == whole


@pytest.mark.slow
def test_damaged_weights_that_nothing_can_make_again_are_refused(place: Place, micro: Path, tmp_path: Path) -> None:
    assert place.run("train", data=micro, architecture="shallow", clip_seconds=2, steps=2).returncode == 0
    uri = "import mlflow; print(mlflow.MlflowClient().get_model_version_download_uri('kd-sed', '1'))"
    weights = Path(place.python(uri).strip()) / "artifacts" / "detector" / "member-0" / "weights.safetensors"
    flipped(weights)
    asked = {"audio": micro / "audio" / "test", "model": "models:/kd-sed/1", "out": tmp_path / "events.tsv"}
    refused(place.run("detect", **asked), "weights.safetensors is damaged: its sha256 is not the one")
    weights.write_bytes(weights.read_bytes()[:-100])
    refused(place.run("detect", **asked), "weights.safetensors is damaged")
    assert not (tmp_path / "events.tsv").exists()


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="finds worker processes in /proc")
def test_memory_that_runs_out_in_a_worker_is_one_line(place: Place, micro: Path) -> None:
    given = {**MICRO, "workers": 2, "architectures": "shallow,deep", "tuning": "off"}
    job = place.start("iterate", data=micro, **given)
    assert job.stdout is not None
    said = []
    for line in job.stdout:
        said.append(line)
        if line.startswith("pass 1/2"):
            for worker in workers_of(job.pid):  # from now on nothing more is given to them
                resource.prlimit(worker, resource.RLIMIT_DATA, (1, 1))
            break
    said.append(job.communicate(timeout=300)[0])
    text = "".join(said)
    assert job.returncode == 2 and text.count("\nerror: ") == 1, text
    assert re.search(r"error: (memory ran out|a library gave up) in a worker process\nhint: if memory ran out", text), (
        text
    )
    again = place.run("iterate", data=micro, **given)
    assert again.returncode == 0, again.stderr


@pytest.mark.skipif(os.geteuid() != 0 or not Path("/bin/mount").exists(), reason="needs to mount a small file system")
@pytest.mark.slow
def test_a_disk_that_fills_up_anywhere_loses_nothing(place: Place, micro: Path, whole: object, tmp_path: Path) -> None:
    """Everything on a file system that is too small, a little less so each time, until the job ends."""
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(small)]).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (small / "tmp").mkdir()
        place.env |= {
            "KD_HOME": str(small / "home"),
            "TMPDIR": str(small / "tmp"),
            "MLFLOW_TRACKING_URI": f"sqlite:///{small / 'mlflow.db'}",
            "KD_OPTUNA_URI": f"sqlite:///{small / 'optuna.db'}",
        }
        place.folder = small
        refusals = 0
        for size in (3, 4, 5, 6, 8, 10, 12, 16, 24, 40, 80):
            subprocess.run(["mount", "-o", f"remount,size={size}m", str(small)], check=True)
            done = place.run("iterate", data=micro, **MICRO)
            if done.returncode == 0:
                break
            refused(done, "full")
            refusals += 1
        assert done.returncode == 0 and refusals >= 3, (refusals, done.stderr)
        assert without_identity(results_of(place)) == whole
    finally:
        subprocess.run(["umount", "-l", str(small)])
