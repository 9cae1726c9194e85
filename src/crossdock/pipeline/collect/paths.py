"""Which paths are the tracking API's, and what each of them takes."""

from __future__ import annotations

import enum
import re

import msgspec

from crossdock.events import EventType


class Kind(enum.Enum):
    """What an endpoint takes."""

    EVENT = enum.auto()
    BATCH = enum.auto()
    PIXEL = enum.auto()
    METRICS = enum.auto()
    NOTICES = enum.auto()
    VALUES = enum.auto()


class Endpoint(msgspec.Struct, frozen=True):
    """What a path asks for.

    Attributes:
        kind: What it takes.
        type: What the one event is; None where the body says it, or there is none.
        write_key: From the path; empty if it names none.
    """

    kind: Kind
    type: EventType | None = None
    write_key: str = ""


_TYPES_BY_NAME = {
    **{kind.value: kind for kind in EventType},
    **{kind.value[0]: kind for kind in EventType},
}
_BY_NAME: dict[str, Endpoint] = {
    **{name: Endpoint(Kind.EVENT, kind) for name, kind in _TYPES_BY_NAME.items()},
    **{name: Endpoint(Kind.BATCH) for name in ("batch", "b", "import")},
    "m": Endpoint(Kind.METRICS),
    **{f"pixel/{name}": Endpoint(Kind.PIXEL, kind) for name, kind in _TYPES_BY_NAME.items()},
}
# Some clients leave /v1 out.
_BY_PATH = {
    f"{prefix}/{name}": endpoint for name, endpoint in _BY_NAME.items() for prefix in ("/v1", "")
}

# What only plugins ask, under the key of their source.
_OF_PLUGINS = {"notices": Kind.NOTICES, "values": Kind.VALUES}
# With the write key in the path, a browser needs no Authorization header and asks for no preflight.
_WITH_KEY = re.compile(r"(?:/v1)?/k/(?P<write_key>[^/]+)/(?P<name>[a-z/]+?)/?")


def find_endpoint(path: str) -> Endpoint | None:
    """Return what the path asks for, or None if it is not the tracking API's."""
    endpoint = _BY_PATH.get(path)
    if endpoint is not None:
        return endpoint
    found = _WITH_KEY.fullmatch(path)
    if found is None:
        return _BY_PATH.get(path.rstrip("/"))
    of_plugins = _OF_PLUGINS.get(found["name"])
    if of_plugins is not None:
        return Endpoint(of_plugins, None, found["write_key"])
    endpoint = _BY_NAME.get(found["name"])
    if endpoint is None:
        return None
    return Endpoint(endpoint.kind, endpoint.type, found["write_key"])
