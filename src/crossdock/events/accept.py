"""Decides whether one message becomes an event. Pure; the same answer for the same message."""

from __future__ import annotations

from crossdock.base.json import JsonObject
from crossdock.events.discard import Discard
from crossdock.events.event import EventType
from crossdock.events.id_text import id_text
from crossdock.events.limits import MessageLimits

# A union written at the place of use would be made anew at each call.
_TEXT_OR_NONE = (str, type(None))
_ID_TYPES = (str, type(None), int, float)
EVENT_TYPES = {kind.value: kind for kind in EventType}


def find_discard(
    message: JsonObject, event_type: EventType | None, limits: MessageLimits
) -> Discard | None:
    """Return why the message is not accepted, or None if it is.

    Where a message is wrong in several ways, the type comes first, then ids, then the rest.

    Args:
        message: As sent, decoded.
        event_type: What the path says; None in a batch, where each message says it itself.
        limits: Lengths of ids.
    """
    if event_type is None:
        event_type = _type_of(message)
        if event_type is None:
            return Discard.TYPE_UNKNOWN
    problem = _problem_of_ids(message, limits)
    if problem is not None:
        return problem
    problem = _PROBLEM_OF_TYPE[event_type](message)
    if problem is not None:
        return problem
    if not _is_object(message.get("context")):
        return Discard.CONTEXT_NOT_OBJECT
    if not _is_object(message.get("integrations")):
        return Discard.INTEGRATIONS_NOT_OBJECT
    return None


def _type_of(message: JsonObject) -> EventType | None:
    given = message.get("type")
    return EVENT_TYPES.get(given) if isinstance(given, str) else None


def _problem_of_ids(message: JsonObject, limits: MessageLimits) -> Discard | None:
    find = message.get
    message_id, user_id, anonymous_id = find("messageId"), find("userId"), find("anonymousId")
    # Nearly all ids are texts; what else they may be is asked only of the others.
    if not (
        (message_id.__class__ is str or _is_id(message_id))
        and (user_id.__class__ is str or _is_id(user_id))
        and (anonymous_id.__class__ is str or _is_id(anonymous_id))
    ):
        return Discard.ID_NOT_STRING
    if message_id is not None and len(id_text(message_id)) > limits.message_id_characters_max:
        return Discard.MESSAGE_ID_TOO_LONG
    if (user_id is None or user_id == "") and (anonymous_id is None or anonymous_id == ""):
        return Discard.NO_USER_ANON_ID
    group_id = find("groupId")
    if group_id is not None and len(id_text(group_id)) > limits.group_id_characters_max:
        return Discard.GROUP_ID_TOO_LONG
    return None


def _problem_of_track(message: JsonObject) -> Discard | None:
    event = message.get("event")
    if event in (None, ""):
        return Discard.EVENT_NOT_DEFINED
    if not isinstance(event, str):
        return Discard.EVENT_NOT_STRING
    return _problem_of_properties(message)


def _problem_of_identify(message: JsonObject) -> Discard | None:
    return None if _is_object(message.get("traits")) else Discard.TRAITS_NOT_OBJECT


def _problem_of_page(message: JsonObject) -> Discard | None:
    if not isinstance(message.get("name"), _TEXT_OR_NONE):
        return Discard.NAME_NOT_STRING
    if not isinstance(message.get("category"), _TEXT_OR_NONE):
        return Discard.CATEGORY_NOT_STRING
    return _problem_of_properties(message)


def _problem_of_group(message: JsonObject) -> Discard | None:
    return _problem_of_own_id(message.get("groupId")) or _problem_of_identify(message)


def _problem_of_alias(message: JsonObject) -> Discard | None:
    return _problem_of_own_id(message.get("previousId"))


_PROBLEM_OF_TYPE = {
    EventType.TRACK: _problem_of_track,
    EventType.IDENTIFY: _problem_of_identify,
    EventType.PAGE: _problem_of_page,
    EventType.SCREEN: _problem_of_page,
    EventType.GROUP: _problem_of_group,
    EventType.ALIAS: _problem_of_alias,
}


def _problem_of_own_id(own_id: object) -> Discard | None:
    if own_id in (None, ""):
        return Discard.ID_REQUIRED
    return None if _is_id(own_id) else Discard.ID_NOT_STRING


def _problem_of_properties(message: JsonObject) -> Discard | None:
    return None if _is_object(message.get("properties")) else Discard.PROPERTIES_NOT_OBJECT


def _is_id(value: object) -> bool:
    return isinstance(value, _ID_TYPES) and not isinstance(value, bool)


def _is_object(value: object) -> bool:
    # PHP encodes an empty associative array as []; Segment's PHP library is not always careful.
    return value.__class__ is dict or value is None or value == []
