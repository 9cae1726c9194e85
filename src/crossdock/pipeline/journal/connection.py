"""The connection to NATS, and one durable append through it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Coroutine, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js import JetStreamContext

from crossdock.base.clock import Clock
from crossdock.pipeline.journal import report
from crossdock.pipeline.journal.errors import (
    JournalError,
    JournalFull,
    JournalNotStarted,
    JournalUnavailable,
)

_RECONNECT_SECONDS = 0.05
# A server of our own reads a large journal before it answers; one that is another's is there.
_OPEN_SECONDS_MAX = 60.0
_OPEN_ELSEWHERE_SECONDS_MAX = 15.0
_PENDING_BYTES_MAX = 64 * 1024**2
# JetStream's numbers for: the account's storage is full; the stream could not store, which is how
# both its byte limit and the disk's end are told.
_FULL_CODES = frozenset({10023, 10047, 10077})


Answer = TypeVar("Answer")


class _Error(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class _Acknowledgement(msgspec.Struct):
    error: _Error | None = None
    seq: int = 0
    duplicate: bool = False
    count: int = 0


_decode_acknowledgement = msgspec.json.Decoder(_Acknowledgement).decode


class Message(NamedTuple):
    """What is to be stored.

    Attributes:
        append_id: The same for each attempt to store the same.
    """

    subject: str
    data: bytes
    append_id: str


class _GivenUp(Exception):
    """Ends an attempt to connect, which nats-py would go on with for ever."""


class Connection:
    """A connection that is made again when it breaks.

    Args:
        clock: Waits while the server starts.
        disk: A folder on the disk that must keep `disk_reserve_bytes` free; None if the disk is
            another machine's.
        disk_reserve_bytes: See `JournalSettings`.
    """

    def __init__(self, clock: Clock, *, disk: Path | None, disk_reserve_bytes: int) -> None:
        self._clock = clock
        self._disk = disk
        self._disk_reserve_bytes = disk_reserve_bytes
        self._client = Client()
        self._is_up = False
        self._connects = 0
        self._has_begun = self._has_been_up = False
        self._give_up_at = 0.0
        self._shown_url: str | None = None
        self._last_error: BaseException | None = None
        self._attempts: set[asyncio.Task[bytes]] = set()

    @property
    def client(self) -> Client:
        """The NATS client."""
        return self._client

    @property
    def jetstream(self) -> JetStreamContext:
        """The client's JetStream part."""
        return self._jetstream

    @property
    def is_up(self) -> bool:
        """Whether there is a connection at the moment."""
        return self._is_up

    @property
    def connects(self) -> int:
        """How often a connection was made; a reader whose number is smaller may have lost some."""
        return self._connects

    @property
    def max_payload_bytes(self) -> int:
        """The largest message that the server takes."""
        return self._client.max_payload

    async def open(self, url: str, *, token: str | None) -> None:
        """Connect, and wait until JetStream answers.

        Raises:
            JournalNotStarted: It does not within a minute; if it is not ours, within some seconds.
        """
        is_ours = self._disk is not None
        seconds_max = _OPEN_SECONDS_MAX if is_ours else _OPEN_ELSEWHERE_SECONDS_MAX
        self._give_up_at = self._clock.monotonic_seconds() + seconds_max
        self._shown_url = None if is_ours else without_secrets(url)
        while True:
            try:
                if not self._client.is_connected:
                    await self._connect(url, token)
                self._jetstream = self._client.jetstream(publish_async_max_pending=10_000)
                await self._jetstream.account_info()
            except _GivenUp as error:
                await self._client.close()
                # Given up because it was told to end, not because the time is up.
                raise_if_cancelled()
                raise JournalNotStarted(
                    f'NATS at "{without_secrets(url)}" could not be reached for '
                    f"{seconds_max:.0f} seconds: {_reason(error.__cause__)}.",
                    do="Start it, or correct the address in --nats-url.",
                ) from error
            except (NatsError, OSError, TimeoutError) as error:
                if self._clock.monotonic_seconds() >= self._give_up_at:
                    raise JournalNotStarted(
                        f'NATS at "{without_secrets(url)}" does not answer with JetStream: '
                        f"{_reason(error)}.",
                        do="Check the address, and that the server runs with JetStream enabled.",
                    ) from error
                # A server with a large journal reads it before it listens.
                await self._clock.sleep(_RECONNECT_SECONDS)
                raise_if_cancelled()
            else:
                break
        self._is_up = self._has_been_up = True
        self._connects += 1
        report.connected(without_secrets(url))

    async def close(self) -> None:
        """Send what is buffered, and disconnect."""
        for attempt in self._attempts:
            attempt.cancel()
        if self._has_begun:
            await self._client.close()

    def has_room(self) -> bool:
        """Return whether the disk has more than its reserve free."""
        if self._disk is None:
            return True
        try:
            return shutil.disk_usage(self._disk).free > self._disk_reserve_bytes
        except OSError:
            # The folder is gone, or its disk: nothing can be stored there.
            return False

    async def append(
        self, subject: str, data: bytes, *, stream: str, append_id: str, seconds_max: float
    ) -> None:
        """Store one message; when this returns, it is on disk.

        Args:
            subject: Where to.
            data: What.
            stream: The subject's stream, for the error.
            append_id: The same for each attempt to store the same message, which is then stored
                once.
            seconds_max: How long to wait for the answer.

        Raises:
            JournalFull: It was not stored.
            JournalUnavailable: It may or may not have been stored: try again with the same id.
        """
        answer = await self._answer(stream, self._request(subject, data, append_id, seconds_max))
        if answer.error is not None:
            raise JournalUnavailable

    async def append_in_line(
        self, messages: Sequence[Message], *, stream: str, seconds_max: float
    ) -> bool:
        """Store messages in this order without waiting for each; return whether all are on disk.

        Each is stored only right behind the one before. So False means that the first few may be
        stored and the rest are not, or that somebody else stored something in between: then store
        all of them again, one after the other.

        Raises:
            JournalFull: The first few may be stored, and the rest are not.
        """
        before = (None, *messages[:-1])
        answers = await asyncio.gather(
            *(
                self._answer(stream, self._request_behind(previous, message, seconds_max))
                for previous, message in zip(before, messages, strict=True)
            ),
            return_exceptions=True,
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, JournalUnavailable):
                raise answer
        return all(isinstance(one, _Acknowledgement) and one.error is None for one in answers)

    async def append_together(
        self, messages: Sequence[Message], *, stream: str, batch_id: str, seconds_max: float
    ) -> bool:
        """Store messages in this order, all or none; when this returns True, they are on disk.

        False means that none was stored, since one of them is there already, or that the server is
        older than 2.12 and does not know how: then store them one after the other.

        Args:
            messages: What; at most 1,000, all for one stream.
            stream: Their subjects' stream, for the error.
            batch_id: Another one for each call.
            seconds_max: How long to wait for the answer.

        Raises:
            JournalFull: None was stored.
            JournalUnavailable: All or none may have been stored: store them one after the other.
        """
        answer = await self._answer(stream, self._request_together(messages, batch_id, seconds_max))
        return answer.error is None and answer.count == len(messages)

    async def _answer(self, stream: str, request: Coroutine[None, None, bytes]) -> _Acknowledgement:
        """Return what JetStream says to an append; raises as `append`."""
        if not self.has_room():
            request.close()
            raise JournalFull(stream)
        attempt = asyncio.ensure_future(request)
        self._attempts.add(attempt)
        try:
            answer = _decode_acknowledgement(await attempt)
        except asyncio.CancelledError:
            # Cancelled because the connection broke, not because our caller gave up.
            if not attempt.cancelled() or _is_cancelling():
                attempt.cancel()
                raise
            raise JournalUnavailable from None
        except (NatsError, NoRespondersError, OSError, TimeoutError, msgspec.DecodeError) as error:
            raise JournalUnavailable from error
        finally:
            self._attempts.discard(attempt)
        if answer.error is not None and answer.error.err_code in _FULL_CODES:
            raise JournalFull(stream)
        return answer

    async def _request(self, subject: str, data: bytes, append_id: str, seconds: float) -> bytes:
        answer = await self._client.request(
            subject, data, timeout=seconds, headers={"Nats-Msg-Id": append_id}
        )
        return answer.data

    async def _request_behind(
        self, previous: Message | None, message: Message, seconds: float
    ) -> bytes:
        headers = {"Nats-Msg-Id": message.append_id}
        if previous is not None:
            headers["Nats-Expected-Last-Msg-Id"] = previous.append_id
        answer = await self._client.request(
            message.subject, message.data, timeout=seconds, headers=headers
        )
        return answer.data

    async def _request_together(
        self, messages: Sequence[Message], batch_id: str, seconds: float
    ) -> bytes:
        *others, last = messages
        for number, message in enumerate(others, start=1):
            await self._client.publish(
                message.subject, message.data, headers=_batch_headers(message, batch_id, number)
            )
        headers = _batch_headers(last, batch_id, len(messages))
        answer = await self._client.request(
            last.subject,
            last.data,
            timeout=seconds,
            headers={**headers, "Nats-Batch-Commit": "1"},
        )
        return answer.data

    async def _connect(self, url: str, token: str | None) -> None:
        self._client, self._has_begun = Client(), True
        await self._client.connect(
            url.split(","),
            name="crossdock",
            token=token,
            allow_reconnect=True,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_RECONNECT_SECONDS,  # type: ignore[arg-type]  # It only sleeps for it.
            connect_timeout=5,
            ping_interval=10,
            pending_size=_PENDING_BYTES_MAX,
            disconnected_cb=self._when_disconnected,
            reconnected_cb=self._when_reconnected,
            error_cb=self._when_failed,
        )

    async def _when_disconnected(self) -> None:
        self._is_up = False
        # Their answers will not come any more; waiting for them would only cost time.
        for attempt in self._attempts:
            attempt.cancel()
        if not self._client.is_closed:
            report.disconnected()

    async def _when_reconnected(self) -> None:
        self._is_up = True
        self._connects += 1
        report.connected("again")

    async def _when_failed(self, error: Exception) -> None:
        if self._has_been_up:
            # While it is down each attempt fails, twenty a second; that it is down was said.
            if self._is_up:
                report.client_error(error)
            return
        if self._last_error is None and self._shown_url is not None:
            report.not_there_yet(self._shown_url, _reason(error))
        self._last_error = error
        if _is_cancelling() or self._clock.monotonic_seconds() >= self._give_up_at:
            raise _GivenUp from error


def _batch_headers(message: Message, batch_id: str, number: int) -> dict[str, str]:
    return {
        "Nats-Msg-Id": message.append_id,
        "Nats-Batch-Id": batch_id,
        "Nats-Batch-Sequence": str(number),
    }


async def answered(question: Awaitable[Answer]) -> Answer:
    """Return the answer to a question to NATS.

    Raises:
        JournalUnavailable: There is none.
    """
    try:
        return await question
    except JournalError:
        raise
    except (NatsError, OSError, TimeoutError) as error:
        raise JournalUnavailable from error


def raise_if_cancelled() -> None:
    """End a task that was cancelled.

    nats-py 2.16 swallows a cancellation that meets it in the middle of a publish; whoever calls it
    in a loop asks here, or goes on for ever.
    """
    if _is_cancelling():
        raise asyncio.CancelledError


def _reason(error: BaseException | None) -> str:
    # A few errors have no words of their own.
    return str(error).rstrip(".") or type(error).__name__


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def without_secrets(url: str) -> str:
    """Return the address, or several with commas, without user and password."""
    return ",".join(
        part if "@" not in part else part.split("://")[0] + "://…@" + part.rsplit("@", 1)[1]
        for part in url.split(",")
    )
