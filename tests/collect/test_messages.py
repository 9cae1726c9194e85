"""One message becomes an event, or is discarded with Segment's word for why; nothing is lost on the
way, and what is read from the journal is the same each time.
"""

from __future__ import annotations

import contextlib
import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.base import json
from crossdock.events import Envelope, Event, EventType, MessageLimits, Outcome, SourceId
from crossdock.events.envelope import decode_envelopes, encode_envelopes
from crossdock.events.parse import BadRequest, parse_batch, parse_single
from crossdock.events.unfold import unfold
from tests.collect.serving import track

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
LIMITS = MessageLimits()


def accepted(
    body: object, kind: str | None = None, *, is_from_client: bool = True
) -> list[Event | Outcome]:
    """Return what a reader of the journal sees of a body that came through the door."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    event_type = EventType(kind) if kind else None
    parsed = parse_single(data, event_type, LIMITS) if event_type else parse_batch(data, LIMITS)
    envelope = Envelope(
        received_at=NOON,
        source_id=SourceId("shop"),
        type=event_type,
        is_from_client=is_from_client,
        ip="203.0.113.7",
        user_agent="",
        message_ids_by_index={
            index: f"made_{index}"
            for index, message in enumerate(parsed.messages)
            if message.discard is None and not message.message_id
        },
        discards_by_index={
            index: message.discard.code
            for index, message in enumerate(parsed.messages)
            if message.discard is not None
        },
        body=parsed.body,
    )
    (kept,) = decode_envelopes(encode_envelopes([envelope]))
    return list(unfold(kept, sequence=7, first_index=0))


def event(
    body: object, kind: str | None = "track", *, is_from_client: bool = True
) -> json.JsonObject:
    (found,) = accepted(body, kind, is_from_client=is_from_client)
    assert isinstance(found, Event)
    return found.body


def ids(**more: object) -> dict[str, object]:
    return {"userId": "ann", "messageId": "m1", **more}


@pytest.mark.parametrize(
    ("kind", "message", "reason"),
    [
        ("track", {"event": "E"}, "no_user_anon_id"),
        ("track", {"event": "E", "userId": None, "anonymousId": ""}, "no_user_anon_id"),
        ("track", {"event": "E", "userId": True}, "id_not_string"),
        ("track", {"event": "E", "userId": {"a": 1}}, "id_not_string"),
        ("track", ids(), "event_not_defined"),
        ("track", ids(event=""), "event_not_defined"),
        ("track", ids(event=5), "event_not_string"),
        ("track", ids(event="E", properties="x"), "properties_not_object"),
        ("track", ids(event="E", properties=[1]), "properties_not_object"),
        ("page", ids(properties=1), "properties_not_object"),
        ("identify", ids(traits="x"), "traits_not_object"),
        ("group", ids(groupId="g", traits="x"), "traits_not_object"),
        ("page", ids(name=5), "name_not_string"),
        ("screen", ids(name={}), "name_not_string"),
        ("page", ids(category=5), "category_not_string"),
        ("group", ids(), "id_required"),
        ("group", ids(groupId=[]), "id_not_string"),
        ("alias", ids(), "id_required"),
        ("alias", ids(previousId={}), "id_not_string"),
        ("track", ids(event="E", messageId=[]), "id_not_string"),
        ("track", ids(event="E", messageId="m" * 101), "bad_request"),
        ("group", ids(groupId="g" * 501), "bad_request"),
        ("track", ids(event="E", context="x"), "bad_request"),
        ("track", ids(event="E", integrations=5), "bad_request"),
    ],
)
def test_a_message_that_lacks_something_is_discarded_with_the_reason(
    kind: str, message: dict[str, object], reason: str
) -> None:
    (alone,) = accepted(message, kind)
    (batched,) = accepted({"batch": [{"type": kind, **message}]})

    for outcome in (alone, batched):
        assert isinstance(outcome, Outcome)
        assert (outcome.step, outcome.reason, outcome.event_type) == ("discarded", reason, kind)
        assert outcome.what
        assert outcome.do


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"5", id="a number"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"type":"Track","userId":"a","event":"E"}', id="type in capitals"),
        pytest.param(b'{"userId":"a","event":"E"}', id="no type"),
        pytest.param(b'{"type":["track"],"userId":"a"}', id="type a list"),
        pytest.param(b'{"type":"track","userId":"\xff","event":"E"}', id="not UTF-8"),
        pytest.param(b'{"type":"track","userId":"a","event":"E","n":1e999}', id="a huge number"),
        pytest.param(b'{"a":' * 70 + b"1" + b"}" * 70, id="nested deep"),
        pytest.param(b'{"a":"' + b"x" * 33_000 + b'"}', id="over 32 KB"),
    ],
)
def test_one_bad_event_does_not_take_the_others_with_it(broken: bytes) -> None:
    good = msgspec.json.encode(track(messageId="m1"))

    before, bad, after = accepted(b'{"batch":[' + b",".join([good, broken, good]) + b"]}")

    assert isinstance(before, Event)
    assert isinstance(bad, Outcome)
    assert isinstance(after, Event)
    assert bad.reason == "bad_request"
    assert (before.offset.index, after.offset.index) == (0, 2)


@pytest.mark.parametrize(
    ("sent", "timestamp", "original"),
    [
        pytest.param({}, "2030-01-01T12:00:00.000Z", None, id="no time: when it was received"),
        pytest.param(
            {"timestamp": "2030-01-01T10:00:00Z"},
            "2030-01-01T10:00:00.000Z",
            "2030-01-01T10:00:00.000Z",
            id="no sentAt: as given",
        ),
        pytest.param(
            {"timestamp": "2020-05-05T05:05:00+02:00", "sentAt": "2020-05-05T03:05:30.500Z"},
            "2030-01-01T11:59:29.500Z",
            "2020-05-05T03:05:00.000Z",
            id="a clock that is years behind is corrected",
        ),
        pytest.param(
            {"timestamp": 1893492000, "sentAt": 1893492000000},
            "2030-01-01T12:00:00.000Z",
            "2030-01-01T10:00:00.000Z",
            id="seconds and milliseconds",
        ),
        pytest.param(
            {"timestamp": "yesterday"}, "2030-01-01T12:00:00.000Z", "yesterday", id="not a time"
        ),
        pytest.param(
            {"timestamp": "0001-01-01T00:00:00Z", "sentAt": "9999-12-31T23:59:59Z"},
            "2030-01-01T12:00:00.000Z",
            "0001-01-01T00:00:00.000Z",
            id="out of the calendar",
        ),
    ],
)
def test_the_timestamp_is_corrected_by_the_clients_clock(
    sent: dict[str, object], timestamp: str, original: str | None
) -> None:
    body = event(track(**sent))

    assert body["timestamp"] == timestamp
    assert body.get("originalTimestamp") == original
    assert body["receivedAt"] == "2030-01-01T12:00:00.000Z"


def test_the_batchs_sent_at_counts_for_each_of_its_events() -> None:
    batch = {
        "batch": [track(timestamp="2020-01-01T00:00:00Z")],
        "sentAt": "2020-01-01T00:01:00Z",
    }

    assert event(batch, None)["timestamp"] == "2030-01-01T11:59:00.000Z"


def test_an_event_is_stamped_with_what_it_lacks() -> None:
    body = event({"event": "E", "userId": 97, "anonymousId": None, "properties": []})

    assert body == {
        "type": "track",
        "event": "E",
        "userId": "97",
        "messageId": "made_0",
        "context": {"ip": "203.0.113.7"},
        "integrations": {},
        "timestamp": "2030-01-01T12:00:00.000Z",
        "receivedAt": "2030-01-01T12:00:00.000Z",
        "version": 2,
    }


@pytest.mark.parametrize(
    ("context", "is_from_client", "ip"),
    [
        ({}, True, "203.0.113.7"),
        ({}, False, None),
        ({"direct": True}, False, "203.0.113.7"),
        ({"ip": "0.0.0.0"}, True, "0.0.0.0"),  # noqa: S104 - an address that a page sends.
    ],
)
def test_the_address_is_a_persons_only_where_a_person_sent_it(
    context: dict[str, object],
    is_from_client: bool,  # noqa: FBT001 - a row.
    ip: str | None,
) -> None:
    body = event(track(context=context), is_from_client=is_from_client)

    assert body["context"].get("ip") == ip


def test_what_the_batch_says_is_merged_under_what_the_event_says() -> None:
    body = event(
        {
            "batch": [track(context={"locale": "de"}, integrations={"Ripe": False})],
            "context": {"locale": "en", "library": {"name": "x"}},
            "integrations": {"All": False, "Ripe": True},
        },
        None,
        is_from_client=False,
    )

    assert body["context"] == {"locale": "de", "library": {"name": "x"}}
    assert body["integrations"] == {"All": False, "Ripe": False}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param(b'"\\ud83d"', "\ufffd", id="half an emoji"),
        pytest.param(b'"\\ude00\\ud83d x"', "\ufffd\ufffd x", id="two halves in the wrong order"),
        pytest.param(b'"\\ud83d\\ude00"', "😀", id="a whole emoji"),
        pytest.param(b'"\\\\ud83d"', "\\ud83d", id="a backslash that stands for itself"),
        pytest.param(b'"\\u0000"', "\0", id="NUL"),
        pytest.param(b"123456789012345678901234567890", 1.2345678901234568e29, id="a long integer"),
        pytest.param(b"1" + b"0" * 400, None, id="an integer beyond a double"),
        pytest.param(b"18446744073709551615", 2**64 - 1, id="the longest integer"),
    ],
)
def test_odd_values_have_a_defined_fate(sent: bytes, kept: object) -> None:
    # The second value makes the first one's oddness a matter of the whole body.
    body = event(b'{"event":"E","userId":"a","properties":{"v":' + sent + b',"w":"\\ud800"}}')

    assert body["properties"] == {"v": kept, "w": "\ufffd"}
    msgspec.msgpack.encode(body)


def test_of_a_key_given_twice_the_last_one_counts() -> None:
    assert event(b'{"event":"A","event":"B","userId":"a"}')["event"] == "B"


@pytest.mark.parametrize(
    ("sent", "arrives"),
    [
        pytest.param(b"97", "97", id="a number"),
        pytest.param(b"0", "0", id="zero"),
        pytest.param(b"12345678901234567890123", "12345678901234567890123", id="beyond 64 bits"),
        pytest.param(b"9" * 100, "9" * 100, id="as long as an id may be"),
        pytest.param(b"-1.5", "-1.5", id="a fraction"),
        pytest.param(b"5.0", "5", id="a whole number with a point"),
        pytest.param(b"1e21", "1e+21", id="an exponent"),
    ],
)
def test_an_id_sent_as_a_number_arrives_as_its_digits(sent: bytes, arrives: str) -> None:
    fields = b",".join(
        b'"%s":%s' % (key, sent)
        for key in (b"messageId", b"userId", b"anonymousId", b"groupId", b"previousId")
    )

    body = event(b'{"event":"E",' + fields + b"}")

    assert {body[key] for key in ("messageId", "userId", "anonymousId", "groupId")} == {arrives}
    assert body["previousId"] == arrives


def test_a_person_known_by_a_number_of_hundreds_of_digits_is_not_lost() -> None:
    assert event(b'{"event":"E","userId":1' + b"0" * 400 + b"}")["userId"] == "1" + "0" * 400


@pytest.mark.parametrize(
    ("kind", "id_field"),
    [
        pytest.param("track", b'"event":"E","messageId":1' + b"0" * 100, id="messageId"),
        pytest.param("group", b'"groupId":1' + b"0" * 500, id="groupId"),
        pytest.param("track", b'"event":"E","messageId":1' + b"0" * 400, id="beyond a double"),
    ],
)
def test_an_id_sent_as_a_number_is_bounded_like_a_text(kind: str, id_field: bytes) -> None:
    (found,) = accepted(b'{"userId":"ann",' + id_field + b"}", kind)

    assert isinstance(found, Outcome)
    assert found.reason == "bad_request"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    [
        *("type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId", "name"),
        *("category", "properties", "traits", "context", "integrations", "timestamp", "sentAt"),
        *("writeKey", "version", "other"),
    ]
)
messages = st.dictionaries(keys, json_values, max_size=8)


@given(st.lists(json_values | messages | messages.map(lambda m: {**track(), **m}), max_size=5))
def test_whatever_is_accepted_can_be_read_and_written_again(batch: list[object]) -> None:
    import json as standard  # noqa: PLC0415 - writes integers that msgspec refuses.

    body = standard.dumps({"batch": batch}, ensure_ascii=True).encode()
    try:
        found = accepted(body)
    except BadRequest:
        return

    assert len(found) == len(batch)
    for item in found:
        msgspec.json.encode(item)
        msgspec.msgpack.encode(item)
        if isinstance(item, Event):
            assert item.message_id
            assert isinstance(item.body["context"], dict)
    assert found == accepted(body)


@given(st.binary(max_size=200))
def test_no_body_makes_the_door_fail_in_another_way(body: bytes) -> None:
    with contextlib.suppress(BadRequest):
        accepted(body, "track")
    with contextlib.suppress(BadRequest):
        accepted(body)


id_values = st.none() | st.text(max_size=3) | st.floats(allow_nan=False, allow_infinity=False)
id_values |= st.integers() | st.integers(-(10**450), 10**450)


@given(st.lists(st.tuples(id_values, id_values, id_values, id_values), max_size=4))
def test_what_is_accepted_arrives_under_the_id_that_was_promised(
    rows: list[tuple[object, object, object, object]],
) -> None:
    import json as standard  # noqa: PLC0415 - writes integers that msgspec refuses.

    names = ("messageId", "userId", "anonymousId", "groupId")
    batch = [{**track(), **dict(zip(names, row, strict=True))} for row in rows]
    body = standard.dumps({"batch": batch}).encode()
    promised = parse_batch(body, LIMITS).messages

    for index, (promise, found) in enumerate(zip(promised, accepted(body), strict=True)):
        assert isinstance(found, Event) == (promise.discard is None)
        if isinstance(found, Event):
            assert found.message_id == (promise.message_id or f"made_{index}")
            assert found.body["messageId"] == found.message_id
            for name, sent in zip(names, rows[index], strict=True):
                if isinstance(sent, str | int) and sent != "" and name != "messageId":
                    assert found.body[name] == str(sent)
