"""Who an event is about. Pure: no file, no clock.

- `identifiers`: what an event says about who it is about.
- `resolve`: which profile that is, and which profiles it proves to be one.
- `traits`: what is known of somebody: for each key the latest by event time.
"""

from __future__ import annotations

from crossdock.audiences.identity.identifiers import (
    ANONYMOUS_ID,
    EMAIL,
    USER_ID,
    Identifier,
    find_identifier,
    identifiers_of,
    is_known,
)
from crossdock.audiences.identity.resolve import Limits, People, Person, Resolved
from crossdock.audiences.identity.traits import Mark, Traits

__all__ = [
    "ANONYMOUS_ID",
    "EMAIL",
    "USER_ID",
    "Identifier",
    "Limits",
    "Mark",
    "People",
    "Person",
    "Resolved",
    "Traits",
    "find_identifier",
    "identifiers_of",
    "is_known",
]
