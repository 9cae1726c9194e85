"""What can send messages: the catalog of sources."""

from __future__ import annotations

import msgspec

from crossdock.workspace.model import SourceKind


class SourceType(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of sender.

    Attributes:
        id: What the API calls `metadataId`; also its slug.
        name: For people.
        kind: Which connection modes it can have.
        description: How it sends, in one sentence.
    """

    id: str
    name: str
    kind: SourceKind
    description: str


def _types(kind: SourceKind, *rows: tuple[str, str, str]) -> tuple[SourceType, ...]:
    return tuple(
        SourceType(id=type_id, name=name, kind=kind, description=description)
        for type_id, name, description in rows
    )


SOURCE_TYPES = (
    *_types(
        "web", ("javascript", "Website", "A page with Analytics.js, by the snippet or from npm.")
    ),
    *_types(
        "mobile",
        ("ios", "iOS", "An app with Analytics-Swift."),
        ("android", "Android", "An app with Analytics-Kotlin."),
        ("react-native", "React Native", "An app with Analytics React Native."),
        ("flutter", "Flutter", "An app with Analytics Flutter."),
    ),
    *_types(
        "server",
        ("http-api", "HTTP API", "Anything that can send an HTTP request."),
        ("python", "Python", "A server with segment-analytics-python."),
        ("node.js", "Node.js", "A server with @segment/analytics-node."),
        ("go", "Go", "A server with analytics-go."),
        ("java", "Java", "A server with analytics-java."),
        ("ruby", "Ruby", "A server with analytics-ruby."),
        ("php", "PHP", "A server with analytics-php."),
        ("net", ".NET", "A server with Analytics-CSharp."),
    ),
)


ENGAGE = SourceType(
    id="engage",
    name="Engage",
    kind="server",
    description="The audiences and computed traits of this workspace: it sends to itself.",
)
"""Not in the catalog: it is made with the first audience, and there is one."""


def find_source_type(type_id: str) -> SourceType | None:
    """Return the type with that id, or None."""
    return next((known for known in (*SOURCE_TYPES, ENGAGE) if known.id == type_id), None)
