"""Senders: each on its own source and with people of its own, one request after the other."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import random
import time
from collections.abc import Callable, Sequence

import aiohttp
import msgspec

from tests.crash.record import Record, Sent, Verdict, WriteKey

_ANSWER_SECONDS = 6.0
_PEOPLE = 8
_BATCH_MAX = 12
_UNREACHABLE_SECONDS = 0.1
_NOBODYS_KEY = WriteKey("nobodys-key", leaves_at=0.0, gone_at=0.0)


class Client:
    """A sender that gives each event up to three tries, or only one, as libraries and pages do.

    Args:
        name: Part of its messageIds; no other client has it.
        source: By slug.
        write_keys: The source's, the current one last; others may still work.
        record: Where it notes what it sent.
        chance: Decides what it sends.
        url: Returns where the server is at the moment.
    """

    def __init__(  # noqa: PLR0913 - who, with what, where to, and the run's record and chance.
        self,
        name: str,
        *,
        source: str,
        write_keys: Sequence[WriteKey],
        record: Record,
        chance: random.Random,
        url: Callable[[], str],
    ) -> None:
        self._name = name
        self._source = source
        self._write_keys = write_keys
        self._record = record
        self._chance = chance
        self._url = url
        self._count = 0

    async def send_until(self, end: asyncio.Event) -> None:
        """Send until the event says that it is over; what was begun is brought to its end."""
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while not end.is_set():
                await self._send(session, end)
                # A pace at which a run can be compared in full, and still keeps the server busy.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(end.wait(), self._chance.uniform(0, 0.1))

    async def send_last(self, person: str) -> None:
        """Send one more event, of somebody new, behind everything that was accepted before."""
        message = {
            "messageId": f"{self._name}-last",
            "type": "identify",
            "userId": person,
            "traits": {"flips": True},
        }
        sent = Sent(self._source, message, time.monotonic())
        self._record.sent_by_id[sent.message_id] = sent
        body = msgspec.json.encode(message)
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.timeout(60):
            while sent.verdict is not Verdict.ACKNOWLEDGED:
                sent.times += 1
                key = self._write_keys[-1].text
                if await self._status(session, "/v1/identify", body, key) == 200:
                    sent.verdict, sent.ended_at = Verdict.ACKNOWLEDGED, time.monotonic()
                await asyncio.sleep(_UNREACHABLE_SECONDS)

    async def _send(self, session: aiohttp.ClientSession, end: asyncio.Event) -> None:
        """Send a request: an event, a batch, or something that has to be refused."""
        dice = self._chance.random()
        is_batch = dice < 0.4
        write_key = self._write_key() if dice < 0.97 else _NOBODYS_KEY
        tries = 3 if self._chance.random() < 0.5 else 1
        sents = [
            self._event(place, is_wrong=is_batch and self._chance.random() < 0.05)
            for place in range(self._chance.randint(1, _BATCH_MAX) if is_batch else 1)
        ]
        if write_key.gone_at is not None:
            for sent in sents:
                sent.verdict = Verdict.REFUSED
        for sent in sents:
            self._record.sent_by_id[sent.message_id] = sent
        messages = [sent.message for sent in sents]
        path = "/v1/batch" if is_batch else f"/v1/{messages[0]['type']}"
        body = msgspec.json.encode({"batch": messages} if is_batch else messages[0])
        for _ in range(tries):
            for sent in sents:
                sent.times += 1
            status = await self._status(session, path, body, write_key.text)
            if status == 200:
                if write_key.leaves_at is not None:
                    # The key was there or not: both are answered alike.
                    return
                ended_at = time.monotonic()
                for sent in sents:
                    sent.ended_at = ended_at
                    if sent.verdict is Verdict.UNKNOWN:
                        sent.verdict = Verdict.ACKNOWLEDGED
                return
            assert status in {None, 429, 503}, f"{path} was answered with {status}"
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), _UNREACHABLE_SECONDS)

    def _write_key(self) -> WriteKey:
        """Return the current one; sometimes one that has not heard of its successor yet."""
        if self._chance.random() < 0.8:
            return self._write_keys[-1]
        return self._chance.choice(self._write_keys)

    async def _status(
        self, session: aiohttp.ClientSession, path: str, body: bytes, write_key: str
    ) -> int | None:
        """Return the answer's status, or None if there was no whole answer."""
        authorization = "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()
        try:
            async with session.post(
                self._url() + path,
                data=body,
                headers={"authorization": authorization, "content-type": "application/json"},
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    def _event(self, place: int, *, is_wrong: bool) -> Sent:
        self._count += 1
        chance = self._chance
        values = {
            "number": self._count,
            "text": chance.choice(["", "x" * chance.randint(1, 2000), "naïve ☃ 🎈", '\u0000\\"']),
            "list": [chance.randint(-(2**53), 2**53) for _ in range(chance.randint(0, 4))],
            "deep": {"a": {"b": [{"c": None}, True, chance.random()]}},
        }
        message: dict[str, object] = {
            "messageId": f"{self._name}-{self._count}",
            "userId": f"{self._name}-person-{chance.randint(1, _PEOPLE)}",
        }
        if chance.random() < 0.8:
            message |= {"type": "track", "event": f"Did {chance.randint(1, 9)}"}
            message["properties"] = values
        else:
            message |= {"type": "identify", "traits": {**values, "flips": chance.random() < 0.5}}
        if is_wrong:
            del message["userId"]
        verdict = Verdict.REFUSED if is_wrong else Verdict.UNKNOWN
        return Sent(self._source, message, time.monotonic(), place=place, verdict=verdict)
