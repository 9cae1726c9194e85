"""Who watches live sees no more once their session has ended."""

from __future__ import annotations

import threading
from pathlib import Path

import urllib3

from tests.control.visiting import Visitor
from tests.running import ADMIN_TOKEN, eventually, running_server


def test_a_live_tail_ends_with_the_session_that_it_was_begun_with(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, urllib3.PoolManager(retries=False) as http:
        visitor = Visitor(server.url)
        visitor.sign_in(token=ADMIN_TOKEN)
        tail = http.request(
            "GET",
            f"{server.url}/api/v1/ledger/tail",
            headers={"cookie": visitor.cookie},
            preload_content=False,
            timeout=60,
        )
        has_ended = threading.Event()

        def read() -> None:
            for _ in tail.stream(1024):
                pass
            has_ended.set()

        reader = threading.Thread(target=read, daemon=True)
        reader.start()

        visitor.ok("DELETE", "/session")

        def is_over() -> bool:
            event = {"writeKey": "demo-write-key", "userId": "ann", "event": "Order Completed"}
            assert server.request("POST", "/v1/track", json=event).status == 200
            return has_ended.wait(0.5)

        assert eventually(is_over, seconds=60)
        reader.join()
