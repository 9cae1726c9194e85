"""One given event on the way that real ones take, for a person who looks. Nothing is stored."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import ClassVar

import msgspec

from crossdock.base import json
from crossdock.base.clock import Clock
from crossdock.base.errors import CrossdockError
from crossdock.base.ids import Ids
from crossdock.base.json import JsonObject
from crossdock.events import (
    Delivery,
    Discard,
    Envelope,
    Event,
    MessageLimits,
    Outcome,
    SourceId,
    Step,
)
from crossdock.events.parse import BadRequest, parse_batch
from crossdock.events.unfold import unfold
from crossdock.kit import Destination
from crossdock.pipeline.route.decide import decide
from crossdock.pipeline.route.plan import Compilers, compile_plan
from crossdock.pipeline.route.watch import Seen
from crossdock.workspace import Connection, Workspace


class NoTrial(CrossdockError):
    """The event cannot be tried on this connection."""

    code: ClassVar[str] = "no_trial"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of the event.

    Attributes:
        event: The event as it was accepted, with what was missing filled in; None if it was not.
        seen: What each rule did, in the order in which they were asked.
        deliveries: What would be sent. Their ids belong to this trial alone.
        outcomes: What would be recorded where nothing is sent.
    """

    event: JsonObject | None
    seen: tuple[Seen, ...]
    deliveries: tuple[Delivery, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EventTester:
    """Tries events.

    Attributes:
        destinations_by_slug: All that are installed.
        compilers: The kit's.
        clock: Says when the event is accepted.
        ids: For what is new.
    """

    destinations_by_slug: Mapping[str, Destination]
    compilers: Compilers
    clock: Clock
    ids: Ids

    def try_event(
        self,
        message: JsonObject,
        workspace: Workspace,
        connection: Connection,
        *,
        mapping_id: str | None = None,
    ) -> Trial:
        """Return what each rule does with the message, from the door to the payload.

        A disabled connection is tried as if it were enabled, and that is said. Duplicates are not
        looked for.

        Args:
            message: As a source would send it; a messageId may be missing.
            workspace: That the connection is of.
            connection: One that the server delivers to.
            mapping_id: Try only this mapping, even if it is disabled; None: all that are enabled.

        Raises:
            NoTrial: The message is no message at all.
        """
        source = workspace.sources_by_id[connection.source_id]
        event, door = self._accepted(message, connection, is_from_client=source.kind != "server")
        if event is None:
            refusal = _refusal(door, source_id=source.id, at=self.clock.now())
            return Trial(event=None, seen=(door,), outcomes=(refusal,))
        seen = [door]
        if not connection.enabled:
            seen.append(
                Seen(
                    stage="connection",
                    result="passed",
                    reason="connection_disabled",
                    what="The destination is disabled; events of the source do not get here.",
                    do="Enable it when you are done.",
                )
            )
        tried = msgspec.structs.replace(
            connection,
            enabled=True,
            mappings=tuple(
                msgspec.structs.replace(each, enabled=True) if mapping_id else each
                for each in connection.mappings
                if mapping_id in {None, each.id}
            ),
        )
        plan = compile_plan(
            Workspace(
                version=workspace.version,
                # The others of the source have a say in what the page does itself.
                connections=tuple(
                    tried if each.id == tried.id else each
                    for each in workspace.connections_by_source_id[tried.source_id]
                ),
            ),
            self.destinations_by_slug,
            self.compilers,
        )
        (connection_plan,) = (
            each for each in plan.source(tried.source_id).to_send if each.connection.id == tried.id
        )
        decided = list(
            decide(
                event,
                connection_plan,
                workspace_version=workspace.version,
                now=self.clock.now(),
                watch=seen.append,
            )
        )
        trial_id = self.ids.new("test")
        return Trial(
            event=event.body,
            seen=tuple(seen),
            deliveries=tuple(
                msgspec.structs.replace(each, id=f"{trial_id}-{each.mapping_id}")
                for each in decided
                if isinstance(each, Delivery)
            ),
            outcomes=tuple(each for each in decided if isinstance(each, Outcome)),
        )

    def _accepted(
        self, message: JsonObject, connection: Connection, *, is_from_client: bool
    ) -> tuple[Event | None, Seen]:
        """Return the event that the door makes of the message, and what the door said."""
        try:
            body = json.encode({"batch": [message]})
        except (ValueError, OverflowError, RecursionError) as error:
            raise NoTrial(
                "The event cannot be written as JSON: it is nested too deep, or holds a number "
                "beyond 64 bits or half of a surrogate pair.",
                do="Leave that out.",
            ) from error
        try:
            parsed = parse_batch(body, MessageLimits())
        except BadRequest as error:
            raise NoTrial(error.what, do=error.do) from error
        (found,) = parsed.messages
        if found.discard is not None:
            return None, _discarded(found.discard)
        envelope = Envelope(
            received_at=self.clock.now(),
            source_id=connection.source_id,
            type=None,
            is_from_client=is_from_client,
            ip="",
            user_agent="",
            message_ids_by_index={} if found.message_id else {0: self.ids.message_id()},
            discards_by_index={},
            body=parsed.body,
        )
        (item,) = unfold(envelope, sequence=0, first_index=0)
        if isinstance(item, Event):
            return item, Seen(stage="accept", result="passed")
        return None, _discarded(Discard.EVENT_NOT_JSON)


def _discarded(discard: Discard) -> Seen:
    return Seen(
        stage="accept",
        result="refused",
        reason=discard.reason,
        what=discard.what,
        do=discard.do,
    )


def _refusal(door: Seen, *, source_id: SourceId, at: dt.datetime) -> Outcome:
    """Return the outcome that a real event would have."""
    return Outcome(
        at=at,
        step=Step.DISCARDED,
        reason=door.reason,
        what=door.what,
        do=door.do,
        source_id=source_id,
    )
