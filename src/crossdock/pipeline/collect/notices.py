"""Notices: what a plugin in a visitor's browser says went wrong."""

from __future__ import annotations

import re

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.events import ConnectionId, Notice
from crossdock.events.notice import DETAIL_CHARACTERS_MAX
from crossdock.events.parse import BadRequest
from crossdock.pipeline.collect.pace import Pace
from crossdock.workspace import Source, Workspace

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class NoticeDoor:
    """Takes notices, not too many of them.

    Args:
        clock: What time it is.
        per_second_max: Notices of one source.
    """

    def __init__(self, clock: Clock, *, per_second_max: int) -> None:
        self._clock = clock
        self._per_second_max = per_second_max
        self._pace_by_source: dict[str, Pace] = {}

    def find_notice(self, body: bytes, source: Source, workspace: Workspace) -> Notice | None:
        """Return the notice, or None if the source has sent too many.

        Raises:
            BadRequest: It is not one.
        """
        pace = self._pace_by_source.setdefault(
            source.id, Pace(self._clock, per_second_max=self._per_second_max)
        )
        if not pace.allows():
            return None
        try:
            sent = json.decode(body)
        except json.NotJson as error:
            raise BadRequest(f"The notice is not JSON: {error}.", do="Send JSON.") from error
        connection_id = sent.get("connectionId", "") if isinstance(sent, dict) else None
        code = sent.get("code") if isinstance(sent, dict) else None
        if not isinstance(connection_id, str) or not isinstance(code, str):
            raise BadRequest(
                "The notice lacks its code.",
                do='Send {"connectionId":"…","code":"…","detail":"…"}.',
            )
        if not _CODE.fullmatch(code):
            raise BadRequest(
                "The notice's code has other characters than letters, digits, _ and -.",
                do="Send a stable code, and the rest as its detail.",
            )
        connection = workspace.connections_by_id.get(ConnectionId(connection_id))
        if connection_id and (connection is None or connection.source_id != source.id):
            raise BadRequest(
                "The source has no such connection.", do="Send the id that the settings give."
            )
        detail = sent.get("detail")
        now = self._clock.now()
        return Notice(
            source_id=source.id,
            connection_id=ConnectionId(connection_id),
            code=code,
            detail=_CONTROL.sub(" ", detail)[:DETAIL_CHARACTERS_MAX]
            if isinstance(detail, str)
            else "",
            first_at=now,
            last_at=now,
        )
