"""One attempt ends in one outcome, whatever the destination does, and no outcome holds a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from crossdock.base.clock import SystemClock
from crossdock.events import Delivery, Outcome, Step
from crossdock.kit import (
    Answer,
    Call,
    DeliveryFailed,
    Destination,
    Http,
    NeedsAttention,
    Rejected,
    RetryLater,
)
from crossdock.kit.definition import Perform
from crossdock.kit.loopback import Loopback, Reply
from crossdock.pipeline.send.attempt import attempt
from crossdock.pipeline.send.conclude import conclude, conclude_without_attempt
from crossdock.pipeline.send.retry import RetryLimits
from crossdock.pipeline.send.target import NoTarget, Target, find_target
from crossdock.workspace import Connection
from tests.send.builders import NOON, by_slug, connection, delivery, destination, post, workspace


class NoWayOut:
    """A way out for destinations that ask nobody."""

    async def request(self, *_: object, **__: object) -> Answer:
        raise NotImplementedError


async def ended(  # noqa: PLR0913 - what is sent, to whom, and how.
    perform: Perform | None = post,
    *,
    sent: Delivery | None = None,
    to: Connection | None = None,
    http: Http | None = None,
    installed: Destination | None = None,
    is_forgotten: bool = False,
) -> Outcome:
    sent = sent or delivery()
    target = find_target(
        sent, workspace(to or connection()), by_slug(installed or destination(perform))
    )
    if isinstance(target, NoTarget):
        return conclude_without_attempt(sent, target, attempts=0, now=NOON).outcome
    (attempted,) = await attempt(
        [sent], target, http=http or NoWayOut(), clock=SystemClock(), seconds_max=0.2
    )
    return conclude(
        sent,
        attempted,
        attempt=1,
        made_at=attempted.ended_at,
        fraction=0.0,
        limits=RetryLimits(),
        is_forgotten=is_forgotten,
    ).outcome


async def test_what_the_vendor_took_is_delivered() -> None:
    async with Loopback(lambda _: Reply(status=202)) as vendor, vendor.client() as client:
        outcome = await ended(
            sent=delivery(sequence=9, name="Ada"),
            to=connection(url=vendor.url),
            http=client.with_label("Pigeonhole"),
        )

    assert vendor.received[0].json() == {"name": "Ada"}
    assert (outcome.step, outcome.status, outcome.attempt) == (Step.DELIVERED, 202, 1)
    assert outcome.id == f"9-0-map_1-{int(outcome.at.timestamp() * 1000)}"
    assert (outcome.mapping_id, outcome.request) == ("map_1", f"POST {vendor.url}")
    assert outcome.duration_seconds is not None
    assert 0 < outcome.duration_seconds < 5


@pytest.mark.parametrize(
    ("failure", "step"),
    [
        (RetryLater("Pigeonhole answered 503."), Step.WAITING),
        (Rejected("Too many traits.", do="Map fewer."), Step.REJECTED),
        (NeedsAttention("Pigeonhole answered 401.", do="Check the key."), Step.NEEDS_ATTENTION),
        (DeliveryFailed("Odd.", do="Look.", reason="errors.odd"), Step.REJECTED),
    ],
)
async def test_a_failure_ends_in_the_step_that_it_asks_for(
    failure: DeliveryFailed, step: Step
) -> None:
    async def fail(_: Http, __: Call) -> None:
        raise failure

    outcome = await ended(fail)

    assert (outcome.step, outcome.reason, outcome.what, outcome.do) == (
        step,
        failure.reason,
        failure.what,
        failure.do,
    )


async def test_a_destination_that_never_returns_is_cut_off() -> None:
    async def hang(_: Http, __: Call) -> None:
        await asyncio.Event().wait()

    outcome = await ended(hang)

    assert (outcome.step, outcome.reason) == (Step.WAITING, "errors.awaiting-retry.ETIMEDOUT")


async def test_a_bug_in_a_destination_is_an_outcome_without_the_payload() -> None:
    async def stumble(_: Http, call: Call) -> None:
        raise KeyError(call.payload["name"])

    outcome = await ended(stumble, sent=delivery(name="Ada"))

    assert outcome.step is Step.REJECTED
    assert "KeyError in test_attempt.py" in outcome.what
    assert "Ada" not in outcome.what


async def test_a_secret_in_a_destinations_message_is_blotted_out() -> None:
    async def tell(_: Http, call: Call) -> None:
        raise Rejected(f"No {call.settings['apiKey']}.", do=f"Not {call.settings['apiKey']}.")

    outcome = await ended(tell, to=connection(apiKey="hunter22"))

    assert (outcome.what, outcome.do) == ("No •••.", "Not •••.")


async def test_a_failure_shows_what_was_asked_and_answered_without_secrets() -> None:
    def refuse(_: object) -> Reply:
        return Reply(status=422, body=b"no room for hunter22" + b"!" * 10_000)

    async with Loopback(refuse) as vendor, vendor.client() as client:
        outcome = await ended(
            sent=delivery(name="Ada", key="hunter22"),
            to=connection(url=f"{vendor.url}/birds?key=hunter22", apiKey="hunter22"),
            http=client.with_label("Pigeonhole"),
        )

    assert outcome.request == f'POST {vendor.url}/birds\n\n{{"name":"Ada","key":"•••"}}'
    assert outcome.answer.startswith("no room for •••!")
    assert len(outcome.answer) <= 4096


@pytest.mark.parametrize(("status", "step"), [(200, Step.DELIVERED), (503, Step.FILTERED)])
async def test_of_somebody_who_is_forgotten_meanwhile_nothing_is_kept(
    status: int, step: Step
) -> None:
    async with (
        Loopback(lambda _: Reply(status=status, body=b"Ada")) as vendor,
        vendor.client() as client,
    ):
        outcome = await ended(
            sent=delivery(name="Ada"),
            to=connection(url=vendor.url),
            http=client.with_label("Pigeonhole"),
            is_forgotten=True,
        )

    assert (outcome.step, outcome.request, outcome.answer) == (step, "", "")


async def test_a_secret_that_the_excerpt_would_cut_in_two_is_blotted_out() -> None:
    def refuse(_: object) -> Reply:
        return Reply(status=422, body=b"!" * 4092 + b"hunter22")

    async with Loopback(refuse) as vendor, vendor.client() as client:
        outcome = await ended(
            to=connection(url=f"{vendor.url}/birds", apiKey="hunter22"),
            http=client.with_label("Pigeonhole"),
        )

    assert "hunt" not in outcome.answer
    assert outcome.answer == "!" * 4092 + "•••"


@pytest.mark.parametrize(
    ("secret", "echoed", "shown"),
    [
        ("X-Api-Key: k3y-4711\nX-Team: birds!", "no k3y-4711 in birds!", "no ••• in •••"),
        ("Authorization: Bearer k3y-4711", "no such key: k3y-4711", "no such key: •••"),
        ('k3"y\\4711', r'{"key":"k3\"y\\4711"}', '{"key":"•••"}'),
        ("k3y-é", '{"key":"k3y-é"}', '{"key":"•••"}'),
        ("X-Auth: k3y-4711\nAccept: text/plain", "k3y-4711 text/plain", "••• text/plain"),
        ("Authorization: Bearer to:ken-9", "no to:ken-9", "no •••"),
    ],
    ids=["headers", "a key behind a word", "in JSON", "as it is", "an open header", "a colon"],
)
async def test_a_secret_is_found_in_each_form_in_which_a_vendor_may_echo_it(
    secret: str, echoed: str, shown: str
) -> None:
    reply = Reply(status=422, body=echoed.encode())
    async with Loopback(lambda _: reply) as vendor, vendor.client() as client:
        outcome = await ended(
            to=connection(url=vendor.url, apiKey=secret), http=client.with_label("Pigeonhole")
        )

    assert outcome.answer == shown


async def test_what_cannot_be_written_as_json_costs_one_delivery_and_no_more() -> None:
    async def send_nonsense(http: Http, call: Call) -> None:
        await http.request("POST", call.settings["url"], json={"half": "\ud83d"})

    async with Loopback() as vendor, vendor.client() as client:
        outcome = await ended(
            send_nonsense, to=connection(url=vendor.url), http=client.with_label("Pigeonhole")
        )

    assert outcome.step is Step.REJECTED
    assert outcome.request == f"POST {vendor.url}\n\n"


async def test_each_payload_of_a_batch_has_its_own_end() -> None:
    async def take_some(_: Http, calls: Sequence[Call]) -> Sequence[DeliveryFailed | None]:
        return [Rejected("Odd.", do="Map it.") if call.payload["n"] % 2 else None for call in calls]

    sent = [delivery(n=n) for n in range(4)]
    target = find_target(
        sent[0], workspace(connection()), by_slug(destination(perform_batch=take_some))
    )
    assert isinstance(target, Target)

    ends = await attempt(sent, target, http=NoWayOut(), clock=SystemClock(), seconds_max=1)

    assert [end.what for end in ends] == ["", "Odd.", "", "Odd."]


async def test_a_batch_with_too_few_results_is_a_bug_of_the_destination() -> None:
    async def forget(_: Http, calls: Sequence[Call]) -> Sequence[DeliveryFailed | None]:
        return [None for _ in calls[1:]]

    sent = [delivery(n=n) for n in range(3)]
    target = find_target(
        sent[0], workspace(connection()), by_slug(destination(perform_batch=forget))
    )
    assert isinstance(target, Target)

    ends = await attempt(sent, target, http=NoWayOut(), clock=SystemClock(), seconds_max=1)

    assert [type(end.failure) for end in ends] == [Rejected] * 3


async def test_a_destination_is_given_defaults_and_what_is_the_same_for_every_attempt() -> None:
    calls: list[Call] = []

    async def remember(_: Http, call: Call) -> None:
        calls.append(call)

    for _ in range(2):
        await ended(remember, sent=delivery(sequence=9), to=connection(apiKey="k", other=1))

    assert [call.idempotency_key for call in calls] == ["9-0-map_1", "9-0-map_1"]
    assert calls[0].settings == {"url": "http://127.0.0.1:9/", "apiKey": "k", "size": "small"}


@pytest.mark.parametrize(
    ("to", "step", "reason"),
    [
        pytest.param(connection("other"), Step.FILTERED, "connection_deleted", id="deleted"),
        pytest.param(
            connection(enabled=False), Step.FILTERED, "connection_disabled", id="disabled"
        ),
        pytest.param(
            connection(url=""),
            Step.NEEDS_ATTENTION,
            "errors.discarded.INVALID_SETTINGS",
            id="without a setting that is required",
        ),
    ],
)
async def test_a_delivery_without_a_target_is_not_attempted_and_says_why(
    to: Connection, step: Step, reason: str
) -> None:
    outcome = await ended(to=to)

    assert (outcome.step, outcome.reason, outcome.attempt) == (step, reason, 0)


async def test_an_action_that_there_is_not_is_rejected() -> None:
    outcome = await ended(sent=delivery(action="fly"))

    assert outcome.reason == "errors.discarded.INVALID_SETTINGS"
    assert outcome.what == '"fly" was asked of Pigeonhole, which has no such action.'


async def test_an_action_of_the_browser_is_rejected() -> None:
    outcome = await ended(None)

    assert "in the browser only" in outcome.what
