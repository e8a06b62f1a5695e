import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from kd.engines.workers import Workers
from kd.errors import UserError

Tell = Callable[[Any], None]


def slower_first(item: int, tell: Tell) -> tuple[int, bytes]:
    tell(("begun", item))
    time.sleep(0.05 * (4 - item))
    tell(("ended", item))
    return item * item, bytes(1_000_000)


def wrong(item: int, tell: Tell) -> int:
    if item == 1:
        raise UserError("item 1 is wrong", "leave it out")
    time.sleep(0.01)
    return item


def suicide(item: int, tell: Tell) -> int:
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def unsendable(item: int, tell: Tell) -> Any:
    return lambda: item


def process_id(item: int, tell: Tell) -> int:
    time.sleep(0.05)
    return os.getpid()


@pytest.mark.parametrize("count", [1, 2])
def test_results_and_what_was_told_come_in_order(count: int) -> None:
    heard: list[tuple[int, Any]] = []
    with Workers(count) as workers:
        results = list(workers.each(slower_first, range(5), lambda index, said: heard.append((index, said))))
    assert results == [(i * i, bytes(1_000_000)) for i in range(5)]
    for item in range(5):
        assert [said for index, said in heard if index == item] == [("begun", item), ("ended", item)]


def test_processes_stay_between_calls_and_end_with_the_block() -> None:
    with Workers(2) as workers:
        first = set(workers.each(process_id, range(4)))
        second = set(workers.each(process_id, range(4)))
    assert len(first) == 2 and second == first and os.getpid() not in first
    for identity in first:
        with pytest.raises(ProcessLookupError):
            os.kill(identity, 0)


def test_the_first_error_arrives_with_its_trace() -> None:
    with Workers(2) as workers, pytest.raises(UserError) as error:
        list(workers.each(wrong, range(3)))
    assert error.value.hint == "leave it out"
    assert "in wrong" in error.value.__notes__[0]


def test_a_killed_worker_is_one_clear_line() -> None:
    with Workers(2) as workers, pytest.raises(UserError, match="a worker process was killed by signal 9"):
        list(workers.each(suicide, range(3)))


def test_an_answer_that_cannot_be_sent_is_said() -> None:
    with Workers(2) as workers, pytest.raises(RuntimeError, match="cannot be sent"):
        list(workers.each(unsendable, range(2)))
