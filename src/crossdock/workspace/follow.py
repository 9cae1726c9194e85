"""Carries every new version from the store to the feed, whoever made it."""

from __future__ import annotations

import asyncio

from crossdock.base.clock import Clock
from crossdock.workspace import report
from crossdock.workspace.feed import WorkspaceFeed
from crossdock.workspace.store import Store

# A change made by another process, such as `crossdock apply`, is seen within half a second.
POLL_SECONDS = 0.25


async def follow(store: Store, feed: WorkspaceFeed, *, clock: Clock) -> None:
    """Publish each new version, until cancelled.

    A change of our own is published before the thread that made it goes on to answer. Those of
    other processes are noticed by their version, which is asked for four times a second. While the
    database does not answer, everyone goes on with the version they have.
    """
    loop = asyncio.get_running_loop()
    stop = store.on_change(lambda workspace: loop.call_soon_threadsafe(feed.publish, workspace))
    try:
        await _poll(store, feed, clock)
    finally:
        stop()


async def _poll(store: Store, feed: WorkspaceFeed, clock: Clock) -> None:
    is_reachable = True
    while True:
        try:
            if await asyncio.to_thread(store.version) != feed.current.version:
                feed.publish(await asyncio.to_thread(store.load))
            if not is_reachable:
                report.database_back()
            is_reachable = True
        except Exception as error:  # noqa: BLE001 - whatever it is, everyone has a version to run on.
            if is_reachable:
                report.database_lost(error)
            is_reachable = False
        await clock.sleep(POLL_SECONDS)
