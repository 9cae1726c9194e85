"""A page is given its snippet and its policy; what goes wrong on it is explained."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from crossdock.control.snippet import snippet, snippet_hash
from crossdock.secure_mode import ramen_secure_mode

NOON = dt.datetime(2030, 1, 1, 12, 0, tzinfo=dt.UTC)
NODE = shutil.which("node")

Api = Any
"""`conftest.Api`, which tests cannot import."""


def test_the_snippet_is_that_of_the_source_with_our_host(api: Api) -> None:
    source = api.source(writeKeys=["wk-1"])

    answer = api.ok("GET", f"/sources/{source['id']}/snippet")

    assert answer["snippetVersion"] == "5.2.1"
    assert f'script.src = "{api.url}/analytics.js/v1/" + key' in answer["snippet"]
    assert 'analytics.load("wk-1")' in answer["snippet"]
    assert "_cdn" not in answer["snippet"]
    assert f'analytics._cdn = "{api.url}";' in answer["httpSnippet"]


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        pytest.param("?format=html", "*/*", id="asked for by the address"),
        pytest.param("", "text/html,*/*;q=0.8", id="asked for by a browser"),
    ],
)
def test_the_snippet_is_there_as_it_is_pasted(api: Api, query: str, accept: str) -> None:
    source = api.source(writeKeys=["wk-1"])["id"]

    status, pasted, headers = api.request("GET", f"/sources/{source}/snippet{query}", accept=accept)

    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert pasted == api.ok("GET", f"/sources/{source}/snippet")["snippet"]
    assert pasted.startswith("<script>")


def test_the_host_of_a_request_cannot_end_the_script() -> None:
    assert "</script><b>" not in snippet("http://x</script><b>", "key")


def test_the_hash_is_that_of_what_stands_between_the_tags() -> None:
    tag = snippet("https://x", "key")

    script = tag.removeprefix("<script>").removesuffix("</script>\n")

    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert snippet_hash("https://x", "key") == f"'sha256-{digest}'"


_PAGE = """
var added = [], errors = [];
var window = globalThis; window.window = window;
window.console = {error: function (text) { errors.push(text); }, log: console.log};
window.location = {pathname: '/p', href: 'https://s/p?q', search: '?q'};
window.document = {
  title: 'T', referrer: 'https://r',
  querySelector: function () { return {getAttribute: function () { return 'https://c'; }}; },
  createElement: function () {
    return {attributes: {}, setAttribute: function (k, v) { this.attributes[k] = v; }};
  },
  getElementsByTagName: function () {
    return [{parentNode: {insertBefore: function (one) { added.push(one); }}}];
  }
};
SNIPPET
analytics.track('Bought', {total: 1});
analytics.ready(function () {});
SNIPPET
var kept = analytics.map(function (call) { return call; });
analytics.initialized = true;
var stub = analytics.identify;
analytics.identify = function (id) { return 'real ' + id; };
console.log(JSON.stringify({
  kept: kept, added: added, errors: errors, key: analytics._writeKey,
  version: analytics.SNIPPET_VERSION, late: stub('u1'), methods: analytics.methods.length
}));
"""


@pytest.mark.skipif(NODE is None, reason="runs the snippet in Node")
def test_the_snippet_keeps_calls_with_their_page_and_loads_once() -> None:
    script = snippet("https://x", "key").removeprefix("<script>").removesuffix("</script>\n")

    ran = subprocess.run(
        [str(NODE), "-e", _PAGE.replace("\nSNIPPET\n", script)],
        capture_output=True,
        check=True,
    )

    seen = msgspec.json.decode(ran.stdout)
    page = {"__t": "bpc", "c": "https://c", "p": "/p", "u": "https://s/p?q", "s": "?q"}
    page |= {"t": "T", "r": "https://r"}
    assert seen["kept"] == [
        ["page", page],
        ["track", "Bought", {"total": 1}, page],
        ["ready", None],
    ]
    assert seen["added"] == [
        {
            "attributes": {"data-global-segment-analytics-key": "analytics"},
            "type": "text/javascript",
            "async": True,
            "src": "https://x/analytics.js/v1/key/analytics.min.js",
        }
    ]
    assert seen["errors"] == ["The analytics snippet is there twice."]
    assert (seen["key"], seen["version"], seen["late"]) == ("key", "5.2.1", "real u1")
    assert seen["methods"] == 22


def test_the_policy_allows_our_host_and_those_of_enabled_device_destinations(api: Api) -> None:
    source = api.source()["id"]
    path = f"/sources/{source}/content-security-policy"
    before = api.ok("GET", path)["contentSecurityPolicy"]
    pigeon = api.destination(source, "pigeon", settings={"organizationId": "1"}, enabled=True)
    api.destination(source, "pigeon-cloud", settings={"apiKey": "k"}, enabled=True)

    by_default = api.ok("GET", path)["contentSecurityPolicy"]["directives"]
    api.ok(
        "PATCH",
        f"/destinations/{pigeon['id']}",
        {"settings": {"scriptUrl": "https://my.example:8443/x.js"}},
    )
    after = api.ok("GET", path)["contentSecurityPolicy"]

    pasted = api.ok("GET", f"/sources/{source}/snippet")
    hashes = [pasted["snippetHash"], pasted["httpSnippetHash"]]
    assert before["directives"] == {"script-src": [api.url, *hashes], "connect-src": [api.url]}
    assert by_default["script-src"] == [
        api.url,
        "https://cdn.pigeon.example",
        "fonts.pigeon.example",
        *hashes,
    ]
    assert after["lines"] == [
        f"script-src {api.url} https://my.example:8443 fonts.pigeon.example {' '.join(hashes)};",
        f"connect-src {api.url} https://my.example:8443 fonts.pigeon.example;",
    ]
    assert "unsafe" not in str(after)
    assert after["scriptHash"] == hashes[0]


def notice(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{
            "source_id": "src_1",
            "connection_id": "",
            "detail": "detail",
            "first_at": NOON,
            "last_at": NOON,
            "count": 3,
            **fields,
        }
    )


def test_a_notice_says_what_happened_and_what_to_do(api: Api) -> None:
    pigeon = api.destination(api.source()["id"], "pigeon")["id"]
    later = NOON + dt.timedelta(minutes=1)
    api.notices += [
        notice(code="pigeon_404", connection_id=pigeon),
        notice(code="script_failed", connection_id=pigeon, last_at=later),
        notice(code="odd", connection_id=pigeon, last_at=NOON - dt.timedelta(1)),
        notice(code="script_failed", connection_id="dst_of_another"),
    ]

    notices = api.ok("GET", f"/destinations/{pigeon}/notices")["notices"]

    assert [one["code"] for one in notices] == ["script_failed", "pigeon_404", "odd"]
    assert notices[1] == {
        "code": "pigeon_404",
        "sourceId": "src_1",
        "destinationId": pigeon,
        "detail": "detail",
        "symptom": "404 in the console.",
        "what": "Pigeon does not know the organization.",
        "do": "Correct the organization id.",
        "count": 3,
        "firstAt": "2030-01-01T12:00:00Z",
        "lastAt": "2030-01-01T12:00:00Z",
    }
    assert "Content-Security-Policy" in notices[0]["do"]
    assert '"odd"' in notices[2]["what"]
    assert len(api.ok("GET", "/notices")["notices"]) == 4


def test_r3_an_old_analytics_js_is_told_where_a_device_destination_is_connected(api: Api) -> None:
    source = api.source()["id"]
    device, cloud = api.destination(source, "pigeon"), api.destination(source, "pigeon-cloud")
    api.notices += [
        notice(code="old_analytics_js", source_id=source, detail="4.1.0"),
        notice(code="old_analytics_js", source_id="src_of_another"),
    ]

    told = api.ok("GET", f"/destinations/{device['id']}/notices")["notices"]
    other = api.ok("GET", f"/destinations/{cloud['id']}/notices")["notices"]

    assert [(one["code"], one["detail"]) for one in told] == [("old_analytics_js", "4.1.0")]
    assert "2.0" in told[0]["do"]
    assert other == []


def test_the_latest_outcomes_are_read_by_source_and_destination(api: Api) -> None:
    outcomes = api.ok("GET", "/outcomes?sourceId=src_1&destinationId=dst_1&limit=5")["outcomes"]

    assert outcomes == [
        {"at": "2030-01-01T12:00:00Z", "step": "delivered", "destinationId": "dst_1"}
    ]
    assert api.outcomes_asked == [(5, "src_1", "dst_1")]


USER = {"id": "42", "email": "Ryan@ramen.is", "name": "Ryan Angilly"}
SECRET = "oihs9uhasdg8934y8"  # noqa: S105 - the one of Ramen's page.
SECONDS = int(NOON.timestamp())
OLD = SECONDS - 15 * 60 - 1
AHEAD = SECONDS + 3600


def check(api: Api, body: dict[str, Any]) -> Any:
    destination = api.destination(api.source()["id"], "pigeon")["id"]
    path = f"/destinations/{destination}/secure-mode/check"
    return api.ok("POST", path, body)["check"]


def signed(signed_user: dict[str, Any], secret: str = SECRET, seconds: int = SECONDS) -> str:
    return ramen_secure_mode(signed_user, secret, seconds)["auth_hash"]


@pytest.mark.parametrize(
    ("code", "changed"),
    [
        ("ok", {}),
        ("ok", {"auth_hash": signed(USER).upper()}),
        ("ok", {"id": 42}),
        ("missing_user_id", {"id": None}),
        ("missing_signature", {"auth_hash": None}),
        ("missing_signature", {"timestamp": None}),
        ("unreadable_timestamp", {"timestamp": "noon"}),
        ("unreadable_timestamp", {"timestamp": "inf"}),
        ("milliseconds", {"timestamp": SECONDS * 1000}),
        ("stale_timestamp", {"timestamp": OLD, "auth_hash": signed(USER, seconds=OLD)}),
        ("future_timestamp", {"timestamp": AHEAD, "auth_hash": signed(USER, seconds=AHEAD)}),
        ("email_case", {"auth_hash": signed({**USER, "email": "ryan@ramen.is"})}),
        ("email_missing", {"auth_hash": signed({**USER, "email": None})}),
        ("name_missing", {"auth_hash": signed({**USER, "name": None})}),
        ("name_space", {"name": "Ryan Angilly ", "auth_hash": signed(USER)}),
        ("id_number", {"auth_hash": signed({**USER, "id": "42.0"})}),
        ("id_number", {"id": "42.0", "auth_hash": signed(USER)}),
        ("secret_space", {"secret": SECRET + "\n"}),
        ("wrong_hash", {"secret": "another"}),
        ("wrong_hash", {"auth_hash": "0" * 64}),
    ],
)  # fmt: skip
def test_m9_a_wrong_signature_is_explained(api: Api, code: str, changed: dict[str, Any]) -> None:
    right = {**USER, "timestamp": SECONDS, "auth_hash": signed(USER), "secret": SECRET}

    verdict = check(api, {**right, **changed})

    assert verdict["code"] == code
    assert verdict["isRight"] == (code == "ok")
    assert verdict["what"]
    assert bool(verdict["do"]) != verdict["isRight"]
    assert SECRET not in str(verdict)


def test_m9_a_server_that_signed_an_empty_name_is_told_of_the_fallback(api: Api) -> None:
    text = f"Ryan@ramen.is:42::{SECONDS}:{SECRET}"
    body = {**USER, "name": None, "timestamp": SECONDS, "secret": SECRET}

    verdict = check(api, {**body, "auth_hash": hashlib.sha256(text.encode()).hexdigest()})

    assert verdict["code"] == "name_not_fallen_back"


def test_a_workspace_is_exported_planned_and_applied_as_a_file(api: Api) -> None:
    source = api.source(writeKeys=["wk"])
    api.destination(source["id"], settings={"apiKey": "k"}, enabled=True)
    _, exported, headers = api.request("GET", "/workspace/export")
    changed = exported.replace("name: Pigeon Cloud", "name: My pigeon")

    unchanged = api.ok("POST", "/workspace/apply", body=exported)
    planned = api.ok("POST", "/workspace/plan", body=changed)
    name_then = api.ok("GET", "/destinations")["destinations"][0]["name"]
    applied = api.ok("POST", "/workspace/apply", body=changed)

    assert headers["content-type"].startswith("application/yaml")
    assert "k" not in exported.split("apiKey:")[1].split("\n")[1].replace("keep", "")
    assert unchanged == {"changes": [], "lines": []}
    assert planned["lines"] == [
        '~ connection shop/pigeon-cloud: name: "Pigeon Cloud" → "My pigeon"'
    ]
    assert name_then == "Pigeon Cloud"
    assert applied == planned
    assert api.store.load().connections[0].settings == {"apiKey": "k"}


def test_a_file_that_forgot_a_source_is_applied_only_if_that_is_meant(api: Api) -> None:
    api.source(writeKeys=["wk"])
    empty = "version: 1\nsources: {}\n"

    error = api.refused("POST", "/workspace/apply", body=empty)
    meant = api.ok("POST", "/workspace/apply?allowDelete=true", body=empty)

    assert error["type"] == "would_delete_sources"
    assert meant["lines"] == ["- source shop"]


def test_a_file_that_is_sent_cannot_read_the_servers_environment(api: Api) -> None:
    file = (
        "version: 1\nsources: {a: {destinations: {pigeon: {settings: {scriptUrl: {env: HOME}}}}}}"
    )

    error = api.refused("POST", "/workspace/apply", body=file)

    assert error["type"] == "env_not_allowed"


@pytest.mark.parametrize("body", [b"\xff", b"", b"sources: {}", b"a: ["])
def test_a_file_that_is_none_is_told(api: Api, body: bytes) -> None:
    status, answer, _ = api.request("POST", "/workspace/plan", body=body)

    assert status == 400
    assert answer["errors"][0]["message"]
