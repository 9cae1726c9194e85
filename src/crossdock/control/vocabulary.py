"""The names that a definition can use, as events have brought them."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Literal

from fastapi import APIRouter

from crossdock.audiences.history import vocabulary
from crossdock.control.answers import Data, Shape
from crossdock.control.parts import Here
from crossdock.control.profiles import history_of

router = APIRouter(tags=["Profiles"])

_EVENTS_MAX = 500


class NameShape(Shape):
    """A property or trait, as a definition writes it, and what its values are."""

    path: str
    kind: Literal["number", "text", "boolean", "date"]


class EventNameShape(Shape):
    """An event, how often it happened, and its properties."""

    name: str
    count: int
    last_at: dt.datetime
    properties: list[NameShape]


class VocabularyAnswer(Shape):
    """The most frequent events first; events that Engage itself made are not among them."""

    events: list[EventNameShape]
    traits: list[NameShape]
    account_traits: list[NameShape]
    context: list[NameShape]


@router.get("/vocabulary")
async def show_vocabulary(parts: Here) -> Data[VocabularyAnswer]:
    """Return the names of events, properties and traits that the history holds."""
    found = await history_of(parts).ask(
        functools.partial(
            vocabulary.vocabulary,
            without_source_id=parts.store.load().engage_source_id or "",
            events_max=_EVENTS_MAX,
        )
    )
    return Data(data=VocabularyAnswer.model_validate(found, from_attributes=True))
