"""Whether a destination is being sent to: what waits, why it is paused, and letting it go on."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import Field

from crossdock.control.answers import Data, Request_, Shape
from crossdock.control.parts import Here, Parts
from crossdock.events import ConnectionId, Pause
from crossdock.events.pause import BY_OWNER
from crossdock.workspace import edits

router = APIRouter(tags=["Delivery"])


class PauseDestination(Request_):
    """Why it is paused, for whoever wonders."""

    why: str = Field(default="", max_length=300)


class PauseShape(Shape):
    """Why nothing is sent."""

    since_at: dt.datetime
    reason: str
    what: str
    do: str


class StateShape(Shape):
    """How sending stands.

    `unfinished` counts deliveries under way, in line, and waiting for their next attempt.
    """

    is_paused: bool
    pause: PauseShape | None
    unfinished: int
    dead_letters: int


class StateAnswer(Shape):
    """The state of one destination."""

    state: StateShape


class StateOfOne(StateShape):
    """The state of one destination among all."""

    destination_id: str


class StatesAnswer(Shape):
    """The state of every destination."""

    states: list[StateOfOne]


@router.get("/destination-states")
async def list_states(parts: Here) -> Data[StatesAnswer]:
    """Return the state of every destination at once, for a list of them."""
    workspace, unfinished, dead = await asyncio.gather(
        asyncio.to_thread(parts.store.load),
        parts.unfinished_deliveries(),
        parts.dead_letters.counts(),
    )
    states = [
        StateOfOne(
            destination_id=connection.id,
            **dict(_state_shape(parts, connection.id, unfinished, dead)),
        )
        for connection in workspace.connections
    ]
    return Data(data=StatesAnswer(states=states))


@router.get("/destinations/{destination_id}/state")
async def read_state(destination_id: str, parts: Here) -> Data[StateAnswer]:
    """Return whether the destination is paused, and how much waits for it."""
    return await _state(parts, await _connection_id(parts, destination_id))


@router.post("/destinations/{destination_id}/pause")
async def pause_destination(
    destination_id: str, parts: Here, body: PauseDestination | None = None
) -> Data[StateAnswer]:
    """Send nothing more for now. Events are accepted, and their deliveries wait."""
    connection_id = await _connection_id(parts, destination_id)
    why = " ".join(body.why.split()) if body else ""
    await parts.pauses.pause(
        Pause(
            connection_id=connection_id,
            since_at=parts.clock.now(),
            reason=BY_OWNER,
            what=f"{parts.who.name} paused the destination: {why}"
            if why
            else "The destination was paused by its owner.",
            do="Resume it when its deliveries are to go out.",
        )
    )
    return await _state(parts, connection_id)


@router.post("/destinations/{destination_id}/resume")
async def resume_destination(destination_id: str, parts: Here) -> Data[StateAnswer]:
    """Go on from where sending stopped."""
    connection_id = await _connection_id(parts, destination_id)
    await parts.pauses.resume(connection_id)
    return await _state(parts, connection_id)


async def _connection_id(parts: Parts, destination_id: str) -> ConnectionId:
    workspace = await asyncio.to_thread(parts.store.load)
    return edits.find_connection(workspace, destination_id).id


async def _state(parts: Parts, connection_id: ConnectionId) -> Data[StateAnswer]:
    unfinished, dead = await asyncio.gather(
        parts.unfinished_deliveries(), parts.dead_letters.counts()
    )
    return Data(data=StateAnswer(state=_state_shape(parts, connection_id, unfinished, dead)))


def _state_shape(
    parts: Parts,
    connection_id: ConnectionId,
    unfinished: Mapping[ConnectionId, int],
    dead: Mapping[ConnectionId, int],
) -> StateShape:
    pause = parts.pauses.by_connection.get(connection_id)
    return StateShape(
        is_paused=pause is not None,
        pause=None
        if pause is None
        else PauseShape(since_at=pause.since_at, reason=pause.reason, what=pause.what, do=pause.do),
        unfinished=unfinished.get(connection_id, 0),
        dead_letters=dead.get(connection_id, 0),
    )
