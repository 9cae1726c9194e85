"""Ramen is told in the browser in which audiences the page's own visitor is, and of nobody else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from crossdock import engage_proof, ramen_secure_mode
from tests.browser.conftest import RAMEN_SECRET, Shop
from tests.browser.test_ramen import RECORDING_RAMEN, recorded
from tests.running import eventually

SIGNING_SECRET = "a signing secret of 32 characters"  # noqa: S105 - made up.
numbers = itertools.count(1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass
class Buyer:
    """Somebody who ordered on a page, and is in an audience that Ramen is connected to."""

    shop: Shop
    connection_id: str
    id: str
    key: str

    def identify(self, ramen: Mapping[str, object], *, user_id: str | None = None) -> None:
        self.shop.page.evaluate(
            "([id, Ramen]) => analytics.identify(id, {plan: 'pro'}, {integrations: {Ramen}})",
            [user_id or self.id, ramen],
        )

    def signed(self, **changed: object) -> dict[str, Any]:
        return {"engage": {**engage_proof(self.id, SIGNING_SECRET, now()), **changed}}

    def traits(self) -> list[dict[str, Any]]:
        """What each identify with an id told Ramen."""
        return [call[1]["traits"] for call in recorded(self.shop, "identify") if call[1:]]

    def value_with_the_next_identify(self, ramen: Mapping[str, object]) -> object:
        """What the first identify says that says something: one that is too slow says nothing."""

        def said() -> list[object]:
            before = len(self.traits())
            self.identify(ramen)
            traits = eventually(lambda: self.traits()[before:])[0]
            return [traits[self.key]] if self.key in traits else []

        return eventually(said, seconds=30)[0]


@pytest.fixture
def buyer(shop: Shop) -> Buyer:
    number = next(numbers)
    connection = shop.connect_ramen(
        script_url=shop.site.put_script("/ramen.js", RECORDING_RAMEN),
        engage_in_browser=True,
        engage_secret=SIGNING_SECRET,
        organization_secret=RAMEN_SECRET,
    )
    # Ends in a letter: no other's begins with it.
    one = Buyer(shop, connection, f"buyer-{number}-a", f"order_completed_last_{number}_days")
    audience = shop.server.api(
        "POST",
        "/audiences",
        {
            "name": f"Order Completed Last {number} Days",
            "definition": {"query": f"event('Order Completed').within({number} days).count() >= 1"},
        },
    )["computation"]
    assert audience["key"] == one.key
    path = f"/audiences/{audience['id']}"
    shop.server.api("PUT", f"{path}/destinations/{connection}", {})
    shop.open()
    one.identify({})
    shop.call("await analytics.track('Order Completed', {total: 30})")
    eventually(lambda: shop.server.api("GET", f"{path}/members?q={one.id}")["members"], seconds=30)
    return one


def test_m10_who_ordered_is_in_the_audience_with_the_next_identify(buyer: Buyer) -> None:
    assert buyer.value_with_the_next_identify(buyer.signed()) is True

    told = next(traits for traits in buyer.traits() if buyer.key in traits)
    assert told == {"plan": "pro", buyer.key: True}
    assert all("engage" not in call[2] for call in recorded(buyer.shop, "identify") if call[2:])


def test_m10_the_hash_of_secure_mode_is_a_proof_as_well(buyer: Buyer) -> None:
    hashed = ramen_secure_mode({"id": buyer.id}, RAMEN_SECRET, now())

    assert buyer.value_with_the_next_identify(hashed) is True


def test_m10_somebody_else_on_the_next_page_is_not_in_it(buyer: Buyer) -> None:
    ben = dataclasses.replace(buyer, id=f"ben-{buyer.id}")
    buyer.shop.call("await analytics.reset()")

    assert ben.value_with_the_next_identify(ben.signed()) is False


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("somebody else's id", "engage_wrong_signature"),
        ("a wrong signature", "engage_wrong_signature"),
        ("an old one", "engage_expired"),
        ("none", "engage_unsigned"),
    ],
)
def test_without_a_proof_nothing_is_told_and_the_identify_goes_on(
    buyer: Buyer, what: str, code: str
) -> None:
    hour = dt.timedelta(hours=1)
    ramen: dict[str, Any] = {
        "somebody else's id": {"engage": engage_proof("mallory", SIGNING_SECRET, now())},
        "a wrong signature": buyer.signed(signature="0" * 64),
        "an old one": {"engage": engage_proof(buyer.id, SIGNING_SECRET, now() - hour)},
        "none": {},
    }[what]
    before = len(buyer.traits())

    buyer.identify(ramen)

    assert eventually(lambda: buyer.traits()[before:]) == [{"plan": "pro"}]
    assert buyer.shop.notice(buyer.connection_id, code)["do"]


def test_while_it_is_switched_off_nobody_is_asked(buyer: Buyer) -> None:
    buyer.shop.server.api(
        "PATCH", f"/destinations/{buyer.connection_id}", {"settings": {"engage_in_browser": False}}
    )
    path = f"/v1/projects/{buyer.shop.write_key}/settings"
    eventually(lambda: b"valuesUrl" not in buyer.shop.server.request("GET", path).body)
    asked: list[str] = []
    buyer.shop.page.on("request", lambda request: asked.append(request.url))

    buyer.shop.open(path="/next")
    buyer.identify(buyer.signed())

    assert eventually(buyer.traits) == [{"plan": "pro"}]
    assert not [url for url in asked if url.endswith("/values")]


def test_an_answer_that_never_comes_costs_no_identify(buyer: Buyer) -> None:
    asked: list[str] = []
    # Not answered: the page waits for as long as it wants to.
    buyer.shop.page.route("**/values", lambda route: asked.append(route.request.url))
    before = len(buyer.traits())

    buyer.identify(buyer.signed())
    buyer.shop.call("analytics.track('Next')")

    assert eventually(lambda: buyer.traits()[before:]) == [{"plan": "pro"}]
    assert asked
    assert eventually(lambda: ["track", "Next"] in recorded(buyer.shop, "track"))
    calls = recorded(buyer.shop)
    assert calls.index(["track", "Next"]) > max(
        index for index, call in enumerate(calls) if call[0] == "identify"
    )
    buyer.shop.notice(buyer.connection_id, "engage_late")
