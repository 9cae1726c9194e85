"""Audiences and computed traits, in lines: how many are in, and how far destinations are told."""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from crossdock.console.ask import RunningServer


def audience_lines(server: RunningServer, path: str) -> Iterator[str]:
    """Yield a line for each that the path lists, and below it one for each of its destinations."""
    for one in _all(server, path):
        word = {"ACCOUNTS": "accounts"}.get(one["definition"]["type"], "users")
        yield f"{one['key']}  {one['state']}  {one['size']} {word}"
        for destination in one["destinations"]:
            yield f"  {destination['slug']}  {_told(destination)}"


def _all(server: RunningServer, path: str) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        query = {"pagination[count]": 200, "pagination[cursor]": cursor}
        answer = server.ask(f"{path}?{urllib.parse.urlencode(query)}")
        yield from answer["computations"]
        cursor = answer["pagination"].get("next")


def _told(destination: Mapping[str, Any]) -> str:
    sync = destination["sync"]
    if destination.get("inBrowser"):
        return "told with the next identify in the browser"
    if sync is None:
        return "waits for the first computation"
    if sync["finishedAt"] is None:
        return f"first sync: {sync['told']} of {sync['total']} told"
    return f"told, {sync['waiting']} changes wait" if sync["waiting"] else "told"
