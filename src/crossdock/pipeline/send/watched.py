"""The way out, remembering what was asked last and what came back."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping

from crossdock.base.json import encode
from crossdock.kit import Answer, DeliveryFailed, Http

EXCERPT_BYTES_MAX = 4096
"""Of what was sent and what was answered, people are shown so much."""

# A secret that is cut in two is not found any more; none is longer.
_SECRET_BYTES_MAX = 16 * 1024


class WatchedHttp:
    """The way out for one attempt.

    Attributes:
        method: Of the last request; empty if none was made.
        status: What was answered to it; None if nothing was.
        answer_body: The same.
    """

    def __init__(self, http: Http) -> None:
        self._http = http
        self._url = ""
        self._json: object = None
        self._body: bytes | None = None
        self.method = ""
        self.status: int | None = None
        self.answer_body = b""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask, and remember."""
        self.method, self._url, self._json, self._body = method, url, json, body
        self.status, self.answer_body = None, b""
        try:
            answer = await self._http.request(method, url, json=json, body=body, headers=headers)
        except DeliveryFailed as error:
            self.status, self.answer_body = error.status, error.answer_body
            raise
        self.status, self.answer_body = answer.status, answer.body
        return answer

    @property
    def address(self) -> str:
        """Where the last request went, without what may be secret in an address."""
        try:
            parts = urllib.parse.urlsplit(self._url)
        except ValueError:
            return ""
        host = parts.netloc.rpartition("@")[2]
        return urllib.parse.urlunsplit((parts.scheme, host, parts.path, "", ""))

    @property
    def body(self) -> bytes:
        """What was sent with the last request; nothing if it cannot be written as JSON."""
        if self._json is None:
            return self._body or b""
        try:
            return encode(self._json)
        except (TypeError, ValueError, RecursionError):
            return b""


def readable(data: bytes) -> str:
    """Return the beginning of it as text, with enough behind to find a secret at the cut."""
    return data[: EXCERPT_BYTES_MAX + _SECRET_BYTES_MAX].decode(errors="replace")
