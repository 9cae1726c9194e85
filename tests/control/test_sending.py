"""What was given up can be seen, sent again and discarded; a destination is paused and resumed."""

from __future__ import annotations

from typing import Any

import pytest

Api = Any
"""`conftest.Api`, which tests cannot import."""


@pytest.fixture
def path(api: Api) -> str:
    return f"/destinations/{api.destination(api.source()['id'])['id']}"


def bury(api: Api, path: str, count: int) -> None:
    for number in range(count):
        api.dead_letters.put(path.rpartition("/")[2], f"message-{number}")


def test_dead_letters_are_listed_oldest_first_in_pages(api: Api, path: str) -> None:
    bury(api, path, 3)
    api.dead_letters.put("dst_other", "of another")

    first = api.ok("GET", f"{path}/dead-letters?count=2")
    rest = api.ok("GET", f"{path}/dead-letters?count=2&after={first['next']}")

    found = [letter["messageId"] for letter in first["deadLetters"] + rest["deadLetters"]]
    assert found == ["message-0", "message-1", "message-2"]
    assert (first["totalEntries"], rest["next"]) == (3, None)


def test_a_dead_letter_shows_what_was_sent_and_why_it_died(api: Api, path: str) -> None:
    bury(api, path, 1)
    (listed,) = api.ok("GET", f"{path}/dead-letters")["deadLetters"]

    letter = api.ok("GET", f"{path}/dead-letters/{listed['id']}")["deadLetter"]

    assert letter["payload"] == {"n": 1}
    assert letter["what"] == "Pigeon answered 422."
    assert (letter["status"], letter["attempts"], letter["answer"]) == (422, 3, "no")


def test_one_is_sent_again(api: Api, path: str) -> None:
    bury(api, path, 2)

    api.ok("POST", f"{path}/dead-letters/1/retry")

    assert api.dead_letters.sent_again == ["message-0"]
    assert api.ok("GET", f"{path}/dead-letters")["totalEntries"] == 1


def test_all_are_sent_again_in_the_order_in_which_they_died(api: Api, path: str) -> None:
    bury(api, path, 250)

    handled = api.ok("POST", f"{path}/dead-letters/retry")["handled"]

    assert handled == {"count": 250, "left": 0}
    assert api.dead_letters.sent_again == [f"message-{n}" for n in range(250)]


def test_some_are_sent_again(api: Api, path: str) -> None:
    bury(api, path, 5)

    handled = api.ok("POST", f"{path}/dead-letters/retry", {"countMax": 2})["handled"]

    assert handled == {"count": 2, "left": 3}


def test_what_is_discarded_is_gone(api: Api, path: str) -> None:
    bury(api, path, 3)
    api.ok("DELETE", f"{path}/dead-letters/2")

    handled = api.ok("DELETE", f"{path}/dead-letters")["handled"]

    assert handled == {"count": 2, "left": 0}
    assert api.dead_letters.sent_again == []


@pytest.mark.parametrize("letter_id", ["0", "7", "x", "9" * 30])
def test_a_dead_letter_that_is_not_there_is_not_found(api: Api, path: str, letter_id: str) -> None:
    status, answer, _ = api.request("GET", f"{path}/dead-letters/{letter_id}")

    assert (status, answer["errors"][0]["type"]) == (404, "not_found")


def test_a_destination_is_paused_and_resumed(api: Api, path: str) -> None:
    before = api.ok("GET", f"{path}/state")["state"]
    paused = api.ok("POST", f"{path}/pause")["state"]
    resumed = api.ok("POST", f"{path}/resume")["state"]

    assert (before["isPaused"], paused["isPaused"], resumed["isPaused"]) == (False, True, False)
    assert paused["pause"]["reason"] == "owner"
    assert paused["pause"]["sinceAt"] == "2030-01-01T12:00:00Z"


def test_a_destination_that_is_not_there_has_no_state(api: Api) -> None:
    status, answer, _ = api.request("GET", "/destinations/dst_none/state")

    assert (status, answer["errors"][0]["type"]) == (404, "not_found")


def test_who_pauses_a_destination_can_say_why(api: Api, path: str) -> None:
    paused = api.ok("POST", f"{path}/pause", {"why": "Their migration\ntonight."})["state"]

    assert paused["pause"]["what"] == (
        "admin token paused the destination: Their migration tonight."
    )


def test_a_destination_that_answers_is_not_only_probed(api: Api, path: str) -> None:
    sending = api.ok("GET", f"{path}/sending")["sending"]

    assert (sending["isOnlyProbed"], sending["nextAttemptAt"]) == (False, None)
