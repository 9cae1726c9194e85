"""Who did what, and when: changes, sign-ins, and what was done to deliveries."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from crossdock.base.json import JsonObject
from crossdock.control.answers import COUNT_DEFAULT, COUNT_MAX, Data, Pagination, Shape
from crossdock.control.parts import Here
from crossdock.workspace import AuditEvent, Refused

router = APIRouter(tags=["Audit"])


class Newest:
    """Which page of the audit log was asked for.

    Raises:
        Refused: The cursor is not one of ours.
    """

    def __init__(
        self,
        cursor: Annotated[str | None, Query(alias="pagination[cursor]")] = None,
        count: Annotated[int, Query(alias="pagination[count]", ge=1, le=COUNT_MAX)] = COUNT_DEFAULT,
    ) -> None:
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):  # noqa: PLR2004 - 63 bits.
            raise Refused(
                "The cursor is not one that this API gave.",
                do="Send the `next` of an answer's pagination, or none for the newest.",
                reason="unusable_cursor",
                field="pagination[cursor]",
            )
        self.count = count
        self.cursor = cursor
        self.before_id = int(cursor) if cursor else None

    def page(
        self, found: list[AuditEvent], total_entries: int
    ) -> tuple[list[AuditEvent], Pagination]:
        """Return the page, and where it stands. `found` has one more if there is a next page."""
        events, more = found[: self.count], found[self.count :]
        return events, Pagination(
            current=self.cursor or "",
            next=str(events[-1].id) if more else None,
            total_entries=total_entries,
        )


class WhoShape(Shape):
    """Who did it. `id` is that of a person or an API token, and null for everything else."""

    id: str | None
    name: str


class AuditEntryShape(Shape):
    """What somebody did. `before` and `after` are without secrets."""

    id: str
    at: dt.datetime
    who: WhoShape
    kind: str
    change: str
    object_id: str
    object_name: str
    version: int
    before: JsonObject | None
    after: JsonObject | None


class AuditAnswer(Shape):
    """A page of the audit log, newest first."""

    entries: list[AuditEntryShape]
    pagination: Pagination


@router.get("/audit")
def list_audit(
    parts: Here,
    newest: Annotated[Newest, Depends()],
    kind: Annotated[str | None, Query(description="Such as `mapping`, `session`.")] = None,
    object_id: Annotated[
        str | None, Query(alias="id", description="Of what it was done to.")
    ] = None,
    who: Annotated[str | None, Query(description="The id of a person or token; or a name.")] = None,
) -> Data[AuditAnswer]:
    """List who did what, newest first."""
    found = parts.store.audit.events(
        limit=newest.count + 1,
        before_id=newest.before_id,
        kind=kind,
        object_id=object_id,
        who=who,
    )
    total = parts.store.audit.count(kind=kind, object_id=object_id, who=who)
    events, pagination = newest.page(found, total)
    return Data(data=AuditAnswer(entries=[_shape(e) for e in events], pagination=pagination))


def _shape(event: AuditEvent) -> AuditEntryShape:
    return AuditEntryShape(
        id=str(event.id),
        at=event.at,
        who=WhoShape(id=event.by_id or None, name=event.by),
        kind=event.change.kind,
        change=event.change.change,
        object_id=event.change.id,
        object_name=event.change.path,
        version=event.version,
        before=event.change.before,
        after=event.change.after,
    )
