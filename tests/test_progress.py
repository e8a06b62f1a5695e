import io
import re
import time

import pytest

from kd.progress import Progress, clock


def job() -> tuple[Progress, io.StringIO]:
    stream = io.StringIO()
    progress = Progress(passes=2, batch=4, stream=stream)
    progress.plan({"deep": 20, "shallow": 10}, {"deep": 2.0, "shallow": 1.0}, cores=2)
    return progress, stream


def test_expected_time_counts_what_runs_and_what_waits() -> None:
    progress, _ = job()
    assert progress.expected() == (20 * 2 + 10) / 2
    progress.begin("deep", index=1, kind="deep", steps=10, cores=1)
    progress.step("deep", 4, 0.5)
    assert progress.expected() == (16 * 2 + 10) / 2
    progress.end("deep")
    assert progress.expected() == (10 * 2 + 10) / 2


def test_a_training_taken_over_whole_counts_as_done() -> None:
    progress, _ = job()
    progress.begin("deep", index=1, kind="deep", steps=10, cores=1)
    progress.end("deep")
    assert progress.left == {"deep": 10, "shallow": 10}


def test_a_line_names_the_pass_and_all_that_runs() -> None:
    progress, stream = job()
    progress.begin("deep", index=2, kind="deep", steps=10, cores=1)
    progress.begin("shallow", index=2, kind="shallow", steps=5, cores=1)
    progress.step("shallow", 2, 0.25)
    progress.f1 = 0.5
    progress.step("deep", 10, 0.125)
    lines = stream.getvalue().splitlines()
    assert re.fullmatch(r"pass 2/2  shallow 2/5 loss 0\.250  0 clips/s  \d+:\d\d left", lines[0])
    assert lines[-1].startswith("pass 2/2  deep 10/10 loss 0.125  shallow 2/5 loss 0.250  F1 50.0  ")


def test_the_tagger_is_of_no_pass() -> None:
    progress, stream = job()
    progress.begin("tagger", index=0, kind="deep", steps=10, cores=2)
    progress.step("tagger", 10, 1.0)
    assert stream.getvalue().startswith("tagger 10/10 loss 1.000  ")


def test_clock() -> None:
    assert [clock(s) for s in (0, 59.6, 3599, 3600)] == ["0:00", "1:00", "59:59", "1:00:00"]


def test_the_cost_of_a_step_is_by_the_clock_of_the_training_not_of_the_telling() -> None:
    progress, _ = job()
    progress.begin("deep", index=1, kind="deep", steps=10, cores=2)
    for done in range(1, 6):
        progress.step("deep", done, 0.5, at=100.0 + 3 * done)
    assert progress.cost["deep"] == 3 * 2


def test_who_holds_the_pass_up_is_said_with_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    progress, stream = job()
    for name, pace in (("deep-a", 1.0), ("deep-b", 3.0)):
        progress.begin(name, index=1, kind="deep", steps=10, cores=1, host=f"host-of-{name}")
        for done in range(1, 6):
            progress.step(name, done, 0.5, at=pace * done)
    progress.step("deep-a", 10, 0.5, at=10.0)
    assert "deep-a 10/10 loss 0.500  deep-b 5/10 loss 0.500 (3.0 times as slow as another, on host-of-deep-b)" in (
        stream.getvalue()
    )
    progress.end("deep-a")
    told = len(stream.getvalue())
    progress.waiting()
    assert len(stream.getvalue()) == told  # it spoke just now
    later = time.monotonic() + 100
    monkeypatch.setattr("time.monotonic", lambda: later)
    progress.waiting()
    assert "deep-b 5/10 loss 0.500 (silent for 1:40, on host-of-deep-b)" in stream.getvalue()[told:]
