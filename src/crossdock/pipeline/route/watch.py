"""What can be seen of an event's way through the rules, for the event tester.

The rules themselves tell it, when somebody watches; there is no second way that could differ.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Literal

from crossdock.base.json import JsonObject

Stage = Literal[
    "accept", "connection", "integrations", "in_browser", "filter", "trigger", "mapping", "validate"
]
Result = Literal["passed", "changed", "not_matched", "matched", "made", "held", "refused"]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SeenProblem:
    """One thing that is wrong with a mapping or a payload.

    Attributes:
        path: Where, in the keys of the payload: `products[0].price`; empty for the whole.
        message: A sentence about it.
    """

    path: str
    message: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one rule did with an event.

    Attributes:
        stage: Which kind of rule.
        result: `passed`: it lets the event through as it is; `changed`: it takes something out of
            it; `matched` and `not_matched`: of a filter's condition or a mapping's trigger; `made`:
            a payload; `held`: it keeps the event from the connection; `refused`: it cannot be done.
        object_id: Which filter or mapping; empty where there is but one rule.
        name: What the filter or mapping is called.
        reason: Stable code of why, as in outcomes; empty if it goes on.
        what: What happened, in one sentence, if there is something to say.
        do: What the owner can do about it, if anything.
        left: The event as it is after a filter, or the payload as it is after a mapping.
        problems: Of what is refused: each thing that is wrong, if it can be told one by one.
    """

    stage: Stage
    result: Result
    object_id: str = ""
    name: str = ""
    reason: str = ""
    what: str = ""
    do: str = ""
    left: JsonObject | None = None
    problems: tuple[SeenProblem, ...] = ()


Watch = Callable[[Seen], None]
"""Is told of each rule in turn."""
