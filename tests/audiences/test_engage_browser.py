"""A page is told in which audiences its own visitor is, and never in which others are."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from crossdock import engage_proof, ramen_secure_mode
from tests.running import ADMIN_TOKEN, Answer, RunningServer, eventually, running_server

SIGNING_SECRET = "a signing secret of 32 characters"  # noqa: S105 - made up.
ORGANIZATION_SECRET = "demo-ramen-secret"  # noqa: S105 - the sandbox's.
ORDERED = "event('Order Completed').within(30 days).count() >= 1"
TOKEN = {"authorization": f"Bearer {ADMIN_TOKEN}"}
numbers = itertools.count(1)


# Of a machine that has much else to do: an audience is computed, and each answer has half a second.
PATIENT_SECONDS = 40.0


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Town:
    """A shop on the web that Ramen is connected to, and what it is told in browsers."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        source = server.api(
            "POST",
            "/sources",
            {"slug": f"town-{next(numbers)}", "enabled": True, "metadataId": "javascript"},
        )["source"]
        self.source_slug, self.write_key = source["slug"], source["writeKeys"][0]
        self.ramen = server.api(
            "POST",
            "/destinations",
            {
                "sourceId": source["id"],
                "metadataId": "ramen",
                "enabled": True,
                "settings": {
                    "organization_id": "demo-organization",
                    "engage_in_browser": True,
                    "engage_secret": SIGNING_SECRET,
                    "organization_secret": ORGANIZATION_SECRET,
                },
            },
        )["destination"]["id"]

    def switch(self, **settings: Any) -> None:
        self.server.api("PATCH", f"/destinations/{self.ramen}", {"settings": settings})

    def send(self, *messages: dict[str, Any]) -> None:
        sent = self.server.request(
            "POST", "/v1/batch", json={"batch": [*messages], "writeKey": self.write_key}
        )
        assert sent.status == 200

    def order(self, user_id: str, **properties: object) -> None:
        self.send(
            {
                "type": "track",
                "event": "Order Completed",
                "userId": user_id,
                "properties": properties,
            }
        )

    def tell(self, name: str, query: str, path: str = "/audiences") -> str:
        """Make one, and connect Ramen to it."""
        made = self.server.api("POST", path, {"name": name, "definition": {"query": query}})
        one: str = made["computation"]["id"]
        self.server.api("PUT", f"{path}/{one}/destinations/{self.ramen}", {})
        return one

    def ask(self, user_id: str, proof: object, *, write_key: str | None = None) -> Answer:
        return self.server.request(
            "POST",
            f"/v1/k/{write_key or self.write_key}/values",
            json={"connectionId": self.ramen, "userId": user_id, **dict(proof or {})},  # type: ignore[call-overload] # What a test makes up.
            headers={"origin": "https://shop.example", "content-type": "text/plain"},
        )

    def values(self, user_id: str, proof: object = None) -> dict[str, Any]:
        answer = self.ask(user_id, proof or engage_proof(user_id, SIGNING_SECRET, now()))
        assert answer.status == 200, answer.body
        values: dict[str, Any] = answer.json()["values"]
        return values

    def plugin_settings(self) -> dict[str, Any]:
        served = self.server.request("GET", f"/v1/projects/{self.write_key}/settings").json()
        settings: dict[str, Any] = served["remotePlugins"][0]["settings"]
        return settings

    def notices(self) -> set[str]:
        found = self.server.api("GET", f"/destinations/{self.ramen}/notices")["notices"]
        return {notice["code"] for notice in found if notice["what"] and notice["do"]}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("crossdock")) as running:
        yield running


@pytest.fixture
def town(server: RunningServer) -> Town:
    return Town(server)


def test_m10_a_user_who_ordered_is_in_the_audience_and_another_is_not(town: Town) -> None:
    number = next(numbers)
    town.tell(f"Ordered {number}", ORDERED)
    town.tell(
        f"Spent {number}", "event('Order Completed').sum(property('total'))", "/computed-traits"
    )
    ada, ben = f"ada-{number}", f"ben-{number}"
    town.send({"type": "identify", "userId": ben})
    town.order(ada, total=30)

    told = {f"ordered_{number}": True, f"spent_{number}": 30}
    eventually(lambda: town.values(ada) == told, seconds=PATIENT_SECONDS)
    signed = {"id": ada, "email": "ada@example.com", "name": "Ada"}
    hashed = {**signed, **ramen_secure_mode(signed, ORGANIZATION_SECRET, now())}

    assert eventually(lambda: town.values(ada, hashed), seconds=PATIENT_SECONDS) == told
    assert eventually(lambda: town.values(ben), seconds=PATIENT_SECONDS) == {
        f"ordered_{number}": False
    }


def test_what_is_not_proven_is_answered_like_a_user_of_whom_nothing_is_known(town: Town) -> None:
    ada = f"ada-{next(numbers)}"
    town.tell(f"Ordered {next(numbers)}", ORDERED)
    town.order(ada)
    eventually(lambda: town.values(ada), seconds=PATIENT_SECONDS)
    nobody = town.ask("nobody", engage_proof("nobody", SIGNING_SECRET, now()))

    refused = {
        "a signature of somebody else": town.ask(ada, engage_proof("7", SIGNING_SECRET, now())),
        "of another secret": town.ask(ada, engage_proof(ada, "x" * 32, now())),
        "no signature": town.ask(ada, {}),
        "an old one": town.ask(
            ada, engage_proof(ada, SIGNING_SECRET, now() - dt.timedelta(minutes=20))
        ),
        "another source's key": town.ask(
            ada, engage_proof(ada, SIGNING_SECRET, now()), write_key=Town(town.server).write_key
        ),
        "a key of nobody": town.ask(
            ada, engage_proof(ada, SIGNING_SECRET, now()), write_key="nobody"
        ),
        "an id with a space": town.ask(f" {ada}", engage_proof(f" {ada}", SIGNING_SECRET, now())),
    }

    assert nobody.body == b'{"values":{}}'
    for what, answer in refused.items():
        assert (answer.status, answer.body) == (nobody.status, nobody.body), what
        assert {**answer.headers, "date": ""} == {**nobody.headers, "date": ""}, what
    eventually(
        lambda: {"engage_wrong_signature", "engage_unsigned", "engage_expired"} <= town.notices()
    )


def test_any_page_may_read_the_answer_and_nobody_keeps_it_or_sends_cookies(town: Town) -> None:
    answer = town.ask("ada", engage_proof("ada", SIGNING_SECRET, now()))
    preflight = town.server.request("OPTIONS", f"/v1/k/{town.write_key}/values")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert preflight.status == 204
    assert "access-control-allow-credentials" not in preflight.headers


def test_nothing_is_told_unless_the_owner_has_switched_it_on(town: Town) -> None:
    # One person is told no more than some times a second: ben is asked about twice alone.
    ada, ben = f"ada-{next(numbers)}", f"ben-{next(numbers)}"
    town.tell(f"Ordered {next(numbers)}", ORDERED)
    town.order(ben)
    town.order(ada)
    eventually(lambda: town.values(ada), seconds=PATIENT_SECONDS)

    town.switch(engage_in_browser=False)
    eventually(lambda: "valuesUrl" not in town.plugin_settings()["crossdock"])
    while_off = town.values(ben)
    town.switch(engage_in_browser=True)
    eventually(lambda: "valuesUrl" in town.plugin_settings()["crossdock"])

    assert while_off == {}
    assert eventually(lambda: town.values(ben), seconds=PATIENT_SECONDS)


def test_settings_tell_the_plugin_where_to_ask_and_no_secret(town: Town) -> None:
    plugin = town.plugin_settings()

    assert plugin["crossdock"]["valuesUrl"].endswith(f"/v1/k/{town.write_key}/values")
    assert SIGNING_SECRET not in str(plugin)
    assert ORGANIZATION_SECRET not in str(plugin)
    assert "engage_in_browser" not in plugin


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"engage_in_browser": True}, "settings.engage_in_browser"),
        ({"engage_secret": "too short"}, "settings.engage_secret"),
    ],
)
def test_it_cannot_be_switched_on_without_a_secret_that_nobody_guesses(
    server: RunningServer, town: Town, settings: dict[str, Any], field: str
) -> None:
    town.switch(engage_in_browser=False, engage_secret="", organization_secret="")

    refused = server.request(
        "PATCH",
        f"/api/v1/destinations/{town.ramen}",
        json={"settings": settings},
        headers=TOKEN,
    )

    assert refused.status == 400, refused.body
    assert refused.json()["errors"][0]["field"] == field
    assert "too short" not in refused.body.decode()


def test_a_destination_in_browsers_is_asked_with_identify_alone_and_sent_nothing(
    server: RunningServer, town: Town
) -> None:
    audience = town.tell(f"Ordered {next(numbers)}", ORDERED)
    path = f"/audiences/{audience}/destinations/{town.ramen}"

    refused = server.request(
        "PUT",
        f"/api/v1{path}",
        json={"sends": ["track"]},
        headers=TOKEN,
    )
    town.order(f"ada-{next(numbers)}")
    shown = eventually(
        lambda: next(
            (
                one["destinations"][0]
                for one in [server.api("GET", f"/audiences/{audience}")["computation"]]
                if one["size"]
            ),
            None,
        ),
        seconds=PATIENT_SECONDS,
    )

    assert refused.status == 400
    assert "identify" in refused.json()["errors"][0]["message"]
    assert shown["inBrowser"] is True
    assert shown["sync"] is None


def test_a_file_names_it_with_its_source(server: RunningServer, town: Town) -> None:
    number = next(numbers)
    town.tell(f"Ordered {number}", ORDERED)
    exported = server.request("GET", "/api/v1/workspace/export", headers=TOKEN).body.decode()

    planned = server.request(
        "POST",
        "/api/v1/workspace/plan",
        body=exported.encode(),
        headers={**TOKEN, "content-type": "application/yaml"},
    ).json()["data"]

    assert f"{town.source_slug}/ramen:" in exported
    assert planned["changes"] == [], planned
