"""The dashboard: every page as a browser asks for it, what it refuses, and clips that only the corpus has."""

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import soundfile
from flask.testing import FlaskClient

from dashboards.library import Library
from dashboards.server import LOCAL, application
from kd.files import digest_of
from kd.tracking.runs import Runs
from tests.conftest import Place
from tests.dashboards.made import RUN, Folder, made_job
from tests.sheets import Sheet


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """A dashboard over a job of two passes that keeps the sound of none of its clips; its corpus has one of them."""
    made_job(tmp_path / "runs", classes=["a", "b"], passes=2, clips=["here.wav", "gone.wav", "../out.wav"], sample=0)
    (tmp_path / "corpus" / "audio").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(size=16_000).astype(np.float32) / 10
    soundfile.write(tmp_path / "corpus" / "audio" / "here.wav", noise, 16_000)
    soundfile.write(tmp_path / "corpus" / "out.wav", noise, 16_000)
    soundfile.write(tmp_path / "out.wav", noise, 16_000)
    path = tmp_path / "runs" / RUN / "clips" / "report.json"
    about = json.loads(path.read_text())
    about["clips"][0]["sha256"] = digest_of(tmp_path / "corpus" / "audio" / "here.wav")
    path.write_text(json.dumps(about))
    library = Library(cast(Runs, Folder(tmp_path / "runs")), str(tmp_path / "corpus"))
    return application(library, hosts=LOCAL, refresh=0).test_client()


def test_a_clip_that_only_the_corpus_has(client: FlaskClient) -> None:
    one = client.get(f"/runs/{RUN}/clip?role=report&row=0").get_json()
    assert one["audio"].startswith("data:audio/ogg") and one["picture"].startswith("data:image/png")
    assert set(one["passes"]) == {"1", "2"}


def test_another_file_of_that_name_is_not_taken_for_it(client: FlaskClient, tmp_path: Path) -> None:
    (tmp_path / "corpus" / "audio" / "here.wav").write_bytes(b"no sound")
    answer = client.get(f"/runs/{RUN}/clip?role=report&row=0")
    assert answer.status_code == 200 and answer.get_json()["audio"] == "" and answer.get_json()["passes"]


@pytest.mark.parametrize("row", [1, 2])
def test_a_clip_that_is_gone_or_outside_is_shown_without_sound(client: FlaskClient, tmp_path: Path, row: int) -> None:
    if row == 2:  # a record that names a file above the corpus
        path = tmp_path / "runs" / RUN / "clips" / "report.json"
        about = json.loads(path.read_text())
        about["clips"][2]["path"] = "../out.wav"
        path.write_text(json.dumps(about))
    one = client.get(f"/runs/{RUN}/clip?role=report&row={row}").get_json()
    assert one["audio"] == one["picture"] == "" and one["passes"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (f"/runs/{RUN}/clip?role=report&row=9", 404),
        (f"/runs/{RUN}/clip?role=report&row=-1", 404),
        (f"/runs/{RUN}/clip?role=report&row={'9' * 400}", 404),
        (f"/runs/{RUN}/clip?role=nothing&row=0", 404),
        (f"/runs/{RUN}/clip", 404),
        (f"/runs/{'b' * 32}/", 404),
        ("/runs/..%2f..%2fetc/", 404),
        ("/static/../settings.py", 404),
        ("/static/report.css", 404),
        ("/compare?run=x&run=y", 404),
        ("/compare", 404),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_a_sentence(client: FlaskClient, address: str, code: int) -> None:
    answer = client.get(address)
    assert answer.status_code == code and "Traceback" not in answer.text
    if "/clip" in address:
        assert answer.get_json()["error"]


def test_it_only_shows_and_only_under_its_own_name(client: FlaskClient) -> None:
    for method in ("post", "put", "delete", "patch"):
        assert getattr(client, method)(f"/runs/{RUN}/").status_code == 405
    assert client.get(f"/runs/{RUN}/", headers={"Host": "elsewhere.example:5001"}).status_code == 403
    assert client.get(f"/runs/{RUN}/", headers={"Host": "[::1]:5001"}).status_code == 200
    assert client.get(f"/runs/{RUN}/", headers={"Host": "LOCALHOST"}).status_code == 200
    assert "this dashboard only shows" in client.post("/").text
    policy = client.get(f"/runs/{RUN}/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "connect-src 'self'" in policy


@pytest.fixture(scope="module")
def served(finished: tuple[Place, str]) -> Iterator[str]:
    """The address of a dashboard over the store of a finished job."""
    place = finished[0]
    process = subprocess.Popen(
        [sys.executable, "-m", "entrypoints.dashboard", "--port", "0"],
        env=place.env,
        cwd=place.folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    found = re.search(r"http://127\.0\.0\.1:\d+/", process.stdout.readline())
    assert found
    yield found[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130


def test_in_a_browser_from_the_list_to_a_clip_and_a_comparison(
    served: str, finished: tuple[Place, str], sheet: Sheet
) -> None:
    page = sheet.page
    page.goto(served)
    (run,) = re.findall(r"^report: .*/(\w{32})/artifacts/report\.html$", finished[1], re.MULTILINE)
    page.locator(f"tbody a[href*='{run}']").click()
    page.locator("#clip svg").wait_for()
    sheet.walk()
    assert page.locator("#clip audio").count() == 1 and "All 18 clips" in page.locator("#stated").inner_text()
    second = page.locator("#clip-rows button").nth(1)
    second.click()
    page.locator("#clip h3").filter(has_text=second.inner_text()).wait_for()
    assert not sheet.outside(served) and not sheet.complaints


def test_a_port_in_use_is_said(served: str, finished: tuple[Place, str]) -> None:
    port = served.rstrip("/").rpartition(":")[2]
    done = finished[0].run("dashboard", port=port)
    assert done.returncode == 2 and done.stderr.startswith(f"error: cannot listen on 127.0.0.1:{port}"), done.stderr


def test_headers_are_on_every_answer(served: str) -> None:
    with urllib.request.urlopen(f"{served}static/clips.js", timeout=30) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{served}static/nothing.js", timeout=30)
