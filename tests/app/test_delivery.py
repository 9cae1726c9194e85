"""Delivery in the app: a destination that fails is seen, mended, and nothing is lost."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import NARROW, WIDE, expect_accessible, expect_within_the_screen, sign_in
from tests.receiving import Receiver, connect_webhook, receiving
from tests.running import RunningServer, eventually, running_server

Opener = Callable[..., Page]


class World:
    """A server whose only destination is a webhook that the tests answer for."""

    def __init__(self, server: RunningServer, receiver: Receiver) -> None:
        self.server = server
        self.receiver = receiver
        self.source_id, self.destination_id = connect_webhook(server, receiver)
        self._count = 0

    def send(self, count: int = 1, name: str = "Order Completed") -> list[str]:
        """Send events, and return their messageIds."""
        key = base64.b64encode(b"demo-write-key:").decode()
        ids = [f"message-{self._count + number}" for number in range(count)]
        self._count += count
        batch = [
            {
                "type": "track",
                "event": name,
                "userId": "ann",
                "messageId": message_id,
                "properties": {"total": 12.5},
            }
            for message_id in ids
        ]
        answer = self.server.request(
            "POST",
            "/v1/batch",
            json={"batch": batch},
            headers={"authorization": f"Basic {key}"},
        )
        assert answer.status == 200, answer.body
        return ids

    def state(self) -> Any:
        """Return how sending stands."""
        return self.server.api("GET", f"/destinations/{self.destination_id}/state")["state"]

    def bury(self, count: int) -> list[str]:
        """Send events that are refused, and wait until they are dead letters."""
        before = self.state()["deadLetters"]
        self.receiver.status = 422
        self.receiver.answer = b'{"error": "the total is too low"}'
        ids = self.send(count)
        eventually(lambda: self.state()["deadLetters"] == before + count)
        self.receiver.status = 200
        return ids


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        receiving() as receiver,
        running_server(
            tmp_path_factory.mktemp("delivery"),
            "--allowed-addresses",
            f"127.0.0.1:{receiver.port}",
        ) as server,
    ):
        yield World(server, receiver)


@pytest.fixture
def at(world: World, open_page: Opener) -> Iterator[Opener]:
    """Opens a page of that server, signed in; afterwards nothing is left that fails."""

    def opened(path: str, **options: Any) -> Page:
        page = open_page(path, url=world.server.url, **options)
        sign_in(page)
        expect(page.get_by_role("banner")).to_be_visible()
        return page

    yield opened
    world.receiver.status = 200
    world.receiver.answer = b""
    world.server.api("POST", f"/destinations/{world.destination_id}/resume")
    world.server.api("DELETE", f"/destinations/{world.destination_id}/dead-letters")


def test_a_wrong_key_pauses_says_why_and_goes_on_when_it_is_put_right(
    world: World, at: Opener
) -> None:
    world.receiver.status = 401
    (message_id,) = world.send()
    eventually(lambda: world.state()["isPaused"])
    page = at(f"/destinations/{world.destination_id}/delivery")

    expect(page.get_by_text("Paused: deliveries would fail")).to_be_visible()
    expect(page.get_by_text(re.compile("answered 401"))).to_be_visible()
    expect(page.get_by_role("link", name="Open the settings")).to_be_visible()
    expect_accessible(page)

    world.receiver.status = 200
    page.get_by_role("button", name="Try again now").click()

    expect(page.get_by_text("Paused: deliveries would fail")).to_be_hidden()
    eventually(lambda: message_id in world.receiver.message_ids())


def test_a_destination_is_paused_with_a_reason_and_resumed(world: World, at: Opener) -> None:
    page = at(f"/destinations/{world.destination_id}/delivery")

    page.get_by_role("button", name="Pause").click()
    page.get_by_label("Why").fill("Their maintenance tonight")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Their maintenance tonight")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Their maintenance tonight")).to_be_hidden()
    assert not world.state()["isPaused"]


def test_the_overview_leads_from_a_reason_to_the_event_behind_it(world: World, at: Opener) -> None:
    world.bury(1)
    page = at(f"/destinations/{world.destination_id}/delivery")

    page.get_by_role("button", name=re.compile("^Failed delivery")).click()
    page.get_by_role("link", name="The destination answered 422").click()
    page.get_by_role("row").filter(has_text="Order Completed").first.click()

    expect(page.get_by_role("heading", name="Order Completed")).to_be_visible()
    expect(page.get_by_text(re.compile("answered 422 Unprocessable")).first).to_be_visible()


def test_a_dead_letter_is_inspected_and_sent_again(world: World, at: Opener) -> None:
    (message_id,) = world.bury(1)
    page = at("/delivery/dead-letters")

    page.get_by_role("row").filter(has_text=message_id).click()
    letter = page.get_by_role("dialog")
    expect(letter.get_by_text("the total is too low")).to_be_visible()
    expect(letter.get_by_label("payload").get_by_text('"total"')).to_be_visible()
    expect_accessible(page)
    letter.get_by_role("button", name="Send again").click()

    expect(page.get_by_text("has no dead letters")).to_be_visible()
    eventually(lambda: message_id in world.receiver.message_ids())


def test_chosen_dead_letters_are_discarded_and_the_rest_is_sent_again(
    world: World, at: Opener
) -> None:
    gone, *kept = world.bury(3)
    arrived = len(world.receiver.received)
    page = at("/delivery/dead-letters")

    page.get_by_label(f"Choose Order Completed {gone}").check()
    page.get_by_role("button", name="Discard 1").click()
    expect(page.get_by_role("dialog")).to_contain_text("will never get this one")
    page.get_by_role("dialog").get_by_role("button", name="Discard 1").click()
    expect(page.get_by_text("2 dead letters, oldest first")).to_be_visible()
    page.get_by_role("button", name="Send all again").click()

    expect(page.get_by_text("has no dead letters")).to_be_visible()
    eventually(lambda: len(world.receiver.received) == arrived + 2)
    assert set(world.receiver.message_ids()[arrived:]) == set(kept)


def test_a_replay_is_counted_first_and_then_sent(world: World, at: Opener) -> None:
    (message_id,) = world.send(name="Replayed")
    eventually(lambda: message_id in world.receiver.message_ids())
    page = at(f"/delivery/replay/new?destination={world.destination_id}")

    page.get_by_label("Only events where").fill('event = "Replayed"')
    page.get_by_role("button", name="Count first").click()
    expect(page.get_by_text("1 delivery would be made")).to_be_visible()
    assert world.receiver.message_ids().count(message_id) == 1
    expect_accessible(page)
    page.get_by_role("button", name="Replay 1").click()

    expect(page.get_by_role("heading", name="Replay", exact=True)).to_be_visible()
    expect(page.get_by_text("Done").first).to_be_visible()
    eventually(lambda: world.receiver.message_ids().count(message_id) == 2)


def test_the_life_of_an_event_is_found_by_its_id(world: World, at: Opener) -> None:
    (message_id,) = world.send()
    eventually(lambda: message_id in world.receiver.message_ids())
    page = at("/events")

    page.get_by_label("Message ID", exact=True).fill(message_id)
    page.keyboard.press("Enter")

    expect(page.get_by_text("Received from Demo shop")).to_be_visible()
    expect(page.get_by_text("Mapped to a payload")).to_be_visible()
    expect(page.get_by_text("Delivered").first).to_be_visible()
    page.get_by_text("Request and answer").click()
    expect(page.get_by_text(re.compile("POST http://127.0.0.1"))).to_be_visible()
    expect(page.get_by_label("event", exact=True)).to_contain_text('"total": 12.5')


def test_from_the_life_of_an_event_one_tests_it_and_opens_its_mapping(
    world: World, at: Opener
) -> None:
    (message_id,) = world.send(name="Looked at")
    world.send(30)
    eventually(lambda: message_id in world.receiver.message_ids())
    page = at(f"/events/{message_id}")

    page.get_by_role("button", name="Test with this event").click()
    expect(page.get_by_role("dialog")).to_contain_text("This would be sent")
    expect_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    page.get_by_role("link", name="Open the mapping with this event").click()

    expect(page.get_by_label("Event to preview").first).to_have_value(re.compile("Looked at"))


def test_an_event_that_nobody_knows_leads_to_another_search(at: Opener) -> None:
    page = at("/events/nobody")

    expect(page.get_by_role("alert")).to_contain_text("nobody")
    expect(page.get_by_label("Message ID", exact=True)).to_have_value("nobody")
    expect_accessible(page)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [NARROW, WIDE], ids=lambda size: str(size[0]))
def test_every_page_is_for_everyone_on_every_screen(
    world: World, at: Opener, size: tuple[int, int], *, is_dark: bool
) -> None:
    (message_id,) = world.bury(1)
    page = at("/delivery", size=size, is_dark=is_dark)
    for path, shown in [
        ("/delivery", "Nothing is missing."),
        (f"/destinations/{world.destination_id}/delivery?step=failed-delivery", "Reasons"),
        ("/delivery/dead-letters", "1 dead letter, oldest first"),
        ("/delivery/replay", "Replay"),
        ("/events", "The latest events:"),
        (f"/events/{message_id}", "At the source"),
    ]:
        page.goto(path)
        expect(page.get_by_role("main").get_by_text(shown).first).to_be_visible()
        expect_within_the_screen(page)
        expect_accessible(page)
