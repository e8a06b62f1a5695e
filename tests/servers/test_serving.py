"""A registered detector, loaded by MLflow and served over HTTP: without this repository, without pickle."""

import base64
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import soundfile

from kd.tracking.packaging import log_detector
from kd.tracking.registry import Registry
from kd.tracking.runs import Runs
from kd.tracking.store import open_store
from tests.detection.make import detector_folder
from tests.detection.test_listen import sound
from tests.faults.fuzz import bodies, sounds

ADDRESS = "models:/kd-sed@production"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a store with one detector of two networks in production."""
    folder = tmp_path_factory.mktemp("served")
    env = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}", "KD_FOLDER": str(folder)}
    before, here = {key: os.environ.get(key) for key in env}, Path.cwd()
    os.environ |= env
    os.chdir(folder)
    try:
        runs = Runs(open_store())
        registry = Registry(runs.client, "kd-sed")
        registry.ensure()
        run = runs.create("made", tags={})
        logged = log_detector(runs, run=run, folder=detector_folder(folder, ("deep", "shallow")))
        registry.move("production", registry.add(run=run, logged=logged, tags={}, description=""))
        soundfile.write(folder / "clip.wav", sound(10.0, 44_100), 44_100)
        away = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        yield {**away, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "PYTHONSAFEPATH": "1"}
    finally:
        os.chdir(here)
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def test_loaded_alone_it_takes_files_bytes_and_samples(store: dict[str, str]) -> None:
    script = f"""
import json, mlflow, pandas as pd, soundfile
model = mlflow.pyfunc.load_model("{ADDRESS}")
path = r"{store["KD_FOLDER"]}/clip.wav"
samples, rate = soundfile.read(path, dtype="float32")
asked = [pd.DataFrame({{"path": [path]}}), {{"path": [path]}}, pd.DataFrame({{"audio": [open(path, "rb").read()]}}),
    pd.DataFrame({{"samples": [samples], "rate": [rate]}}), model.input_example]
found = [model.predict(each) for each in asked]
frames = model.predict(asked[0], params={{"scores": True}})
import kd
same = all(found[0].iloc[:, 1:].equals(each.iloc[:, 1:]) for each in found[1:4])
about = {{"same": same, "events": len(found[0]), "columns": list(found[0].columns), "frames": frames.shape}}
print(json.dumps({{**about, "kd": kd.__file__}}))"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=store,
        cwd=store["KD_FOLDER"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["same"] and said["events"] and said["frames"] == [240, 6]
    assert said["columns"] == ["filename", "onset", "offset", "event_label", "score"]
    assert said["kd"].startswith(store["KD_FOLDER"])


def test_two_networks_fit_into_five_megabytes(store: dict[str, str]) -> None:
    (model,) = Path(store["KD_FOLDER"]).glob("mlruns/*/models/*/artifacts")
    assert sum(path.stat().st_size for path in model.rglob("*") if path.is_file() and path.suffix != ".nbc") < 5e6


@pytest.fixture(scope="module")
def server(store: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [str(Path(sys.prefix) / "bin" / "mlflow"), "models", "serve", "-m", ADDRESS, "--env-manager", "local"]
    path = f"{Path(sys.prefix) / 'bin'}:{store['PATH']}"
    process = subprocess.Popen(
        [*program, "-p", str(port)], env={**store, "PATH": path}, cwd=store["KD_FOLDER"], start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5)
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def post(server: str, body: Any) -> tuple[int, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(server, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def good(store: dict[str, str]) -> dict[str, Any]:
    data = base64.b64encode((Path(store["KD_FOLDER"]) / "clip.wav").read_bytes()).decode()
    return {"dataframe_records": [{"audio": data}]}


def test_many_at_once(server: str, store: dict[str, str]) -> None:
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: post(server, good(store)), range(40)))
    assert {status for status, _ in answers} == {200}
    assert all(answer == answers[0][1] for _, answer in answers)
    assert {"filename", "onset", "offset", "event_label", "score"} == set(answers[0][1]["predictions"][0])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"dataframe_records": [{"audio": ""}]}, "audio is empty"),
        ({"dataframe_records": [{"audio": base64.b64encode(b"junk" * 99).decode()}]}, "cannot be read as audio"),
        ({"dataframe_records": [{"path": "/etc/passwd"}]}, "files of the server are not read"),
        ({"dataframe_records": [{"samples": [0.0] * 8, "rate": 0}]}, "rate=0 is no rate"),
        ({"dataframe_records": [{"samples": [0.0] * 610_000, "rate": 1000}]}, "more than the 600 s"),
        ({"dataframe_records": []}, "no rows"),
        ({"dataframe_records": [{"sound": "x"}]}, "no column of sound"),
        (b"{{{", "valid JSON"),
        (b"", "valid JSON"),
    ],
)
def test_what_is_no_sound_gets_a_sentence_and_the_server_lives(
    server: str, store: dict[str, str], body: Any, said: str
) -> None:
    status, answer = post(server, body)
    assert status == 400 and said in answer and "Traceback" not in answer
    assert post(server, good(store))[0] == 200


def test_broken_requests_are_refused_and_the_server_lives(server: str, store: dict[str, str]) -> None:
    """A hundred of them, or as many as KD_FUZZ_REQUESTS says."""
    sounds_ = [data for _, data, _ in sounds()]

    def asked(number: int) -> tuple[int, str]:
        status, answer = post(server, bodies(random.Random(number), sounds_))
        return status, str(answer)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(asked, range(int(os.environ.get("KD_FUZZ_REQUESTS", "100")))))
    odd = [(number, *answer) for number, answer in enumerate(answers) if answer[0] not in (200, 400, 415, 422)]
    assert not odd, (len(odd), odd[:5])
    leaks = [(number, answer) for number, (_, answer) in enumerate(answers) if "Traceback" in answer]
    assert not leaks, (len(leaks), leaks[:3])
    found = Counter(status for status, _ in answers)
    assert found[200] and found[400]
    assert post(server, good(store))[0] == 200
