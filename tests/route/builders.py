"""Builders for route: values show what matters to a test, the rest has defaults."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from typing import Any, NoReturn

from crossdock.base.errors import CrossdockError
from crossdock.base.json import JsonObject
from crossdock.events import ConnectionId, Event, EventType, MappingId, MessageId, Offset, SourceId
from crossdock.kit import Action, Destination, Field, Mode
from crossdock.pipeline.route import Compilers
from crossdock.workspace import Connection, Filter, FilterAction, Mapping

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
_sequence = itertools.count(1)


def event(
    type_: str = "track", *, source_id: str = "src_1", offset: Offset | None = None, **parts: Any
) -> Event:
    offset = offset or Offset(next(_sequence), 0)
    body: JsonObject = {
        "type": type_,
        "messageId": f"message-{offset.sequence}-{offset.index}",
        "userId": "u1",
        "context": {},
        "integrations": {},
        **({"event": "Clicked"} if type_ == "track" else {}),
        **parts,
    }
    return Event(
        offset=offset,
        source_id=SourceId(source_id),
        type=EventType(type_),
        message_id=MessageId(body["messageId"]),
        received_at=NOON,
        body=body,
    )


def filter_by(
    action: FilterAction, *, condition: str = "all", title: str = "Filter", enabled: bool = True
) -> Filter:
    return Filter(
        id=f"flt_{title}",
        connection_id=ConnectionId("con_1"),
        title=title,
        condition=condition,
        actions=(action,),
        enabled=enabled,
        created_at=NOON,
        updated_at=NOON,
    )


def mapping(
    trigger: str = "track", *, id_: str = "map_1", action: str = "save", **fields: Any
) -> Mapping:
    return Mapping(
        id=MappingId(id_),
        connection_id=ConnectionId("con_1"),
        name="Save",
        action=action,
        trigger=trigger,
        fields=fields or {"name": "event"},
        enabled=True,
    )


def connection(
    *mappings: Mapping,
    id_: str = "con_1",
    source_id: str = "src_1",
    slug: str = "pigeonhole",
    filters: tuple[Filter, ...] = (),
    enabled: bool = True,
) -> Connection:
    return Connection(
        id=ConnectionId(id_),
        source_id=SourceId(source_id),
        destination=slug,
        name="Pigeonhole",
        enabled=enabled,
        mappings=mappings,
        filters=filters,
    )


def destination(
    *, slug: str = "pigeonhole", mode: Mode = Mode.CLOUD, same_vendor_as: str | None = None
) -> Destination:
    names = {"pigeonhole": "Pigeonhole", "pigeonhole-web": "Pigeonhole Device Mode"}
    field = Field(key="name", label="Name", description="What happened.", required=True)
    return Destination(
        slug=slug,
        folder="pigeonhole",
        name=names[slug],
        catalog_id="1",
        description="Keeps pigeons.",
        website="https://pigeonhole.example",
        mode=mode,
        connection_modes={"web": (mode,)},
        actions=(
            Action(
                slug="save", label="Save", description="Save.", trigger="track", fields=(field,)
            ),
        ),
        same_vendor_as=same_vendor_as,
    )


class ByType:
    """A condition that is `all`, `none`, the type of an event, or a bug (`explodes`)."""

    def __init__(self, text: str) -> None:
        if text == "broken":
            raise CrossdockError('Unexpected "broken" at 1.', do="Correct it.")
        self._text = text

    def matches(self, event: JsonObject) -> bool:
        """Return whether it holds."""
        if self._text == "explodes":
            return bool(event["a secret value that is not there"])
        return self._text == "all" or event["type"] == self._text


def compile_fields(
    fields: JsonObject, schemas: MappingOf[str, JsonObject]
) -> Callable[[JsonObject], JsonObject]:
    """A mapping that copies parts of the event; required ones must be there."""
    if "broken" in fields:
        raise CrossdockError("/broken has no such directive.", do="Correct it.")

    def make(body: JsonObject) -> JsonObject:
        if "explodes" in fields:
            _explode()
        payload = {key: body[part] for key, part in fields.items() if part in body}
        for key, schema in schemas.items():
            if schema.get("required") and key not in payload:
                raise CrossdockError(f"The root value is missing '{key}'.", do="Map it.")
        return payload

    return make


def _explode() -> NoReturn:
    raise KeyError("a secret value")


COMPILERS = Compilers(condition=ByType, payload=compile_fields)
