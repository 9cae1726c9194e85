"""A browser on the app's page, as far as the management API can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import urllib3

PASSWORD = "correct horse battery"  # noqa: S105 - of people in tests.


class Visitor:
    """Keeps its cookie, and shows the CSRF token that it was given.

    Attributes:
        csrf_token: Empty until it has signed in.
        cookie: As the server set it, without its attributes.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookie = ""
        self.csrf_token = ""
        self.set_cookie = ""

    def request(
        self, method: str, path: str, json: object = None, **headers: str
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Return status, decoded body and headers of the answer."""
        sent = {"origin": self.url, "sec-fetch-site": "same-origin"}
        if self.csrf_token:
            sent["x-csrf-token"] = self.csrf_token
        if self.cookie:
            sent["cookie"] = self.cookie
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = None if json is None else msgspec.json.encode(json)
        with urllib3.PoolManager(retries=False, timeout=10) as http:
            answer = http.request(method, f"{self.url}/api/v1{path}", body=body, headers=sent)
        if set_cookie := answer.headers.get("set-cookie"):
            self.set_cookie = set_cookie
            self.cookie = set_cookie.partition(";")[0]
        return answer.status, msgspec.json.decode(answer.data or b"null"), answer.headers

    def ok(self, method: str, path: str, json: object = None, **headers: str) -> Any:
        """Return `data` of the answer, which must be 200."""
        status, answer, _ = self.request(method, path, json, **headers)
        assert status == 200, answer
        return answer["data"]

    def status(self, method: str, path: str, json: object = None, **headers: str) -> int:
        """Return the status of the answer."""
        return self.request(method, path, json, **headers)[0]

    def refused(self, status: int, method: str, path: str, json: object = None, **h: str) -> Any:
        """Return the first error of the answer, which must have that status."""
        found, answer, _ = self.request(method, path, json, **h)
        assert found == status, answer
        return answer["errors"][0]

    def sign_in(self, **credentials: str) -> Any:
        """Sign in, and return the session."""
        session = self.ok("POST", "/session", credentials)["session"]
        self.csrf_token = session["csrfToken"]
        return session
