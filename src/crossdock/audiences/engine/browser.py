"""What a plugin in a browser is told of the user whom its page identifies.

Nothing is sent: it asks, and is told what is true at this moment. Whether it may ask is decided
before, at the door.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import duckdb
import msgspec

from crossdock.audiences.engine.scopes import run
from crossdock.audiences.history import History, people
from crossdock.audiences.identity import find_identifier
from crossdock.audiences.identity.identifiers import USER_ID
from crossdock.duck import statements
from crossdock.events import ConnectionId
from crossdock.workspace import Computation, Workspace, WorkspaceFeed

_SQL = statements(__package__, "browser.sql")


class ToldInBrowser:
    """Knows what the connections that are told in browsers are told. `close` it.

    Args:
        history: Where people and their memberships are.
        feed: Which connection is told what.
    """

    def __init__(self, history: History, feed: WorkspaceFeed) -> None:
        self._history = history
        self._by_connection: Mapping[ConnectionId, Sequence[Computation]] = {}
        # A page waits for the answer: it must not stand behind the questions of the app.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="audiences-browsers")
        feed.subscribe(self._use)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()

    async def values_of(self, connection_id: ConnectionId, user_id: str) -> dict[str, object]:
        """Return what a connection is told of a user, by key; nothing of who is not known.

        Of an audience True or False; of a computed trait its value, and None if there was one. What
        is not computed yet is left out.

        Raises:
            HistoryUnavailable: The history cannot be asked at the moment.
            HistoryBusy: It takes too long.
        """
        wanted = {one.id: one for one in self._by_connection.get(connection_id, ())}
        if not wanted:
            return {}
        return await self._history.ask(
            functools.partial(values_of, user_id=user_id, wanted=wanted), executor=self._thread
        )

    def _use(self, workspace: Workspace) -> None:
        found: dict[ConnectionId, list[Computation]] = {}
        for one in workspace.computations:
            for output in one.outputs:
                if one.enabled and workspace.is_in_browser(output):
                    found.setdefault(output.connection_id, []).append(one)
        self._by_connection = found


def values_of(
    cursor: duckdb.DuckDBPyConnection, user_id: str, wanted: Mapping[str, Computation]
) -> dict[str, object]:
    """Return what the definitions, by id, say of a user, by their keys."""
    identifier = find_identifier(USER_ID, user_id)
    # What was proven is this id, and not one that differs from it in a space.
    is_same = identifier is not None and identifier.value == user_id
    number = people.find_number(cursor, identifier) if identifier and is_same else None
    if number is None:
        return {}
    values: dict[str, object] = {}
    for definition_id, is_known, text in run(
        cursor, _SQL["told"], subject_id=number, ids=[*wanted]
    ):
        one = wanted[definition_id]
        value = None if text is None else msgspec.json.decode(text)
        if one.kind == "audience":
            values[one.key] = value is True
        elif is_known:
            values[one.key] = value
    return values
