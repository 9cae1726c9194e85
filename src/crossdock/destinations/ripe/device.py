"""Ripe in the browser: the plugin loads Ripe's SDK and calls it with mapped payloads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossdock.destinations.ripe.cloud import check_api_key
from crossdock.kit import (
    Action,
    Choice,
    DeliveryFailed,
    Destination,
    Explanation,
    Field,
    Http,
    Mode,
    NeedsAttention,
    Plugin,
    Preset,
    Setting,
)

_ENDPOINT = "https://storage.getripe.com"


def _path(path: str) -> dict[str, Any]:
    return {"@path": path}


def _either(path: str, fallback: str) -> dict[str, Any]:
    return {"@if": {"exists": _path(path), "then": _path(path), "else": _path(fallback)}}


_MESSAGE_ID = Field(
    key="messageId",
    label="Message ID",
    description="The id of the call, by which Ripe knows one that it was given twice.",
    default=_path("$.messageId"),
)
_ANONYMOUS_ID = Field(
    key="anonymousId",
    label="Anonymous ID",
    description="The id that Analytics.js gave this browser; Ripe's id of whoever has no user id.",
    required=True,
    default=_path("$.anonymousId"),
)
_USER_ID = Field(
    key="userId",
    label="User ID",
    description="Your id of the person, once identify has told it.",
    allow_null=True,
    default=_path("$.userId"),
)
_GROUP_ID = Field(
    key="groupId",
    label="Group ID",
    description=(
        "Your id of the person's company. Where the call has none, Ripe is given the one that "
        "Analytics.js holds since the last group call."
    ),
    allow_null=True,
    default=_path("$.context.groupId"),
)
_CONTEXT = Field(
    key="context",
    label="Context",
    description="What is known of the page, the browser and the campaign.",
    type="object",
    default=_path("$.context"),
)
_PROPERTIES = Field(
    key="properties",
    label="Properties",
    description="What else is to be known about it.",
    type="object",
    default=_path("$.properties"),
)


def _traits(of: str) -> Field:
    return Field(
        key="traits",
        label="Traits",
        description=f"What is known about {of}.",
        type="object",
        default=_path("$.traits"),
    )


async def check_settings(http: Http, settings: Mapping[str, Any]) -> str | None:
    """Ask whether the SDK is where pages will look for it, and whether Ripe knows the API key."""
    endpoint = str(settings["endpoint"]).rstrip("/")
    version = settings.get("sdkVersion") or "latest"
    try:
        await http.request("GET", f"{endpoint}/sdk/{version}/sdk.umd.js")
    except DeliveryFailed as error:
        if isinstance(error, NeedsAttention) and error.status is None:
            # It was not asked at all, and the reason says what the operator can do.
            raise
        raise NeedsAttention(
            f"Ripe's SDK cannot be loaded from the API endpoint. {error.what}",
            do="Set the API endpoint back to its default, or to the address that Ripe gave you.",
        ) from error
    # Ripe serves the SDK and takes events at two hosts; who serves both serves them at one.
    is_ripes_own = endpoint == _ENDPOINT
    api = "https://api.getripe.com/event" if is_ripes_own else endpoint
    await check_api_key(http, {**settings, "endpoint": api})
    return None


_IDENTIFY = Action(
    slug="identify",
    label="Identify",
    description="Tell Ripe who the person is, and what you know about them.",
    trigger='type = "identify"',
    fields=(_MESSAGE_ID, _ANONYMOUS_ID, _USER_ID, _GROUP_ID, _traits("the person"), _CONTEXT),
)
_GROUP = Action(
    slug="group",
    label="Group",
    description="Make or update a Company in Ripe, one for each group id.",
    trigger='type = "group"',
    fields=(
        _MESSAGE_ID,
        _ANONYMOUS_ID,
        _USER_ID,
        Field(
            key="groupId",
            label="Group ID",
            description="Your id of the company.",
            required=True,
            allow_null=True,
            default=_path("$.groupId"),
        ),
        _traits("the company"),
        _CONTEXT,
    ),
)
_PAGE = Action(
    slug="page",
    label="Page",
    description="Record that a page was seen, as a pageview.",
    trigger='type = "page"',
    fields=(
        _MESSAGE_ID,
        _ANONYMOUS_ID,
        _USER_ID,
        _GROUP_ID,
        Field(
            key="category",
            label="Category",
            description="What kind of page it is.",
            default=_either("$.category", "$.context.category"),
        ),
        Field(
            key="name",
            label="Name",
            description="What the page is called.",
            default=_either("$.name", "$.context.name"),
        ),
        _PROPERTIES,
        _CONTEXT,
    ),
)
_TRACK = Action(
    slug="track",
    label="Track",
    description="Record what the person did.",
    trigger='type = "track"',
    fields=(
        _MESSAGE_ID,
        _ANONYMOUS_ID,
        _USER_ID,
        _GROUP_ID,
        Field(
            key="event",
            label="Event Name",
            description="What was done. A call without a name is not sent.",
            required=True,
            default=_path("$.event"),
        ),
        _PROPERTIES,
        _CONTEXT,
    ),
)

DEVICE = Destination(
    slug="actions-ripe",
    folder="ripe",
    name="Ripe Device Mode (Actions)",
    catalog_id="63913b2bf906ea939f153851",
    description="Ripe shows who your accounts are and what they do in your product.",
    suits="For websites. Start with this one if you are not sure.",
    website="https://www.getripe.com",
    categories=("Analytics",),
    mode=Mode.DEVICE,
    kind="actions",
    connection_modes={"web": (Mode.DEVICE,)},
    settings=(
        Setting(
            key="apiKey",
            label="API key",
            help="Ripe shows it in the workspace's settings, under API keys.",
            secret=True,
            in_browser=True,
            required=True,
        ),
        Setting(
            key="sdkVersion",
            label="SDK version",
            help="Which release of Ripe's SDK pages load.",
            in_browser=True,
            default="latest",
            choices=(Choice(value="latest", label="latest"),),
        ),
        Setting(
            key="endpoint",
            label="API endpoint",
            help="Where Ripe's SDK is loaded from. Leave it unless Ripe gave you another.",
            in_browser=True,
            default=_ENDPOINT,
            format="uri",
        ),
    ),
    actions=(_GROUP, _IDENTIFY, _PAGE, _TRACK),
    presets=(
        Preset(name="Group user", action="group", trigger=_GROUP.trigger),
        Preset(name="Identify user", action="identify", trigger=_IDENTIFY.trigger),
        Preset(name="Page view", action="page", trigger=_PAGE.trigger),
        Preset(name="Track event", action="track", trigger=_TRACK.trigger),
    ),
    test_settings=check_settings,
    plugin=Plugin(library_name="ripeDestination", loads_from=("endpoint",)),
    keeps_order=True,
    explanations=(
        Explanation(
            code="script_failed",
            symptom="Nothing arrives in Ripe; the console says that its SDK could not be loaded.",
            what="The browser could not load Ripe's SDK, or the SDK refused to start.",
            do=(
                "Check the API endpoint and the API key; if the page has a "
                "Content-Security-Policy, add the lines that the source shows; and try without "
                "an ad blocker."
            ),
        ),
        Explanation(
            code="script_unknown",
            symptom="The console says that what was loaded is not Ripe's SDK.",
            what="The API endpoint answers, but with something else than the SDK.",
            do="Set the API endpoint back to its default, or to the address that Ripe gave you.",
        ),
        Explanation(
            code="ripe_401",
            symptom="Ripe answers 401.",
            what="Ripe does not accept the API key.",
            do="Copy the API key anew from Ripe's settings into this connection.",
        ),
        Explanation(
            code="mapping_failed",
            symptom="Some calls arrive in Ripe and others do not.",
            what="A mapping cannot be used as it is; the others go on.",
            do="Open the mapping that the notice names and correct what it says is wrong.",
        ),
        Explanation(
            code="call_failed",
            symptom="The console shows an error while a call is handed over.",
            what="Ripe's SDK threw an error.",
            do="Look at the detail of the notice; if it is nothing of yours, tell Ripe.",
        ),
        Explanation(
            code="old_analytics_js",
            symptom="The page calls analytics, and Ripe's script is never asked for.",
            what="The page's snippet is from before Analytics.js 2.0 and cannot load this plugin.",
            do="Replace the page's snippet by the one that the source shows.",
        ),
    ),
)
