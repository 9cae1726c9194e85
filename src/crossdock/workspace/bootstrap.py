"""What a workspace starts with: a first source, or the demo."""

from __future__ import annotations

from typing import Any

from crossdock.base.ids import Ids, new_secret
from crossdock.events import SourceId
from crossdock.workspace.differences import FindDestination
from crossdock.workspace.edits import with_source
from crossdock.workspace.model import Source, Workspace
from crossdock.workspace.plan import WorkspaceFile
from crossdock.workspace.store import Store
from crossdock.workspace.yaml_file import export_yaml
from crossdock.workspace.yaml_text import dump_yaml, load_yaml

BY = "first start"

DEMO_SOURCE = "demo"
DEMO_WRITE_KEY = "demo-write-key"


def bootstrap(store: Store, *, ids: Ids) -> Source:
    """Make a first source with a write key if there is none, and return the first."""

    def decide(workspace: Workspace) -> Workspace:
        if workspace.sources:
            return workspace
        source = Source(
            id=SourceId(ids.new("src")),
            slug="website",
            name="Website",
            kind="web",
            write_keys=(new_secret(),),
        )
        return with_source(workspace, source)

    return store.change(decide, by=BY).sources[0]


def demo(store: Store, base_url: str, *, find_destination: FindDestination, ids: Ids) -> Source:
    """Make the demo's source and its connections to the sandbox vendors, and return the source.

    What is there already stays as its owner made it, except that addresses of the sandboxes follow
    the base URL: the demo may run on another port today.

    Args:
        store: Where to make it.
        base_url: How browsers and the server itself reach this server: `http://127.0.0.1:8080`.
        find_destination: For presets.
        ids: For what is new.
    """
    document = load_yaml(export_yaml(store.load(), find_destination))
    wanted = demo_source(base_url.rstrip("/"))
    there = document["sources"].setdefault(DEMO_SOURCE, wanted)
    for slug, connection in there["destinations"].items():
        settings = wanted["destinations"].get(slug, {}).get("settings", {})
        for key, value in settings.items():
            if "/sandbox/" in str(value) and "/sandbox/" in str(connection["settings"].get(key)):
                connection["settings"][key] = value
    file = WorkspaceFile(
        dump_yaml(document), find_destination=find_destination, find_env=None, ids=ids
    )
    file.apply(store, by=BY)
    return next(source for source in store.load().sources if source.slug == DEMO_SOURCE)


def demo_source(base_url: str) -> dict[str, Any]:
    """Return the demo's source as it stands in a workspace's file."""
    return {
        "name": "Demo shop",
        "type": "javascript",
        "writeKeys": [DEMO_WRITE_KEY],
        "destinations": {
            slug: {"settings": sandbox_settings(base_url, slug)}
            for slug in ("actions-ripe", "actions-ripe-cloud", "ramen")
        },
    }


def sandbox_settings(base_url: str, slug: str) -> dict[str, Any] | None:
    """Return the settings that lead a destination to its sandbox vendor; None if it has none."""
    ripe, ramen = f"{base_url}/sandbox/ripe", f"{base_url}/sandbox/ramen"
    found: dict[str, dict[str, Any]] = {
        "actions-ripe": {"apiKey": "demo-ripe-key", "endpoint": ripe},
        "actions-ripe-cloud": {"apiKey": "demo-ripe-key", "endpoint": f"{ripe}/event"},
        "ramen": {
            "organization_id": "demo-organization",
            "script_url": f"{ramen}/assets/ramen.js",
        },
        "ramen-server": {"apiKey": "demo-ramen-api-key", "endpoint": f"{ramen}/api/v1"},
    }
    return found.get(slug)
