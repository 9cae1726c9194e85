"""Who writes to a file that several threads write to."""

from __future__ import annotations

import functools
import threading

from crossdock.duck import Turns
from tests.running import eventually


def has_come(turns: Turns, count: int) -> bool:
    return turns.waiting == count


def test_who_waits_longest_gets_the_next_turn() -> None:
    turns = Turns()
    order: list[str] = []

    def take(name: str) -> None:
        with turns:
            order.append(name)

    threads = [threading.Thread(target=take, args=[name]) for name in ("first", "second")]
    with turns:
        for count, thread in enumerate(threads, 1):
            thread.start()
            eventually(functools.partial(has_come, turns, count))
    with turns:
        order.append("who had it before")
    for thread in threads:
        thread.join()

    assert order == ["first", "second", "who had it before"]


def test_whose_work_fails_gives_the_turn_on() -> None:
    turns = Turns()

    def fail() -> None:
        with turns:
            raise ValueError

    for _ in range(2):
        try:
            fail()
        except ValueError:
            continue

    with turns:
        assert turns.waiting == 0
