"""A plan is applied to the workspace that it was made for, and to no other."""

from __future__ import annotations

from typing import Any

Api = Any
"""`conftest.Api`, which tests cannot import."""

FILE = "version: 1\nsources:\n  shop:\n    name: Their shop\n"


def test_a_plan_is_not_applied_to_a_workspace_that_changed_since(api: Api) -> None:
    source = api.source("shop")
    _, _, headers = api.request("POST", "/workspace/plan", body=FILE)

    api.ok("PATCH", f"/sources/{source['id']}", {"name": "My shop"})
    path = "/workspace/apply"
    status, answer, _ = api.request("POST", path, body=FILE, if_match=headers["etag"])

    assert status == 412
    assert answer["errors"][0]["type"] == "changed_meanwhile"
    assert answer["errors"][0]["data"]["what"] == "The workspace changed after this plan was made."
    assert api.ok("GET", f"/sources/{source['id']}")["source"]["name"] == "My shop"


def test_a_plan_is_applied_to_the_workspace_that_it_was_made_for(api: Api) -> None:
    source = api.source("shop")
    _, _, headers = api.request("POST", "/workspace/plan", body=FILE)

    api.ok("POST", "/workspace/apply", body=FILE, if_match=headers["etag"])

    assert api.ok("GET", f"/sources/{source['id']}")["source"]["name"] == "Their shop"
