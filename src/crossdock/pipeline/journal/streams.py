"""The streams, and why each keeps what it keeps.

`EVENTS` is kept for replay, by bytes and age, but nothing that a reader has not finished may go.
JetStream can do one or the other: with `discard: old` a full stream drops its oldest message, read
or not; with interest retention it drops what was read, replay or not. So the stream refuses what
does not fit (`discard: new`, answered with 503), has no age limit of its own, and `trim` removes
from its beginning what every durable reader has finished. A reader that is no longer wanted must be
deleted (`nats consumer rm`), since the stream waits for it.

`DELIVERIES` is a work queue: each message is for one reader, that of its connection, goes when it
is finished, and one that waits a day for its next attempt does not hold the others' disk. It
refuses what does not fit; then `route` waits, and events wait in `EVENTS`. A message holds several
deliveries, and `PARTLY` says which are done of one that is not finished.

`DEAD_LETTERS` is what was given up, until someone sends it again or discards it. It must never keep
`send` from going on, so its oldest make room: first those of the connection that has too many.

`PAUSES` says which connections send nothing until someone acts.

`OUTCOMES` tells people what happened. It may forget: by bytes and age, the oldest first.
"""

from __future__ import annotations

import contextlib

from nats.errors import Error as NatsError
from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from crossdock.pipeline.journal.errors import JournalNotStarted
from crossdock.pipeline.journal.settings import JournalSettings

EVENTS = "CROSSDOCK_EVENTS"
DELIVERIES = "CROSSDOCK_DELIVERIES"
OUTCOMES = "CROSSDOCK_OUTCOMES"
DEAD_LETTERS = "CROSSDOCK_DEAD_LETTERS"
NOTICES = "CROSSDOCK_NOTICES"
REPLAYS = "CROSSDOCK_REPLAYS"
PAUSES = "CROSSDOCK_PAUSES"
PARTLY = "CROSSDOCK_PARTLY"

EVENTS_SUBJECT = "crossdock.events"
DELIVERIES_SUBJECT = "crossdock.deliveries"
OUTCOMES_SUBJECT = "crossdock.outcomes"
DEAD_LETTERS_SUBJECT = "crossdock.dead_letters"

# The one reader of all deliveries that earlier versions had; two may not read the same.
_FORMER_DELIVERY_READER = "send"

_NOTICES_BYTES_MAX = 16 * 1024**2
_REPLAYS_BYTES_MAX = 16 * 1024**2
_REPLAYS_AGE_SECONDS_MAX = 30 * 86_400.0
NOTICE_BYTES_MAX = 8 * 1024
_PAUSES_BYTES_MAX = 16 * 1024**2
_PARTLY_BYTES_MAX = 64 * 1024**2


def store_bytes(settings: JournalSettings) -> int:
    """Return what the streams may take together, with room for what JetStream adds."""
    return 2 * (
        settings.events_bytes_max
        + settings.deliveries_bytes_max
        + settings.outcomes_bytes_max
        + settings.dead_letters_bytes_max
        + _PAUSES_BYTES_MAX
        + _PARTLY_BYTES_MAX
        + _NOTICES_BYTES_MAX
        + _REPLAYS_BYTES_MAX
    )


async def open_streams(jetstream: JetStreamContext, settings: JournalSettings) -> None:
    """Make each stream what it should be, whether it is new or was made with other settings.

    Raises:
        JournalNotStarted: The server refuses; the message says what.
    """
    for config in (
        _events(settings),
        _deliveries(settings),
        _outcomes(settings),
        _dead_letters(settings),
    ):
        config.num_replicas = settings.replicas
        assert config.name is not None  # noqa: S101 - given below.
        try:
            try:
                await jetstream.stream_info(config.name)
            except NotFoundError:
                await jetstream.add_stream(config)
            else:
                await jetstream.update_stream(config)
        except NatsError as error:
            raise JournalNotStarted(
                f'NATS refused the stream "{config.name}": {error}.',
                do="Check its JetStream limits and the number of replicas.",
            ) from error
    with contextlib.suppress(NotFoundError):
        await jetstream.delete_consumer(DELIVERIES, _FORMER_DELIVERY_READER)
    await jetstream.create_key_value(
        api.KeyValueConfig(
            bucket=PAUSES,
            description="Connections that send nothing until someone acts.",
            history=1,
            max_bytes=_PAUSES_BYTES_MAX,
            storage=api.StorageType.FILE,
            replicas=settings.replicas,
        )
    )
    await jetstream.create_key_value(
        api.KeyValueConfig(
            bucket=PARTLY,
            description="Which deliveries of unfinished messages are done.",
            history=1,
            max_bytes=_PARTLY_BYTES_MAX,
            storage=api.StorageType.FILE,
            replicas=settings.replicas,
        )
    )
    await jetstream.create_key_value(
        api.KeyValueConfig(
            bucket=NOTICES,
            description="Problems that browser plugins reported.",
            max_value_size=NOTICE_BYTES_MAX,
            history=1,
            ttl=settings.notices_age_seconds_max,
            max_bytes=_NOTICES_BYTES_MAX,
            storage=api.StorageType.FILE,
            replicas=settings.replicas,
        )
    )
    await jetstream.create_key_value(
        api.KeyValueConfig(
            bucket=REPLAYS,
            description="Replays, and how far they are.",
            history=1,
            ttl=_REPLAYS_AGE_SECONDS_MAX,
            max_bytes=_REPLAYS_BYTES_MAX,
            storage=api.StorageType.FILE,
            replicas=settings.replicas,
        )
    )


def _events(settings: JournalSettings) -> api.StreamConfig:
    return api.StreamConfig(
        name=EVENTS,
        description="Accepted requests; one message is one group commit.",
        subjects=[EVENTS_SUBJECT],
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.NEW,
        max_bytes=settings.events_bytes_max,
        storage=api.StorageType.FILE,
        duplicate_window=settings.duplicate_seconds,
        allow_direct=True,
    )


def _deliveries(settings: JournalSettings) -> api.StreamConfig:
    return api.StreamConfig(
        name=DELIVERIES,
        description="Payloads on their way; the subject names the connection, and how many.",
        subjects=[f"{DELIVERIES_SUBJECT}.>"],
        retention=api.RetentionPolicy.WORK_QUEUE,
        discard=api.DiscardPolicy.NEW,
        max_bytes=settings.deliveries_bytes_max,
        storage=api.StorageType.FILE,
        duplicate_window=settings.duplicate_seconds,
        # All deliveries of some events or none: a part that got lost on the way and is stored
        # later would be behind later deliveries of the same person.
        allow_atomic=True,
    )


def _outcomes(settings: JournalSettings) -> api.StreamConfig:
    return api.StreamConfig(
        name=OUTCOMES,
        description="What became of events; one message holds many.",
        subjects=[OUTCOMES_SUBJECT],
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD,
        max_bytes=settings.outcomes_bytes_max,
        max_age=settings.outcomes_age_seconds_max,
        storage=api.StorageType.FILE,
        duplicate_window=settings.duplicate_seconds,
        allow_direct=True,
    )


def _dead_letters(settings: JournalSettings) -> api.StreamConfig:
    return api.StreamConfig(
        name=DEAD_LETTERS,
        description="What was given up; the last part of the subject is the connection.",
        subjects=[f"{DEAD_LETTERS_SUBJECT}.>"],
        retention=api.RetentionPolicy.LIMITS,
        discard=api.DiscardPolicy.OLD,
        max_bytes=settings.dead_letters_bytes_max,
        max_msgs_per_subject=settings.dead_letters_of_one_connection_max,
        storage=api.StorageType.FILE,
        duplicate_window=settings.duplicate_seconds,
        allow_direct=True,
    )
