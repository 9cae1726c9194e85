"""Webhook: any event to a URL, as JSON, signed.

Two signatures, both over the exact bytes of the body: `X-Signature` as Segment's webhooks have it,
so that a receiver that verifies those need not change, and `X-Crossdock-Signature`, which also
covers the time, so that a request that was overheard cannot be played back later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence

from crossdock.kit import (
    Action,
    Call,
    Choice,
    DeliveryFailed,
    Destination,
    Explanation,
    Field,
    Http,
    Mode,
    NeedsAttention,
    Preset,
    Setting,
    batch_key,
    encode_json,
)

_EVERY_EVENT = " or ".join(
    f'type = "{type_}"' for type_ in ("track", "identify", "page", "screen", "group", "alias")
)

# What the destination sets itself; an owner who could set them too would break the request.
_RESERVED_HEADERS = frozenset(
    {
        "content-length",
        "host",
        "idempotency-key",
        "transfer-encoding",
        "x-crossdock-signature",
        "x-signature",
    }
)


def signatures(body: bytes, *, secret: str, now: dt.datetime) -> Mapping[str, str]:
    """Return the headers that prove that whoever sends the body knows the secret.

    `X-Signature` is the hexadecimal HMAC-SHA1 of the body. `X-Crossdock-Signature` is
    `t=<seconds since 1970>,v1=<hexadecimal HMAC-SHA256 of "<seconds>.<body>">`.
    """
    key = secret.encode()
    seconds = int(now.timestamp())
    signed = hmac.new(key, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "X-Signature": hmac.new(key, body, hashlib.sha1).hexdigest(),
        "X-Crossdock-Signature": f"t={seconds},v1={signed}",
    }


def own_headers(text: str) -> Mapping[str, str]:
    """Return the headers that an owner wrote, one `Name: value` on each line.

    Raises:
        NeedsAttention: A line is none. The message names the line's number, not what it says.
    """
    headers: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or any(part.isspace() for part in name.strip()):
            raise NeedsAttention(
                f'Line {number} of the setting Headers is not of the form "Name: value".',
                do="Write one header on each line.",
            )
        if name.strip().lower() in _RESERVED_HEADERS:
            raise NeedsAttention(
                f"Line {number} of the setting Headers is a header that is set for every request.",
                do="Leave it out.",
            )
        headers[name.strip()] = value.strip()
    return headers


async def send(http: Http, call: Call) -> None:
    """Send the data to the URL; any 2xx means that it arrived."""
    await _post(http, call, call.payload["data"], key=call.idempotency_key)


async def send_batch(http: Http, calls: Sequence[Call]) -> Sequence[DeliveryFailed | None]:
    """Send the data of several events to the URL, as a list; any 2xx means that all arrived."""
    await _post(http, calls[0], [call.payload["data"] for call in calls], key=batch_key(calls))
    return [None] * len(calls)


async def _post(http: Http, call: Call, data: object, *, key: str) -> None:
    body = encode_json(data)
    headers = {**own_headers(call.settings["headers"] or ""), "Idempotency-Key": key}
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    if call.settings["sharedSecret"]:
        headers |= signatures(body, secret=call.settings["sharedSecret"], now=call.now)
    await http.request(call.settings["method"], call.settings["url"], body=body, headers=headers)


SEND = Action(
    slug="send",
    label="Send",
    description="Send data to the URL, as JSON.",
    trigger=_EVERY_EVENT,
    fields=(
        Field(
            key="data",
            label="Data",
            description="What is sent. The whole event, unless the mapping says otherwise.",
            type="object",
            required=True,
            default={"@path": "$."},
        ),
    ),
    perform=send,
    perform_batch=send_batch,
    batch_size_max=1000,
    batch_size_setting="batchSize",
)

WEBHOOK = Destination(
    slug="webhook",
    folder="webhook",
    name="Webhook",
    catalog_id="crossdock-webhook",
    description="Sends any event to a URL, as JSON, signed.",
    website="https://en.wikipedia.org/wiki/Webhook",
    categories=("Raw data",),
    mode=Mode.CLOUD,
    connection_modes={"web": (Mode.CLOUD,), "mobile": (Mode.CLOUD,), "server": (Mode.CLOUD,)},
    settings=(
        Setting(
            key="url",
            label="URL",
            help="Where to send, such as https://example.com/events.",
            required=True,
            format="uri",
        ),
        Setting(
            key="sharedSecret",
            label="Shared secret",
            help="Signs every request; the receiver verifies it with the same secret.",
            secret=True,
        ),
        Setting(
            key="method",
            label="Method",
            help="The HTTP method of every request.",
            default="POST",
            choices=tuple(Choice(value=name, label=name) for name in ("POST", "PUT", "PATCH")),
        ),
        Setting(
            key="headers",
            label="Headers",
            help="More headers for every request, one on each line, such as X-Api-Key: 123.",
            secret=True,
        ),
        Setting(
            key="batchSize",
            label="Events in a request",
            help="Up to so many events go in one request, at most 1000. With more than 1, every "
            "body is a list, even one of a single event.",
            type="number",
            default=1,
        ),
    ),
    actions=(SEND,),
    presets=(Preset(name="Send every event", action="send", trigger=_EVERY_EVENT),),
    explanations=(
        Explanation(
            code="webhook_private_address",
            symptom="The URL is at an address that is not public.",
            what="The server does not connect to private, loopback or link-local addresses, so "
            "that no setting and no redirect can make it talk to its own neighbours.",
            do="Use a public address, or have the operator allow this one with "
            "CROSSDOCK_ALLOWED_ADDRESSES.",
        ),
        Explanation(
            code="webhook_signature",
            symptom="The receiver says that the signature is wrong.",
            what="A signature is over the exact bytes of the body; a body that was parsed and "
            "written again has other bytes. Or the secrets differ.",
            do="Verify the raw body, before it is parsed, with the secret entered here.",
        ),
    ),
)

DESTINATIONS = (WEBHOOK,)
