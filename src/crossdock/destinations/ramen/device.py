"""Ramen, in the browser. `browser.ts` is its plugin."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from typing import Any

from crossdock.destinations.ramen.proof import (
    ORGANIZATION_SECRET,
    SIGNING_SECRET,
    SWITCH,
    why_not_proven,
)
from crossdock.kit import (
    BrowserValues,
    Choice,
    DeliveryFailed,
    Destination,
    Explanation,
    Http,
    Mode,
    NeedsAttention,
    Plugin,
    Setting,
)

_SCRIPT_URL = "//cdn.ramen.is/assets/ramen.js"

_SETTINGS = (
    Setting(
        key="organization_id",
        label="Organization id",
        help="Ramen shows it on the RamenJS settings page.",
        in_browser=True,
        required=True,
    ),
    Setting(
        key="apiKey",
        label="API key",
        help="For what the server sends to Ramen; it never reaches a browser.",
        secret=True,
    ),
    Setting(
        key="script_url",
        label="Script address",
        help="Where pages load RamenJS from. Leave it unless you serve RamenJS yourself.",
        in_browser=True,
        default=_SCRIPT_URL,
    ),
    Setting(
        key="environment",
        label="Environment",
        help="Outside of production, secure mode can be used but is not enforced.",
        in_browser=True,
        default="production",
        choices=(
            Choice(value="production", label="Production"),
            Choice(value="staging", label="Staging"),
            Choice(value="development", label="Development"),
        ),
    ),
    Setting(
        key="custom_bug_image_url",
        label="Image of the button",
        help="The address of a picture to show instead of Ramen's own.",
        in_browser=True,
        format="uri",
    ),
    Setting(
        key="custom_trigger_id",
        label="Id of the trigger",
        help="The id of the element of your page that opens Ramen.",
        in_browser=True,
    ),
    Setting(
        key="custom_trigger_class",
        label="Class of the triggers",
        help="The class of the elements of your page that open Ramen.",
        in_browser=True,
    ),
    Setting(
        key=SWITCH,
        label="Engage values in the browser",
        help=(
            "When a page identifies a user, Ramen is told right there in which of the audiences "
            "connected to it they are. Pages prove who the user is, with one of the secrets below."
        ),
        type="boolean",
        default=False,
        needs_one_of=(SIGNING_SECRET, ORGANIZATION_SECRET),
    ),
    Setting(
        key=SIGNING_SECRET,
        label="Signing secret",
        help=(
            "Make one with `openssl rand -hex 32`, and give the same to your server: it signs each "
            "user's id with it, so that nobody can read what is known of somebody else."
        ),
        secret=True,
        characters_min=32,
    ),
    Setting(
        key=ORGANIZATION_SECRET,
        label="Organization's secret",
        help=(
            "If your pages sign for Ramen's secure mode already: with the secret of Ramen's "
            "RamenJS page, those signatures prove who the user is here too."
        ),
        secret=True,
    ),
)

_ENGAGE_SYMPTOM = "Audiences do not arrive with the identify of a page."
_ENGAGE_EXPLANATIONS = (
    Explanation(
        code="engage_unsigned",
        symptom=_ENGAGE_SYMPTOM,
        what="A page called identify without a proof of who the user is, and was told nothing.",
        do=(
            "Have your server sign the user's id, and pass it as integrations.Ramen.engage of "
            "identify; or switch Engage values in the browser off."
        ),
    ),
    Explanation(
        code="engage_wrong_signature",
        symptom=_ENGAGE_SYMPTOM,
        what="A page's signature is not that of this user with the connection's secret.",
        do=(
            "Compare the secret on your server with this connection's, and sign "
            "`engage:<expires>:<user id>` with the id that identify is called with. A few of these "
            "can be somebody who tries the ids of others."
        ),
    ),
    Explanation(
        code="engage_expired",
        symptom=_ENGAGE_SYMPTOM,
        what="A page's signature was good, and is too old, or of a time to come.",
        do="Sign anew with each page, not in a page that is cached; check your server's clock.",
    ),
    Explanation(
        code="engage_too_long",
        symptom=_ENGAGE_SYMPTOM,
        what="A page's signature would be good for more than a day; it could be kept for ever.",
        do="Let it expire after some minutes, and sign anew with each page.",
    ),
    Explanation(
        code="engage_ambiguous",
        symptom=_ENGAGE_SYMPTOM,
        what=(
            "A user's id, e-mail or name has a colon in it. Secure mode's hash could then be that "
            "of somebody else, so that it proves nothing here."
        ),
        do="Fill in a signing secret, and pass its signature as integrations.Ramen.engage.",
    ),
    Explanation(
        code="engage_no_signing_secret",
        symptom=_ENGAGE_SYMPTOM,
        what="A page passed a signature, and this connection has no signing secret.",
        do="Fill in the signing secret with which your server signs.",
    ),
    Explanation(
        code="engage_no_organization_secret",
        symptom=_ENGAGE_SYMPTOM,
        what="A page passed secure mode's hash, and this connection cannot check it.",
        do="Fill in the organization's secret, or sign with a signing secret.",
    ),
    Explanation(
        code="engage_late",
        symptom="Audiences sometimes do not arrive with the identify of a page.",
        what=(
            "The answer took longer than half a second, or too much was asked at once; identify "
            "went on without it."
        ),
        do="A few are slow networks. If there are many, look at the load of this server.",
    ),
)

_EXPLANATIONS = (
    Explanation(
        code="vendor_snippet_found",
        symptom="The console says that this page has Ramen's own snippet.",
        what="Ramen would be started twice; it is left as the page's own snippet started it.",
        do="Remove Ramen's snippet from the page: Analytics.js loads Ramen now.",
    ),
    Explanation(
        code="script_failed",
        symptom="Nothing arrives in Ramen, and the console says that ramen.js could not be loaded.",
        what="The browser could not load RamenJS.",
        do=(
            "Check the script address; if the page has a Content-Security-Policy, add the lines "
            "that the source shows; and try without an ad blocker."
        ),
    ),
    Explanation(
        code="call_failed",
        symptom="The console shows an error while a call is handed over.",
        what="RamenJS threw an error.",
        do="Look at the detail of the notice; if it is nothing of yours, tell Ramen.",
    ),
    Explanation(
        code="ramen_404",
        symptom="Ramen answers 404.",
        what="Ramen knows no organization with this id.",
        do="Compare the organization id with the one on Ramen's RamenJS settings page.",
    ),
    Explanation(
        code="ramen_401_invalid_email",
        symptom="Ramen answers 401: the email is invalid.",
        what="The user's email is not an email address. It may be blank, but not wrong.",
        do="Correct the email that identify is called with, or leave it out.",
    ),
    Explanation(
        code="ramen_401_missing_user_id",
        symptom="Ramen answers 401: the user id is missing.",
        what="Ramen was told of a user without an id.",
        do="Call identify with your id of the user as its first argument.",
    ),
    Explanation(
        code="ramen_401_secure_mode_required",
        symptom="Ramen answers 401: timestamp and auth_hash are missing.",
        what="Secure mode is on in Ramen, and identify was called without a signature.",
        do=(
            "Render timestamp and auth_hash into the page and pass them in the integrations.Ramen "
            "options of identify, or turn secure mode off in Ramen."
        ),
    ),
    Explanation(
        code="ramen_401_stale_timestamp",
        symptom="Ramen answers 401: the timestamp is too old.",
        what="The timestamp is more than 15 minutes old; often it was written into the page once.",
        do="Make the timestamp and the hash anew each time the page is rendered.",
    ),
    Explanation(
        code="ramen_401_wrong_hash",
        symptom="Ramen answers 401: the hash is wrong.",
        what="The auth_hash is not that of this user, timestamp and organization secret.",
        do=(
            "Hash email:id:name:timestamp:secret with SHA-256; without an email the first part is "
            "empty, without a name the email stands in its place. crossdock sign-ramen does it."
        ),
    ),
)


async def check_settings(http: Http, settings: Mapping[str, Any]) -> str | None:
    """Ask whether RamenJS is where pages will look for it, and whether the organization exists.

    Ramen's own servers tell only a browser whether they know an organization. A RamenJS that is
    served elsewhere, as the sandbox's is, has its API beside it, which can be asked.
    """
    script_url = str(settings["script_url"])
    address = f"https:{script_url}" if script_url.startswith("//") else script_url
    try:
        await http.request("GET", address)
    except DeliveryFailed as error:
        if isinstance(error, NeedsAttention) and error.status is None:
            # It was not asked at all, and the reason says what the operator can do.
            raise
        raise NeedsAttention(
            f"RamenJS cannot be loaded from the script address. {error.what}",
            do="Check the script address; its default is Ramen's own.",
        ) from error
    base, _, _ = address.partition("/assets/")
    if script_url == _SCRIPT_URL or base == address:
        return (
            "RamenJS can be loaded. Ramen tells only a browser whether it knows the organization "
            "id: if it is wrong, the first page says so here."
        )
    organization_id = urllib.parse.quote(str(settings["organization_id"]), safe="")
    await http.request("GET", f"{base}/call/organization?organization_id={organization_id}")
    return "Ramen knows the organization, and RamenJS can be loaded."


RAMEN = Destination(
    slug="ramen",
    folder="ramen",
    name="Ramen",
    catalog_id="558c9d1a0a20f4e22f0fb3bb",
    description="Ramen asks your customers questions while they use your product.",
    suits="For websites. Start with this one: it asks the questions.",
    website="https://ramen.is",
    categories=("Surveys",),
    mode=Mode.DEVICE,
    kind="classic",
    connection_modes={"web": (Mode.DEVICE,), "mobile": (), "server": ()},
    settings=_SETTINGS,
    test_settings=check_settings,
    plugin=Plugin(
        library_name="ramenDestination",
        loads_from=("script_url",),
        values=BrowserValues(setting=SWITCH, why_not_proven=why_not_proven),
    ),
    explanations=(*_EXPLANATIONS, *_ENGAGE_EXPLANATIONS),
)
