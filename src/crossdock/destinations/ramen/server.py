"""Ramen, from the server: what audiences say of a user becomes a property there.

PATCH <endpoint>/users/<user id> with `{"traits": {…}}`, and the API key in a header.
"""

from __future__ import annotations

import urllib.parse
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
    Rejected,
    Setting,
)


async def update_user(http: Http, call: Call) -> None:
    """Set properties of a user, and leave the others alone."""
    user_id = str(call.payload["userId"])
    if user_id in {".", ".."}:
        raise Rejected(
            "The user id is a dot or two, which no address can hold.",
            do="Give the user another id.",
        )
    # Its own characters only: nobody's id leads to another address.
    path = urllib.parse.quote(user_id, safe="")
    traits: dict[str, Any] = call.payload["traits"]
    await http.request(
        "PATCH",
        f"{str(call.settings['endpoint']).rstrip('/')}/users/{path}",
        json={"traits": traits},
        headers={"RAMEN_API_KEY": str(call.settings["apiKey"])},
    )


_UPDATE_USER = Action(
    slug="updateUser",
    label="Update a user",
    description="Sets properties of a user in Ramen.",
    trigger='type = "identify" and userId != null',
    fields=(
        Field(
            key="userId",
            label="User ID",
            description="What the user is known by in Ramen: the id that pages identify them with.",
            required=True,
            default={"@path": "$.userId"},
        ),
        Field(
            key="traits",
            label="Properties",
            description="What is set.",
            type="object",
            required=True,
            default={"@path": "$.traits"},
        ),
    ),
    perform=update_user,
)

RAMEN_SERVER = Destination(
    slug="ramen-server",
    folder="ramen",
    name="Ramen Server",
    catalog_id="crossdock-ramen-server",
    description="Tells Ramen which audiences a user is in, and what was computed about them.",
    suits="For audiences and computed traits. It asks no questions: add it beside Ramen.",
    website="https://ramen.is",
    categories=("Surveys",),
    mode=Mode.CLOUD,
    connection_modes={"web": (), "mobile": (), "server": (Mode.CLOUD,)},
    settings=(
        Setting(
            key="apiKey",
            label="API key",
            help="Of your organization in Ramen; the sandbox shows it on its page.",
            secret=True,
            required=True,
        ),
        Setting(
            key="endpoint",
            label="Address of the API",
            help="Where Ramen's REST API is; of the sandbox, its address with /api/v1 behind it.",
            required=True,
            format="uri",
        ),
    ),
    actions=(_UPDATE_USER,),
    presets=(Preset(name="Update users", action="updateUser", trigger=_UPDATE_USER.trigger),),
    # The last value of a property is what stays.
    keeps_order=True,
    explanations=(
        Explanation(
            code="ramen_server_401",
            symptom="Ramen answers 401.",
            what="Ramen does not know the API key.",
            do="Copy the API key of the organization again.",
        ),
    ),
)
