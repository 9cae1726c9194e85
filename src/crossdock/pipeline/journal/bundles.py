"""Deliveries as messages: those of one connection that follow from the same request lie together.

Storing, reading and finishing cost about the same for one delivery as for a hundred. So what a
group of events became for a connection is one message, a *bundle*, whose subject ends in the number
of deliveries in it: what lies in the journal can be counted without being read.

What goes together is found from the events alone, so that deliveries that are made again, after a
crash, are the same message, which the journal stores once. Where it does not know them any more,
`send` does, by their ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from crossdock.events import ConnectionId, Delivery
from crossdock.pipeline.journal.connection import Message
from crossdock.pipeline.journal.streams import DELIVERIES_SUBJECT

# Of a bundle, most is finished while some may have to wait: it should be neither long nor large.
_DELIVERIES_MAX = 200
_BYTES_MAX = 256 * 1024

_encode = msgspec.msgpack.Encoder().encode
_decode_list = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
decode_delivery = msgspec.msgpack.Decoder(Delivery).decode


def bundle_subjects(connection_id: ConnectionId) -> str:
    """Return the subjects of a connection's bundles, as NATS' wildcards say it."""
    return f"{DELIVERIES_SUBJECT}.{connection_id}.*"


def former_subject(connection_id: ConnectionId) -> str:
    """Return the subject of messages with one delivery, from before there were bundles."""
    return f"{DELIVERIES_SUBJECT}.{connection_id}"


def bundled(deliveries: Sequence[Delivery]) -> list[Message]:
    """Return the messages that hold these deliveries, each connection's in the order given."""
    lists: list[list[Delivery]] = []
    list_by_key: dict[tuple[ConnectionId, int], list[Delivery]] = {}
    for delivery in deliveries:
        key = delivery.connection_id, delivery.offset.sequence
        together = list_by_key.get(key)
        if together is None:
            together = list_by_key[key] = []
            lists.append(together)
        together.append(delivery)
    return [message for together in lists for message in _messages(together)]


def contents(subject: str, data: bytes) -> list[bytes | msgspec.Raw]:
    """Return the deliveries of a message, each for `decode_delivery`.

    Raises:
        ValueError: The message was not written by us.
    """
    return [*_decode_list(data)] if _count_in(subject) is not None else [data]


def count_by_connection(messages_by_subject: Mapping[str, int]) -> dict[ConnectionId, int]:
    """Return how many deliveries of each connection there are in so many messages."""
    found: dict[ConnectionId, int] = {}
    for subject, messages in messages_by_subject.items():
        connection_id = ConnectionId(subject.removeprefix(f"{DELIVERIES_SUBJECT}.").split(".")[0])
        count = messages * (_count_in(subject) or 1)
        found[connection_id] = found.get(connection_id, 0) + count
    return found


def _messages(together: Sequence[Delivery]) -> list[Message]:
    messages: list[Message] = []
    ids: list[str] = []
    items: list[msgspec.Raw] = []
    size_bytes = 0
    for delivery in together:
        item = _encode(delivery)
        if items and (len(items) == _DELIVERIES_MAX or size_bytes + len(item) > _BYTES_MAX):
            messages.append(_message(together[0].connection_id, ids, items))
            ids, items, size_bytes = [], [], 0
        ids.append(f"{delivery.id}-{delivery.resends}" if delivery.resends else delivery.id)
        items.append(msgspec.Raw(item))
        size_bytes += len(item)
    messages.append(_message(together[0].connection_id, ids, items))
    return messages


def _message(
    connection_id: ConnectionId, ids: Sequence[str], items: Sequence[msgspec.Raw]
) -> Message:
    append_id = ids[0]
    if len(ids) > 1:
        # In other company it is another message: to take it for the same would lose the others.
        digest = hashlib.blake2b("\0".join(ids).encode(), digest_size=16).hexdigest()
        append_id = f"{ids[0]}-{len(ids)}-{digest}"
    subject = f"{DELIVERIES_SUBJECT}.{connection_id}.{len(items)}"
    return Message(subject, _encode(items), append_id)


def _count_in(subject: str) -> int | None:
    """Return how many deliveries a message of that subject has; None for a former one."""
    _, _, count = subject.removeprefix(f"{DELIVERIES_SUBJECT}.").partition(".")
    return int(count) if count.isdecimal() else None
