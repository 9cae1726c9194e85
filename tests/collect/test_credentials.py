"""The write key is found in every form of the header, and nothing large is kept of it."""

from __future__ import annotations

import base64
import tracemalloc

import pytest

from crossdock.pipeline.collect.credentials import write_key_of


def basic(text: str) -> bytes:
    return b"Basic " + base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("header", "write_key"),
    [
        (basic("key:"), "key"),
        (basic("key"), "key"),
        (basic("key:password"), "key"),
        (basic("key:" + "x" * 10_000), "key"),
        (b"basic " + base64.b64encode(b"key:"), "key"),
        (b"Basic \xff", ""),
        (b"Bearer key", ""),
        (b"", ""),
    ],
)
def test_the_user_of_basic_is_the_write_key(header: bytes, write_key: str) -> None:
    assert write_key_of(header) == write_key


def test_headers_as_large_as_a_head_may_be_are_not_remembered() -> None:
    tracemalloc.start()
    try:
        for number in range(100):
            write_key_of(basic(f"{number}" + "x" * 40_000))
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept_bytes < 1_000_000
