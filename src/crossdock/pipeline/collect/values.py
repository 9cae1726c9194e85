"""Values: in which audiences a page's visitor is, for the plugin of a connection on that page.

Whoever asks must prove that the visitor is who the page says: what counts as a proof is its
destination's business. What is answered without one, for a user of whom nothing is known, or while
it is switched off, is the same, so that nobody learns by asking who exists; the owner reads the
reason among the connection's notices.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.events import ConnectionId, Notice
from crossdock.events.parse import BadRequest
from crossdock.kit import BrowserValues, Destination
from crossdock.pipeline.collect import report
from crossdock.pipeline.collect.answer import Answer, json_answer
from crossdock.pipeline.collect.limits import CollectLimits
from crossdock.pipeline.collect.pace import Pace
from crossdock.workspace import Connection, Source, Workspace

FindValues = Callable[[ConnectionId, str], Awaitable[Mapping[str, object]]]
"""Returns what a connection is told of a user, by the user id; nothing of who is not known."""

# The plugin waits half a second and goes on; what comes later is of no use to it.
_SECONDS_MAX = 0.45
# More at once would be answered too late anyway.
_ASKED_AT_ONCE_MAX = 64
# A person loads a page every second at most; a script with one person's proof gets no further.
_USER_PER_SECOND_MAX = 5
_USERS_MAX = 10_000
_USER_ID_CHARACTERS_MAX = 500


class ValueDoor:
    """Answers what plugins ask.

    Args:
        clock: What time it is.
        find_destination: Returns the destination of a slug.
        find_values: Knows the values.
        report_notice: Counts a notice, for the owner.
        limits: How much is answered, and how much is reported.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        find_destination: Callable[[str], Destination | None],
        find_values: FindValues,
        report_notice: Callable[[Notice], object],
        limits: CollectLimits | None = None,
    ) -> None:
        self._clock = clock
        self._find_destination = find_destination
        self._find_values = find_values
        self._report_notice = report_notice
        self._limits = limits or CollectLimits()
        self._paces: dict[str, Pace] = {}
        self._notice_paces: dict[str, Pace] = {}
        self._user_paces: OrderedDict[tuple[str, str], Pace] = OrderedDict()
        self._asked = 0

    async def answer(self, body: bytes, source: Source | None, workspace: Workspace) -> Answer:
        """Return what a plugin is answered.

        Raises:
            BadRequest: It asks nothing.
        """
        sent, user_id = _read(body)
        found = self._switched_on(sent, source, workspace)
        if found is None:
            return _nothing("off")
        connection, values = found
        code = values.why_not_proven(connection.settings, sent, self._clock.now())
        if code is not None:
            self._notify(connection, code)
            return _nothing("not_proven")
        if not self._may_ask(connection, user_id):
            self._notify(connection, "engage_late")
            return _nothing("too_many")
        self._asked += 1
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                told = await self._find_values(connection.id, user_id)
        except (TimeoutError, CrossdockError):
            self._notify(connection, "engage_late")
            return _nothing("late")
        finally:
            self._asked -= 1
        if not told:
            return _nothing("nothing_known")
        report.values_asked("told")
        return _answer(told)

    def _switched_on(
        self, sent: JsonObject, source: Source | None, workspace: Workspace
    ) -> tuple[Connection, BrowserValues] | None:
        connection = workspace.connections_by_id.get(ConnectionId(sent["connectionId"]))
        if source is None or connection is None or connection.source_id != source.id:
            return None
        destination = self._find_destination(connection.destination)
        plugin = destination.plugin if destination else None
        if plugin is None or plugin.values is None:
            return None
        is_on = connection.settings.get(plugin.values.setting) is True
        if not is_on or not connection.enabled or not source.enabled:
            return None
        return connection, plugin.values

    def _may_ask(self, connection: Connection, user_id: str) -> bool:
        """Return whether there is room for one more, which was proven: others cost nothing."""
        key = (connection.id, user_id)
        of_user = self._user_paces.setdefault(
            key, Pace(self._clock, per_second_max=_USER_PER_SECOND_MAX)
        )
        self._user_paces.move_to_end(key)
        if len(self._user_paces) > _USERS_MAX:
            self._user_paces.popitem(last=False)
        of_source = self._paces.setdefault(
            connection.source_id,
            Pace(self._clock, per_second_max=self._limits.values_per_second_max),
        )
        return self._asked < _ASKED_AT_ONCE_MAX and of_user.allows() and of_source.allows()

    def _notify(self, connection: Connection, code: str) -> None:
        pace = self._notice_paces.setdefault(
            connection.source_id,
            Pace(self._clock, per_second_max=self._limits.notices_per_second_max),
        )
        if not pace.allows():
            return
        now = self._clock.now()
        self._report_notice(
            Notice(
                source_id=connection.source_id,
                connection_id=connection.id,
                code=code,
                detail="",
                first_at=now,
                last_at=now,
            )
        )


def _read(body: bytes) -> tuple[JsonObject, str]:
    try:
        sent = json.decode(body)
    except json.NotJson as error:
        raise BadRequest(f"The question is not JSON: {error}.", do="Send JSON.") from error
    user_id = sent.get("userId") if isinstance(sent, dict) else None
    if not isinstance(sent, dict) or not isinstance(sent.get("connectionId"), str):
        raise BadRequest(
            "The question names no connection.",
            do='Send {"connectionId":"…","userId":"…"} and what proves who the user is.',
        )
    if not isinstance(user_id, str) or not 0 < len(user_id) <= _USER_ID_CHARACTERS_MAX:
        raise BadRequest(
            f'"userId" is not a text of 1 to {_USER_ID_CHARACTERS_MAX} characters.',
            do="Send the id that identify was called with.",
        )
    return sent, user_id


def _nothing(what: str) -> Answer:
    """Return the answer that is the same for everything that is not told, and count why."""
    report.values_asked(what)
    return _NOTHING


def _answer(values: Mapping[str, object]) -> Answer:
    answer = json_answer(200, {"values": values})
    answer.headers.append((b"cache-control", b"no-store"))
    return answer


_NOTHING = _answer({})
