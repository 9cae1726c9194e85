"""Why an event is refused at the door, in Segment's words and in words a person can act on."""

from __future__ import annotations

import enum


class Discard(enum.Enum):
    """A situation in which an event is not accepted.

    The name in lower case is what the journal keeps. Several situations share Segment's
    `bad_request`; `what` tells them apart.

    Attributes:
        code: Stable, lower_snake_case; unique.
        reason: Segment's word for it in its delivery overview.
        what: What is wrong, in one sentence.
        do: What the sender does about it.
    """

    NO_USER_ANON_ID = (
        "no_user_anon_id",
        "The event has neither a userId nor an anonymousId.",
        "Send at least one of the two.",
    )
    EVENT_NOT_DEFINED = (
        "event_not_defined",
        'The track call has no "event".',
        'Name what happened in "event", such as "Order Completed".',
    )
    EVENT_NOT_STRING = (
        "event_not_string",
        '"event" is not a string.',
        "Send the event's name as a string.",
    )
    PROPERTIES_NOT_OBJECT = (
        "properties_not_object",
        '"properties" is not an object.',
        "Send an object, or leave it out.",
    )
    TRAITS_NOT_OBJECT = (
        "traits_not_object",
        '"traits" is not an object.',
        "Send an object, or leave it out.",
    )
    NAME_NOT_STRING = (
        "name_not_string",
        '"name" is not a string.',
        "Send the page's or screen's name as a string.",
    )
    CATEGORY_NOT_STRING = (
        "category_not_string",
        '"category" is not a string.',
        "Send the page's or screen's category as a string.",
    )
    ID_REQUIRED = (
        "id_required",
        "The call lacks the id it is about (group: groupId, alias: previousId).",
        "Send that id.",
    )
    ID_NOT_STRING = (
        "id_not_string",
        "An id is neither a string nor a number.",
        "Send userId, anonymousId, groupId, previousId and messageId as strings.",
    )
    EMPTY_BATCH = (
        "empty_batch",
        "The batch holds no event.",
        'Put at least one event into "batch".',
    )
    SOURCE_DISABLED = (
        "source_disabled",
        "The source is switched off.",
        "Enable the source, or stop sending to it.",
    )
    UNKNOWN_SOURCE = (
        "unknown_source",
        "No source has this write key.",
        "Copy the write key from the source's settings.",
    )
    USER_SUPPRESSED = (
        "user_suppressed",
        "The user is suppressed.",
        "Stop sending events of this user, or lift the suppression.",
    )
    EVENT_NOT_JSON = (
        "bad_request",
        "The event is not UTF-8, nested deeper than 64 levels, or has a number beyond a double.",
        "Send plain JSON in UTF-8.",
    )
    EVENT_NOT_OBJECT = (
        "bad_request",
        "The event is not a JSON object.",
        'Send an object with "type" and an id.',
    )
    TYPE_UNKNOWN = (
        "bad_request",
        '"type" is not one of track, identify, page, screen, group, alias.',
        "Name the kind of call in lower case.",
    )
    EVENT_TOO_LARGE = (
        "bad_request",
        "The event is larger than 32 KB.",
        "Send fewer or shorter properties.",
    )
    MESSAGE_ID_TOO_LONG = (
        "bad_request",
        '"messageId" is longer than 100 characters.',
        "Send a shorter one, or none: then one is made.",
    )
    GROUP_ID_TOO_LONG = (
        "bad_request",
        '"groupId" is longer than 500 characters.',
        "Send a shorter one.",
    )
    CONTEXT_NOT_OBJECT = (
        "bad_request",
        '"context" is not an object.',
        "Send an object, or leave it out.",
    )
    INTEGRATIONS_NOT_OBJECT = (
        "bad_request",
        '"integrations" is not an object.',
        "Send an object, or leave it out.",
    )

    def __init__(self, reason: str, what: str, do: str) -> None:
        self.code = self.name.lower()
        self.reason = reason
        self.what = what
        self.do = do


DISCARDS_BY_CODE = {discard.code: discard for discard in Discard}
