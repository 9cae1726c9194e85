"""What a destination is made of. A destination is one folder that exports `DESTINATIONS`.

The folder holds `__init__.py` (the definition), `browser.ts` if it has a browser plugin, its page
for users (`page.md`) and its tests. Nothing is registered anywhere: `catalog` finds the folder.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from crossdock.base.json import JsonObject
from crossdock.kit.outcomes import DeliveryFailed

FieldType = Literal[
    "string", "text", "password", "number", "integer", "boolean", "datetime", "object"
]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One of the values a setting or field can take."""

    value: str
    label: str


class Setting(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an owner fills in once for a connection.

    Attributes:
        key: Its name in settings, API and plugin, such as `apiKey`.
        label: Its name for people.
        help: Where to find the value, in one sentence.
        type: `string`, `boolean` or `number`.
        secret: Encrypted at rest, never shown again, never logged.
        in_browser: Handed to the browser plugin in the CDN settings, where anyone can read it.
        required: A connection cannot be enabled without it.
        default: Used where the owner gave none.
        format: `uri` where it must be one.
        choices: The values it can take; empty for any.
        characters_min: How long a text must be, if there is one.
        needs_one_of: Keys of settings of which one must be filled in before this one can be true.
    """

    key: str
    label: str
    help: str
    type: Literal["string", "boolean", "number"] = "string"
    secret: bool = False
    in_browser: bool = False
    required: bool = False
    default: str | bool | float | None = None
    format: Literal["uri"] | None = None
    choices: tuple[Choice, ...] = ()
    characters_min: int = 0
    needs_one_of: tuple[str, ...] = ()


class Field(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of an action's payload, in the words of the actions framework.

    `to_schema_field()` gives the shape that `kit.validation` takes, which is the one Segment's
    definitions have. `default` is a mapping: it fills the form, and is never applied to a payload.
    """

    key: str
    label: str
    description: str
    type: FieldType = "string"
    required: bool = False
    multiple: bool = False
    allow_null: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()
    format: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    properties: Mapping[str, Any] | None = None
    additional_properties: bool | None = None

    def to_schema_field(self) -> JsonObject:
        """Return the field in the shape of Segment's definitions, without its key."""
        # A field of the default type has one too: what is left out as a default is put back.
        field: JsonObject = {"type": self.type, **msgspec.to_builtins(self)}
        del field["key"]
        return field


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What an action is given to work with.

    Attributes:
        settings: The connection's settings, defaults filled in, secrets in the clear.
        payload: Mapped and validated.
        now: This moment, UTC.
        message_id: The event's.
        idempotency_key: The same for every attempt of this delivery.
    """

    settings: Mapping[str, Any]
    payload: JsonObject
    now: dt.datetime
    message_id: str
    idempotency_key: str


def batch_key(calls: Sequence[Call]) -> str:
    """Return the idempotency key of one request for all of these: the same for the same calls."""
    if len(calls) == 1:
        return calls[0].idempotency_key
    digest = hashlib.sha256()
    for call in calls:
        digest.update(call.idempotency_key.encode() + b"\0")
    return f"batch-{digest.hexdigest()[:32]}"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a vendor answered to a request.

    Attributes:
        status: HTTP status, 200 to 299 unless `request` was told to accept others.
        body: At most the kit's bound of bytes.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http(Protocol):
    """The way out.

    Time-outs, size bounds, redirects, private addresses and the translation of a status into the
    three errors of `kit.outcomes` are its business, not the destination's.
    """

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the vendor's answer.

        Raises:
            DeliveryFailed: One of the three; let it through.
        """


Perform = Callable[[Http, Call], Awaitable[None]]
"""Delivers one payload; returns when the vendor took it, raises `DeliveryFailed` if not."""

PerformBatch = Callable[[Http, Sequence[Call]], Awaitable[Sequence[DeliveryFailed | None]]]
"""Delivers several payloads of one connection; returns for each why it was not taken, or None.

Raises `DeliveryFailed` if that is true of all of them.
"""

TestSettings = Callable[[Http, Mapping[str, Any]], Awaitable[str | None]]
"""Asks the vendor whether the settings work; raises `DeliveryFailed` if not.

Returns what was found out, for people, where that is less than everything.
"""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a destination can do.

    Attributes:
        slug: `track`, `identify`.
        label: Its name for people.
        description: What it does, in one sentence.
        trigger: The FQL that a new mapping starts with.
        fields: The parts of its payload.
        perform: How the server does it; None where the browser plugin does.
        perform_batch: How the server does it with several payloads in one request, if the vendor
            takes them so.
        batch_size_max: How many payloads one request may carry.
        batch_size_setting: Key of the setting by which the owner says how many; up to
            `batch_size_max`, and 1 means `perform`. None: always as many as there are.
    """

    slug: str
    label: str
    description: str
    trigger: str
    fields: tuple[Field, ...]
    perform: Perform | None = None
    perform_batch: PerformBatch | None = None
    batch_size_max: int = 1
    batch_size_setting: str | None = None

    def default_mapping(self) -> JsonObject:
        """Return the mapping that the fields' defaults make."""
        return {field.key: field.default for field in self.fields if field.default is not None}


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """A mapping that every new connection starts with.

    Attributes:
        name: Its name for people: `Track event`.
        action: The slug of the action it uses; trigger and fields are the action's defaults.
        trigger: FQL.
    """

    name: str
    action: str
    trigger: str


class Mode(enum.StrEnum):
    """Who delivers."""

    DEVICE = "device"
    """The plugin, in the browser."""
    CLOUD = "cloud"
    """The server."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What a symptom means and what to do about it, for the destination's page and its notices.

    Attributes:
        code: Stable: `ramen_404`, `script_failed`.
        symptom: What the owner sees.
        what: What it means.
        do: What to do.
    """

    code: str
    symptom: str
    what: str
    do: str


WhyNotProven = Callable[[Mapping[str, Any], JsonObject, dt.datetime], str | None]
"""Returns why what a page sent does not prove that its visitor is the `userId` in it, or None.

Takes the connection's settings (as the owner gave them, secrets in the clear), what the page sent,
and this moment. The reason is the code of one of the destination's explanations.
"""


class BrowserValues(msgspec.Struct, frozen=True, kw_only=True):
    """That a plugin can be told in which audiences the person on its page is.

    Attributes:
        setting: Key of the setting, true or false, by which the owner switches it on.
        why_not_proven: Whether the page may know it. Nobody is told of somebody else.
    """

    setting: str
    why_not_proven: WhyNotProven


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """The browser half of a destination, as Analytics.js knows it.

    Attributes:
        library_name: The global that the script sets, such as `ripeDestination`. The script is
            built from `browser.ts` in the destination's folder and named by the folder.
        gzip_bytes_max: The size it is held to.
        loads_from: Setting key (`endpoint`) or URL from which it loads the vendor's script, so
            that the lines for a Content-Security-Policy can be told.
        values: That it can be told in which audiences the person on its page is.
    """

    library_name: str
    gzip_bytes_max: int = 6144
    loads_from: tuple[str, ...] = ()
    values: BrowserValues | None = None


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor, as code.

    Attributes:
        slug: `actions-ripe`; unique.
        folder: The folder it lives in: `ripe`. Names the plugin's script.
        name: What Analytics.js and the integrations object call it (the creation name).
        catalog_id: Segment's id of it, or one of ours.
        description: What the vendor is for, in one sentence.
        suits: When to choose it, where a vendor has more than one.
        website: The vendor's page.
        mode: Who delivers.
        kind: `actions` (mappings) or `classic` (the plugin knows what to do with each call).
        connection_modes: The table of M1: which sources can use which mode. A source kind or a
            mode not listed here is refused.
        settings: What an owner fills in.
        actions: What it can do; empty for a classic one.
        presets: The mappings a new connection starts with.
        plugin: The browser half, for device mode.
        test_settings: Asks the vendor whether the settings work.
        keeps_order: Events of one person must arrive in the order accepted.
        requests_per_second_max: How often the vendor may be asked by one connection; None: as
            often as it answers.
        same_vendor_as: Slug of the device-mode destination whose deliveries must not be
            repeated by this cloud-mode one.
        explanations: What its symptoms mean.
        categories: What kinds of vendor it is, for the catalog.
    """

    slug: str
    folder: str
    name: str
    catalog_id: str
    description: str
    suits: str = ""
    website: str
    mode: Mode
    kind: Literal["actions", "classic"] = "actions"
    connection_modes: Mapping[Literal["web", "mobile", "server"], tuple[Mode, ...]]
    settings: tuple[Setting, ...] = ()
    actions: tuple[Action, ...] = ()
    presets: tuple[Preset, ...] = ()
    plugin: Plugin | None = None
    test_settings: TestSettings | None = None
    keeps_order: bool = False
    requests_per_second_max: float | None = None
    same_vendor_as: str | None = None
    explanations: tuple[Explanation, ...] = ()
    categories: tuple[str, ...] = ()

    def action(self, slug: str) -> Action | None:
        """Return the action of that slug, or None."""
        return next((action for action in self.actions if action.slug == slug), None)
