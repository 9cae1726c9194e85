"""What a part cannot do as it should at the moment, in words for the person who looks after it."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong now. It is over when the part no longer tells of it.

    Attributes:
        code: Stable, lower_snake_case: what `docs/guides/limits-and-alarms.md` lists.
        what: What is wrong. Open to everybody, so without paths and addresses.
        do: What a person does about it.
        about: The connection's id, where it is one connection's.
        refuses_events: While it lasts, no event is accepted.
    """

    code: str
    what: str
    do: str
    about: str = ""
    refuses_events: bool = False
