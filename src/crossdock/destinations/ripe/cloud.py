"""Ripe, from the server: POST <endpoint>/{identify|group|track|page} with JSON.

The browser half, and what both have in common for the catalog, is in this folder's `__init__`.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from typing import Any

from crossdock.kit import (
    Action,
    Call,
    Destination,
    Explanation,
    Field,
    Http,
    Mode,
    Preset,
    Setting,
)

_PAGE_KEYS = ("url", "path", "search", "referrer", "title")


async def identify(http: Http, call: Call) -> None:
    """Tell Ripe who somebody is."""
    await _post(http, call, "identify", {**_who(call), **_kept(call, "traits")})


async def group(http: Http, call: Call) -> None:
    """Tell Ripe which Company somebody belongs to."""
    await _post(http, call, "group", {**_who(call), **_kept(call, "groupId", "traits")})


async def track(http: Http, call: Call) -> None:
    """Tell Ripe what somebody did. Its API has the event's name under two keys."""
    name = {"name": call.payload["event"]}
    await _post(http, call, "track", {**name, **_who(call), **_kept(call, "event", "properties")})


async def page(http: Http, call: Call) -> None:
    """Tell Ripe which page somebody saw; where it is belongs to the context."""
    context = {**(call.payload.get("context") or {}), "page": _kept(call, *_PAGE_KEYS)}
    sent = {**_who(call), "context": context, **_kept(call, "properties", "name")}
    await _post(http, call, "page", sent)


async def check_api_key(http: Http, settings: Mapping[str, Any]) -> None:
    """Ask Ripe whether it knows the API key."""
    await http.request("GET", f"{_endpoint(settings)}/auth/sdk", headers=_authorization(settings))


def _who(call: Call) -> Mapping[str, Any]:
    """Return what every message says about who, where and when."""
    return {
        **_kept(call, "anonymousId", "userId", "context", "messageId"),
        "timestamp": call.payload.get("timestamp") or _iso(call.now),
    }


def _kept(call: Call, *keys: str) -> dict[str, Any]:
    """Return those parts of the payload that it has; null is a value."""
    return {key: call.payload[key] for key in keys if key in call.payload}


async def _post(http: Http, call: Call, name: str, sent: Mapping[str, Any]) -> None:
    await http.request(
        "POST",
        f"{_endpoint(call.settings)}/{name}",
        json=sent,
        headers=_authorization(call.settings),
    )


def _endpoint(settings: Mapping[str, Any]) -> str:
    return str(settings["endpoint"]).rstrip("/")


def _authorization(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the header that Ripe knows an API key by: Basic, but without a colon."""
    key = base64.b64encode(str(settings["apiKey"]).encode()).decode()
    return {"Authorization": f"Basic {key}"}


def _iso(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _first_of(path: str) -> Mapping[str, Any]:
    """Return the mapping that takes a part of the page from the context, else from properties."""
    in_context = {"@path": f"$.context.page.{path}"}
    return {
        "@if": {
            "exists": in_context,
            "then": in_context,
            "else": {"@path": f"$.properties.{path}"},
        }
    }


_ANONYMOUS_ID = Field(
    key="anonymousId",
    label="Anonymous ID",
    description="What a visitor is known by before they sign in.",
    allow_null=True,
    default={"@path": "$.anonymousId"},
)
_USER_ID = Field(
    key="userId",
    label="User ID",
    description="What a person is known by in your database.",
    allow_null=True,
    default={"@path": "$.userId"},
)
_CONTEXT = Field(
    key="context",
    label="Context",
    description="Where the event comes from: page, device, campaign.",
    type="object",
    default={"@path": "$.context"},
)
_TIMESTAMP = Field(
    key="timestamp",
    label="Timestamp",
    description="When it happened; now, if the event does not say.",
    format="date-time",
    default={"@path": "$.timestamp"},
)
_MESSAGE_ID = Field(
    key="messageId",
    label="MessageId",
    description="What the event is known by.",
    default={"@path": "$.messageId"},
)

_ACTIONS = (
    Action(
        slug="group",
        label="Group",
        description="Put a person into a Company, and set the Company's traits.",
        trigger='type = "group"',
        fields=(
            _ANONYMOUS_ID,
            _USER_ID,
            Field(
                key="groupId",
                label="Group ID",
                description="What the Company is known by; each has an id of its own.",
                required=True,
                default={"@path": "$.groupId"},
            ),
            _CONTEXT,
            Field(
                key="traits",
                label="Traits",
                description="What is known about the Company.",
                type="object",
                allow_null=True,
                default={"@path": "$.traits"},
            ),
            _TIMESTAMP,
            _MESSAGE_ID,
        ),
        perform=group,
    ),
    Action(
        slug="identify",
        label="Identify",
        description="Set a person's traits.",
        trigger='type = "identify"',
        fields=(
            _ANONYMOUS_ID,
            _USER_ID,
            _CONTEXT,
            Field(
                key="traits",
                label="Traits",
                description="What is known about the person.",
                type="object",
                default={"@path": "$.traits"},
            ),
            _TIMESTAMP,
            _MESSAGE_ID,
        ),
        perform=identify,
    ),
    Action(
        slug="page",
        label="Page",
        description="Record that a person saw a page.",
        trigger='type = "page"',
        fields=(
            _ANONYMOUS_ID,
            _USER_ID,
            _CONTEXT,
            Field(
                key="properties",
                label="Properties",
                description="What is known about the page.",
                type="object",
                default={"@path": "$.properties"},
            ),
            Field(
                key="name",
                label="Page Name",
                description="What the page is called.",
                default={"@path": "$.properties.name"},
            ),
            Field(
                key="url",
                label="Page URL",
                description="The page's address.",
                format="uri",
                allow_null=True,
                default=_first_of("url"),
            ),
            Field(
                key="path",
                label="Page Path",
                description="The path of the page's address.",
                allow_null=True,
                default=_first_of("path"),
            ),
            Field(
                key="search",
                label="Page Query String",
                description="The query of the page's address.",
                allow_null=True,
                default=_first_of("search"),
            ),
            Field(
                key="referrer",
                label="Page Referrer",
                description="The address of the page before.",
                allow_null=True,
                default=_first_of("referrer"),
            ),
            Field(
                key="title",
                label="Page Title",
                description="The page's title.",
                allow_null=True,
                default=_first_of("title"),
            ),
            _TIMESTAMP,
            _MESSAGE_ID,
        ),
        perform=page,
    ),
    Action(
        slug="track",
        label="Track",
        description="Record what a person did.",
        trigger='type = "track"',
        fields=(
            _ANONYMOUS_ID,
            Field(
                key="userId",
                label="User ID",
                description="What a person is known by in your database.",
                default={"@path": "$.userId"},
            ),
            Field(
                key="event",
                label="Event Name",
                description="What they did.",
                required=True,
                default={"@path": "$.event"},
            ),
            _CONTEXT,
            Field(
                key="properties",
                label="Event properties",
                description="What is known about it.",
                type="object",
                default={"@path": "$.properties"},
            ),
            _TIMESTAMP,
            _MESSAGE_ID,
        ),
        perform=track,
    ),
)

CLOUD = Destination(
    slug="actions-ripe-cloud",
    folder="ripe",
    name="Ripe Cloud Mode (Actions)",
    catalog_id="crossdock-ripe-cloud",
    description="Ripe shows who your accounts are and what they do in your product.",
    suits="For apps and backends, or to keep another script off your website.",
    website="https://www.getripe.com",
    categories=("Analytics",),
    mode=Mode.CLOUD,
    connection_modes={"web": (Mode.CLOUD,), "mobile": (Mode.CLOUD,), "server": (Mode.CLOUD,)},
    settings=(
        Setting(
            key="apiKey",
            label="API Key",
            help="Ripe → Settings → API key.",
            secret=True,
            required=True,
        ),
        Setting(
            key="endpoint",
            label="API Endpoint",
            help="Where Ripe takes events; change it only if Ripe tells you to.",
            default="https://api.getripe.com/event",
            format="uri",
        ),
    ),
    actions=_ACTIONS,
    presets=(
        Preset(name="Group user", action="group", trigger='type = "group"'),
        Preset(name="Identify user", action="identify", trigger='type = "identify"'),
        Preset(name="Page view", action="page", trigger='type = "page"'),
        Preset(name="Track event", action="track", trigger='type = "track"'),
    ),
    test_settings=check_api_key,
    keeps_order=True,
    same_vendor_as="actions-ripe",
    explanations=(
        Explanation(
            code="ripe_cloud_401",
            symptom="Ripe answered 401 Unauthorized.",
            what="Ripe does not know the API key.",
            do="Copy the API key from Ripe's settings again.",
        ),
    ),
)
